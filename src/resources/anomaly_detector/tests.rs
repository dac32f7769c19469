//! Detectors: fields, identity, and what a spec may say.

use super::*;
use crate::resources::Resource;
use crate::spec;

fn read(detectors: &str, inline: &str) -> Result<BTreeMap<Address, Resource>, String> {
    let text = format!(
        "version: 1\nstack: s\nregion: us-east-1\nalarms:\n  plain: {{ namespace: N, metric_name: M, statistic: Sum, threshold: \"> 1\" }}\n  \
         slow:\n    anomaly: {{ namespace: N, metric_name: Latency, statistic: p90, dimensions: {{ F: f }}{inline} }}\n  \
         share:\n    metrics:\n      e: {{ namespace: N, metric_name: E, statistic: Sum, return_data: false }}\n      \
         s: {{ expression: 100 * e, return_data: true }}\n      band: {{ expression: \"ANOMALY_DETECTION_BAND(s, 2)\", return_data: true }}\n    \
         threshold_metric_id: band\n    comparison_operator: GreaterThanUpperThreshold\n{detectors}"
    );
    let bound =
        spec::parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())).map_err(|e| e.to_string())?;
    let target = Target::new("123456789012", "us-east-1");
    bound.desired(&target, &BTreeMap::new()).map(|desired| desired.resources).map_err(|e| e.to_string())
}

fn detector(resources: &BTreeMap<Address, Resource>, alarm: &str) -> AnomalyDetector {
    match resources.get(&Address::new(Kind::AnomalyDetector, alarm)) {
        Some(Resource::AnomalyDetector(detector)) => AnomalyDetector::clone(detector),
        other => panic!("{other:?}"),
    }
}

const RANGES: &str =
    "excluded_ranges: [{ start: 2026-12-24, end: 2026-12-27T06:00Z }, { start: 2026-05-01, end: 2026-05-02 }]";

#[test]
fn both_forms_are_one_detector_of_what_the_band_is_learnt_from() {
    let inline = read("", &format!(", detector: {{ {RANGES}, adaptation_speed: FAST }}")).unwrap();
    let section = read(&format!("anomaly_detectors:\n  slow: {{ {RANGES}, adaptation_speed: FAST }}\n"), "").unwrap();
    let found = detector(&inline, "slow");
    assert_eq!(found, detector(&section, "slow"));
    let dimensions = BTreeMap::from([("F".to_owned(), "f".to_owned())]);
    let (namespace, metric_name, stat) = ("N".into(), "Latency".into(), "p90".into());
    assert_eq!(found.learns, LearntSeries::Metric { account_id: None, namespace, metric_name, dimensions, stat });
    assert_eq!(found.fields()["excluded_ranges"][1], "2026-12-24T00:00Z/2026-12-27T06:00Z");
    assert_eq!(found.phrase(), "the band excludes 2 ranges, adapts FAST");
    let child = found.child().unwrap();
    assert_eq!(child.parent, Address::new(Kind::Alarm, "slow"));
}

#[test]
fn metric_math_is_learnt_whole_without_its_band() {
    let resources = read("anomaly_detectors: { share: { outlier_filtering_strength: STRICT } }\n", "").unwrap();
    let LearntSeries::Math(queries) = detector(&resources, "share").learns else { panic!("math") };
    let returned: Vec<(&str, bool)> = queries.iter().map(|query| (query.id.as_str(), query.return_data)).collect();
    assert_eq!(returned, [("e", false), ("s", true)]);
}

#[test]
fn what_aws_makes_by_itself_is_nothing_that_is_set() {
    let plain = AnomalyDetector {
        adaptation_speed: Some("NORMAL".into()),
        outlier_filtering_strength: Some("MODERATE".into()),
        ..AnomalyDetector::default()
    };
    assert!(plain.is_default());
    assert!(!AnomalyDetector { periodic_spikes: true, ..plain }.is_default());
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    for (section, inline, expected) in [
        ("anomaly_detectors: { slwo: { periodic_spikes: true } }\n", "", "no metric alarm `slwo`"),
        ("anomaly_detectors: { plain: { periodic_spikes: true } }\n", "", "watches no anomaly band"),
        ("anomaly_detectors: { slow: { periodic_spikes: false } }\n", "", "sets nothing"),
        ("anomaly_detectors: { slow: { metric_timezone: Europa } }\n", "", "is no name of a time zone"),
        ("anomaly_detectors: { slow: { metric_timezone: \"+02:00\" } }\n", "", "is no name of a time zone"),
        ("anomaly_detectors: { slow: { adaptation_speed: QUICK } }\n", "", "QUICK"),
        ("", ", detector: { excluded_ranges: [{ start: 2026-12-27, end: 2026-12-24 }] }", "ends before it starts"),
        ("anomaly_detectors: { slow: { periodic_spikes: true } }\n", ", detector: { adaptation_speed: FAST }", "twice"),
    ] {
        let problem = read(section, inline).expect_err(&format!("{section}{inline}"));
        assert!(problem.contains(expected), "{section}{inline}: {problem}");
    }
}
