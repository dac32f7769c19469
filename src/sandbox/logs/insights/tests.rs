//! Queries over a few lines.

use super::{LogRow, LogsQuery, QueryAggregate};
use crate::logs::chunk::StoredLogEvent;
use std::collections::BTreeMap;

fn rows() -> Vec<LogRow> {
    let lines = [
        r#"{"level":"ERROR","latency":120,"host":"a","path":{"name":"/pay"},"codes":[500]}"#,
        r#"{"level":"info","latency":30,"host":"b"}"#,
        "plain timeout after 3s",
        "REPORT RequestId: 8f\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\t",
        r#"{"level":"ERROR","latency":"80.5","host":"b"}"#,
    ];
    let row = |(n, message): (usize, &str)| {
        let event = StoredLogEvent { time: n as i64, ingested: 9, number: n as u64, message: message.into() };
        LogRow::new("/app", "s".into(), event)
    };
    lines.into_iter().enumerate().map(row).collect()
}

fn found(query: &str) -> Vec<i64> {
    let query: LogsQuery = query.parse().unwrap_or_else(|error| panic!("{query}: {error}"));
    query.run(rows().iter()).iter().map(|row| row.time).collect()
}

#[test]
fn filters_find_what_they_say() {
    for (query, expected) in [
        ("fields @timestamp, @message", vec![4, 3, 2, 1, 0]),
        ("filter @message like /(?i)TIMEOUT/", vec![2]),
        ("filter @message like 'level'", vec![4, 1, 0]),
        ("filter @message not like /level/ | sort @timestamp asc", vec![2, 3]),
        ("filter level = \"ERROR\" and latency > 100", vec![0]),
        ("filter level = 'ERROR' or latency <= 30 # a comment\n| limit 2", vec![4, 1]),
        ("filter not (level in [\"ERROR\", \"info\"])", vec![3, 2]),
        ("filter ispresent(host) | sort latency desc", vec![0, 4, 1]),
        ("filter path.name = '/pay' | filter codes.0 >= 500", vec![0]),
        ("filter @type = \"REPORT\" and @duration > 15", vec![3]),
        ("filter @maxMemoryUsed = 56000000", vec![3]),
        ("filter host != 'a'", vec![4, 1]),
        ("filter @message =~ /3s$/", vec![2]),
    ] {
        assert_eq!(found(query), expected, "{query}");
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    for (query, expected) in [
        ("parse @message '* *' as a, b", "`parse`"),
        ("stats count(*) by host", "`stats`"),
        ("fields strlen(@message)", "`strlen`"),
        ("filter abs(x) > 3", "function"),
        ("filter level", "comparison"),
        ("filter @message like /(/", "no pattern"),
        ("filter x = 'open", "no end"),
        ("limit 0", "`limit`"),
    ] {
        let error = query.parse::<LogsQuery>().expect_err(query);
        assert!(error.contains(expected), "{query}: {error}");
    }
    let deep = format!("filter {}x = 1{}", "(".repeat(200), ")".repeat(200));
    assert!(deep.parse::<LogsQuery>().is_err());
}

#[test]
fn aggregates_are_one_number_or_one_a_group() {
    let rows = rows();
    let all: Vec<&LogRow> = rows.iter().collect();
    let of = |text: &str| -> BTreeMap<String, f64> {
        let aggregate: QueryAggregate = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        aggregate.of(&all).into_iter().map(|(key, number)| (key.join("/"), number)).collect()
    };
    let one = |number: f64| BTreeMap::from([(String::new(), number)]);
    assert_eq!(of("count(*)"), one(5.0));
    assert_eq!(of("count(level)"), one(3.0));
    assert_eq!(of("count_distinct(host) as hosts"), one(2.0));
    assert_eq!(of("sum(latency)"), one(230.5));
    assert_eq!(of("max(@duration)"), one(15.74));
    assert_eq!(of("pct(latency, 50)"), one(80.5));
    let by_host = BTreeMap::from([("a".to_owned(), 120.0), ("b".to_owned(), 55.25)]);
    assert_eq!(of("avg(latency) by host | sort desc"), by_host, "what has no latency has no number");
    for (text, expected) in [
        ("count(*), sum(x)", "one number"),
        ("earliest(x)", "`earliest`"),
        ("sum(*)", "needs a field"),
        ("count(*) by bin(5m)", "`bin(…)`"),
        ("count", "parentheses"),
        ("100 * count(*)", "function"),
    ] {
        let error = text.parse::<QueryAggregate>().expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let none: QueryAggregate = "count(*)".parse().unwrap();
    assert!(none.of(&[]).is_empty());
}
