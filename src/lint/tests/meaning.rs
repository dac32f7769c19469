//! What is found by working out what a value can be: alarms on shares, burn rates, rates a second and floors of traffic, right and wrong.

use super::*;

/// Rules that look at the value, over an alarm on errors and calls of one function.
fn rules(expression: &str, threshold: &str, more: &str) -> Vec<&'static str> {
    let metric = |name: &str| {
        format!(
            "{{ namespace: AWS/Lambda, metric_name: {name}, dimensions: {{ FunctionName: shop }}, statistic: Sum }}"
        )
    };
    let text = format!(
        "version: 1\nstack: s\nregion: us-east-1\ntopics: {{ t: {{ subscriptions: [{{ protocol: email, endpoint: a@b.edu }}] }} }}\nalarms:\n  a:\n    \
         description: See the runbook\n    expression: \"{expression}\"\n    metrics:\n      errors: {}\n      calls: {}\n    \
         period: 5m\n    threshold: \"{threshold}\"\n    notify: {{ alarm: t, ok: t }}\n{more}",
        metric("Errors"),
        metric("Invocations"),
    );
    let mut found: Vec<&str> = report(&text, None).findings.into_iter().map(|finding| finding.rule).collect();
    found.retain(|rule| *rule != "unused-metric");
    found
}

const TWO_OF_THREE: &str =
    "    evaluation_periods: 3\n    datapoints_to_alarm: 2\n    treat_missing_data: notBreaching\n";
const ONE: &str = "    treat_missing_data: notBreaching\n";

#[test]
fn alarms_on_shares_and_rates() {
    for (expression, threshold, more, expected) in [
        // A burn rate of a budget of 0.1 %, a share with a floor, errors a second: right as they are.
        ("(errors/calls)/0.001", "> 14.4", TWO_OF_THREE, None),
        ("IF(errors / calls > 0.1 AND errors > 3, errors, 0)", "> 3", ONE, None),
        ("errors / PERIOD(errors)", "> 1", ONE, None),
        ("100 * errors / calls", "> 5", TWO_OF_THREE, None),
        ("100 - 100 * errors / calls", "< 95", TWO_OF_THREE, None),
        ("(calls - errors) / calls", "< 0.99", TWO_OF_THREE, None),
        ("IF(calls > 20, errors / calls, 0)", "> 0.1", ONE, None),
        ("FILL(errors, 0) / FILL(calls, 1)", "> 0.1", TWO_OF_THREE, None),
        ("errors * 1e6", "> 5", ONE, None),
        // What nobody can cross, and what everything crosses.
        ("(errors/calls)/0.001", "> 1000", TWO_OF_THREE, Some("impossible-threshold")),
        ("errors / calls", "> 5", TWO_OF_THREE, Some("impossible-threshold")),
        ("100 - 100 * errors / calls", "< 0", TWO_OF_THREE, Some("impossible-threshold")),
        ("errors + calls", ">= 0", ONE, Some("always-breaching")),
        ("100 * errors / calls", "<= 100", TWO_OF_THREE, Some("always-breaching")),
        // Too late, the wrong way round, or decided by one call.
        ("errors / calls", "> 0.5", TWO_OF_THREE, Some("error-share-too-high")),
        ("(errors/calls)/0.001", "> 500", TWO_OF_THREE, Some("error-share-too-high")),
        ("100 - 100 * errors / calls", "< 50", TWO_OF_THREE, Some("error-share-too-high")),
        ("100 * errors / calls", "< 5", TWO_OF_THREE, Some("wrong-direction")),
        ("100 - 100 * errors / calls", "> 95", TWO_OF_THREE, Some("wrong-direction")),
        ("100 * errors / calls", "> 5", ONE, Some("share-without-floor")),
        ("IF(calls > 0, errors / calls, 0)", "> 0.1", ONE, Some("share-without-floor")),
        ("IF(calls > 20 OR errors > 0, errors / calls, 0)", "> 0.1", ONE, Some("share-without-floor")),
        // Gaps: an expression that fills them has none.
        ("errors + calls", "> 5", "", Some("missing-data-on-sparse-metric")),
        ("FILL(errors, 0) + FILL(calls, 0)", "> 5", "", None),
    ] {
        assert_eq!(
            rules(expression, threshold, more),
            expected.into_iter().collect::<Vec<_>>(),
            "{expression} {threshold}"
        );
    }
}

#[test]
fn what_is_not_understood_is_left_alone() {
    for (expression, threshold) in [
        ("ANOMALY_DETECTION_BAND(errors, 2)", ""),
        ("SERVICE_QUOTA(errors)", "> 5"),
        ("LOG(errors)", "< 0"),
        ("calls ^ -1", "> 5"),
    ] {
        if !threshold.is_empty() {
            assert!(rules(expression, threshold, ONE).is_empty(), "{expression} {threshold}");
        }
    }
    let custom = NOISY.replace("AWS/Lambda", "Shop").replace("\"> 0\"", "\">= 0\"");
    assert_eq!(found(&custom), [("ok-not-notified", Severity::Hint)], "of a metric of somebody's own nothing is known");
}

