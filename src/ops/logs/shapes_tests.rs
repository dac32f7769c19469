//! The shapes of Lambda's logs by runtime and log format, as AWS's developer guide shows them: each is shown whole, and what a runtime
//! says of an uncaught exception is a failure.

use super::*;
use crate::ops::logs::requests::RequestJoiner;
use crate::ops::logs::source::LogEvent;
use crate::ops::logs::summary::LogSummary;

const REQUEST: &str = "79b4f56e-95b1-4643-9700-2807f4e68189";

/// What it is, the line, the beginning of its kind, and what has to be readable in it.
const SHAPES: &[(&str, &str, &str, &[&str])] = &[
    (
        "python, text: uncaught",
        "[ERROR] KeyError: 'business'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3, in handler\n    event['business']",
        "Unhandled",
        &["KeyError: 'business'", "line 3, in handler"],
    ),
    (
        "python, text: no message",
        "[ERROR] ValueError\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3",
        "Unhandled",
        &["ValueError"],
    ),
    (
        "python, text: import",
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'requests'\nTraceback (most recent call last):",
        "Unhandled",
        &["Unable to import module 'app'"],
    ),
    (
        "python, text: a logger's exception is the function's own",
        "[ERROR]\t2026-11-22T10:05:00.123Z\tREQUEST\tcould not track\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nValueError: no",
        "Function",
        &["could not track", "ValueError: no"],
    ),
    (
        "python, JSON: uncaught",
        r#"{"timestamp":"2026-11-22T10:05:00Z","log_level":"ERROR","errorMessage":"division by zero","errorType":"ZeroDivisionError","requestId":"REQUEST","stackTrace":["  File \"/var/task/app.py\", line 5, in handler\n    1/0\n"]}"#,
        "Unhandled",
        &["ZeroDivisionError: division by zero", "line 5, in handler"],
    ),
    (
        "python, JSON: a logger's exception",
        r#"{"timestamp":"2026-11-22T10:05:00Z","level":"ERROR","message":"could not track","logger":"root","stackTrace":["  File \"/var/task/app.py\", line 5\n"],"errorType":"Exception","errorMessage":"an exception","requestId":"REQUEST","location":"/var/task/app.py:handler:5"}"#,
        "Function",
        &["could not track", "an exception", "line 5"],
    ),
    (
        "powertools: a message that is an object",
        r#"{"level":"INFO","location":"handler:12","message":{"order":7,"total":12.5},"timestamp":"2026-11-22 10:05:00,123+0000","service":"payment","function_request_id":"REQUEST"}"#,
        "Function",
        &["\"order\":7", "service=payment"],
    ),
    (
        "powertools: an exception",
        r#"{"level":"ERROR","location":"handler:12","message":"it failed","timestamp":"x","service":"payment","exception":"Traceback (most recent call last):\n  File \"app.py\", line 2\nValueError: no","exception_name":"ValueError"}"#,
        "Function",
        &["it failed", "ValueError: no", "exception_name=ValueError"],
    ),
    (
        "node, text: uncaught",
        "2026-11-22T10:05:00.123Z\tREQUEST\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"x is not a function\",\"stack\":[\"TypeError: x is not a function\",\"    at handler (/var/task/index.js:3:9)\"]}",
        "Unhandled",
        &["x is not a function", "index.js:3:9"],
    ),
    (
        "node, text: uncaught exception",
        "2026-11-22T10:05:00.123Z\tREQUEST\tERROR\tUncaught Exception \t{\"errorType\":\"Error\",\"errorMessage\":\"late\",\"stack\":[\"Error: late\"]}",
        "Unhandled",
        &["late"],
    ),
    (
        "node, text: unhandled rejection",
        "2026-11-22T10:05:00.123Z\tREQUEST\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: no\"}",
        "Unhandled",
        &["Error: no"],
    ),
    (
        "node, text: console.error of an error",
        "2026-11-22T10:05:00.123Z\tREQUEST\tERROR\tError: refused\n    at handler (/var/task/index.js:3:9)",
        "Function",
        &["Error: refused", "index.js:3:9"],
    ),
    (
        "node, JSON: console.error of an error",
        r#"{"timestamp":"2026-11-22T10:05:00.123Z","level":"ERROR","requestId":"REQUEST","message":{"errorType":"ReferenceError","errorMessage":"y is not defined","stackTrace":["ReferenceError: y is not defined","    at handler (/var/task/index.mjs:2:3)"]}}"#,
        "Function",
        &["ReferenceError: y is not defined", "index.mjs:2:3"],
    ),
    (
        "node, JSON: uncaught",
        r#"{"timestamp":"2026-11-22T10:05:00.123Z","level":"ERROR","requestId":"REQUEST","errorType":"Error","errorMessage":"boom","stack":["Error: boom","    at handler (/var/task/index.mjs:2:3)"]}"#,
        "Unhandled",
        &["Error: boom", "index.mjs:2:3"],
    ),
    (
        "java, text: uncaught",
        "Cannot divide: java.lang.ArithmeticException\njava.lang.ArithmeticException: Cannot divide\n\tat example.Handler.handleRequest(Handler.java:12)",
        "Unhandled",
        &["Cannot divide", "Handler.java:12"],
    ),
    (
        "java, JSON: uncaught",
        r#"{"timestamp":"2026-11-22T10:05:00.123Z","level":"ERROR","AWSRequestId":"REQUEST","errorMessage":"no","errorType":"java.lang.RuntimeException","stackTrace":["example.Handler.handleRequest(Handler.java:12)"]}"#,
        "Unhandled",
        &["java.lang.RuntimeException: no", "Handler.java:12"],
    ),
    (
        "go: uncaught",
        "panic: runtime error: index out of range\ngoroutine 1 [running]:\nmain.main()",
        "Unhandled",
        &["index out of range", "main.main()"],
    ),
    (
        "go: an error",
        r#"{"errorMessage":"no such business","errorType":"errorString"}"#,
        "Unhandled",
        &["errorString: no such business"],
    ),
    ("rust: a panic", "thread 'main' panicked at src/main.rs:5:9:\nboom", "Unhandled", &["boom"]),
    (
        "rust, JSON: tracing",
        r#"{"timestamp":"2026-11-22T10:05:00Z","level":"ERROR","fields":{"message":"lost","error":{"kind":"io"}},"target":"app","span":{"requestId":"REQUEST","name":"Lambda runtime invoke"}}"#,
        "Function",
        &["lost", "error={\"kind\":\"io\"}"],
    ),
    (
        ".net, text: uncaught",
        "2026-11-22T10:05:00.123Z\tREQUEST\tfail\tSystem.Exception: no\n   at Function.Handler()",
        "Function",
        &["System.Exception: no"],
    ),
    (
        "unhandled, as .NET's host says it",
        "Unhandled exception. System.InvalidOperationException: no\n   at Program.Main()",
        "Unhandled",
        &["InvalidOperationException"],
    ),
    (
        "JSON behind Python's prefix",
        "[ERROR]\t2026-11-22T10:05:00.123Z\tREQUEST\t{\"event\": \"payment failed\", \"code\": 7}",
        "Function",
        &["payment failed", "code=7"],
    ),
    (
        "JSON behind a level",
        "[ERROR] 2026-11-22T10:05:00.123Z {\"message\": {\"reason\": \"full\"}, \"level\": \"error\"}",
        "Function",
        &["\"reason\":\"full\""],
    ),
    (
        "an event and a message",
        r#"{"level":"info","event":"stored","message":"row 7"}"#,
        "Function",
        &["row 7", "event=stored"],
    ),
    ("an event as an object", r#"{"level":"info","event":{"name":"stored"}}"#, "Function", &["stored"]),
    ("a message that is a list", r#"{"level":"INFO","message":["a",1]}"#, "Function", &["[\"a\",1]"]),
    (
        "a stack as one text",
        r#"{"level":"error","msg":"no","stack":"Error: no\n    at f (x.js:1:2)"}"#,
        "Function",
        &["no", "x.js:1:2"],
    ),
    (
        "a timeout",
        "2026-11-22T10:05:03.006Z REQUEST Task timed out after 3.00 seconds",
        "TimedOut",
        &["Task timed out"],
    ),
    (
        "an exit",
        "RequestId: REQUEST Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
        "Crashed",
        &["exit status 1"],
    ),
    (
        "platform, JSON: fault",
        r#"{"time":"2026-11-22T10:05:00Z","type":"platform.fault","record":"RequestId: REQUEST Error: Runtime exited with error: signal: killed\nRuntime.ExitError"}"#,
        "OutOfMemory",
        &["signal: killed"],
    ),
];

#[test]
fn every_shape_is_shown_whole_and_judged() {
    for (what, line, kind, shown) in SHAPES {
        let found = LogLine::parse(&line.replace("REQUEST", REQUEST));
        let name = format!("{:?}", found.kind);
        assert!(name.starts_with(kind), "{what}: {found:?}");
        for part in *shown {
            assert!(found.text.contains(part), "{what}: `{part}` is not in {:?}", found.text);
        }
        if *kind == "Unhandled" {
            assert!(found.severity() >= LogLevel::Error, "{what}");
        }
    }
}

/// A request that logged an uncaught exception has failed, even where its REPORT line does not say so.
#[test]
fn an_uncaught_exception_is_a_failed_request() {
    for (what, line, _, _) in SHAPES.iter().filter(|(_, _, kind, _)| *kind == "Unhandled") {
        let (mut requests, mut summary) = (RequestJoiner::default(), LogSummary::default());
        let lines = [
            format!("START RequestId: {REQUEST} Version: 1"),
            line.replace("REQUEST", REQUEST),
            format!("END RequestId: {REQUEST}"),
            format!(
                "REPORT RequestId: {REQUEST} Duration: 10 ms Billed Duration: 10 ms Memory Size: 128 MB Max Memory Used: 40 MB"
            ),
        ];
        for (n, message) in lines.into_iter().enumerate() {
            let event = LogEvent { id: n.to_string(), stream: "s".into(), at: n as i64, message };
            summary.add(&requests.entry(0, event));
        }
        assert_eq!((summary.requests(), summary.failed()), (1, 1), "{what}");
    }
}
