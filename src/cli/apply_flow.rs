//! What apply and destroy have in common: of a roster or of one target, propose, show, refuse or ask, carry out, report.

use super::CommandContext;
use super::args::{OutputFormat, SpecArgs};
use super::connect::ConnectArgs;
use super::consent::{consent, question};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{ApplyFleet, CanaryArgs, FleetArgs};
use super::plan::{render, say_calls};
use super::progress::TargetProgress;
use super::report::ReportFormatArgs;
use crate::apply::{ApplyMute, ApplyOutcome, ApplyReport, FailureClass};
use crate::aws::{Aws, Clock};
use crate::backtest::for_plan::PastNote;
use crate::model::advice;
use crate::model::duration::format_seconds;
use crate::pipeline::{self, ApplyOptions, Proposal, ProposalRequest, Purpose, ReadBack};
use crate::plan::{Action, Note, NoteKind, Plan};
use crate::report::apply_text::muted_alarms;
use crate::report::{apply_text, json, markdown};
use clap::Args;

#[derive(Debug, Clone, Copy, Args)]
pub struct ApplyFlowArgs {
    /// Do not ask
    #[arg(short, long, visible_alias = "auto-approve")]
    pub yes: bool,
    /// Exit with 7 when a subscription is not confirmed in the end
    #[arg(long)]
    pub require_confirmed: bool,
}

/// What apply and destroy are run with, beside what each proposes.
pub struct ApplyFlow<'a> {
    /// `apply` or `destroy`.
    pub command: &'static str,
    pub spec: &'a SpecArgs,
    pub fleet: &'a FleetArgs,
    pub canary: CanaryArgs,
    pub connect: &'a ConnectArgs,
    pub args: ApplyFlowArgs,
    /// Seconds for which the written alarms notify nobody.
    pub mute: Option<i64>,
    pub format: ReportFormatArgs,
}

impl ApplyFlow<'_> {
    /// Runs over the roster, where there is one, else over the one target; `request` says what is proposed.
    pub async fn run<R>(&self, run: &mut CommandContext<'_>, request: R) -> Result<Exit, CliFailure>
    where
        R: Fn(PastNote, &Clock) -> Result<ProposalRequest, CliFailure>,
    {
        let spec = self.spec.load()?;
        if let Some(fleet) = self.fleet.open(self.command, &spec, self.spec, self.connect, run).await? {
            let request = request(PastNote::Verdict, fleet.clock())?;
            let (args, mute, canary, format) = (self.args, self.mute, self.canary, self.format.format);
            let (fleet, command, request) = (&fleet, self.command, &request);
            let flow = ApplyFleet { fleet, command, request, args, mute, canary, format };
            return flow.run(run).await;
        }
        let format = self.format.alone()?;
        self.canary.refuse_alone()?;
        let signals = run.signals.clone();
        let proposed = async {
            let at = self.connect.target(self.spec.bind_asking(spec, self.connect.region(), run).await?, run).await?;
            let request = request(PastNote::Figures, &at.aws.clock)?;
            let proposal = request.propose(&at).await?;
            Ok((at.aws, proposal, request.purpose))
        };
        let (aws, mut proposal, purpose) = signals.or_interrupted(proposed).await?;
        say_muted(&mut proposal, self.mute);
        let (args, mute, on_sandbox) = (self.args, self.mute, self.connect.is_sandbox());
        ApplySingle { aws: &aws, proposal: &proposal, args, mute, format, purpose, on_sandbox }.run(run).await
    }
}

/// The plan says for how long which of its alarms notify nobody.
pub fn say_muted(proposal: &mut Proposal, mute: Option<i64>) {
    let plan = &mut proposal.planned.plan;
    let Some(seconds) = mute else { return };
    let alarms = ApplyMute::of(plan, seconds).count();
    if alarms > 0 {
        let text = format!("{} for {} after the writes", muted_alarms(alarms), format_seconds(seconds));
        plan.notes.push(Note::new(NoteKind::Info, text));
    }
}

/// A proposal for one target, to be carried out.
pub struct ApplySingle<'a> {
    pub aws: &'a Aws,
    pub proposal: &'a Proposal,
    pub args: ApplyFlowArgs,
    /// Seconds for which the written alarms notify nobody.
    pub mute: Option<i64>,
    pub format: OutputFormat,
    pub purpose: Purpose,
    pub on_sandbox: bool,
}

