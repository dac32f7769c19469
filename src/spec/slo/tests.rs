//! SLOs as a file writes them, and what they make.

use super::super::parse;
use crate::model::Target;
use crate::resources::{Address, Alarm, Kind, Resource, Slo};
use crate::spec::Desired;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::{BTreeMap, BTreeSet};

const HEAD: &str = "version: 1\nstack: s\nregion: us-east-1\n";

fn desired(sections: &str) -> Result<Desired, String> {
    let spec = parse("alarms.yaml", &format!("{HEAD}{sections}")).map_err(|error| error.to_string())?;
    let bound = spec.bind(&BTreeMap::new()).map_err(|error| error.to_string())?;
    let target = Target::new("123456789012", "us-east-1");
    bound.desired(&target, &BTreeMap::new()).map_err(|error| error.to_string())
}

fn alarm<'a>(desired: &'a Desired, name: &str) -> &'a Alarm {
    match &desired.resources[&Address::new(Kind::Alarm, name)] {
        Resource::Alarm(alarm) => alarm,
        other => panic!("{name} is {other:?}"),
    }
}

fn indicator(kind: usize, bound: u32) -> String {
    match kind {
        0 => "{ errors: shop }".to_owned(),
        1 => format!("{{ latency: {{ function: shop, bound: {bound}ms }} }}"),
        2 => "{ ratio: { good: { namespace: S, metric_name: Good, statistic: Sum }, total: { namespace: S, metric_name: All, \
              statistic: Sum } } }"
            .to_owned(),
        _ => "{ ratio: { bad: b + c, total: a, metrics: { a: { namespace: S, metric_name: A, statistic: Sum }, \
              b: { namespace: S, metric_name: B, statistic: Sum }, c: { namespace: S, metric_name: C, statistic: Sum } } } }"
            .to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(9), ..ProptestConfig::default() })]

    /// Whatever is promised over however long: the shares of the budget are those of the workbook, and all of it can be applied.
    #[test]
    fn each_slo_makes_the_alarms_of_the_table(
        objective in 2.0..99.9999_f64,
        days in 1..=365_i64,
        kind in 0..4_usize,
        bound in 1..900_000_u32,
        name in "[A-Za-z0-9][A-Za-z0-9_.-]{0,199}",
    ) {
        let objective = (objective * 1e4).round() / 1e4;
        let section = format!(
            "slos:\n  \"{name}\":\n    objective: {objective}%\n    window: {days}d\n    indicator: {}\n",
            indicator(kind, bound)
        );
        let made = desired(&section).map_err(TestCaseError::fail)?;
        prop_assert_eq!(made.resources.len(), 8);
        let Slo { budget, window, .. } = &made.slos[0];
        prop_assert!((budget + objective - 100.0).abs() < 1e-9 && *window == days * 86_400);
        for (key, long, share) in [("page-1h", 3_600.0, 0.02), ("page-6h", 21_600.0, 0.05), ("ticket-3d", 259_200.0, 0.1)] {
            let threshold = alarm(&made, &format!("{name}-{key}")).threshold.unwrap();
            let spent = threshold * long / *window as f64;
            // A burn rate below 1 would never spend the budget; thresholds have four decimals.
            prop_assert!((spent - share).abs() < 1e-4 || threshold == 1.0 && spent > share, "{} spends {}", key, spent);
        }
        let names: BTreeSet<&str> = made.resources.keys().map(|address| address.name.as_str()).collect();
        prop_assert!(names.len() == 8 && names.iter().all(|name| name.len() <= 255));
        for slo in &made.slos {
            prop_assert!(slo.alerts.iter().all(|alert| made.resources.contains_key(&alert.composite)));
        }
    }
}

#[test]
fn what_is_switched_off_is_not_made_and_what_is_said_wins() {
    let made = desired(
        "topics: { a: {}, b: {} }\nslos:\n  x:\n    objective: 99%\n    indicator: { errors: shop }\n    notify: a\n    page: { notify: b }\n    \
         ticket: off\n    page_6h: off\n    page_30m: off\n    page_5m: { evaluation_periods: 3, datapoints_to_alarm: 2 }\n",
    )
    .unwrap();
    let names: Vec<String> = made.resources.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["topic/a", "topic/b", "alarm/x-page-1h", "alarm/x-page-5m", "composite_alarm/x-page"]);
    let short = alarm(&made, "x-page-5m");
    assert_eq!((short.evaluation_periods, short.datapoints_to_alarm), (Some(3), Some(2)));
    assert!(short.actions.alarm.is_empty(), "{short:?}");
    let Resource::CompositeAlarm(page) = &made.resources[&Address::new(Kind::CompositeAlarm, "x-page")] else {
        panic!()
    };
    assert_eq!(page.actions.alarm.iter().map(|arn| arn.ends_with(":b")).collect::<Vec<_>>(), [true]);
}

#[test]
fn a_function_has_the_short_form() {
    let made = desired(
        "functions:\n  shop:\n    slo: { availability: 99.5%, latency: { objective: 99%, bound: 2s, window: 7d } }\n",
    )
    .unwrap();
    let slos: Vec<(&str, f64, i64)> =
        made.slos.iter().map(|slo| (slo.name.as_str(), slo.objective, slo.window)).collect();
    assert_eq!(slos, [("shop-availability", 99.5, 30 * 86_400), ("shop-latency", 99.0, 7 * 86_400)]);
    assert!(made.resources.contains_key(&Address::new(Kind::CompositeAlarm, "shop-latency-page")));
}

#[test]
fn mistakes_are_told_with_what_to_write() {
    let said = |objective: &str, more: &str| {
        desired(&format!("slos:\n  x:\n    objective: {objective}\n    indicator: {{ errors: shop }}\n{more}"))
            .unwrap_err()
    };
    for (objective, more, expected) in [
        ("100%", "", "leaves no error budget"),
        ("0.999", "", "did you mean 99.9%?"),
        ("many", "", "an objective such as 99.9%"),
        ("99%", "    window: 90m\n", "1d to 365d, in whole hours"),
        ("99%", "    burn: 3\n", "burn"),
        ("99%", "    page_5m: { perod: 5m }\n", "perod"),
    ] {
        let error = said(objective, more);
        assert!(error.contains(expected), "{objective} {more}: {error}");
    }
    let both =
        desired("slos:\n  x:\n    objective: 99%\n    indicator: { errors: a, latency: { function: a, bound: 1s } }\n");
    let both = both.unwrap_err();
    assert!(both.contains("an SLO has one indicator"), "{both}");
    let none = desired("slos:\n  x: { objective: 99% }\n").unwrap_err();
    assert!(none.contains("indicator"), "{none}");
}
