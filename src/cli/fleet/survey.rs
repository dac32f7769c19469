//! A command that only looks, over a roster: a row a target, and the exit code of the worst. What is looked at, each command
//! says itself.

use super::{Fleet, ProgressDetail};
use crate::cli::CommandContext;
use crate::cli::args::{OutputFormat, TextOrJson};
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::{ReportFormat, ReportFormatArgs};
use crate::fleet::{FleetLevel, FleetReport, FleetRow, FleetTarget};
use crate::pipeline::TargetContext;

/// Whom a look is for: how it is called in reports, and how they are written.
pub struct Survey {
    pub command: &'static str,
    pub format: ReportFormat,
}

impl Fleet {
    /// Looks at every target, shows and saves the report; `judge` is the exit code where every target could be read.
    pub async fn survey<J>(
        &self,
        survey: Survey,
        judge: impl Fn(&FleetReport) -> Exit,
        run: &mut CommandContext<'_>,
        look: J,
    ) -> Result<Exit, CliFailure>
    where
        J: AsyncFn(&FleetTarget, TargetContext) -> Result<FleetRow, CliFailure>,
    {
        let report = self.report(survey.command, self.each(ProgressDetail::Each, run, look).await);
        self.end(&report, judge(&report), survey.format, run)
    }
}

/// How a look ends that found these things: as its worst asks for.
pub fn by_findings(report: &FleetReport) -> Exit {
    let levels = report.rows.iter().flat_map(|row| row.found.iter().map(|found| found.level));
    match levels.min() {
        Some(FleetLevel::Error) => Exit::Findings,
        Some(FleetLevel::ActionNeeded) => Exit::Act,
        Some(FleetLevel::Hint) | None => Exit::Success,
    }
}

/// The format of one target, for commands that have no Markdown of one.
pub fn table_or_json(format: ReportFormatArgs) -> Result<TextOrJson, CliFailure> {
    match format.alone()? {
        OutputFormat::Table => Ok(TextOrJson::Table),
        OutputFormat::Json => Ok(TextOrJson::Json),
        OutputFormat::Markdown => {
            let what = "--format markdown is for several accounts, and there is no roster";
            Err(CliFailure::say(Exit::Usage, what, "name one with --accounts, or use table or json"))
        }
    }
}
