//! Why an alarm is in its state: CloudWatch's `StateReason` taken apart, so that it can be said shortly. Never fails: a reason in
//! other words is kept as it is.

use crate::resources::is_initial_reason;
use mlops_cloudwatch::state::AlarmState;

/// What a `StateReason` says (the texts: user guide, "Alarm evaluation", and what DescribeAlarms answers).
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Datapoints on one side of the threshold, in the order of the text: newest first.
    Threshold {
        points: Vec<f64>,
        /// How many datapoints were looked at.
        of: usize,
        /// `greater than`, `less than or equal to`, ...
        relation: String,
        /// Whether they are as the relation says, or not.
        breaching: bool,
        threshold: f64,
    },
    /// Nothing but missing datapoints, which count as `treated`: `NonBreaching`, `Breaching`, `Missing`.
    Missing { periods: usize, treated: String },
    /// INSUFFICIENT_DATA after so many periods without data.
    NoData { periods: usize },
    /// The alarm was made and not evaluated since.
    NotYet,
    /// Of a composite alarm: a child went into this state.
    Child { alarm: String, state: AlarmState },
    /// In its own words, e.g. those of SetAlarmState.
    Said(String),
}

impl Reason {
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let parsed = not_yet(text).or_else(|| no_data(text)).or_else(|| missing(text)).or_else(|| threshold(text));
        parsed.or_else(|| child(text)).unwrap_or_else(|| Reason::Said(text.to_owned()))
    }
}

/// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
pub fn state(word: &str) -> Option<AlarmState> {
    match word {
        "OK" => Some(AlarmState::Ok),
        "ALARM" => Some(AlarmState::Alarm),
        "INSUFFICIENT_DATA" => Some(AlarmState::InsufficientData),
        _ => None,
    }
}

fn not_yet(text: &str) -> Option<Reason> {
    is_initial_reason(text).then_some(Reason::NotYet)
}

/// `Insufficient Data: 5 datapoints were unknown.`
fn no_data(text: &str) -> Option<Reason> {
    let rest = text.strip_prefix("Insufficient Data: ")?;
    rest.contains("unknown").then_some(())?;
    Some(Reason::NoData { periods: number_at(rest)? })
}

/// `Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].`
fn missing(text: &str) -> Option<Reason> {
    let rest = text.strip_prefix("Threshold Crossed: no datapoints were received for ")?;
    let treated = rest.split_once("treated as [")?.1.split(']').next()?;
    Some(Reason::Missing { periods: number_at(rest)?, treated: treated.to_owned() })
}

/// `Threshold Crossed: 2 out of the last 3 datapoints [7.0 (22/11/26 10:05:00), 6.0 (...)] were greater than the threshold
/// (5.0) (minimum 2 datapoints for OK -> ALARM transition).`, or `1 datapoint [6.0 (...)] was not greater than ...`; of many
/// datapoints `30 datapoints were less than the threshold (5.0). The most recent datapoints which crossed the threshold: [...]`.
fn threshold(text: &str) -> Option<Reason> {
    let rest = text.strip_prefix("Threshold Crossed: ")?;
    let (before, after) = rest.split_once(" the threshold (")?;
    let threshold = after.split(')').next()?.parse().ok()?;
    let (head, relation) = before.rsplit_once(" were ").or_else(|| before.rsplit_once(" was "))?;
    let list = match head.split_once('[') {
        Some((_, list)) => list,
        None => after.split_once("crossed the threshold: [")?.1,
    };
    let list = list.split(']').next()?;
    let points: Vec<f64> = list.split(", ").filter_map(|point| point.split_whitespace().next()?.parse().ok()).collect();
    let (breaching, relation) = match relation.strip_prefix("not ") {
        Some(relation) => (false, relation),
        None => (true, relation),
    };
    let of = match head.split_once("out of the last ") {
        Some((_, of)) => number_at(of)?,
        None => number_at(head)?,
    };
    (!points.is_empty()).then(|| Reason::Threshold { points, of, relation: relation.to_owned(), breaching, threshold })
}

/// `arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors transitioned to ALARM at Sunday 22 November, 2026 10:05:00 UTC`
fn child(text: &str) -> Option<Reason> {
    let (arn, rest) = text.split_once(" transitioned to ")?;
    let alarm = arn.split_once(":alarm:")?.1.to_owned();
    Some(Reason::Child { alarm, state: state(rest.split_whitespace().next()?)? })
}

