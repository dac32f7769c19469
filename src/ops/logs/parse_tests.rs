//! Lines as they have been seen, each with what it says; and that nothing can make the parser fall.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const ID: &str = "79b4f56e-95b1-4643-9700-2807f4e68189";

/// Kind (its name), level, whether it names the request, text.
#[track_caller]
fn says(message: &str, kind: &str, level: Option<LogLevel>, request: bool, text: &str) {
    let message = message.replace("ID", ID);
    let line = LogLine::parse(&message);
    let name = format!("{:?}", line.kind);
    assert!(name.starts_with(kind), "{message}: {name}");
    assert_eq!(line.level, level, "{message}");
    assert_eq!(line.request_id.as_deref(), request.then_some(ID), "{message}");
    assert_eq!(line.text, text.replace("ID", ID), "{message}");
}

#[test]
fn lambdas_own_lines() {
    says("START RequestId: ID Version: $LATEST\n", "Start", None, true, "START RequestId: ID Version: $LATEST");
    says("END RequestId: ID\n", "End", None, true, "END RequestId: ID");
    let init = "INIT_START Runtime Version: python:3.12.v36\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0b";
    says(init, "InitStart", None, false, init);
    let failed = "INIT_REPORT Init Duration: 10008.38 ms\tPhase: init\tStatus: timeout";
    says(failed, "InitReport { init_ms: Some(10008.38), status: Timeout }", None, false, failed);
    assert_eq!(LogLine::parse(failed).severity(), LogLevel::Error);
    let trace = "XRAY TraceId: 1-5e34a614-10bdxmplf1fb44f07bc535a1\tSegmentId: 07f5xmpl2d1f6f85\tSampled: true";
    says(trace, "Platform", None, false, trace);
    let extension = "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]";
    says(extension, "Platform", None, false, extension);
    let report = "REPORT RequestId: ID\tDuration: 2.15 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\t\n";
    says(report, "Report(InvocationReport", None, true, report.trim_end());
}

#[test]
fn the_labs_example() {
    let lines = [
        "START RequestId: abc123 Version: $LATEST",
        "2024-01-15T10:30:00.000Z INFO Received request to /health",
        "END RequestId: abc123",
        "REPORT Duration: 150.00 ms Memory: 128 MB Max Memory: 89 MB",
    ]
    .map(LogLine::parse);
    let [start, received, end, report] = &lines;
    assert_eq!((&start.kind, start.request_id.as_deref()), (&LineKind::Start, Some("abc123")));
    assert_eq!((received.level, received.text.as_str()), (Some(LogLevel::Info), "Received request to /health"));
    assert_eq!((&end.kind, end.request_id.as_deref()), (&LineKind::End, Some("abc123")));
    assert_eq!(report.report().and_then(|report| report.max_memory_mb), Some(89.0));
}

#[test]
fn what_ends_a_request_badly() {
    says(
        "2026-11-22T10:05:03.006Z ID Task timed out after 3.00 seconds\n\n",
        "TimedOut { seconds: Some(3.0) }",
        None,
        true,
        "Task timed out after 3.00 seconds",
    );
    says(
        "RequestId: ID Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
        "OutOfMemory",
        Some(LogLevel::Error),
        true,
        "Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
    );
    says(
        "RequestId: ID Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
        "Crashed",
        Some(LogLevel::Error),
        true,
        "Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
    );
    says(
        "RequestId: ID Process exited before completing request",
        "Crashed",
        Some(LogLevel::Error),
        true,
        "Process exited before completing request",
    );
    says(
        "[ERROR] MemoryError\nTraceback (most recent call last):",
        "OutOfMemory",
        Some(LogLevel::Error),
        false,
        "MemoryError\nTraceback (most recent call last):",
    );
    assert_eq!(LogLine::parse(&format!("{ID} Task timed out after x seconds")).severity(), LogLevel::Error);
}

