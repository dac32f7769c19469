//! How a run over a roster ends: its report is saved and shown, and one exit code stands for all targets.

use super::Fleet;
use crate::cli::CommandContext;
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::{self, ReportFormat};
use crate::fleet::{FleetReport, ReportPart, Shard};
use crate::report::calls;

impl Fleet {
    /// Saves the report and shows it; `all_well` is the exit code where no target failed.
    pub fn end(
        &self,
        found: &FleetReport,
        all_well: Exit,
        format: ReportFormat,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let part = |shard: Shard| ReportPart::new(shard, self.spec.text(), self.members.sum);
        let parts: Vec<ReportPart> = self.parts.iter().copied().map(part).collect();
        for place in &self.save {
            place.save(found, &parts)?;
        }
        let look = run.output.look;
        run.output.result_by(|put| format.write(found, &look, put))?;
        if run.output.look.verbose {
            let counts: Vec<_> =
                self.calls().into_iter().map(|(op, count)| (op, count.calls, count.throttled)).collect();
            let text = calls::calls(&counts, &run.output.side);
            run.output.say(&text);
        }
        Ok(run.signals.received().unwrap_or_else(|| report::exit(&found.rows, all_well)))
    }
}