/// The number that the text begins with.
fn number_at(text: &str) -> Option<usize> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cloudwatch_writes_is_taken_apart() {
        let threshold = |points: &[f64], of, relation: &str, breaching, threshold| Reason::Threshold {
            points: points.to_vec(),
            of,
            relation: relation.to_owned(),
            breaching,
            threshold,
        };
        for (text, reason) in [
            ("Unchecked: Initial alarm creation", Reason::NotYet),
            ("", Reason::NotYet),
            ("Insufficient Data: 5 datapoints were unknown.", Reason::NoData { periods: 5 }),
            ("Insufficient Data: 1 datapoint was unknown.", Reason::NoData { periods: 1 }),
            (
                "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
                Reason::Missing { periods: 1, treated: "NonBreaching".into() },
            ),
            (
                "Threshold Crossed: 1 datapoint [6.0 (22/11/26 10:05:00)] was greater than the threshold (5.0).",
                threshold(&[6.0], 1, "greater than", true, 5.0),
            ),
            (
                "Threshold Crossed: 1 datapoint [0.0 (22/11/26 10:05:00)] was not greater than the threshold (5.0).",
                threshold(&[0.0], 1, "greater than", false, 5.0),
            ),
            (
                "Threshold Crossed: 2 out of the last 3 datapoints [7.5 (22/11/26 10:05:00), 1.2E4 (22/11/26 10:00:00)] were less than or equal to the threshold (-0.5) (minimum 2 datapoints for OK -> ALARM transition).",
                threshold(&[7.5, 12_000.0], 3, "less than or equal to", true, -0.5),
            ),
            (
                "Threshold Crossed: 24 datapoints were greater than the threshold (0.0). The most recent datapoints which crossed the threshold: [2.0 (19/12/24 08:33:00), 1.0 (19/12/24 08:32:00)].",
                threshold(&[2.0, 1.0], 24, "greater than", true, 0.0),
            ),
            (
                "Threshold Crossed: 1 out of the last 20 datapoints [613.0 (16/03/24 12:15:00)] was greater than or equal to the threshold (1.0) and 19 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).",
                threshold(&[613.0], 20, "greater than or equal to", true, 1.0),
            ),
            (
                "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a b transitioned to ALARM at Sunday 22 November, 2026 10:05:00 UTC",
                Reason::Child { alarm: "a b".into(), state: AlarmState::Alarm },
            ),
            ("testing purposes", Reason::Said("testing purposes".into())),
            ("Threshold Crossed: something new", Reason::Said("Threshold Crossed: something new".into())),
        ] {
            assert_eq!(Reason::parse(text), reason, "{text}");
        }
    }

    /// The simulated reasons are CloudWatch's words, so they have to be understood as well.
    #[test]
    fn the_words_of_the_evaluator_are_understood() {
        use crate::resources::Alarm;
        use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
        use mlops_cloudwatch::evaluation::reason;
        use mlops_cloudwatch::evaluation::series::PeriodGrid;
        use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
        for (values, to, treat) in [
            (vec![1.0, 9.0, 9.0], AlarmState::Alarm, "missing"),
            (vec![9.0, 1.0, 1.0], AlarmState::Ok, "missing"),
            (vec![f64::NAN; 3], AlarmState::InsufficientData, "missing"),
            (vec![f64::NAN; 3], AlarmState::Ok, "notBreaching"),
        ] {
            let alarm = Alarm {
                evaluation_periods: Some(2),
                threshold: Some(5.0),
                comparison_operator: Some("GreaterThanThreshold".into()),
                period: Some(60),
                treat_missing_data: Some(treat.into()),
                ..Alarm::new("a")
            };
            let condition = Condition::of(&alarm.definition(), EvaluationOptions::default()).unwrap();
            let watched = EvaluatedSeries::of_values(PeriodGrid { first: 60, step: 60, len: 3, period: 60 }, values);
            let text = reason::text(&condition, &watched, 2, to);
            assert!(!matches!(Reason::parse(&text), Reason::Said(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(Threshold Crossed: |Insufficient Data: |arn:alarm:)?[\\PC\\[\\]\\(\\)]{0,80}") {
            Reason::parse(&text);
        }
    }
}