#[test]
fn the_formats_of_python_node_and_the_lab() {
    let function = |message: &str, level: LogLevel, request: bool, text: &str| {
        says(message, "Function", Some(level), request, text)
    };
    function("[INFO]\t2026-11-22T10:05:00.123Z\tID\tTracked 3 tokens\n", LogLevel::Info, true, "Tracked 3 tokens");
    function("[WARNING]\t2026-11-22T10:05:00.123Z\t\tno request\n", LogLevel::Warning, false, "no request");
    says(
        "2026-11-22T10:05:00.123Z\tID\tERROR\tInvoke Error \t{\"a\":1}",
        "Unhandled",
        Some(LogLevel::Error),
        true,
        "Invoke Error \t{\"a\":1}",
    );
    function("2026-11-22T10:05:00.123Z\tundefined\tINFO\tloading", LogLevel::Info, false, "loading");
    function(
        "2024-01-15T10:30:00.050Z INFO Database connection healthy",
        LogLevel::Info,
        false,
        "Database connection healthy",
    );
    function(
        "2026-11-22T10:05:00.123456Z WARNING request route=/track status=500",
        LogLevel::Warning,
        false,
        "request route=/track status=500",
    );
    function(
        "2026-11-22 10:05:00,123 - app - CRITICAL - all is lost",
        LogLevel::Critical,
        false,
        "- app - CRITICAL - all is lost",
    );
    function(
        "[2026-11-22 10:05:00,123] ERROR in app: Exception on /track [POST]",
        LogLevel::Error,
        false,
        "in app: Exception on /track [POST]",
    );
    function("INFO:root:hello", LogLevel::Info, false, "INFO:root:hello");
    says(
        "[ERROR] ZeroDivisionError: division by zero\nTraceback (most recent call last):\n  File \"a.py\"",
        "Unhandled",
        Some(LogLevel::Error),
        false,
        "ZeroDivisionError: division by zero\nTraceback (most recent call last):\n  File \"a.py\"",
    );
    function("info: Microsoft.Hosting[0] started", LogLevel::Info, false, "Microsoft.Hosting[0] started");
    function(
        "time=2026-11-22T10:05:00Z level=warn msg=\"slow\"",
        LogLevel::Warning,
        false,
        "time=2026-11-22T10:05:00Z level=warn msg=\"slow\"",
    );
    function("2026-11-22 10:05:00 ID INFO  Handler:12 - done", LogLevel::Info, true, "Handler:12 - done");
}

#[test]
fn a_word_in_a_sentence_is_no_level() {
    for sentence in
        ["Information on tokens", "no ERROR was found", "Error handling is on", "12 items", "", "info about it"]
    {
        says(sentence, "Function", None, false, sentence);
    }
}

#[test]
fn json_of_lambda() {
    let line = |record: &str, kind: &str| {
        format!("{{\"time\":\"2026-11-22T10:05:00.123Z\",\"type\":\"platform.{kind}\",\"record\":{record}}}")
    };
    says(
        &line("{\"requestId\":\"ID\",\"version\":\"$LATEST\"}", "start"),
        "Start",
        None,
        true,
        "start version=$LATEST",
    );
    says(
        &line(
            "{\"initializationType\":\"on-demand\",\"phase\":\"init\",\"status\":\"success\",\"metrics\":{\"durationMs\":321.5}}",
            "initReport",
        ),
        "InitReport { init_ms: Some(321.5), status: Success }",
        None,
        false,
        "initReport phase=init initializationType=on-demand status=success duration=321.50 ms",
    );
    says(
        &line("{\"requestId\":\"ID\",\"status\":\"timeout\"}", "runtimeDone"),
        "TimedOut",
        None,
        true,
        "runtimeDone status=timeout",
    );
    says(
        &line("{\"requestId\":\"ID\",\"status\":\"error\",\"errorType\":\"Runtime.OutOfMemory\"}", "runtimeDone"),
        "OutOfMemory",
        None,
        true,
        "runtimeDone status=error errorType=Runtime.OutOfMemory",
    );
    says(
        &line("{\"requestId\":\"ID\",\"status\":\"success\"}", "runtimeDone"),
        "End",
        None,
        true,
        "runtimeDone status=success",
    );
    let report = line(
        "{\"requestId\":\"ID\",\"status\":\"error\",\"metrics\":{\"durationMs\":1.5,\"billedDurationMs\":2,\"memorySizeMB\":128,\"maxMemoryUsedMB\":64}}",
        "report",
    );
    says(&report, "Report(InvocationReport", None, true, "report status=error duration=1.50 ms");
    assert_eq!(LogLine::parse(&report).severity(), LogLevel::Error);
    says(&line("{}", "report"), "Platform", None, false, "report");
}

