use super::*;
use crate::model::Target;
use crate::plan::{Action, PlannedChange};
use crate::resources::alarm::{MetricQuery, MetricStat, PromQl};
use crate::resources::{CompositeAlarm, LogAlarm, LogGroup, MetricFilter, Subscription};

fn alarm(name: &str, period: i32) -> Alarm {
    Alarm { metric_name: Some("Errors".into()), period: Some(period), ..Alarm::new(name) }
}

fn math(name: &str, metrics: usize, band: bool) -> Alarm {
    let metric = |n: usize| MetricQuery {
        id: format!("m{n}"),
        metric: Some(MetricStat { period: 300, ..MetricStat::default() }),
        return_data: band,
        ..MetricQuery::default()
    };
    let result =
        MetricQuery { id: "r".into(), expression: Some("m0".into()), return_data: true, ..MetricQuery::default() };
    Alarm {
        metrics: (0..metrics).map(metric).chain([result]).collect(),
        threshold_metric_id: band.then(|| "r".to_owned()),
        ..Alarm::new(name)
    }
}

fn promql(name: &str) -> Alarm {
    Alarm { promql: Some(PromQl::default()), ..Alarm::new(name) }
}

/// A Metrics Insights query beside metrics that are listed.
fn insights(name: &str, listed: usize) -> Alarm {
    let mut alarm = math(name, listed, false);
    if let Some(query) = alarm.metrics.last_mut() {
        query.expression = Some("SELECT SUM(Errors) FROM \"AWS/Lambda\"".into());
    }
    alarm
}

fn boxed(alarm: Alarm) -> Resource {
    Resource::Alarm(Box::new(alarm))
}

fn change(before: Option<Resource>, after: Option<Resource>) -> PlannedChange {
    let action = match (&before, &after) {
        (None, _) => Action::Create,
        (_, None) => Action::Delete,
        _ => Action::Update,
    };
    let address = after.as_ref().or(before.as_ref()).expect("one of both").address();
    PlannedChange {
        address,
        action,
        before: before.map(Live::new),
        after,
        fields: vec![],
        notes: vec![],
        blocked: None,
    }
}

fn plan(changes: Vec<PlannedChange>) -> Plan {
    let target = Target::new("123456789012", "us-east-1");
    Plan { stack: "s".into(), target, changes, notes: vec![], blocked: vec![], pruning: true }
}

