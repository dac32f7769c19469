//! Small writes over a roster that are no plan of a spec: one summary, one question, then each target.

use super::{Fleet, ProgressDetail};
use crate::cli::CommandContext;
use crate::cli::consent::consent;
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::ReportFormat;
use crate::fleet::{FleetReport, FleetRow, FleetTarget, TargetRow, TargetState};
use crate::model::{Target, advice};
use crate::report::fleet::text;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What is asked, and how the report is written.
pub struct RosterWrites {
    pub command: &'static str,
    pub yes: bool,
    pub format: ReportFormat,
    /// With its mark.
    pub question: String,
}

impl Fleet {
    /// Shows the rows, asks, and carries out what was prepared of each target. Rows without anything prepared stand as they are.
    pub async fn confirmed<P, J>(
        &self,
        writes: RosterWrites,
        rows: Vec<FleetRow>,
        prepared: BTreeMap<Target, P>,
        run: &mut CommandContext<'_>,
        job: J,
    ) -> Result<Exit, CliFailure>
    where
        J: AsyncFn(&FleetTarget, P) -> Result<FleetRow, CliFailure>,
    {
        let RosterWrites { command, yes, format, question } = writes;
        let failed = rows.iter().filter(|row| row.is_failure()).count();
        let has_to_stop = run.signals.interrupt.is_set() || self.limits.max_failures.is_some_and(|most| failed >= most);
        let mut rows: BTreeMap<Target, FleetRow> = rows.into_iter().map(|row| (row.target.clone(), row)).collect();
        if has_to_stop {
            for row in rows.values_mut().filter(|row| prepared.contains_key(&row.target)) {
                row.state = row.state.max(TargetState::NotStarted);
            }
        } else if !prepared.is_empty() {
            self.show_planned(&self.report(command, rows.values().cloned().collect()), yes, format, run)?;
            let unattended = format!("look at the report above, then run {}", advice::again_with("--yes"));
            consent(run, yes, &question, &unattended).await?;
            let members = self.members().iter().filter(|member| prepared.contains_key(&member.target));
            let members: Vec<FleetTarget> = members.cloned().collect();
            let prepared = RefCell::new(prepared);
            let write = async |member: &FleetTarget| {
                let own = prepared.borrow_mut().remove(&member.target);
                match own {
                    Some(own) => job(member, own).await,
                    None => Ok(FleetRow::new(member, TargetState::NotStarted)),
                }
            };
            for row in self.work(&members, failed, ProgressDetail::Each, run, write).await {
                // Of what could not be begun, the row still says what is left.
                let planned = rows.get(&row.target).and_then(|row| row.planned);
                rows.insert(row.target.clone(), FleetRow { planned: row.planned.or(planned), ..row });
            }
        }
        self.end(&self.report(command, rows.into_values().collect()), Exit::Success, format, run)
    }

    /// For people, what is planned is a result. For programs the result is the report, and the plan is written beside it.
    pub fn show_planned(
        &self,
        planned: &FleetReport,
        yes: bool,
        format: ReportFormat,
        run: &mut CommandContext<'_>,
    ) -> Result<(), CliFailure> {
        if format == ReportFormat::Table {
            return run.output.result(&text::question(planned, yes, &run.output.look));
        }
        let shown = text::question(planned, yes, &run.output.side);
        // Nobody consents to what --quiet has kept from them.
        if yes {
            run.output.say(&shown)
        } else {
            run.output.complain(&shown)
        }
        Ok(())
    }
}
