//! Every cell of the tables in AWS's "Configuring how CloudWatch alarms treat missing data".

use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::condition::{Condition, Decision};
use mlops_cloudwatch::missing::MissingData;
use mlops_cloudwatch::state::AlarmState;
use serde_json::Value;

const TABLES: &str = include_str!("../../../tests/alarm-evaluation-tables.json");

fn evaluate(m: usize, missing: MissingData, points: &str) -> Decision {
    let condition = Condition {
        n: 3,
        m,
        names_m: true,
        comparison: Comparison::Greater,
        threshold: 0.5,
        missing,
        period: 60,
        range: 5,
        least_samples: None,
    };
    condition.evaluate(points.chars().rev().map(|c| match c {
        'X' => 1.0,
        'O' => 0.0,
        _ => f64::NAN,
    }))
}

#[test]
fn every_cell_of_the_documented_tables() {
    let tables: Value = serde_json::from_str(TABLES).unwrap();
    let mut cells = 0;
    for (table, m) in [("M3", 3), ("M2", 2)] {
        for row in tables[table].as_array().unwrap() {
            let points = row[0].as_str().unwrap();
            for (column, missing) in [
                (2, MissingData::Missing),
                (3, MissingData::Ignore),
                (4, MissingData::Breaching),
                (5, MissingData::NotBreaching),
            ] {
                let expected = match row[column].as_str().unwrap() {
                    "ALARM" => Decision::Change(AlarmState::Alarm),
                    "OK" => Decision::Change(AlarmState::Ok),
                    "INSUFFICIENT_DATA" => Decision::Change(AlarmState::InsufficientData),
                    _ => Decision::Retain,
                };
                assert_eq!(evaluate(m, missing, points), expected, "{table} {points} {missing:?}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 40);
    for points in tables["not_immediately_alarm_M3_missing"].as_array().unwrap() {
        let decision = evaluate(3, MissingData::Missing, points.as_str().unwrap());
        assert_ne!(decision, Decision::Change(AlarmState::Alarm), "{points}");
    }
}
