//! `mlopsctl logs --report` over a roster: a line a function with its log summed up, the worst first, and why requests failed, the same
//! of many accounts once.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, Survey};
use super::functions::{failure, of_member, without_functions};
use super::moment::Moment;
use super::report::ReportFormat;
use crate::aws::Class;
use crate::fleet::{
    FleetFinding, FleetLevel, FleetReport, FleetRow, FleetTarget, FunctionHealth, FunctionRow, TargetState,
};
use crate::ops::logs::{LineFilter, LogLocation, LogSummary, find, sum_up};
use crate::pipeline::TargetContext;
use crate::plan::{Note, NoteKind};

/// What is summed up in every account.
pub struct LogSums<'a> {
    /// Functions; without any those of the spec.
    pub named: &'a [String],
    /// Log groups instead.
    pub groups: &'a [String],
    pub since: Moment,
    pub until: Option<Moment>,
    pub filter: Option<&'a str>,
    pub wanted: LineFilter,
}

pub async fn report(
    fleet: &Fleet,
    format: ReportFormat,
    sums: LogSums<'_>,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let look = async |member: &FleetTarget, at: TargetContext| sums.row(member, &at).await;
    let judge = |_: &FleetReport| Exit::Success;
    fleet.survey(Survey { command: "logs", format }, judge, run, look).await
}

impl LogSums<'_> {
    async fn row(&self, member: &FleetTarget, at: &TargetContext) -> Result<FleetRow, CliFailure> {
        let (places, mut notes) = match self.groups {
            [] => {
                let functions = of_member(self.named, at).await?;
                if functions.is_empty() {
                    return Ok(without_functions(member));
                }
                find(&at.aws, &functions).await.map_err(failure)?
            }
            groups => (groups.iter().map(|group| LogLocation::of_group(group)).collect(), Vec::new()),
        };
        let now = at.aws.clock.now_ms();
        let window = (self.since.resolve(now), self.until.map(|until| until.resolve(now)));
        let mut all = Vec::new();
        for place in &places {
            match sum_up(&at.aws, &[place.ask(self.filter)], window, &self.wanted).await {
                Ok(mut summed) => all.extend(summed.pop().map(|summary| (place.name(), summary))),
                // Lambda makes it with the first invocation.
                Err(error) if error.is(Class::NotFound) => notes.push(format!("there is no log group {}", place.group)),
                Err(error) => return Err(error.into()),
            }
        }
        let found = all.iter().flat_map(|(name, summary)| findings(name, summary)).collect();
        let mut functions: Vec<FunctionRow> = all.iter().map(|(name, summary)| function(name, summary)).collect();
        functions.sort_by_key(|one| one.status);
        let notes = notes.into_iter().map(|note| Note::new(NoteKind::Warning, note)).collect();
        Ok(FleetRow { found, functions, notes, ..FleetRow::new(member, TargetState::InSync) })
    }
}

fn function(name: &str, summary: &LogSummary) -> FunctionRow {
    let requests = summary.requests() as f64;
    let status = match () {
        () if summary.failed() > 0 => FunctionHealth::Bad,
        () if summary.error_lines() > 0 => FunctionHealth::Look,
        () if summary.lines == 0 => FunctionHealth::Idle,
        () => FunctionHealth::Well,
    };
    FunctionRow {
        function: name.to_owned(),
        status,
        requests,
        // Requests that failed without a REPORT line count as requests, too.
        error_rate: (summary.lines > 0)
            .then(|| summary.failed() as f64 / requests.max(summary.failed() as f64).max(1.0)),
        p95_ms: summary.durations().map(|found| found.p95),
        concurrency: None,
        throttles: None,
        cold_starts: Some(summary.cold_starts() as f64),
        memory_used: summary.max_memory_mb.zip(summary.memory_size_mb).map(|(used, size)| used / size),
    }
}

fn findings(name: &str, summary: &LogSummary) -> Vec<FleetFinding> {
    let finding = |id: &str, level, text: String| FleetFinding {
        id: id.to_owned(),
        level,
        text,
        remedy: Some(format!("read the lines in one account: mlopsctl logs {name} --level error")),
        person: None,
    };
    let mut found: Vec<FleetFinding> = summary
        .reasons()
        .into_iter()
        .map(|why| finding("failed-requests", FleetLevel::Error, format!("{name}: requests failed: {why}")))
        .collect();
    if found.is_empty() && summary.error_lines() > 0 {
        found.push(finding("error-lines", FleetLevel::Hint, format!("{name}: it wrote lines at ERROR")));
    }
    found
}
