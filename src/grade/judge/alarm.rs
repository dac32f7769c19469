//! The tests on alarms: whether one is there that is as it should be, or that follows bad advice, or was in a state.

use super::reach::notification;
use super::watches::{RequiredMetric, Watches, watches};
use super::{Part, SAME, TestOutcome, plain_number, whose};
use crate::grade::book::Remark;
use crate::grade::facts::{AlarmWithState, RegionFacts};
use crate::grade::mistake::Mistake;
use crate::grade::rubric::{AlarmTest, MetricName, Range, RubricTest};
use crate::model::duration::format_seconds;
use crate::resources::Alarm;
use mlops_cloudwatch::alarm::{Evaluation, WatchedSignal};

/// The alarm that has most of what is asked for.
pub fn exists(test: &RubricTest, wanted: &AlarmTest, facts: &RegionFacts) -> TestOutcome {
    let alarms = match &facts.alarms {
        Ok(alarms) => alarms,
        Err(why) => return TestOutcome::unread(why),
    };
    let asked = RequiredMetric { metric: &wanted.metric, of: wanted.share.as_ref().map(|share| share.of.as_str()) };
    let judged = alarms.metric.iter().filter_map(|standing| {
        let parts = parts(standing, watches(&standing.alarm, asked), wanted, facts)?;
        Some(TestOutcome::of_parts(test, parts, vec![phrase(&standing.alarm)]))
    });
    let best = judged.reduce(|best, next| if (next.high, next.low) > (best.high, best.low) { next } else { best });
    best.unwrap_or_else(|| TestOutcome::nothing(missing(&wanted.metric, asked, &alarms.metric, facts)))
}

/// That no alarm is so: full where none has every part.
pub fn is_absent(wanted: &AlarmTest, facts: &RegionFacts) -> TestOutcome {
    let alarms = match &facts.alarms {
        Ok(alarms) => alarms,
        Err(why) => return TestOutcome::unread(why),
    };
    let asked = RequiredMetric { metric: &wanted.metric, of: wanted.share.as_ref().map(|share| share.of.as_str()) };
    let mut outcome = TestOutcome { low: 1.0, high: 1.0, ..TestOutcome::default() };
    for standing in &alarms.metric {
        let relation = watches(&standing.alarm, asked);
        // What is warned of is a share alone: a count is none.
        let is_count = matches!(relation, Watches::Metric { .. });
        if is_count && wanted.threshold.is_none() && wanted.asks_for_a_threshold() {
            continue;
        }
        let Some(parts) = parts(standing, relation, wanted, facts) else { continue };
        if parts.iter().any(|(_, part)| matches!(part, Part::Fails(_))) {
            continue;
        }
        outcome.low = 0.0;
        match parts.into_iter().find_map(|(_, part)| if let Part::Unknown(why) = part { Some(why) } else { None }) {
            Some(why) => outcome.remarks.push(Remark::unread(&why)),
            None => {
                outcome.high = 0.0;
                let what = format!("{} is what the rubric warns of", phrase(&standing.alarm));
                outcome.remarks.push(Remark::new(Mistake::BadAdvice, what, "change its threshold, or delete it"));
            }
        }
    }
    outcome
}

