//! Reports made by hand for the tests of everything that is made of them.

use super::columns::RowColumns;
use super::rows::{AlarmStates, Drift, Findings, SubscriptionCounts, TargetFailure, Verdicts};
use super::{FleetReport, FleetRow, TargetState};
use crate::apply::{ApplyOutcome, ChangeResult, FailureClass};
use crate::model::{FieldChange, Target};
use crate::plan::{Action, Blocked, Note, NoteKind, PlanSummary};
use crate::resources::{Address, Kind};
use fastrand::Rng;
use serde_json::json;

/// An account in sync, the `n`th of a roster.
pub fn row(n: usize) -> FleetRow {
    FleetRow {
        target: Target::new(format!("{:012}", 100_000_000_000_usize + n), "us-east-1"),
        columns: RowColumns::default(),
        state: TargetState::InSync,
        planned: Some(PlanSummary::default()),
        applied: None,
        drift: Vec::new(),
        failed: Vec::new(),
        subscriptions: None,
        alarms: None,
        findings: None,
        backtest: None,
        cost: None,
        currency: None,
        usage: Vec::new(),
        found: Vec::new(),
        functions: Vec::new(),
        notes: Vec::new(),
        failure: None,
        repeats: Vec::new(),
    }
}

pub fn report(command: &str, rows: Vec<FleetRow>) -> FleetReport {
    FleetReport {
        format_version: super::rows::FORMAT_VERSION.to_owned(),
        command: command.to_owned(),
        stack: "lab9".to_owned(),
        targets: rows.len(),
        part: None,
        rows,
    }
}

/// A report in which everything comes up that a report can hold; the same seed gives the same report.
pub fn some_report(seed: u64, rows: usize) -> FleetReport {
    let mut rng = Rng::with_seed(seed);
    let command = rng.choice(["plan", "apply", "status"]).unwrap_or("plan");
    report(command, (0..rows).map(|n| some_row(&mut rng, n)).collect())
}

fn some_row(rng: &mut Rng, n: usize) -> FleetRow {
    let mut row = row(n);
    let region = rng.choice(["us-east-1", "eu-west-1"]).unwrap_or_default();
    row.target.region = region.to_owned();
    let names = ["Ada <b>", "=1+1", "errors", "Zoë \"Z\" O'Neil", "a,b", "\u{1b}[31mred", "@octocat"];
    let name = rng.choice(names).unwrap_or_default();
    row.columns.insert("name".to_owned(), name.to_owned());
    row.columns.insert("email".to_owned(), format!("s{n}@example.edu"));
    if rng.u8(..4) == 0 {
        row.columns.insert("hook".to_owned(), format!("https://u:hunter2@example.edu/{n}"));
    }
    row.state = rng.choice([&[TargetState::InSync], &TargetState::ALL[..]].concat()).unwrap_or(TargetState::InSync);
    let address = |name: &str| Address::new(Kind::Alarm, name);
    match row.state {
        TargetState::Pending | TargetState::Drifted | TargetState::Partial | TargetState::Blocked => {
            row.planned = Some(PlanSummary { add: 2, change: 1, ..PlanSummary::default() });
            let endpoint = Address::new(Kind::Subscription, format!("alerts/email/s{n}@example.edu"));
            let threshold =
                FieldChange { field: "threshold".into(), from: Some(json!(3)), to: Some(json!(rng.u8(5..7))) };
            let blocked = Blocked { reason: format!("it belongs to lab8 in {}", row.target), remedy: "choose".into() };
            let drift = |address: Address, action| Drift { address, action, fields: Vec::new(), blocked: None };
            row.drift = vec![
                drift(endpoint, Action::Create),
                Drift { fields: vec![threshold], ..drift(address("errors"), Action::Update) },
                Drift {
                    blocked: (row.state == TargetState::Blocked).then_some(blocked),
                    ..drift(address("<i>latency|`x`"), Action::Create)
                },
            ];
        }
        TargetState::Applied => {
            row.planned = Some(PlanSummary { add: 7, ..PlanSummary::default() });
            row.applied = row.planned;
        }
        TargetState::NotStarted | TargetState::Failed => row.planned = None,
        TargetState::InSync => {}
    }
    if row.state == TargetState::Partial {
        let outcome = ApplyOutcome::Failed {
            message: "cloudwatch:PutMetricAlarm: not allowed at https://u:hunter2@example.edu".into(),
            remedy: Some("allow the action <cloudwatch:PutMetricAlarm>".into()),
            class: FailureClass::Permission,
        };
        row.failed = vec![ChangeResult { address: address("errors"), action: Action::Update, outcome, notes: vec![] }];
    }
    if row.state == TargetState::Failed {
        row.failure = Some(TargetFailure {
            message: "sts:AssumeRole: the role is not there & https://u:hunter2@example.edu".into(),
            remedy: Some("create the role, or name another one in the roster".into()),
            exit: 4,
        });
    } else {
        row.subscriptions =
            Some(SubscriptionCounts { confirmed: rng.usize(..2), pending: 1, lost: 0, missing: rng.usize(..2) });
        row.alarms = Some(AlarmStates { ok: 3, alarm: rng.usize(..2), insufficient_data: 2, new: 1 });
        row.findings = (rng.u8(..2) == 0).then_some(Findings { errors: 0, warnings: 1, hints: 2 });
        row.backtest = (rng.u8(..3) == 0).then_some(Verdicts { noisy: 1, quiet: 3, unknown: 1, ..Verdicts::default() });
        row.cost = Some(f64::from(rng.u32(..400)) / 100.0);
        row.currency = Some("USD".into());
        row.usage = vec!["logs written".into(), "mails".into()];
    }
    if rng.u8(..3) == 0 {
        let note = Note::new(NoteKind::Act, format!("AWS has sent a mail to s{n}@example.edu"));
        row.notes.push(note.remedy("click the link in it"));
    }
    row
}
