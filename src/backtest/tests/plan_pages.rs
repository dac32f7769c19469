//! Pages before and after a plan: what it leaves as it is counts as well.

use crate::backtest::for_plan::{AlarmPast, PlanPast, pages};
use crate::backtest::{BacktestVerdict, Figures};
use crate::plan::testing::{self, Scene};
use crate::resources::alarm::Actions;
use crate::resources::{Alarm, ConfirmationState, MuteRule, Resource, Subscription};
use mlops_cloudwatch::evaluation::timeline::Timeline;
use mlops_cloudwatch::state::AlarmState;
use serde_json::json;

/// The subscription with its filter policy and the mute rule exist already.
#[test]
fn a_plan_counts_what_it_does_not_change() {
    let target = testing::target();
    let actions = Actions { enabled: true, alarm: vec![target.arn("sns", "a")], ..Actions::default() };
    let alarm = |name: &str| Resource::Alarm(Box::new(Alarm { actions: actions.clone(), ..Alarm::new(name) }));
    let filtered = Subscription {
        filter_policy: Some(json!({ "AlarmName": ["two"] })),
        filter_policy_scope: Some("MessageBody".into()),
        ..Subscription::new("a", "email", "p")
    };
    let mute = MuteRule {
        name: "always".into(),
        expression: "cron(0 0 * * *)".into(),
        duration: 86_400,
        alarms: vec!["two".into()],
        ..MuteRule::default()
    };
    let mut timeline = Timeline::new(0, 604_800, AlarmState::Ok);
    for n in 1..=4 {
        timeline.put(n * 7_200, AlarmState::Alarm);
        timeline.put(n * 7_200 + 60, AlarmState::Ok);
    }
    let figures = Figures::of_states(&timeline);
    let of = |muted: bool| {
        let mut scene = Scene::default().wants(alarm("one")).wants(alarm("two"));
        scene = scene.subscribed(filtered.clone(), ConfirmationState::Confirmed);
        scene = scene.wants(Resource::Subscription(filtered.clone()));
        if muted {
            scene = scene.live(Resource::MuteRule(mute.clone()), &[]).wants(Resource::MuteRule(mute.clone()));
        }
        let past = |name: &str| AlarmPast {
            address: alarm(name).address(),
            outcome: Ok((figures.clone(), BacktestVerdict::Useful)),
        };
        let past = PlanPast { alarms: vec![past("one"), past("two")], ..PlanPast::default() };
        let change = pages(&scene.plan(), &past);
        change.after.people.iter().map(|one| one.pages).collect::<Vec<_>>()
    };
    assert_eq!((of(false), of(true)), (vec![4], vec![0]));
}
