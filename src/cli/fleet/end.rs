//! How a run over a roster ends: its report is saved and shown, and one exit code stands for all targets.

use super::Fleet;
use crate::cli::Run;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::report::{self, ReportFormat};
use crate::fleet::{FleetReport, Row, State};
use crate::report::calls;

impl Fleet {
    /// Saves the report and shows it; `all_well` is the exit code where no target failed.
    pub fn end(
        &self,
        report: &FleetReport,
        all_well: Exit,
        format: ReportFormat,
        run: &mut Run<'_>,
    ) -> Result<Exit, Failure> {
        for (path, format) in &self.save {
            report::save(path, *format, report)?;
        }
        run.output.result(&format.render(report, &run.output.look))?;
        if run.output.look.verbose {
            let counts: Vec<_> =
                self.calls().into_iter().map(|(op, count)| (op, count.calls, count.throttled)).collect();
            let text = calls::calls(&counts, &run.output.side);
            run.output.say(&text);
        }
        Ok(run.signals.received().unwrap_or_else(|| exit(&report.rows, all_well)))
    }
}

/// Partial where a target failed, unless all of them did for one and the same reason.
pub fn exit(rows: &[Row], all_well: Exit) -> Exit {
    let well = |row: &&Row| row.state < State::NotStarted;
    if rows.iter().all(|row| well(&row)) {
        return all_well;
    }
    let reason = |row: &Row| row.failure.as_ref().map(|failure| failure.exit);
    let first = rows.first().and_then(reason);
    let one_reason = rows.iter().all(|row| row.state >= State::Blocked && reason(row) == first);
    let shared = [Exit::Denied, Exit::TryLater, Exit::Blocked].into_iter().find(|exit| Some(exit.code()) == first);
    shared.filter(|_| one_reason).unwrap_or(Exit::Partial)
}
