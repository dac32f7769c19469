//! What AWS documents of missing data and of suppressors, through files of alarm tests: the whole way from YAML to notifications.

use super::tests::outcomes_of;

const IGNORE: &str = r#"
version: 1
stack: s
alarms:
  one-of-three: { namespace: N, metric_name: m, statistic: Sum, period: 1m, evaluation_periods: 3, datapoints_to_alarm: 1, threshold: "> 0", treat_missing_data: ignore }
  three-of-five: { namespace: N, metric_name: m, statistic: Sum, period: 1m, evaluation_periods: 5, datapoints_to_alarm: 3, threshold: "> 0", treat_missing_data: ignore }
  three-of-three: { namespace: N, metric_name: m, statistic: Sum, period: 1m, evaluation_periods: 3, threshold: "> 0", treat_missing_data: ignore }
  table: { namespace: AWS/DynamoDB, metric_name: ThrottledRequests, dimensions: { TableName: t }, statistic: Sum, period: 1m, threshold: "> 5", treat_missing_data: notBreaching }
  tables:
    expression: a + b
    metrics:
      a: { namespace: AWS/DynamoDB, metric_name: ThrottledRequests, dimensions: { TableName: t }, statistic: Sum }
      b: { namespace: AWS/DynamoDB, metric_name: ThrottledRequests, dimensions: { TableName: u }, statistic: Sum }
    period: 1m
    threshold: "> 5"
"#;

/// Alarms on DynamoDB ignore missing data whatever they are told; with `ignore` M breaches decide, however few datapoints there are.
#[test]
fn missing_data_is_ignored() {
    let tests = r#"
tests:
  - name: two breaches and nothing else
    series: [{ namespace: N, metric_name: m, values: "_x10 9x2 _x20" }]
    expect:
      - { at: 10m, alarm: one-of-three, state: INSUFFICIENT_DATA }
      - { at: 11m, alarm: one-of-three, state: ALARM }
      - { at: 32m, alarm: one-of-three, state: ALARM }
      - { at: 32m, alarm: three-of-five, state: INSUFFICIENT_DATA }
      - { at: 32m, alarm: three-of-three, state: INSUFFICIENT_DATA }
  - name: four breaches after good datapoints that are out of range
    series: [{ namespace: N, metric_name: m, values: "0x10 _x12 9x4 _x20" }]
    expect:
      - { at: 24m, alarm: three-of-five, state: OK }
      - { at: 25m, alarm: three-of-five, state: ALARM }
      - { at: 46m, alarm: three-of-five, state: ALARM }
  - name: the same with a good datapoint before them
    series: [{ namespace: N, metric_name: m, values: "0x10 _x11 0 9x4 _x20" }]
    expect: [{ at: 24m, alarm: three-of-five, state: OK }, { at: 25m, alarm: three-of-five, state: ALARM }]
  - name: DynamoDB keeps its state
    series: [{ namespace: AWS/DynamoDB, metric_name: ThrottledRequests, dimensions: { TableName: t }, values: "0x5 9x2 _x60" }]
    expect:
      - { at: 5m, alarm: table, state: OK }
      - { at: 6m, alarm: table, state: ALARM }
      - { at: 67m, alarm: table, state: ALARM }
      - { at: 67m, alarm: tables, state: ALARM }
"#;
    assert_eq!(outcomes_of(IGNORE, tests), [const { Vec::<String>::new() }; 4]);
}

/// The suppressor with a wait of two minutes, and an extension of so many.
fn suppressed(extension: &str) -> String {
    let alarm = |name: &str| {
        format!(
            "  {name}: {{ namespace: N, metric_name: {name}, statistic: Maximum, period: 1m, threshold: \"> 0\" }}\n"
        )
    };
    format!(
        "version: 1\nstack: s\ntopics: {{ t: {{}} }}\nalarms:\n{}{}composite_alarms:\n  both:\n    alarm_rule: \
         ALARM(child)\n    notify: {{ alarm: t, ok: t }}\n    suppressor: {{ alarm: maintenance, wait_period: 2m, \
         extension_period: {extension} }}\n",
        alarm("child"),
        alarm("maintenance")
    )
}

/// The six examples of "Suppressing composite alarm actions", in minutes after the twelfth, and what follows from them.
#[test]
fn suppressors_do_as_the_examples_say() {
    for (why, extension, child, maintenance, notifications) in [
        ("example 1", "3m", "0x11 1x20", "0x31", "[{ at: 14m, alarm: both, state: ALARM }]"),
        ("example 2", "3m", "0x11 1x20", "0x12 1x19", "[]"),
        ("example 3", "3m", "0x11 1 0x19", "0x31", "[{ at: 15m, alarm: both, state: OK }]"),
        ("example 4", "3m", "0x11 1x20", "0x4 1x27", "[]"),
        ("example 5", "3m", "0x11 1x20", "0x12 1x3 0x16", "[{ at: 19m, alarm: both, state: ALARM }]"),
        ("example 6", "3m", "0x11 1x5 0x15", "0x12 1x3 0x16", "[{ at: 19m, alarm: both, state: OK }]"),
        (
            "a long extension is discarded",
            "10m",
            "0x11 1x5 0x15",
            "0x12 1x3 0x16",
            "[{ at: 19m, alarm: both, state: OK }]",
        ),
        (
            "OK while suppressed",
            "3m",
            "0x11 1x9 0x20",
            "0x19 1x5 0x16",
            "[{ at: 14m, alarm: both, state: ALARM }, { at: 28m, alarm: both, state: OK }]",
        ),
        (
            "OK within a long extension",
            "10m",
            "0x11 1x11 0x18",
            "0x19 1x2 0x19",
            "[{ at: 14m, alarm: both, state: ALARM }, { at: 25m, alarm: both, state: OK }]",
        ),
    ] {
        let test = format!(
            "tests:\n  - name: {why}\n    series:\n      - {{ namespace: N, metric_name: child, values: \"{child}\" }}\n      \
             - {{ namespace: N, metric_name: maintenance, values: \"{maintenance}\" }}\n    notifications: {notifications}\n"
        );
        assert_eq!(outcomes_of(&suppressed(extension), &test), [Vec::<String>::new()], "{why}");
    }
}