impl ApplySingle<'_> {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let plan = &self.proposal.planned.plan;
        let changes = plan.effective().count();
        let blocked = plan.refusals().next().is_some();
        self.show(changes == 0, blocked, run)?;
        if blocked {
            let what = "the plan is blocked, so nothing was changed";
            return Err(CliFailure::say(Exit::Blocked, what, "see above what has to be solved first"));
        }
        if changes == 0 {
            say_calls(self.aws, run.output);
            return Ok(self.exit_unchanged(plan));
        }
        self.consent(run).await?;
        let report = {
            let mut progress = TargetProgress::new(run.output);
            let options = ApplyOptions { read_back: ReadBack::Everything, mute: self.mute };
            let report = pipeline::carry_out(self.aws, plan, options, &mut |event| progress.event(&event)).await;
            progress.end();
            report?
        };
        let look = run.output.look;
        let text = match self.format {
            OutputFormat::Table => format!("\n{}", apply_text::report(&report, &look)),
            OutputFormat::Json | OutputFormat::Markdown => self.report(&report),
        };
        run.output.result(&text)?;
        say_calls(self.aws, run.output);
        if self.on_sandbox && self.format == OutputFormat::Table && report.is_complete() {
            next_on_sandbox(self.purpose, &report.to_do).iter().for_each(|next| run.output.say(next));
        }
        Ok(self.exit(plan, &report, run.signals.received()))
    }

    /// For people, the plan is a result. For programs the result is the report, which holds the plan, and before anybody is asked
    /// the plan is shown beside it; only a blocked plan, of which there will be no report, is a result for them, too.
    fn show(&self, unchanged: bool, blocked: bool, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
        if self.format == OutputFormat::Table || blocked || (unchanged && self.format == OutputFormat::Markdown) {
            return run.output.result(&render(self.proposal, self.format, &run.output.look));
        }
        let shown = render(self.proposal, OutputFormat::Table, &run.output.side);
        // Nobody consents to what --quiet has kept from them.
        if self.args.yes || unchanged {
            run.output.say(&shown)
        } else {
            run.output.complain(&shown)
        }
        if unchanged { run.output.result(&self.report(&nothing_done(&self.proposal.planned.plan))) } else { Ok(()) }
    }

    /// The report for programs and for pull requests, with the plan that it is the end of.
    fn report(&self, report: &ApplyReport) -> String {
        let (plan, cost) = (&self.proposal.planned.plan, &self.proposal.cost);
        match self.format {
            OutputFormat::Markdown => markdown::report(report, plan, cost),
            OutputFormat::Table | OutputFormat::Json => json::report(report, plan, cost),
        }
    }

    async fn consent(&self, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
        let plan = &self.proposal.planned.plan;
        let question = format!("{}?", question(self.purpose, plan.effective().map(|change| change.action)));
        let again = advice::again_with("--yes");
        let unattended = format!("look at the plan above, then run {again} (or apply a plan saved with plan --out)");
        consent(run, self.args.yes, &question, &unattended).await
    }

    fn exit_unchanged(&self, plan: &Plan) -> Exit {
        match () {
            () if plan.is_incomplete() => Exit::Partial,
            () if self.args.require_confirmed && has_act(plan.all_notes().map(|(_, note)| note)) => Exit::Act,
            () => Exit::Success,
        }
    }

    fn exit(&self, plan: &Plan, report: &ApplyReport, signal: Option<Exit>) -> Exit {
        let unchanged = plan.changes.iter().filter(|change| change.action == Action::NoOp);
        let to_do = report.to_do.iter().chain(unchanged.flat_map(|change| &change.notes));
        match () {
            () if report.interrupted => signal.unwrap_or(Exit::Interrupted),
            () if !report.is_complete() => of_failures(report),
            () if plan.is_incomplete() => Exit::Partial,
            () if self.args.require_confirmed && has_act(to_do) => Exit::Act,
            () => Exit::Success,
        }
    }
}

/// What comes next where mail and time are simulated, too. Nothing does after a destroy.
fn next_on_sandbox(purpose: Purpose, to_do: &[Note]) -> Option<String> {
    match (purpose, has_act(to_do.iter())) {
        (Purpose::Destroy, _) => None,
        (Purpose::Apply, true) => {
            let (mail, confirm) = (advice::command("sandbox mail"), advice::command("sandbox confirm --all"));
            Some(format!("next: {mail} lists the mail that was sent, {confirm} clicks the link in it"))
        }
        (Purpose::Apply, false) => {
            let (advance, status) = (advice::command("sandbox advance 10m"), advice::command("status"));
            Some(format!("next: {advance} lets time pass and evaluates the alarms, {status} shows them"))
        }
    }
}

/// The report of an apply that had nothing to do.
fn nothing_done(plan: &Plan) -> ApplyReport {
    let acts = plan.all_notes().map(|(_, note)| note).filter(|note| note.kind == NoteKind::Act);
    ApplyReport {
        stack: plan.stack.clone(),
        target: plan.target.clone(),
        results: Vec::new(),
        planned: plan.summary(),
        verified: None,
        to_do: acts.cloned().collect(),
        interrupted: false,
        muted: None,
    }
}

fn has_act<'a>(mut notes: impl Iterator<Item = &'a Note>) -> bool {
    notes.any(|note| note.kind == NoteKind::Act)
}

/// Partial, unless nothing at all was done for one and the same reason.
pub fn of_failures(report: &ApplyReport) -> Exit {
    let all = |wanted: FailureClass| {
        report.done() == 0
            && report.failed().all(|r| matches!(&r.outcome, ApplyOutcome::Failed { class, .. } if *class == wanted))
    };
    match () {
        () if report.failed().next().is_none() => Exit::Partial,
        () if all(FailureClass::Permission) => Exit::Denied,
        () if all(FailureClass::Throttled) => Exit::TryLater,
        () => Exit::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::apply_text::tests::partial;

    #[test]
    fn the_exit_code_tells_partial_from_not_allowed() {
        let mut report = partial();
        assert_eq!(of_failures(&report), Exit::Partial);
        report.results.remove(0);
        assert_eq!(of_failures(&report), Exit::Denied);
        report.results.remove(0);
        assert_eq!(of_failures(&report), Exit::Partial);
    }
}
