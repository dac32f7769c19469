//! Filter patterns against texts, with the examples of the user guide.

use super::{LogPattern, MetricRule};
use proptest::prelude::*;

fn matches(pattern: &str, message: &str) -> bool {
    pattern.parse::<LogPattern>().unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(message)
}

#[test]
fn terms() {
    for (pattern, message, wanted) in [
        ("", "anything", true),
        ("ERROR", "[ERROR 400] BAD REQUEST", true),
        ("ERROR", "error", false),
        ("ERROR ARGUMENTS", "ERROR INVALID ARGUMENTS", true),
        ("ERROR ARGUMENTS", "ERROR", false),
        ("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR", true),
        ("\"INTERNAL SERVER ERROR\"", "ERROR INTERNAL SERVER", false),
        ("ERROR -ARGUMENTS", "ERROR INVALID ARGUMENTS", false),
        ("ERROR -\"a b\"", "ERROR a", true),
        ("?ERROR ?WARN", "WARN", true),
        ("?ERROR ?WARN", "INFO", false),
        ("?ERROR ?WARN REQUEST", "INFO REQUEST", true),
        (r#""say \"so\"""#, r#"they say "so""#, true),
        ("-ERROR", "INFO", true),
    ] {
        assert_eq!(matches(pattern, message), wanted, "{pattern} on {message}");
    }
}

#[test]
fn json_conditions() {
    let event = r#"{"level":"ERROR","ms":512.5,"code":400,"ok":false,"none":null,"user":{"id":"u-7"},"tags":["a","b"],"a b":1}"#;
    for (pattern, wanted) in [
        (r#"{ $.level = "ERROR" }"#, true),
        ("{$.level=ERROR}", true),
        (r#"{ $.level = "ERR*" }"#, true),
        (r#"{ $.level = "*RR*" }"#, true),
        (r#"{ $.level = "E*O" }"#, false),
        (r#"{ $.level != "INFO" }"#, true),
        (r#"{ $.missing != "INFO" }"#, false),
        ("{ $.ms > 500 }", true),
        ("{ $.ms <= 500 }", false),
        ("{ $.code = 400 }", true),
        (r#"{ $.code = "400" }"#, true),
        ("{ $.code = 4e2 }", true),
        ("{ $.ok IS FALSE }", true),
        ("{ $.none IS NULL }", true),
        ("{ $.missing NOT EXISTS }", true),
        ("{ $.missing IS NULL }", false),
        (r#"{ $.user.id = "u-*" && $.tags[1] = b }"#, true),
        (r#"{ ($.level = "INFO" || $.level = "ERROR") && $.ms < 1000 }"#, true),
        (r#"{ $.level = "INFO" || $.level = "ERROR" && $.ms > 1000 }"#, false),
        (r#"{ $["a b"] = 1 }"#, true),
    ] {
        assert_eq!(matches(pattern, event), wanted, "{pattern}");
    }
    assert!(!matches("{ $.level = \"ERROR\" }", "level ERROR"), "a text is no JSON event");
    assert!(!matches("{ $.missing NOT EXISTS }", "[1]"));
}

#[test]
fn what_is_not_known_is_refused() {
    for (pattern, told) in [
        ("foo-bar", "Invalid character(s) in term 'foo-bar'"),
        ("%[Ee]rror%", "regular expressions"),
        ("[ip, user", "closing ]"),
        ("[ip, , user]", "no name"),
        ("[a, ..., b, ...]", "twice"),
        ("[a = 1 || b = 2]", "about"),
        ("[a = %x%]", "regular expressions"),
        ("[a > b]", "numbers only"),
        ("\"open", "not closed"),
        ("{ $.a = 1", "closing }"),
        ("{ $.a > b }", "numbers only"),
        ("{ a = 1 }", "selector"),
        ("{ $.a }", "comparison"),
        ("{ $.a = %x% }", "regular expressions"),
        ("{ $.a = 1 $.b = 2 }", "not understood"),
        ("{ $.a[x] = 1 }", "index"),
    ] {
        let error = pattern.parse::<LogPattern>().unwrap_err().to_string();
        assert!(error.contains(told), "{pattern}: {error}");
    }
    assert!("(".repeat(1000).parse::<LogPattern>().is_err());
    assert!(format!("{{{}", "(".repeat(1000) + "}").parse::<LogPattern>().is_err());
}

/// The user guide's examples of space-delimited log events.
#[test]
fn columns() {
    let line = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    for (pattern, wanted) in [
        ("[ip, server, username, timestamp, request, status_code, bytes > 1000]", true),
        ("[ip, server, username, timestamp, request, status_code = 4*, bytes]", true),
        ("[ip, server, username, timestamp, request =*html*, status_code = 4*, bytes]", true),
        ("[..., status_code, bytes > 1000]", true),
        ("[ip, ...]", true),
        ("[ip = 127.*, ..., bytes < 1000]", false),
        ("[..., status_code = 404 || status_code = 410, bytes]", true),
        ("[..., status_code != 404, bytes]", false),
        ("[..., bytes > 1000 && bytes < 2000]", true),
        ("[ip, server]", false),
        (r#"[ip, server = "Prod", ...]"#, true),
    ] {
        assert_eq!(matches(pattern, line), wanted, "{pattern}");
    }
}

#[test]
fn a_rule_makes_a_number_of_a_line() {
    let rule = |pattern: &str, value: &str, dimensions: &[(&str, &str)]| {
        let dimensions = dimensions.iter().map(|(name, selector)| ((*name).to_owned(), (*selector).to_owned()));
        MetricRule::new(pattern.parse().unwrap(), value, dimensions)
    };
    let number = |rule: MetricRule, line: &str| rule.of(line);
    assert_eq!(number(rule("ERROR", "1", &[]).unwrap(), "an ERROR").map(|(n, _)| n), Some(1.0));
    assert_eq!(number(rule("ERROR", "1", &[]).unwrap(), "fine"), None);
    let json = rule("{ $.ms > 0 }", "$.ms", &[("Route", "$.route")]).unwrap();
    let (ms, dimensions) = json.of(r#"{"ms":12.5,"route":"/track"}"#).unwrap();
    assert_eq!((ms, dimensions["Route"].as_str()), (12.5, "/track"));
    assert_eq!(json.of(r#"{"ms":12.5}"#), None, "a dimension is missing");
    let columns = rule("[method, ms]", "$ms", &[("Method", "$method")]).unwrap();
    assert_eq!(columns.of("GET 31").unwrap().0, 31.0);
    assert_eq!(columns.of("GET slow"), None, "no number");
    for (pattern, value, dimensions) in [
        ("ERROR", "$.ms", &[][..]),
        ("ERROR", "many", &[]),
        ("[a, b]", "$c", &[]),
        ("{ $.a = 1 }", "$b", &[]),
        ("ERROR", "1", &[("Route", "$.route")]),
        ("{ $.a = 1 }", "1", &[("Route", "route")]),
    ] {
        assert!(rule(pattern, value, dimensions).is_err(), "{pattern} {value} {dimensions:?}");
    }
}

proptest! {
    #[test]
    fn no_pattern_panics(pattern in r#"[{\[]?[ $.a-c"\\=<>!&|()?*%\[\]0-9-]{0,40}}?"#, message in r#"[{a-c":,\[\]} 0-9]{0,20}"#) {
        if let Ok(pattern) = pattern.parse::<LogPattern>() {
            let _ = pattern.matches(&message);
        }
    }

    #[test]
    fn a_quoted_part_of_a_text_matches_it(before in ".{0,9}", part in r#"[^"\\]{1,9}"#, after in ".{0,9}") {
        let text = format!("{before}{part}{after}");
        let (with, without) = (format!("\"{part}\""), format!("-\"{part}\""));
        prop_assert!(matches(&with, &text));
        prop_assert!(!matches(&without, &text));
    }
}
