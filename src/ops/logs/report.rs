//! What Lambda reports of one invocation, in every form it has been written in: text, old and new, and JSON. Pure; a line it
//! does not know is no report.

use serde_json::Value;

/// One invocation as Lambda accounts for it. Times in milliseconds, memory in megabytes; what the line does not say is absent
/// (developer guide, "Viewing CloudWatch logs for Lambda": the REPORT line; Telemetry API schema: platform.report).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InvocationReport {
    /// Absent in abbreviated lines only.
    pub request_id: Option<String>,
    pub duration_ms: f64,
    pub billed_ms: Option<f64>,
    pub memory_size_mb: Option<f64>,
    pub max_memory_mb: Option<f64>,
    /// Present when this invocation started an execution environment: a cold start. Also the restore of a snapshot.
    pub init_ms: Option<f64>,
    pub status: InvocationStatus,
    /// `Runtime.ExitError`, `Runtime.OutOfMemory` ...
    pub error_type: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InvocationStatus {
    /// Nothing is said: it went well, or the runtime reported the function's error itself.
    #[default]
    Unsaid,
    Success,
    Error,
    Timeout,
}

impl InvocationStatus {
    pub fn parse(word: &str) -> Self {
        match word {
            "success" => Self::Success,
            "timeout" => Self::Timeout,
            "error" | "failure" => Self::Error,
            _ => Self::Unsaid,
        }
    }
}

impl InvocationReport {
    #[cfg(test)]
    pub fn is_cold(&self) -> bool {
        self.init_ms.is_some()
    }

    /// Whether memory ran out: Lambda says so, or the process was killed with all of it in use.
    pub fn is_out_of_memory(&self) -> bool {
        let full = match (self.max_memory_mb, self.memory_size_mb) {
            (Some(used), Some(size)) => used >= size,
            _ => false,
        };
        match self.error_type.as_deref() {
            Some("Runtime.OutOfMemory") => true,
            Some("Runtime.ExitError") => full,
            _ => false,
        }
    }

    pub fn is_failed(&self) -> bool {
        matches!(self.status, InvocationStatus::Error | InvocationStatus::Timeout)
    }

    /// Of a text line, or of the last lines of one (`REPORT ...`, then perhaps `XRAY ...`).
    ///
    /// ```text
    /// REPORT RequestId: ID\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms
    /// REPORT RequestId: ID Duration: 3000.00 ms Billed Duration: 3000 ms Memory Size: 128 MB Max Memory Used: 30 MB Status: timeout
    /// REPORT Duration: 150.00 ms Memory: 128 MB Max Memory: 89 MB
    /// ```
    pub fn of_text(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("REPORT")?;
        rest.starts_with([' ', '\t']).then_some(())?;
        let fields = fields(rest);
        let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let number = |name: &str, unit: &str| field(name).and_then(|value| quantity(value, unit));
        let word = |name: &str| field(name).and_then(|value| value.split_whitespace().next());
        Some(Self {
            request_id: word("RequestId").map(str::to_owned),
            duration_ms: number("Duration", "ms")?,
            billed_ms: number("Billed Duration", "ms"),
            memory_size_mb: number("Memory Size", "MB").or_else(|| number("Memory", "MB")),
            max_memory_mb: number("Max Memory Used", "MB").or_else(|| number("Max Memory", "MB")),
            init_ms: number("Init Duration", "ms").or_else(|| number("Restore Duration", "ms")),
            status: word("Status").map_or(InvocationStatus::Unsaid, InvocationStatus::parse),
            error_type: word("Error Type").map(str::to_owned),
        })
    }

    /// Of the `record` of a JSON line of the type platform.report.
    pub fn of_record(record: &Value) -> Option<Self> {
        let metrics = record.get("metrics")?;
        let number = |name: &str| metrics.get(name).and_then(Value::as_f64).filter(|n| n.is_finite() && *n >= 0.0);
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        Some(Self {
            request_id: text("requestId").map(str::to_owned),
            duration_ms: number("durationMs")?,
            billed_ms: number("billedDurationMs"),
            memory_size_mb: number("memorySizeMB"),
            max_memory_mb: number("maxMemoryUsedMB"),
            init_ms: number("initDurationMs").or_else(|| number("restoreDurationMs")),
            status: text("status").map_or(InvocationStatus::Unsaid, InvocationStatus::parse),
            error_type: text("errorType").map(str::to_owned),
        })
    }
}

/// The names that a REPORT line can have. The longer of two that end alike stands first.
const NAMES: [&str; 16] = [
    "Billed Restore Duration",
    "Restore Duration",
    "Billed Duration",
    "Init Duration",
    "Duration",
    "RequestId",
    "Memory Size",
    "Max Memory Used",
    "Max Memory",
    "Memory",
    "XRAY TraceId",
    "SegmentId",
    "Sampled",
    "Error Type",
    "Status",
    "Phase",
];

/// `name: value` pairs, whether tabs or spaces stand between them.
pub fn fields(text: &str) -> Vec<(&'static str, &str)> {
    let mut found: Vec<(&'static str, usize, usize)> = Vec::new();
    for (colon, _) in text.match_indices(':') {
        let before = &text[..colon];
        let name = NAMES.into_iter().find(|name| {
            before.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with(char::is_whitespace))
        });
        if let Some(name) = name {
            found.push((name, colon - name.len(), colon + 1));
        }
    }
    let ends = found.iter().skip(1).map(|(_, start, _)| *start).chain([text.len()]).collect::<Vec<_>>();
    found.iter().zip(ends).map(|((name, _, from), to)| (*name, text[*from..to].trim())).collect()
}