#[test]
fn some_rules_are_off_until_the_file_asks() {
    assert!(!found(NOISY).iter().any(|(rule, _)| *rule == "missing-runbook"));
    let asked = found(&format!("{NOISY}lint: {{ missing-runbook: error, topic-unencrypted: {{ level: hint }} }}\n"));
    assert!(
        asked.contains(&("missing-runbook", Severity::Error)) && asked.contains(&("topic-unencrypted", Severity::Hint)),
        "{asked:?}"
    );
}

#[test]
fn a_namespace_of_one_region_is_wrong_elsewhere() {
    let bill = "version: 1\nstack: s\nregion: REGION\nalarms:\n  a: { namespace: AWS/Billing, metric_name: EstimatedCharges, \
                dimensions: { Currency: USD }, statistic: Maximum, period: 6h, threshold: \"> 5\" }\n";
    let in_region = |region: &str| {
        let text = bill.replace("REGION", region);
        let (bound, desired) = bind(&text);
        let settings = settings(&bound).expect("right settings");
        let input = LintInput { bound: &bound, desired: &desired, observed: None, settings: &settings, today: TODAY };
        lint(input).findings.iter().any(|finding| finding.rule == "wrong-region")
    };
    assert!(in_region("eu-west-1") && !in_region("us-east-1"));
    assert!(!in_region("cn-north-1"), "another partition is not known");
}

/// Each part of a file is judged in its own region, and a comment that one part needs is of use.
#[test]
fn each_part_of_a_file_is_judged_in_its_region() {
    let alarm = |name: &str| {
        format!(
            "{{ {name}: {{ namespace: AWS/Billing, metric_name: EstimatedCharges, dimensions: {{ Currency: USD }}, statistic: Maximum, \
             period: 6h, threshold: \"> 5\" }} }}"
        )
    };
    let wrong = |text: &str| -> Vec<(String, String)> {
        let all =
            crate::spec::parse("f", text).unwrap().bind_regions(&BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
        let report = |bound: &crate::spec::BoundSpec| {
            let target = Target::new("123456789012", bound.region().unwrap_or_default());
            let desired = bound.desired(&target, &BTreeMap::new()).unwrap();
            let settings = settings(bound).expect("right settings");
            lint(LintInput { bound, desired: &desired, observed: None, settings: &settings, today: TODAY })
        };
        let whole = LintReport::joined(all.iter().map(|bound| (bound, report(bound))).collect());
        let told =
            whole.findings.into_iter().filter(|one| one.rule == "wrong-region" || one.rule.starts_with("suppression"));
        told.map(|one| (one.rule.to_owned(), one.message)).collect()
    };
    let head = "version: 1\nstack: s\n";
    let right = format!("{head}region: eu-west-1\nregions:\n  us-east-1:\n    alarms: {}\n", alarm("bill"));
    assert!(wrong(&right).is_empty());
    let away =
        right.replace("eu-west-1", "x").replace("us-east-1", "eu-west-1").replace("region: x", "region: us-east-1");
    assert_eq!(wrong(&away).len(), 1, "{:?}", wrong(&away));
    let both = format!("{head}regions: [us-east-1, eu-west-1, eu-west-2]\nalarms: {}\n", alarm("bill"));
    let said: Vec<String> = wrong(&both).into_iter().map(|(_, message)| message).collect();
    assert!(said.len() == 2 && said[0].contains("eu-west-1") && said[1].contains("eu-west-2"), "{said:?}");
    let quiet =
        both.replace("alarms: {", "alarms:\n  # mlopsctl:ignore wrong-region: the other regions need no bill\n  {");
    assert!(wrong(&quiet).is_empty(), "{:?}", wrong(&quiet));
    let useless = right.replace("    alarms", "    # mlopsctl:ignore wrong-region: why\n    alarms");
    assert_eq!(wrong(&useless).len(), 1, "{:?}", wrong(&useless));
}

#[test]
fn what_aws_lists_is_never_called_unknown() {
    let text = NOISY.replace("metric_name: Errors", "metric_name: Errorz");
    assert!(found(&text).contains(&("unknown-metric", Severity::Warning)));
    let text = NOISY.replace("metric_name: Errors", "metric_name: ErrorsOfTheFuture");
    assert!(found(&text).contains(&("unknown-metric", Severity::Hint)));
    let mut observed = Observed::default();
    let dimensions = BTreeMap::from([("FunctionName".to_owned(), "f".to_owned())]);
    let listed = crate::resources::metric::ActiveMetric {
        namespace: "AWS/Lambda".into(),
        name: "ErrorsOfTheFuture".into(),
        dimensions,
    };
    observed.add(("AWS/Lambda".to_owned(), Some("ErrorsOfTheFuture".to_owned())), vec![listed]);
    let rules: Vec<&str> = report(&text, Some(&observed)).findings.iter().map(|finding| finding.rule).collect();
    assert!(!rules.contains(&"unknown-metric"), "{rules:?}");
}
