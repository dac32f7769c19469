//! The formats without an SDK: what a form means, what XML looks like, how time is written.

use super::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Input {
    name: String,
    count: Option<i32>,
    share: Option<f64>,
    on: Option<bool>,
    #[serde(default)]
    tags: Vec<BTreeMap<String, String>>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    at: Option<Timestamp>,
}

#[test]
fn a_form_is_read_by_the_types() {
    let form = "Action=Do&Version=1&Name=a%20b&Count=3&Share=2&On=true&Tags.member.2.Key=y&Tags.member.1.Key=x\
        &Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=Hi+there&At=2026-11-22T10%3A31%3A25Z";
    let (operation, input) = query::read(form.as_bytes());
    assert_eq!(operation, "Do");
    let input: Input = decode(input).unwrap();
    let tag = |key: &str| BTreeMap::from([("Key".to_owned(), key.to_owned())]);
    let expected = Input {
        name: "a b".into(),
        count: Some(3),
        share: Some(2.0),
        on: Some(true),
        tags: vec![tag("x"), tag("y")],
        attributes: BTreeMap::from([("DisplayName".into(), "Hi there".into())]),
        at: Some(Timestamp::from_millis(1_795_343_485_000)),
    };
    assert_eq!(input, expected);
}

#[test]
fn whole_and_broken_numbers_mix() {
    let value = Value::serialized(&serde_json::json!({ "Name": "a", "Count": 3.0, "Share": 3 })).unwrap();
    let input: Input = decode(value).unwrap();
    assert_eq!((input.count, input.share), (Some(3), Some(3.0)));
    let wrong = Value::serialized(&serde_json::json!({ "Name": "a", "Count": "three" })).unwrap();
    assert_eq!(decode::<Input>(wrong).unwrap_err().to_string(), "\"three\" is not a number");
    assert!(decode::<Input>(Value::Map(Vec::new())).unwrap_err().to_string().contains("Name"));
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    attributes: Entries,
    topics: Vec<String>,
    at: Timestamp,
    absent: Option<String>,
}

#[test]
fn an_answer_in_every_format() {
    let output = Output {
        attributes: Entries(BTreeMap::from([("a".into(), "<&>".into())])),
        topics: vec!["x".into()],
        at: Timestamp::from_millis(1_500),
        absent: None,
    };
    let value = Value::serialized(&output).unwrap();
    let text = |body: EncodedBody| String::from_utf8(body.bytes).unwrap();
    let xml = text(query::write("sns", "Do", Ok(value.clone())));
    let inner = "<DoResult><Attributes><entry><key>a</key><value>&lt;&amp;&gt;</value></entry></Attributes>\
        <Topics><member>x</member></Topics><At>1970-01-01T00:00:01.500Z</At></DoResult>";
    assert!(xml.contains(inner), "{xml}");
    let json = text(json::write(Ok(value.clone()), "application/x-amz-json-1.1", false).unwrap());
    assert_eq!(json, r#"{"Attributes":{"a":"<&>"},"Topics":["x"],"At":1.5,"Absent":null}"#);
    let cbor = cbor::read(&cbor::write(Ok(value), false).unwrap().bytes).unwrap();
    let members = cbor.as_map().unwrap();
    assert_eq!(members[0].1, Value::Map(vec![(Value::Text("a".into()), Value::Text("<&>".into()))]));
    assert_eq!(members[2].1, Value::Tag(1, Box::new(Value::Float(1.5))));
}

#[test]
fn time_there_and_back() {
    for (text, millis) in [
        ("1970-01-01T00:00:00.000Z", 0),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999),
        ("2026-11-22T10:31:25.123Z", 1_795_343_485_123),
        ("1969-12-31T23:59:59.000Z", -1_000),
    ] {
        assert_eq!(Timestamp::from_millis(millis).to_iso(), text);
        assert_eq!(Timestamp::from_iso(text), Some(Timestamp::from_millis(millis)));
    }
    assert_eq!(Timestamp::from_iso("2026-11-22T11:31:25+01:00"), Timestamp::from_iso("2026-11-22T10:31:25Z"));
    assert_eq!(Timestamp::from_iso("2026-13-22T11:31:25Z"), None);
    assert_eq!(Timestamp::from_iso("tomorrow"), None);
}

#[test]
fn a_path_names_the_operation() {
    const ROUTES: &[Route] = &[
        Route::new("GET", "/2015-03-31/functions", "ListFunctions", 200),
        Route::new("GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration", 200),
    ];
    let read = |method, path, query| rest::read(ROUTES, method, path, query, |_| None, b"").unwrap();
    let (operation, input, _) = read("GET", "/2015-03-31/functions/arn%3Aaws+x/configuration", "Qualifier=1").unwrap();
    assert_eq!(operation, "GetFunctionConfiguration");
    let input: BTreeMap<String, String> = decode(input).unwrap();
    assert_eq!((input["FunctionName"].as_str(), input["Qualifier"].as_str()), ("arn:aws+x", "1"));
    assert_eq!(read("GET", "/2015-03-31/functions/", "").unwrap().0, "ListFunctions");
    assert!(read("POST", "/2015-03-31/functions", "").is_none());
}
