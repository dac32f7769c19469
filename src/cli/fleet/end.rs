//! How a run over a roster ends: its report is saved and shown, and one exit code stands for all targets.

use super::Fleet;
use crate::cli::CommandContext;
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::{self, ReportFormat};
use crate::fleet::FleetReport;
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
        for (path, format) in &self.save {
            report::save(path, *format, found)?;
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
