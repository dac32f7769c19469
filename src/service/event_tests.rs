//! Every rule of the contract's /track table that a body alone decides.

use super::*;

const LEAST: &str = r#"{"business_id":"b","response_time_ms":1,"tokens_used":2"#;

fn parse(body: &str) -> Result<TrackEvent, ValidationError> {
    TrackEvent::parse(body.as_bytes(), 7)
}

fn with(more: &str) -> Result<TrackEvent, ValidationError> {
    parse(&format!("{LEAST},{more}}}"))
}

#[test]
fn the_defaults_of_the_contract() {
    let event = with(r#""unheard_of":{"a":[1,{"b":null}]}"#).unwrap();
    assert_eq!(&*event.response_type, "unknown");
    assert_eq!(&*event.intent_detected, "unknown");
    assert_eq!(&*event.model_name, "gemini-1.5-flash");
    assert!(!event.appointment_requested && !event.appointment_booked && !event.human_handoff_requested);
    assert_eq!((event.success_rate, event.cost_micros), (None, None));
    assert_eq!((event.at, event.response_time_ms, event.tokens_used), (7, 1, 2));
}

#[test]
fn what_says_nothing() {
    for body in ["{}", "[]", "null", "0", "0.0", "\"\"", "false", " {} "] {
        assert_eq!(parse(body), Err(ValidationError::NoData), "{body}");
    }
    for body in ["[1]", "5", "\"x\"", "true", "[[[]]]"] {
        assert_eq!(parse(body), Err(ValidationError::Missing("business_id")), "{body}");
    }
}

#[test]
fn required_fields_are_missed_in_order_by_presence_only() {
    assert_eq!(parse(r#"{"x":1}"#), Err(ValidationError::Missing("business_id")));
    assert_eq!(parse(r#"{"business_id":5}"#), Err(ValidationError::Missing("response_time_ms")));
    assert_eq!(parse(r#"{"business_id":null,"response_time_ms":"x"}"#), Err(ValidationError::Missing("tokens_used")));
    let nulls = r#"{"business_id":"b","response_time_ms":null,"tokens_used":null}"#;
    assert!(matches!(parse(nulls), Err(ValidationError::Field("response_time_ms", _))));
}

#[test]
fn what_is_no_json() {
    for body in ["", "{", "{\"a\":}", "nope", "{'a':1}", "{\"a\":1,}", "{\"a\":NaN}", "{} {}", "\u{feff}\u{feff}{}"] {
        assert!(matches!(parse(body), Err(ValidationError::Malformed(_))), "{body}");
    }
    assert_eq!(parse("\u{feff}{}"), parse("{}"), "a mark of the encoding is no part of the text");
    assert!(matches!(TrackEvent::parse(b"{\"business_id\":\"\xff\"}", 0), Err(ValidationError::Malformed(_))));
    assert_eq!(parse(&format!("{LEAST},\"api_cost_usd\":1e999}}")), Err(ValidationError::OutOfRange));
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(with(&format!("\"unknown\":{deep}")).is_ok());
    assert!(matches!(with(&format!("\"session_id\":{deep}")), Err(ValidationError::Field("session_id", _))));
    assert_eq!(parse(&deep), Err(ValidationError::Missing("business_id")));
    let objects = format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
    assert_eq!(parse(&objects), Err(ValidationError::Missing("business_id")));
}

#[test]
fn wrong_types_and_ranges_name_their_field() {
    let cases = [
        ("success_rate", "1.01"),
        ("success_rate", "-0.1"),
        ("success_rate", "true"),
        ("success_rate", "\"1\""),
        ("api_cost_usd", "-0.000001"),
        ("api_cost_usd", "10000"),
        ("api_cost_usd", "1e308"),
        ("api_cost_usd", "[]"),
        ("prompt_tokens", "-1"),
        ("prompt_tokens", "1.5"),
        ("completion_tokens", "2147483648"),
        ("completion_tokens", "18446744073709551616"),
        ("user_message_length", "\"5\""),
        ("ai_response_length", "{}"),
        ("appointment_requested", "1"),
        ("appointment_booked", "\"true\""),
        ("human_handoff_requested", "0"),
        ("response_type", "7"),
        ("model_name", "[\"x\"]"),
        ("intent_detected", "false"),
        ("session_id", "12"),
        ("conversation_id", "{\"a\":1}"),
        ("conversation_id", "\"a\\u0000b\""),
        ("session_id", "\"a\\nb\""),
    ];
    for (field, value) in cases {
        match with(&format!("\"{field}\":{value}")) {
            Err(ValidationError::Field(named, _)) => assert_eq!(named, field),
            other => panic!("{field}: {value}: {other:?}"),
        }
    }
    for (body, field) in [
        (r#"{"business_id":5,"response_time_ms":1,"tokens_used":2}"#, "business_id"),
        (r#"{"business_id":"b","response_time_ms":-1,"tokens_used":2}"#, "response_time_ms"),
        (r#"{"business_id":"b","response_time_ms":"1","tokens_used":2}"#, "response_time_ms"),
        (r#"{"business_id":"b","response_time_ms":1,"tokens_used":-2}"#, "tokens_used"),
        (r#"{"business_id":"b","response_time_ms":1,"tokens_used":true}"#, "tokens_used"),
    ] {
        assert!(matches!(parse(body), Err(ValidationError::Field(named, _)) if named == field), "{body}");
    }
}

#[test]
fn lengths_count_characters_as_the_table_does() {
    for (field, most) in [
        ("conversation_id", 255),
        ("session_id", 255),
        ("model_name", 100),
        ("intent_detected", 50),
        ("response_type", 50),
    ] {
        assert!(with(&format!("\"{field}\":\"{}\"", "é".repeat(most))).is_ok(), "{field}");
        assert!(with(&format!("\"{field}\":\"{}\"", "é".repeat(most + 1))).is_err(), "{field}");
    }
}

#[test]
fn numbers_are_kept_as_the_table_keeps_them() {
    let event =
        with(r#""api_cost_usd":0.000226,"success_rate":1,"prompt_tokens":12.0,"conversation_id":null"#).unwrap();
    assert_eq!((event.cost_micros, event.success_rate, event.prompt_tokens), (Some(226), Some(1.0), Some(12)));
    assert_eq!(event.conversation_id, None);
    let rounded = parse(r#"{"business_id":"b","response_time_ms":1467.5,"tokens_used":1e3}"#).unwrap();
    assert_eq!((rounded.response_time_ms, rounded.tokens_used), (1468, 1000));
    let last = with(r#""session_id":"first","session_id":"la\u0073t","success_rate":-0.0"#).unwrap();
    assert_eq!(last.session_id.as_deref(), Some("last"));
    assert!(last.success_rate.is_some_and(f64::is_sign_positive));
}

#[test]
fn an_event_survives_its_way_through_the_spool() {
    let event = with(r#""api_cost_usd":0.1,"success_rate":0.3333,"session_id":"\u00fc \"q\"""#).unwrap();
    let line = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<TrackEvent>(&line).unwrap(), event);
}

#[test]
fn content_and_ids_make_the_key() {
    let of = |body: &str| TrackEvent::parse(body.as_bytes(), 7).unwrap().key;
    let first = of(r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":2}"#);
    // As databases and spools have it from before: another digest would count a retry twice.
    assert_eq!(first.map(|key| key.to_string()).as_deref(), Some("d266d7294752b3c406e6d6893e7d3443a"));
    assert_eq!(first, of(r#"{"tokens_used":2,"business_id":"b","response_time_ms":1.0,"session_id":"s"}"#));
    for other in [
        r#"{"business_id":"c","session_id":"s","response_time_ms":1,"tokens_used":2}"#,
        r#"{"business_id":"b","session_id":"t","response_time_ms":1,"tokens_used":2}"#,
        r#"{"business_id":"b","session_id":"s","conversation_id":"c","response_time_ms":1,"tokens_used":2}"#,
        r#"{"business_id":"b","conversation_id":"s","response_time_ms":1,"tokens_used":2}"#,
        r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":3}"#,
        r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":2,"success_rate":0}"#,
        r#"{"business_id":"b","session_id":"s","response_time_ms":1,"tokens_used":2,"appointment_booked":true}"#,
    ] {
        assert_ne!(first, of(other), "{other}");
    }
    assert_eq!(of(r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#), None);
    assert_eq!(of(r#"{"business_id":"b","session_id":" ","response_time_ms":1,"tokens_used":2}"#), None);
}