/// That an alarm on the metric is in a state, or was since.
pub fn was_in_state(
    test: &RubricTest,
    metric: &MetricName,
    state: &str,
    within: Option<i64>,
    facts: &RegionFacts,
    now: i64,
) -> TestOutcome {
    let alarms = match &facts.alarms {
        Ok(alarms) => alarms,
        Err(why) => return TestOutcome::unread(why),
    };
    let asked = RequiredMetric { metric, of: Some("Invocations") };
    let on_it = |standing: &&AlarmWithState| {
        matches!(watches(&standing.alarm, asked), Watches::Metric { .. } | Watches::Share { .. })
    };
    let on_it: Vec<&AlarmWithState> = alarms.metric.iter().filter(on_it).collect();
    let Some(first) = on_it.first() else {
        return TestOutcome::nothing(missing(metric, asked, &alarms.metric, facts));
    };
    let found = on_it.iter().map(|standing| format!("`{}` is in {}", standing.alarm.name, standing.state)).collect();
    let part = if on_it.iter().any(|standing| standing.state == state) {
        Part::Holds
    } else {
        match (within, &facts.history) {
            (Some(_), Err(why)) => Part::Unknown(why.clone()),
            (Some(back), Ok(history)) => {
                let was = history.iter().any(|change| {
                    let of_it = on_it.iter().any(|standing| standing.alarm.name == change.alarm);
                    of_it && change.to == state && change.at >= now - back
                });
                let what = || format!("`{}` was not in {state} in the last {}", first.alarm.name, format_seconds(back));
                Part::when(was, || Remark::new(Mistake::NotInState, what(), mend_state(state)))
            }
            (None, _) => {
                let what = format!("`{}` is in {}, not in {state}", first.alarm.name, first.state);
                Part::fails(Remark::new(Mistake::NotInState, what, mend_state(state)))
            }
        }
    };
    TestOutcome::of_parts(test, vec![("metric", Part::Holds), ("state", part)], found)
}

fn mend_state(state: &str) -> &'static str {
    match state {
        "ALARM" => "make the function fail often enough, wait for the alarm's period, and mend it again",
        "OK" => "let the function run well, and wait for the alarm's period",
        _ => "wait for the alarm's period",
    }
}

/// The parts of an alarm that watches the metric; `None` of any other.
fn parts(
    standing: &AlarmWithState,
    relation: Watches,
    wanted: &AlarmTest,
    facts: &RegionFacts,
) -> Option<Vec<(&'static str, Part)>> {
    let AlarmWithState { alarm, state } = standing;
    let (period, statistic) = match &relation {
        Watches::Metric { statistic, period, .. } => (*period, Some(statistic)),
        Watches::Share { period, .. } => (*period, None),
        _ => return None,
    };
    let (name, period) = (&alarm.name, f64::from(period));
    let seconds = |value: f64| format_seconds(value as i64);
    let mut parts = vec![("metric", Part::Holds)];
    if !wanted.statistics.is_empty() {
        let right = statistic.is_none_or(|statistic| wanted.statistics.contains(statistic));
        let words = wanted.statistics.join(" or ");
        let what = || format!("the statistic of `{name}` is {}, wanted {words}", statistic.map_or("", String::as_str));
        let part =
            Part::when(right, || Remark::new(Mistake::WrongStatistic, what(), format!("set the statistic to {words}")));
        parts.push(("statistic", part));
    }
    if wanted.asks_for_a_threshold() {
        parts.push(("threshold", threshold(alarm, &relation, wanted)));
    }
    if let Some(range) = wanted.period {
        let what = || format!("the period of `{name}` is {}, wanted {}", seconds(period), range.words(seconds));
        let mend = || format!("set the period to {}", range.words(seconds));
        parts.push(("period", Part::when(range.holds(period), || Remark::new(Mistake::WrongPeriod, what(), mend()))));
    }
    if let Some(range) = wanted.window {
        let Evaluation { n: periods, m: points, .. } = alarm.definition().evaluation;
        let window = f64::from(points) * period;
        let what = || {
            let (found, wanted) = (seconds(window), range.words(seconds));
            format!("`{name}` fires after {found} ({points} of {periods} periods), wanted {wanted}")
        };
        let mend = "change the datapoints to alarm, or the period";
        parts.push(("window", Part::when(range.holds(window), || Remark::new(Mistake::WrongWindow, what(), mend))));
    }
    if !wanted.missing_data.is_empty() {
        let found = alarm.definition().evaluation.missing_word();
        let words = wanted.missing_data.join(" or ");
        let right = wanted.missing_data.iter().any(|treatment| treatment == found);
        let what = || format!("`{name}` treats missing data as {found}, wanted {words}");
        let mend = || format!("set the missing data treatment to {words}");
        parts.push(("missing_data", Part::when(right, || Remark::new(Mistake::MissingData, what(), mend()))));
    }
    if wanted.has_data {
        parts.push(("data", Part::when(state != "INSUFFICIENT_DATA", || no_data(alarm))));
    }
    if let Some(whom) = &wanted.notifies {
        let (actions, reachable) = notification(name, &alarm.actions, whom, facts);
        parts.push(("actions", actions));
        parts.push(("reachable", reachable));
    }
    Some(parts)
}

