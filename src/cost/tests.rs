use super::*;
use crate::model::Target;
use crate::plan::{Action, Change};
use crate::resources::alarm::{MetricQuery, MetricStat};
use crate::resources::{CompositeAlarm, LogGroup, Subscription};

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

fn boxed(alarm: Alarm) -> Resource {
    Resource::Alarm(Box::new(alarm))
}

fn change(before: Option<Resource>, after: Option<Resource>) -> Change {
    let action = match (&before, &after) {
        (None, _) => Action::Create,
        (_, None) => Action::Delete,
        _ => Action::Update,
    };
    let address = after.as_ref().or(before.as_ref()).expect("one of both").address();
    Change { address, action, before: before.map(Live::new), after, fields: vec![], notes: vec![], blocked: None }
}

fn plan(changes: Vec<Change>) -> Plan {
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
    let composite = CompositeAlarm { name: "c".into(), ..CompositeAlarm::default() };
    assert!(close(after(Resource::CompositeAlarm(composite)), 0.50));
    assert!(close(after(Resource::LogGroup(LogGroup::new("g"))), 0.0));
}

#[test]
fn a_plan_says_before_and_after_and_what_is_free() {
    let mut changes: Vec<Change> = (0..12).map(|n| change(None, Some(boxed(alarm(&format!("new{n}"), 60))))).collect();
    changes.push(change(Some(boxed(alarm("kept", 60))), Some(boxed(alarm("kept", 10)))));
    changes.push(change(Some(boxed(math("gone", 3, false))), None));
    let cost = of_plan(&plan(changes), &prices());
    assert!(close(cost.before.total, 0.40) && close(cost.before.free, 0.40), "{cost:?}");
    assert!(close(cost.after.total, 1.50) && close(cost.after.free, 1.00), "ten standard metrics are free: {cost:?}");
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
}
