//! Statuses made by hand for the tests of everything that shows them.

use super::{
    AlarmStatus, Curve, Drift, DriftState, FunctionStatus, Invocations, Life, LogGroupStatus, Muted, Reason, SloStatus,
    StackStatus, StatusStateChange, SubscriptionStatus, TopicStatus,
};
use crate::backtest::budget::ErrorBudget;
use crate::backtest::sketch::Sketch;
use crate::model::{FieldChange, Target};
use crate::plan::{Action, Note, NoteKind, notes};
use crate::resources::alarm::Actions;
use crate::resources::{Address, Alarm, BurnAlert, CompositeAlarm, FunctionFacts, Kind, Resource, Slo, Subscription};
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// Sunday 22 November 2026, 10:05:32 UTC.
pub const NOW: i64 = 1_795_341_932;

/// An alarm that is OK on a curve of zeros.
pub fn alarm(name: &str, threshold: f64) -> AlarmStatus {
    let resource = Alarm {
        namespace: Some("AWS/Lambda".into()),
        metric_name: Some("Errors".into()),
        dimensions: BTreeMap::from([("FunctionName".to_owned(), "shop".to_owned())]),
        statistic: Some("Sum".into()),
        period: Some(300),
        evaluation_periods: Some(3),
        datapoints_to_alarm: Some(2),
        threshold: Some(threshold),
        comparison_operator: Some("GreaterThanThreshold".into()),
        actions: Actions { alarm: vec![target().arn("sns", "alerts")], ..Actions::default() },
        ..Alarm::new(name)
    };
    AlarmStatus {
        address: Address::new(Kind::Alarm, name),
        standing: DriftState::AsAsked,
        resource: Resource::Alarm(Box::new(resource)),
        state: Some(AlarmState::Ok),
        since: Some(NOW - 3 * 86_400),
        reason: Some(Reason::Missing { periods: 1, treated: "NonBreaching".into() }),
        evaluation: None,
        actions_enabled: true,
        muted: None,
        suppressed: None,
        function: Some("shop".into()),
        curve: Some(Ok(curve(&[0.0; 180], threshold))),
    }
}

fn target() -> Target {
    Target::new("123456789012", "us-east-1")
}

pub fn curve(values: &[f64], threshold: f64) -> Curve {
    let columns = values.iter().map(|value| (!value.is_nan()).then_some((*value, *value))).collect();
    let until = NOW.div_euclid(60) * 60;
    Curve { from: until - 3 * 3_600, until, sketch: Sketch { columns, threshold, comparison: Comparison::Greater } }
}

pub fn subscription(endpoint: &str, life: Life) -> SubscriptionStatus {
    let protocol = if endpoint.starts_with("https") { "https" } else { "email" };
    SubscriptionStatus {
        address: Address::new(Kind::Subscription, Subscription::new("alerts", protocol, endpoint).name()),
        standing: if matches!(life, Life::Missing | Life::Lost) { DriftState::Missing } else { DriftState::AsAsked },
        topic: "alerts".into(),
        protocol: protocol.into(),
        endpoint: endpoint.into(),
        life,
    }
}

/// Nothing is wrong.
pub fn quiet() -> StackStatus {
    let facts = FunctionFacts {
        memory_mb: 512,
        timeout_s: 30,
        log_group: "/aws/lambda/shop".into(),
        last_modified: Some("2026-11-20T08:15:00.000+0000".into()),
    };
    let minutes: Vec<Option<f64>> = (0..180).map(|minute| Some(f64::from(minute % 30))).collect();
    let invocations = Invocations { count: 2_610.0, minutes, last: Some(NOW - 92), looked_back: super::curve::REACH };
    StackStatus {
        stack: "shop".into(),
        target: target(),
        at: NOW,
        alarms: vec![alarm("shop-errors", 5.0), alarm("shop-throttles", 0.0)],
        topics: vec![TopicStatus { address: Address::new(Kind::Topic, "alerts"), standing: DriftState::AsAsked }],
        subscriptions: vec![subscription("ann@example.edu", Life::Confirmed)],
        log_groups: vec![LogGroupStatus {
            address: Address::new(Kind::LogGroup, "/aws/lambda/shop"),
            standing: DriftState::AsAsked,
            retention: Some(Some(14)),
            policy: None,
            stored_bytes: Some(48_300_000),
        }],
        functions: vec![FunctionStatus { name: "shop".into(), facts: Ok(facts), invocations: Some(invocations) }],
        slos: vec![],
        drift: vec![],
        changes: Some(vec![]),
        notes: vec![],
    }
}