fn prices() -> Prices {
    Prices::shipped().expect("the table")
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn every_form_of_alarm_has_its_price() {
    let after = |resource: Resource| of_plan(&plan(vec![change(None, Some(resource))]), &prices()).after.total;
    assert!(close(after(boxed(alarm("a", 300))), 0.10));
    assert!(close(after(boxed(alarm("a", 10))), 0.30));
    assert!(close(after(boxed(math("a", 2, false))), 0.20), "every metric of metric math counts");
    assert!(close(after(boxed(math("a", 1, true))), 0.30), "an anomaly alarm counts three");
    assert!(close(after(boxed(math("a", 2, true))), 0.40), "its band counts two, whatever it is made of");
    assert!(close(after(boxed(promql("a"))), 0.10), "an alarm, and the samples that it reads");
    assert!(close(after(boxed(insights("a", 0))), 0.0), "what a query finds is usage");
    let composite = CompositeAlarm { name: "c".into(), ..CompositeAlarm::default() };
    assert!(close(after(Resource::CompositeAlarm(composite)), 0.50));
    assert!(close(after(Resource::LogGroup(LogGroup::new("g"))), 0.0));
    let log = LogAlarm { schedule_expression: "rate(5 minutes)".into(), start_time_offset: 900, ..LogAlarm::default() };
    let cost = of_plan(&plan(vec![change(None, Some(Resource::LogAlarm(Box::new(log))))]), &prices());
    assert!(close(cost.after.total, 0.10), "an alarm, and what its query scans");
    assert_eq!(cost.usage[0].what, "logs that 1 log alarm scans, up to 3 times a line");
}

#[test]
fn a_plan_says_before_and_after_and_what_is_free() {
    let mut changes: Vec<PlannedChange> =
        (0..12).map(|n| change(None, Some(boxed(alarm(&format!("new{n}"), 60))))).collect();
    changes.push(change(Some(boxed(alarm("kept", 60))), Some(boxed(alarm("kept", 10)))));
    changes.push(change(Some(boxed(math("gone", 3, false))), None));
    let cost = of_plan(&plan(changes), &prices());
    assert!(close(cost.before.total, 0.40) && close(cost.before.free, 0.40), "{cost:?}");
    assert!(close(cost.after.total, 1.50) && close(cost.after.free, 1.00), "ten standard metrics are free: {cost:?}");
}

/// "Only applicable to Standard resolution alarms that list metrics directly and don't use a Metrics Insights query" (pricing page).
#[test]
fn the_free_tier_is_for_alarms_that_list_their_metrics() {
    let free = |alarms: Vec<Alarm>| {
        let changes = alarms.into_iter().map(|alarm| change(None, Some(boxed(alarm)))).collect();
        of_plan(&plan(changes), &prices()).after.free
    };
    assert!(close(free(vec![alarm("a", 60), math("b", 2, false), math("c", 1, true)]), 0.60));
    assert!(close(free(vec![alarm("a", 10), promql("b"), insights("c", 2)]), 0.0));
}

#[test]
fn what_depends_on_usage_stands_apart() {
    let mut group = change(Some(Resource::LogGroup(LogGroup::new("g"))), Some(Resource::LogGroup(LogGroup::new("g"))));
    group.before.as_mut().expect("a live one").facts.stored_bytes = Some(10_000_000_000);
    let mail = change(None, Some(Resource::Subscription(Subscription::new("t", "email", "a@b.edu"))));
    let cost = of_plan(&plan(vec![group, mail]), &prices());
    assert!(close(cost.after.total, 0.0));
    let whats: Vec<&str> = cost.usage.iter().map(|usage| usage.what.as_str()).collect();
    assert_eq!(whats, ["logs written", "logs stored", "mails"]);
    assert!(close(cost.usage[1].now.expect("known"), 0.30));
    let queries = [insights("a", 0), insights("b", 0), promql("c")];
    let cost = of_plan(&plan(queries.map(|alarm| change(None, Some(boxed(alarm)))).into()), &prices());
    let said: Vec<String> = cost.usage.iter().map(|usage| format!("{}: {}", usage.what, usage.price)).collect();
    assert_eq!(
        said,
        [
            "metrics that 2 alarm queries find: 0.10 USD a metric",
            "PromQL samples that 1 alarm query reads: by the samples read"
        ]
    );
}

#[test]
fn metrics_of_metric_filters_are_usage() {
    let filter = |name: &str, metric: &str, dimensions: &[&str]| {
        let dimensions = dimensions.iter().map(|name| ((*name).to_owned(), format!("$.{name}"))).collect();
        let (name, metric_name) = (name.to_owned(), metric.to_owned());
        change(None, Some(Resource::MetricFilter(MetricFilter { name, metric_name, dimensions, ..Default::default() })))
    };
    let said = |changes: Vec<PlannedChange>| {
        let cost = of_plan(&plan(changes), &prices());
        assert!(close(cost.after.total, 0.0), "none before a line matches: {cost:?}");
        let usage = cost.usage.into_iter().next().expect("a line");
        (format!("{}: {}", usage.what, usage.price), usage.free.expect("a free tier"))
    };
    let free = "10 metrics".to_owned();
    let one = "the metric of metric filters: 0.30 USD a metric".to_owned();
    assert_eq!(said(vec![filter("a", "M", &[]), filter("b", "M", &[])]), (one, free.clone()), "both make the same");
    let two = "the 2 metrics of metric filters: 0.30 USD a metric and set of dimensions".to_owned();
    assert_eq!(said(vec![filter("a", "M", &["route"]), filter("b", "N", &[])]), (two, free));
}
