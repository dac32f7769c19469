//! Filter patterns against texts, with the examples of the user guide.

use super::Pattern;
use proptest::prelude::*;

fn matches(pattern: &str, message: &str) -> bool {
    pattern.parse::<Pattern>().unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(message)
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
        ("[ip, user]", "columns"),
        ("\"open", "not closed"),
        ("{ $.a = 1", "closing }"),
        ("{ $.a > b }", "numbers only"),
        ("{ a = 1 }", "selector"),
        ("{ $.a }", "comparison"),
        ("{ $.a = %x% }", "regular expressions"),
        ("{ $.a = 1 $.b = 2 }", "not understood"),
        ("{ $.a[x] = 1 }", "index"),
    ] {
        let error = pattern.parse::<Pattern>().unwrap_err();
        assert!(error.contains(told), "{pattern}: {error}");
    }
    assert!("(".repeat(1000).parse::<Pattern>().is_err());
    assert!(format!("{{{}", "(".repeat(1000) + "}").parse::<Pattern>().is_err());
}

proptest! {
    #[test]
    fn no_pattern_panics(pattern in r#"[{\[]?[ $.a-c"\\=<>!&|()?*%\[\]0-9-]{0,40}}?"#, message in r#"[{a-c":,\[\]} 0-9]{0,20}"#) {
        if let Ok(pattern) = pattern.parse::<Pattern>() {
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