/// One of everything that can be wrong.
pub fn trouble() -> StackStatus {
    let mut status = quiet();
    let values: Vec<f64> = (0..180).map(|minute| if minute > 150 { 7.0 } else { f64::from(minute % 3) }).collect();
    let mut ringing = alarm("shop-errors", 5.0);
    ringing.state = Some(AlarmState::Alarm);
    ringing.since = Some(NOW - 1_500);
    ringing.reason = Some(Reason::Threshold {
        points: vec![7.0, 9.0],
        of: 3,
        relation: "greater than".into(),
        breaching: true,
        threshold: 5.0,
    });
    ringing.curve = Some(Ok(curve(&values, 5.0)));
    let mut muted = alarm("shop-latency", 24_000.0);
    muted.state = Some(AlarmState::Alarm);
    muted.muted = Some(Muted { rule: "release night".into(), until: Some(NOW + 2_700), reason: None });
    muted.reason = Some(Reason::Said("by hand".into()));
    let mut blind = alarm("shop-traffic", 10.0);
    blind.state = Some(AlarmState::InsufficientData);
    blind.reason = Some(Reason::NoData { periods: 3 });
    blind.evaluation = Some("PARTIAL_DATA".into());
    blind.curve = Some(Ok(curve(&[f64::NAN; 180], 10.0)));
    let mut missing = alarm("shop-concurrency", 900.0);
    (missing.state, missing.since, missing.reason, missing.curve) = (None, None, None, None);
    missing.standing = DriftState::Missing;
    let mut drifted = alarm("shop-throttles", 0.0);
    drifted.standing = DriftState::Differs(vec!["threshold".into()]);
    drifted.actions_enabled = false;
    let composite = CompositeAlarm {
        alarm_rule: "ALARM(\"shop-errors\") OR ALARM(\"shop-latency\")".into(),
        ..CompositeAlarm { name: "shop".into(), ..CompositeAlarm::default() }
    };
    let composite = AlarmStatus {
        address: Address::new(Kind::CompositeAlarm, "shop"),
        resource: Resource::CompositeAlarm(composite),
        state: Some(AlarmState::Alarm),
        reason: Some(Reason::Child { alarm: "shop-errors".into(), state: AlarmState::Alarm }),
        suppressed: Some("Actions suppressed by the alarm deploying".into()),
        function: None,
        curve: None,
        ..alarm("shop", 0.0)
    };
    status.alarms = vec![missing, ringing, muted, drifted, blind, composite];
    status.subscriptions = vec![
        subscription("ann@example.edu", Life::Confirmed),
        subscription("bob@example.edu", Life::Pending),
        subscription("eve@example.edu", Life::Lost),
        subscription("https://user:hunter2@example.edu/hook?token=hunter2", Life::Confirmed),
    ];
    status.log_groups[0].policy = Some("org-wide".into());
    status.functions.push(FunctionStatus {
        name: "gone".into(),
        facts: Err("there is no such function in us-east-1".into()),
        invocations: None,
    });
    let slo = |name: &str, budget: Result<f64, String>| {
        let window = 30 * 86_400;
        let alert = BurnAlert {
            composite: Address::new(Kind::CompositeAlarm, "shop"),
            burn_rate: 14.4,
            long: 3_600,
            parts: vec!["shop-errors".into()],
        };
        let (bad, total) = (Alarm::default(), Alarm::default());
        let slo = Slo { name: name.into(), objective: 99.9, budget: 0.1, window, bad, total, alerts: vec![alert] };
        let budget = budget.map(|spent| ErrorBudget {
            slo: name.into(),
            objective: 99.9,
            window,
            looked_back: window,
            requests: 28_000.0,
            bad: 28.0 * spent,
            spent,
            burn_rate: 2.0 * spent,
            exhausted_at: (spent >= 1.0).then_some(NOW - 7_200),
        });
        SloStatus { slo, is_read: budget.is_ok(), budget }
    };
    status.slos = vec![slo("shop-fast", Ok(1.5)), slo("shop-right", Ok(0.25)), slo("shop-seen", Err("denied".into()))];
    let threshold = FieldChange { field: "threshold".into(), from: Some(1.into()), to: Some(0.into()) };
    status.drift = vec![
        drift(Action::Create, status.alarms[0].address.clone(), vec![]),
        drift(Action::Update, status.alarms[3].address.clone(), vec![threshold]),
        drift(Action::Create, status.subscriptions[2].address.clone(), vec![]),
    ];
    status.changes = Some(vec![
        StatusStateChange {
            at: NOW - 1_500,
            alarm: "shop-errors".into(),
            from: Some(AlarmState::Ok),
            to: AlarmState::Alarm,
            reason: status.alarms[1].reason.clone().unwrap_or(Reason::NotYet),
        },
        StatusStateChange {
            at: NOW - 86_400,
            alarm: "shop-errors".into(),
            from: Some(AlarmState::InsufficientData),
            to: AlarmState::Ok,
            reason: Reason::Missing { periods: 1, treated: "NonBreaching".into() },
        },
    ]);
    let pending = Note::new(NoteKind::Act, "pending: bob@example.edu has not confirmed yet");
    status.notes = vec![
        (Some(status.subscriptions[1].address.clone()), pending.remedy(notes::confirm("email", "bob@example.edu"))),
        (
            Some(status.topics[0].address.clone()),
            Note::new(NoteKind::Warning, "the topic's policy does not let alarms publish").remedy("allow it"),
        ),
        (None, Note::new(NoteKind::Unknown, "the last changes of state could not be read: denied")),
    ];
    status
}

fn drift(action: Action, address: Address, fields: Vec<FieldChange>) -> Drift {
    Drift { address, action, fields, blocked: None }
}