/// `15.74 ms`, never negative.
pub fn quantity(text: &str, unit: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let value = words.next()?.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0)?;
    (words.next()? == unit).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "8f507cfc-example-4697-b07a-ac58fc914c95";

    /// Duration, billed, size, used, init.
    fn figures(report: &InvocationReport) -> (f64, Option<f64>, Option<f64>, Option<f64>, Option<f64>) {
        (report.duration_ms, report.billed_ms, report.memory_size_mb, report.max_memory_mb, report.init_ms)
    }

    #[test]
    fn a_cold_and_a_warm_invocation() {
        let line = format!(
            "REPORT RequestId: {ID}\tDuration: 15.74 ms\tBilled Duration: 147 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 56 MB\tInit Duration: 130.49 ms\t\n"
        );
        let report = InvocationReport::of_text(&line).unwrap();
        assert_eq!(report.request_id.as_deref(), Some(ID));
        assert_eq!(figures(&report), (15.74, Some(147.0), Some(128.0), Some(56.0), Some(130.49)));
        assert!(report.is_cold() && !report.is_failed());
        let warm = InvocationReport::of_text(&line.replace("Init Duration: 130.49 ms\t", "")).unwrap();
        assert_eq!(warm.init_ms, None);
    }

    #[test]
    fn spaces_instead_of_tabs_and_a_trace_behind_it() {
        let line = "REPORT RequestId: a Duration: 3.93 ms Billed Duration: 100 ms Memory Size: 128 MB \
                    Max Memory Used: 35 MB\nXRAY TraceId: 1-5e34a614 SegmentId: 07f5 Sampled: true";
        let report = InvocationReport::of_text(line).unwrap();
        assert_eq!(figures(&report), (3.93, Some(100.0), Some(128.0), Some(35.0), None));
        assert_eq!(report.request_id.as_deref(), Some("a"));
    }

    #[test]
    fn the_labs_abbreviated_line() {
        let report = InvocationReport::of_text("REPORT Duration: 150.00 ms Memory: 128 MB Max Memory: 89 MB").unwrap();
        assert_eq!(figures(&report), (150.0, None, Some(128.0), Some(89.0), None));
        assert_eq!(report.request_id, None);
    }

    #[test]
    fn a_time_out_an_exit_and_memory_that_ran_out() {
        let line = |rest: &str| {
            format!(
                "REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t{rest}"
            )
        };
        let report = InvocationReport::of_text(&line("Max Memory Used: 30 MB\tStatus: timeout")).unwrap();
        assert_eq!(report.status, InvocationStatus::Timeout);
        let report =
            InvocationReport::of_text(&line("Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.ExitError"))
                .unwrap();
        assert!(report.is_failed() && report.is_out_of_memory());
        let report =
            InvocationReport::of_text(&line("Max Memory Used: 60 MB\tStatus: error\tError Type: Runtime.ExitError"))
                .unwrap();
        assert!(report.is_failed() && !report.is_out_of_memory());
        let report =
            InvocationReport::of_text(&line("Max Memory Used: 127 MB\tStatus: error\tError Type: Runtime.OutOfMemory"))
                .unwrap();
        assert!(report.is_out_of_memory());
    }

    #[test]
    fn a_snapshot_that_was_restored() {
        let line = "REPORT RequestId: a\tDuration: 20.00 ms\tBilled Duration: 159 ms\tMemory Size: 512 MB\t\
                    Max Memory Used: 150 MB\tRestore Duration: 411.31 ms\tBilled Restore Duration: 139 ms\t";
        assert_eq!(InvocationReport::of_text(line).unwrap().init_ms, Some(411.31));
    }

    #[test]
    fn the_json_form() {
        let record = json!({
            "requestId": ID, "status": "timeout", "errorType": "Sandbox.Timedout",
            "metrics": { "durationMs": 3000.2, "billedDurationMs": 3000, "memorySizeMB": 128, "maxMemoryUsedMB": 94, "initDurationMs": 411.5 },
        });
        let report = InvocationReport::of_record(&record).unwrap();
        assert_eq!(figures(&report), (3000.2, Some(3000.0), Some(128.0), Some(94.0), Some(411.5)));
        assert_eq!(
            (report.status, report.error_type.as_deref()),
            (InvocationStatus::Timeout, Some("Sandbox.Timedout"))
        );
        assert_eq!(InvocationReport::of_record(&json!({ "requestId": ID })), None);
    }

    #[test]
    fn what_is_no_report_is_none() {
        for line in
            ["REPORT", "REPORTED Duration: 1 ms", "report Duration: 1 ms", "REPORT Duration: 1 s", "REPORT x", ""]
        {
            assert_eq!(InvocationReport::of_text(line), None, "{line}");
        }
        assert_eq!(InvocationReport::of_text("REPORT Duration: -1 ms"), None);
        assert_eq!(InvocationReport::of_text("REPORT Duration: NaN ms"), None);
    }
}