fn no_data(alarm: &Alarm) -> Remark {
    let what = format!("`{}` has no data: it is in INSUFFICIENT_DATA", alarm.name);
    match &alarm.unit {
        // A unit that the metric is not published in never has data.
        Some(unit) => Remark::new(Mistake::NoData, what, format!("remove its unit ({unit}), or call the function")),
        None => Remark::new(
            Mistake::NoData,
            what,
            "call the function a few times and wait for the alarm's period; missing data treated as notBreaching is OK at once",
        ),
    }
}

/// The part `threshold`: its side, and its place in the range that is meant.
fn threshold(alarm: &Alarm, relation: &Watches, wanted: &AlarmTest) -> Part {
    let name = &alarm.name;
    let limit = alarm.definition().evaluation.limit;
    let Some((comparison, threshold)) = limit.threshold() else { return Part::fails(no_threshold(name)) };
    let (above, at) = (comparison.is_upward(), comparison.takes_equal());
    if above == wanted.below {
        let (found, side) = if above { ("above", "below") } else { ("below", "above") };
        let what = format!("`{name}` fires {found} {}, wanted {side}", plain_number(threshold));
        let mend = format!("choose the operator {}", if above { "Lower" } else { "Greater" });
        return Part::fails(Remark::new(Mistake::WrongDirection, what, mend));
    }
    match (relation, &wanted.share) {
        (Watches::Share { percent, .. }, Some(share)) => {
            let found = threshold * percent;
            in_range(name, alarm, found, share.percent, " %", "")
        }
        (Watches::Metric { statistic, period, scale }, _) => {
            let Some(range) = wanted.threshold else { return Part::Holds };
            let mut found = threshold / scale;
            let mut words = String::new();
            let adds_up = matches!(statistic.as_str(), "Sum" | "SampleCount");
            if let Some(per) = wanted.per.filter(|_| adds_up) {
                // Of whole numbers, at least n is more than n - 1.
                found += match (at, above) {
                    (true, true) => -1.0,
                    (true, false) => 1.0,
                    (false, _) => 0.0,
                };
                let period = f64::from(*period);
                // A period that is wrong has a remark of its own: it does not spoil the threshold as well.
                if wanted.period.is_none_or(|range| range.holds(period)) {
                    found *= per as f64 / period;
                    words = format!(" in {}", format_seconds(per));
                }
            }
            in_range(name, alarm, found, range, "", &words)
        }
        _ => Part::Holds,
    }
}

fn no_threshold(name: &str) -> Remark {
    let what = format!("`{name}` has no threshold of its own: CloudWatch learns a band");
    Remark::new(Mistake::NoThreshold, what, "make a static threshold")
}

fn in_range(name: &str, alarm: &Alarm, found: f64, range: Range, unit: &str, per: &str) -> Part {
    if range.holds(found) {
        return Part::Holds;
    }
    let written = condition(alarm);
    let amount = |value: f64| format!("{}{unit}", plain_number(value));
    let (_, threshold) = alarm.definition().evaluation.limit.threshold().unzip();
    let meant = threshold.is_some_and(|threshold| (threshold - found).abs() < SAME);
    let found_words =
        if meant && unit.is_empty() { String::new() } else { format!(", that is {}{per}", amount(found)) };
    let wanted = format!("{}{per}", range.words(amount));
    let what = format!("the threshold of `{name}` is {written}{found_words}, wanted {wanted}");
    let mend = format!("set the threshold to {wanted}");
    let low = range.from.is_some_and(|from| found < from);
    let mistake = match low {
        true if found <= 0.0 => Mistake::EveryError,
        true => Mistake::ThresholdTooLow,
        false => Mistake::ThresholdTooHigh,
    };
    match mistake {
        Mistake::EveryError => {
            let what = format!("`{name}` fires every single time ({written}), wanted {wanted}");
            Part::fails(Remark::new(mistake, what, mend))
        }
        mistake => Part::fails(Remark::new(mistake, what, mend)),
    }
}

