//! How often AWS was asked, by operation: the last words of a verbose run.

use super::{RenderOptions, count, table};

/// `counts` are operation, calls, and how many of them AWS throttled.
pub fn calls(counts: &[(String, u64, u64)], look: &RenderOptions) -> String {
    let total: u64 = counts.iter().map(|(_, calls, _)| calls).sum();
    let rows = counts.iter().map(|(operation, calls, throttled)| {
        vec![operation.clone(), calls.to_string(), if *throttled > 0 { throttled.to_string() } else { String::new() }]
    });
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    format!(
        "{} to AWS\n{}",
        count(total, "call"),
        table::table(&["operation", "calls", "throttled"], rows.collect(), look)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_and_listed() {
        let counts = [("cloudwatch:PutMetricAlarm".to_owned(), 4, 1), ("sns:Subscribe".to_owned(), 1, 0)];
        let text = calls(&counts, &RenderOptions::PLAIN);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["5", "calls", "to", "AWS"]);
        assert_eq!(
            lines[1..],
            [
                vec!["operation", "calls", "throttled"],
                vec!["cloudwatch:PutMetricAlarm", "4", "1"],
                vec!["sns:Subscribe", "1"],
            ]
        );
        assert!(!text.contains(" \n"), "no space at the end of a line");
    }
}
