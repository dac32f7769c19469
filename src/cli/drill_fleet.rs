//! `mlopsctl drill --dry-run` over a roster: how far the notification of each alarm would come, and what is in the way. Fires
//! nothing.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, Survey, by_findings};
use super::report::ReportFormat;
use super::spec_alarms::{chosen, in_target};
use crate::fleet::{Findings, FleetFinding, FleetLevel, FleetRow, FleetTarget, SubscriptionCounts, TargetState};
use crate::ops::drill::{self, Above, DrillReport, DrillSurvey, DrillVerdict, JudgedStep};
use crate::pipeline::TargetContext;
use crate::report::count;
use crate::resources::ConfirmationState;

pub async fn foresee(
    fleet: &Fleet,
    alarms: &[String],
    format: ReportFormat,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let look = async |member: &FleetTarget, at: TargetContext| {
        let names = chosen(in_target(&at.aws, &at.bound, &member.target).await?, alarms)?;
        Ok(row(member, &drill::survey(&at.aws, &names, at.aws.clock.now(), Above::Read).await?))
    };
    run.signals.clone().or_interrupted(fleet.survey(Survey { command: "drill", format }, by_findings, run, look)).await
}

/// Of more alarms their number is counted.
const NAMED: usize = 3;

/// What a drill of a member would come to. What its alarms would run beside notifications is a hint: it is really run.
fn row(member: &FleetTarget, survey: &DrillSurvey) -> FleetRow {
    let mut found = findings(&drill::foresee(survey));
    found.extend(survey.other_actions().into_iter().map(|(arn, alarm)| FleetFinding {
        id: "other-action".to_owned(),
        level: FleetLevel::Hint,
        text: format!("{alarm}: a drill would really run {arn}"),
        remedy: Some("name the alarms that a drill shall fire".to_owned()),
        person: None,
    }));
    let of = |level: FleetLevel| found.iter().filter(|finding| finding.level == level).count();
    let counts =
        Findings { errors: of(FleetLevel::Error), warnings: of(FleetLevel::ActionNeeded), hints: of(FleetLevel::Hint) };
    let state = if counts.errors > 0 { TargetState::Pending } else { TargetState::InSync };
    let not_there = |state: ConfirmationState| {
        let all = survey.topics.values().flat_map(|topic| &topic.subscribers);
        all.filter(|subscriber| subscriber.confirmation == state).count()
    };
    let subscriptions = SubscriptionCounts {
        confirmed: survey.woken().len(),
        pending: not_there(ConfirmationState::Pending),
        lost: not_there(ConfirmationState::Lost),
        missing: 0,
    };
    FleetRow { subscriptions: Some(subscriptions), findings: Some(counts), found, ..FleetRow::new(member, state) }
}

/// The steps that do not come through; what several alarms share is one.
fn findings(foreseen: &DrillReport) -> Vec<FleetFinding> {
    let mut shared: Vec<(&JudgedStep, FleetLevel, Vec<&str>)> = Vec::new();
    for (alarm, step) in foreseen.alarms.iter().flat_map(|alarm| alarm.steps.iter().map(|step| (&*alarm.alarm, step))) {
        let level = match step.verdict {
            DrillVerdict::Failed => FleetLevel::Error,
            DrillVerdict::Waiting => FleetLevel::ActionNeeded,
            DrillVerdict::Verified | DrillVerdict::NotTested => continue,
        };
        match shared.iter_mut().find(|(other, ..)| *other == step) {
            Some((_, _, alarms)) => alarms.push(alarm),
            None => shared.push((step, level, vec![alarm])),
        }
    }
    let told = |(step, level, alarms): (&JudgedStep, FleetLevel, Vec<&str>)| {
        let by = match alarms.len() {
            n if n > NAMED => count(n, "alarm"),
            _ => alarms.join(", "),
        };
        let about = step.topic.as_deref().unwrap_or(by.as_str());
        let by = if step.topic.is_some() { format!(" (by {by})") } else { String::new() };
        FleetFinding {
            id: step.step.word().to_owned(),
            level,
            text: format!("{about}: {}{by}", step.text),
            remedy: step.remedy.clone(),
            person: None,
        }
    };
    shared.into_iter().map(told).collect()
}