#[test]
fn json_of_functions() {
    let function = |message: &str, level: Option<LogLevel>, request: bool, text: &str| {
        says(message, "Function", level, request, text)
    };
    function(
        "{\"timestamp\":\"2026-11-22T10:05:00Z\",\"level\":\"INFO\",\"message\":\"hello\",\"logger\":\"root\",\"requestId\":\"ID\"}",
        Some(LogLevel::Info),
        true,
        "hello logger=root",
    );
    says(
        "{\"timestamp\":\"t\",\"log_level\":\"ERROR\",\"errorMessage\":\"division by zero\",\"errorType\":\"ZeroDivisionError\",\"requestId\":\"ID\",\"stackTrace\":[\"  File a.py\\n\"]}",
        "Unhandled",
        Some(LogLevel::Error),
        true,
        "ZeroDivisionError: division by zero\n  File a.py",
    );
    function(
        "{\"timestamp\":\"t\",\"level\":\"WARNING\",\"message\":\"request\",\"route\":\"/track\",\"status\":500}",
        Some(LogLevel::Warning),
        false,
        "request route=/track status=500",
    );
    function("{\"level\":50,\"msg\":\"pino\"}", Some(LogLevel::Error), false, "pino");
    function(
        "{\"timestamp\":\"t\",\"level\":\"DEBUG\",\"fields\":{\"message\":\"rust\",\"n\":1},\"span\":{\"requestId\":\"ID\"}}",
        Some(LogLevel::Debug),
        true,
        "rust n=1 span={\"requestId\":\"ID\"}",
    );
    function("{\"a\":1}", None, false, "a=1");
    function("{\"a\":", None, false, "{\"a\":");
    says(
        "{\"_aws\":{\"Timestamp\":1},\"Tokens\":12,\"Service\":\"x\"}",
        "Metrics",
        None,
        false,
        "metrics Service=x Tokens=12",
    );
}

/// Lines that are almost right: a known one, cut, doubled, or with a piece of it exchanged.
fn almost() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "REPORT RequestId: a\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms",
        "REPORT Duration: 150.00 ms Memory: 128 MB Max Memory: 89 MB Status: timeout",
        "INIT_REPORT Init Duration: 1 ms Phase: init Status: error Error Type: x",
        "RequestId: é Error: Runtime exited with error: signal: killed",
        "[INFO]\t2026-11-22T10:05:00.123Z\tundefined\tx",
        "{\"type\":\"platform.report\",\"record\":{\"metrics\":{\"durationMs\":1e999}}}",
        "{\"level\":[1],\"message\":{\"a\":1},\"stack\":[1,\"x\"],\"_aws\":1}",
    ]);
    (known, any::<prop::sample::Index>(), any::<prop::sample::Index>(), "\\PC{0,6}|[ :\\t\\n-]{0,3}").prop_map(
        |(line, from, to, piece)| {
            let at = |index: prop::sample::Index| index.index(line.chars().count() + 1);
            let (from, to) = (at(from).min(at(to)), at(from).max(at(to)));
            line.chars().take(from).chain(piece.chars()).chain(line.chars().skip(to)).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, rng_seed: RngSeed::Fixed(9), ..ProptestConfig::default() })]

    #[test]
    fn no_line_makes_it_fall(line in prop_oneof!["(?s).{0,80}", "[ -~\\t\\n]{0,120}", almost()]) {
        let parsed = LogLine::parse(&line);
        let numbers = parsed.report().into_iter().flat_map(|report| [Some(report.duration_ms), report.billed_ms, report.init_ms, report.max_memory_mb]);
        prop_assert!(numbers.flatten().all(|number| number.is_finite() && number >= 0.0));
        prop_assert!(parsed.severity() >= LogLevel::Trace);
    }
}