/// `> 5`
fn condition(alarm: &Alarm) -> String {
    match alarm.definition().evaluation.limit.threshold() {
        Some((comparison, threshold)) => format!("{} {}", comparison.symbol(), plain_number(threshold)),
        None => "outside a band".to_owned(),
    }
}

/// `` `high-errors`: Errors Sum > 5 in 5m ``
fn phrase(alarm: &Alarm) -> String {
    let definition = alarm.definition();
    let series = match &definition.signal {
        WatchedSignal::Metric(series) => series.to_string(),
        WatchedSignal::Math(expression) => (*expression).to_owned(),
        WatchedSignal::Band { watched, .. } => watched.to_string(),
        WatchedSignal::PromQl(_) => "PromQL".to_owned(),
        WatchedSignal::Unmodelled => "metric math".to_owned(),
    };
    let period = definition.evaluation.period;
    let period = period.map(|seconds| format!(" in {}", format_seconds(seconds.into()))).unwrap_or_default();
    format!("`{}`: {series} {}{period}", alarm.name, condition(alarm))
}

/// Why no alarm watches the metric: the nearest miss there is.
fn missing(metric: &MetricName, asked: RequiredMetric<'_>, alarms: &[AlarmWithState], facts: &RegionFacts) -> Remark {
    let wanted = format!("{}{}", metric.name, whose(&metric.dimensions));
    let none = format!("no alarm watches {wanted}");
    let region = &facts.target.region;
    let create = format!("create an alarm in {region} on the metric {wanted}");
    let near: Vec<(&str, Watches)> =
        alarms.iter().map(|standing| (standing.alarm.name.as_str(), watches(&standing.alarm, asked))).collect();
    for (name, relation) in &near {
        if let Watches::OtherDimensions(dimensions) = relation {
            let found = match dimensions.is_empty() {
                true => format!("{} of the whole account", metric.name),
                false => format!("{}{}", metric.name, whose(dimensions)),
            };
            let what = format!("an alarm on {} exists (`{name}`), but it watches {found}, not {wanted}", metric.name);
            return Remark::new(Mistake::OtherFunction, what, format!("let `{name}` watch {wanted}"));
        }
    }
    let there = facts.elsewhere.iter().find_map(|(other, found)| {
        let on_it = |standing: &&AlarmWithState| {
            matches!(watches(&standing.alarm, asked), Watches::Metric { .. } | Watches::Share { .. })
        };
        Some((other, found.alarms.iter().find(on_it)?))
    });
    if let Some((other, standing)) = there {
        let what = format!(
            "{none} in {region}; in {other} there is such an alarm (`{}`): the wrong region",
            standing.alarm.name
        );
        return Remark::new(Mistake::WrongRegion, what, format!("make it in {region}, and delete the one in {other}"));
    }
    for (name, relation) in &near {
        let Watches::OtherMetric(other) = relation else { continue };
        let what = format!("{none}: `{name}` watches {other}, not {}", metric.name);
        return Remark::new(Mistake::OtherMetric, what, format!("let `{name}` watch {}, or {create}", metric.name));
    }
    for (name, relation) in &near {
        let Watches::Unclear(why) = relation else { continue };
        let what = format!("{none} that can be judged: of `{name}`, {why}");
        return Remark::new(Mistake::Unreadable, what, create);
    }
    Remark::new(Mistake::NoAlarm, none, create)
}
