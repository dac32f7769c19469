//! `mlopsctl subscriptions list` over a roster: who has not confirmed, each person once, whatever the accounts.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, Survey};
use super::report::ReportFormat;
use crate::fleet::{FleetFinding, FleetLevel, FleetReport, FleetRow, FleetTarget, SubscriptionCounts, TargetState};
use crate::model::secret;
use crate::ops::subscriptions::{self, StackSubscriptions, SubscriptionRow, SubscriptionState};
use crate::pipeline::TargetContext;
use crate::report::watch::subscriptions as report;
use std::collections::BTreeMap;

pub async fn list(
    fleet: &Fleet,
    format: ReportFormat,
    require_confirmed: bool,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let look = async |member: &FleetTarget, at: TargetContext| {
        let desired = at.bound.desired(&member.target, &BTreeMap::new())?.resources;
        let all = subscriptions::read(&at.aws, at.bound.stack(), &member.target, &desired).await?;
        Ok(row(member, &all))
    };
    let judge = |report: &FleetReport| match report.rows.iter().any(|row| !row.found.is_empty()) {
        true if require_confirmed => Exit::Act,
        _ => Exit::Success,
    };
    fleet.survey(Survey { command: "subscriptions", format }, judge, run, look).await
}

/// Who is open in a member. What apply subscribes is pending; waiting for somebody is not.
fn row(member: &FleetTarget, all: &StackSubscriptions) -> FleetRow {
    let open = |state: SubscriptionState| all.open().filter(|row| row.state == state).count();
    let counts = SubscriptionCounts {
        confirmed: all.count(SubscriptionState::Confirmed),
        pending: open(SubscriptionState::Pending),
        lost: open(SubscriptionState::Lost),
        missing: open(SubscriptionState::Missing),
    };
    let state = if counts.lost + counts.missing > 0 { TargetState::Pending } else { TargetState::InSync };
    let finding = |row: &SubscriptionRow| FleetFinding {
        id: row.state.word().to_owned(),
        level: FleetLevel::ActionNeeded,
        text: report::change(row),
        remedy: Some(report::remedy_of_many(row)),
        person: Some(secret::hide(&row.endpoint)),
    };
    FleetRow {
        subscriptions: Some(counts).filter(|_| !all.rows.is_empty()),
        found: all.open().map(finding).collect(),
        ..FleetRow::new(member, state)
    }
}
