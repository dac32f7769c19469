//! Several accounts in one run: which they are, a job on each of them, and how such a run ends. What the job is, each command
//! says itself.

mod apply_flow;
mod args;
mod confirmed;
mod end;
mod progress;
mod retry;
mod survey;

use super::CommandContext;
use super::args::SpecArgs;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::report_folder::ReportPlace;
use super::shard::ShardArgs;
use super::variables::{VariableValues, without_secret_lines};
use crate::aws::{Aws, CallCount, Clock};
use crate::fleet::{
    FORMAT_VERSION, FleetDefaults, FleetReport, FleetRow, FleetTarget, FleetTargets, RowMark, RunLimits, Shard,
    TargetAccess, TargetState, run_all,
};
use crate::model::node::Span;
use crate::model::{SpecProblem, Target};
use crate::pipeline::{NotAllowed, TargetContext};
use crate::spec::{BoundSpec, Roster, RosterAccount, Spec, SpecError};
pub use apply_flow::{ApplyFleet, CanaryArgs};
pub use args::RosterArgs;
use clap::Args;
pub use confirmed::RosterWrites;
pub use progress::{FleetProgress, ProgressDetail, ProgressRow};
use retry::RetryRest;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
pub use survey::{Survey, by_findings, table_or_json};

/// Targets that are worked on at a time: nearly all of the time is AWS's.
const AT_ONCE: usize = 128;
/// The same where nothing is waited for: more would only crowd each other out of the processor's caches.
const AT_ONCE_WITHOUT_WAITING: usize = 8;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Several accounts")]
pub struct FleetArgs {
    /// The roster, a CSV or YAML file of accounts; else the spec's `accounts`. See docs/fleet.md
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// The role to assume where the roster names none [default: OrganizationAccountAccessRole]
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    #[command(flatten)]
    shard: ShardArgs,
    /// How many targets are worked on at a time [default: 128; 8 in a sandbox that answers at once]
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroUsize>,
    /// Stop starting accounts after N failures
    #[arg(long, value_name = "N")]
    max_failures: Option<NonZeroUsize>,
    /// Only what failed, was blocked or was not begun according to REPORT, a file or folder of --report; of a folder also the parts
    /// that are missing
    #[arg(long, value_name = "REPORT")]
    retry_failed: Option<PathBuf>,
    /// Save what was found or done, also when interrupted, in the format that the ending says: .json (which report merge and
    /// --retry-failed read), .csv, .html, .md, .xml (JUnit) or .txt; repeatable. DIR/ is a folder with a file for each --shard
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
}

/// A roster that is ready to be worked on.
pub struct Fleet {
    spec: Spec,
    values: VariableValues,
    members: FleetTargets,
    access: TargetAccess,
    limits: RunLimits,
    /// Rows of an earlier report that stand as they are.
    kept: Vec<FleetRow>,
    /// What the rows of the others say that they repeat.
    repeats: BTreeMap<Target, Vec<RowMark>>,
    save: Vec<ReportPlace>,
    /// The parts of the roster that it does, as they are written to a folder.
    parts: Vec<Shard>,
    /// Whether it is one account in the regions of the spec, without a roster.
    is_of_regions: bool,
}

impl FleetArgs {
    /// Whether the command line names a roster.
    pub fn is_named(&self) -> bool {
        self.accounts.is_some()
    }

    /// The fleet, where flags or the spec name a roster; `None` where the run is of one target.
    pub async fn open(
        &self,
        command: &str,
        spec: &Spec,
        spec_args: &SpecArgs,
        connect: &ConnectArgs,
        run: &mut CommandContext<'_>,
    ) -> Result<Option<Fleet>, CliFailure> {
        let shard = self.shard.shard(run.output)?;
        let Some((roster, others)) = self.roster(spec, connect.region(), shard)? else {
            return match connect.region().is_none() && spec.has_regions() {
                true => self.open_regions(command, spec, spec_args, connect, shard, run).await.map(Some),
                false => self.nothing_alone().map(|()| None),
            };
        };
        let save = self.save()?;
        let values = spec_args.variables.values(spec.variables(), |name| std::env::var_os(name))?;
        let regions = regions(spec, &roster, &values, connect.region())?;
        let options = connect.options(None, &run.signals, run.output)?;
        let somewhere = roster.accounts.iter().flat_map(|account| &account.regions).next();
        let somewhere = somewhere.or(regions.values().flatten().next());
        let access = TargetAccess::open(options, somewhere.map_or("us-east-1", String::as_str)).await?.sharing(shard);
        let for_all = FleetDefaults { role: self.role.as_deref(), region: connect.region(), shard };
        let mut members = FleetTargets::of(&roster, for_all, |account: &RosterAccount| {
            let said = regions.get(&account.span).cloned().unwrap_or_default();
            let configured = || access.region().map(|region| vec![region.to_owned()]);
            Some(said).filter(|said| !said.is_empty()).or_else(configured).ok_or_else(|| {
                let remedy = "give --region, `region:` in the spec, or a column `region` in the roster";
                CliFailure::say(Exit::Usage, format!("no region for account {}", account.id), remedy)
            })
        })?;
        members.sum = members.sum.wrapping_add(others);
        let RetryRest { members, kept, repeats, parts } = self.left(command, spec, members, shard, run)?;
        if members.list.iter().any(FleetTarget::needs_a_caller) {
            access.caller().await?;
        }
        let (spec, limits) = (spec.clone(), self.limits(connect, run));
        Ok(Some(Fleet { spec, values, members, access, limits, kept, repeats, save, parts, is_of_regions: false }))
    }

    /// The regions of the spec, in the one account of the credentials.
    async fn open_regions(
        &self,
        command: &str,
        spec: &Spec,
        spec_args: &SpecArgs,
        connect: &ConnectArgs,
        shard: Shard,
        run: &mut CommandContext<'_>,
    ) -> Result<Fleet, CliFailure> {
        if self.role.is_some() {
            return Err(no_roster("--role"));
        }
        let save = self.save()?;
        let values = spec_args.values_asking(spec, run).await?;
        let bound = spec.bind_regions(&values)?;
        let regions: Vec<String> = bound.iter().filter_map(|one| one.region().map(str::to_owned)).collect();
        let options = connect.options(None, &run.signals, run.output)?;
        let access =
            TargetAccess::open(options, regions.first().map_or("us-east-1", String::as_str)).await?.sharing(shard);
        let account = access.caller().await?.clone();
        if let Some(one) = bound.first() {
            NotAllowed::check(one, &account)?;
        }
        let members = FleetTargets::of_account(&account, regions, shard);
        let RetryRest { members, kept, repeats, parts } = self.left(command, spec, members, shard, run)?;
        let (spec, values, limits) = (spec.clone(), VariableValues::of(values), self.limits(connect, run));
        Ok(Fleet { spec, values, members, access, limits, kept, repeats, save, parts, is_of_regions: true })
    }

    fn limits(&self, connect: &ConnectArgs, run: &CommandContext<'_>) -> RunLimits {
        let usual = if connect.answers_at_once() { AT_ONCE_WITHOUT_WAITING } else { AT_ONCE };
        RunLimits {
            concurrency: self.concurrency.map_or(usual, NonZeroUsize::get),
            max_failures: self.max_failures.map(NonZeroUsize::get),
            interrupt: run.signals.interrupt.clone(),
        }
    }

    fn save(&self) -> Result<Vec<ReportPlace>, CliFailure> {
        self.report.iter().map(|path| ReportPlace::of(path)).collect()
    }

    /// What is run, and the rows of an earlier report that stand as they are.
    fn left(
        &self,
        command: &str,
        spec: &Spec,
        members: FleetTargets,
        shard: Shard,
        run: &mut CommandContext<'_>,
    ) -> Result<RetryRest, CliFailure> {
        match &self.retry_failed {
            Some(path) => retry::failed_only(path, command, spec.stack(), members, shard, run.output),
            None => Ok(RetryRest { members, kept: Vec::new(), repeats: BTreeMap::new(), parts: vec![shard] }),
        }
    }

    /// Of a command whose `--report` may come without a file, which is then this text: takes that away, and says whether the flag came
    /// at all.
    pub fn take_report(&mut self, alone: &str) -> bool {
        let came = !self.report.is_empty();
        self.report.retain(|path| path.as_os_str() != alone);
        came
    }

    /// Whether a report of the whole run is asked for.
    pub fn saves_reports(&self) -> bool {
        !self.report.is_empty()
    }

    /// The roster, of which a shard holds only the accounts that may have a target of its own, and the sum of the targets of all others.
    fn roster(&self, spec: &Spec, named: Option<&str>, shard: Shard) -> Result<Option<(Roster, u64)>, CliFailure> {
        // Where a region is a variable's, it is known when the account's values are bound.
        let written: Option<Vec<String>> = spec.written_regions().into_iter().map(|one| one.region).collect();
        let mut others: u64 = 0;
        let mut pass_over = |account: &RosterAccount| {
            let regions: &[String] = match (named, account.regions.as_slice(), &written) {
                (Some(region), ..) => &[region.to_owned()],
                (None, [], None) => return None,
                (None, [], Some(written)) => written,
                (None, regions, _) => regions,
            };
            let targets = || regions.iter().map(|region| Target::new(&account.id, region));
            if shard == Shard::WHOLE || targets().any(|target| shard.contains(&target)) {
                return None;
            }
            others = others.wrapping_add(FleetTargets::sum_of(targets()));
            Some(regions.len())
        };
        let read = match &self.accounts {
            Some(path) => Roster::load_part(path, &mut pass_over).map(Some),
            None => spec.roster_part(&mut pass_over),
        };
        Ok(read.map_err(without_secret_lines(spec.variables()))?.map(|roster| (roster, others)))
    }

    /// Refuses every flag of this group, where the run cannot be of several accounts; `why` says why not.
    pub fn refuse_all(&self, why: &str) -> Result<(), CliFailure> {
        if self.is_named() {
            return Err(CliFailure::say(Exit::Usage, format!("--accounts: {why}"), "leave out --accounts"));
        }
        self.nothing_alone()
    }

    /// Flags that mean nothing without a roster are a mistake, not a wish to be passed over.
    pub fn nothing_alone(&self) -> Result<(), CliFailure> {
        let given = [
            ("--role", self.role.is_some()),
            ("--shard", self.shard.is_given()),
            ("--max-failures", self.max_failures.is_some()),
            ("--retry-failed", self.retry_failed.is_some()),
            ("--report", !self.report.is_empty()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(no_roster(flag)),
            None => Ok(()),
        }
    }
}

pub fn no_roster(flag: &str) -> CliFailure {
    let remedy = "name one with --accounts, or with `accounts` in the spec";
    CliFailure::say(Exit::Usage, format!("{flag} is for several accounts, and there is no roster"), remedy)
}

/// The regions that the spec names for each account, by its place in the roster. Binds the spec for every account, so that whatever
/// does not fit is said before anything is asked of AWS: that includes a region of an account that a spec of several does not have.
fn regions(
    spec: &Spec,
    roster: &Roster,
    values: &VariableValues,
    named: Option<&str>,
) -> Result<BTreeMap<Span, Vec<String>>, CliFailure> {
    let mut regions = BTreeMap::new();
    let (mut misfits, mut elsewhere): (Vec<(&RosterAccount, SpecError)>, _) = (Vec::new(), Vec::new());
    for account in &roster.accounts {
        match spec.bind_regions(&values.with(spec.variables(), &account.columns)) {
            Ok(all) => {
                let there: Vec<String> = all.iter().filter_map(|one| one.region().map(str::to_owned)).collect();
                if all.iter().any(BoundSpec::lists_regions) {
                    let asked: Vec<&str> = match named {
                        Some(region) => vec![region],
                        None => account.regions.iter().map(String::as_str).collect(),
                    };
                    for region in asked.into_iter().filter(|region| !there.iter().any(|one| one == region)) {
                        let all = there.join(", ");
                        if named.is_some() {
                            let what = format!("the spec has no region {region}");
                            return Err(CliFailure::say(Exit::Usage, what, format!("its regions are {all}")));
                        }
                        let problem = SpecProblem::new(account.span, format!("the spec has no region {region}"));
                        elsewhere.push(problem.help(format!("its regions are {all}")));
                    }
                }
                regions.insert(account.span, there);
            }
            Err(error) => misfits.push((account, error)),
        }
    }
    let Some((_, first)) = misfits.first() else {
        return if elsewhere.is_empty() { Ok(regions) } else { Err(roster.mistakes(elsewhere).into()) };
    };
    // What is wrong for every account in the same way is a mistake of the spec, not of the roster.
    let same = misfits.iter().all(|(_, error)| error.problems() == first.problems());
    if same && misfits.len() == roster.accounts.len() {
        return Err(first.clone().into());
    }
    let problems = misfits.iter().flat_map(|(account, error)| {
        let found = error.problems().into_iter();
        found.map(|found| {
            let message = format!("the spec does not fit this account: {}", found.message);
            let place = format!("it is asked for in {}:{}:{}", found.file, found.line, found.column);
            found.help.into_iter().fold(SpecProblem::new(account.span, message).help(place), SpecProblem::help)
        })
    });
    Err(roster.mistakes(problems.chain(elsewhere).collect()).into())
}

impl Fleet {
    /// The stack of the spec, as it is written.
    pub fn stack(&self) -> &str {
        self.spec.stack()
    }

    pub fn members(&self) -> &[FleetTarget] {
        &self.members.list
    }

    /// A job that only reads on every member, so many at a time, with progress. A job that fails is a row that says why.
    pub async fn each<J>(&self, told: ProgressDetail, run: &mut CommandContext<'_>, job: J) -> Vec<FleetRow>
    where
        J: AsyncFn(&FleetTarget, TargetContext) -> Result<FleetRow, CliFailure>,
    {
        let visit = async |member: &FleetTarget| {
            let row = job(member, self.context(member).await?).await?;
            // What an interrupt kept from being read says nothing of the target.
            let cut_off = row.state == TargetState::Partial && self.limits.interrupt.is_set();
            Ok(if cut_off { FleetRow::new(member, TargetState::NotStarted) } else { row })
        };
        self.work(self.members(), 0, told, run, visit).await
    }

    /// The same for some members, without the spec: a job that was planned before. So many have `failed` already.
    async fn work<J>(
        &self,
        members: &[FleetTarget],
        failed_before: usize,
        told: ProgressDetail,
        run: &mut CommandContext<'_>,
        job: J,
    ) -> Vec<FleetRow>
    where
        J: AsyncFn(&FleetTarget) -> Result<FleetRow, CliFailure>,
    {
        let work = async |member: &FleetTarget| job(member).await.unwrap_or_else(|failure| failed(member, &failure));
        let mut progress = FleetProgress::new(run.output, members, told);
        let most = self.limits.max_failures.map(|most| most.saturating_sub(failed_before));
        let limits = RunLimits { max_failures: most, ..self.limits.clone() };
        let rows = run_all(members, &limits, work, &mut |step| progress.step(&step)).await;
        progress.end();
        rows
    }

    /// A member's handles, with the spec of its region.
    pub async fn context(&self, member: &FleetTarget) -> Result<TargetContext, CliFailure> {
        let (values, region) = (self.values.with(self.spec.variables(), &member.columns), &member.target.region);
        let bound = self.spec.bind_in(region, &values)?.ok_or_else(|| {
            CliFailure::say(Exit::Usage, format!("the spec has no region {region}"), "add it to `regions:` of the spec")
        })?;
        NotAllowed::check(&bound, &member.target.account)?;
        // A file that lists its regions says itself which one keeps what is the account's.
        let keeps_account = member.keeps_account || bound.lists_regions();
        let bound = if keeps_account { bound } else { bound.without_the_account() };
        Ok(TargetContext { aws: self.access.aws(member).await?, bound })
    }

    /// Whether it is one account in the regions of the spec, without a roster.
    pub fn is_of_regions(&self) -> bool {
        self.is_of_regions
    }

    /// The refusal of something that is for one target alone; `instead` is what else can be done.
    pub fn is_too_many(&self, what: &str, instead: &str) -> CliFailure {
        match self.is_of_regions {
            true => {
                let regions: Vec<&str> = self.members().iter().map(|member| member.target.region.as_str()).collect();
                let remedy = format!("name one with --region ({}), or {instead}", regions.join(", "));
                CliFailure::say(Exit::Usage, format!("{what} is for one region, and the spec has several"), remedy)
            }
            false => {
                let remedy = format!("{instead}, or run for one account with its own credentials");
                CliFailure::say(Exit::Usage, format!("{what} is for one account, and a roster is given"), remedy)
            }
        }
    }

    /// The handles of a member.
    pub async fn aws(&self, member: &FleetTarget) -> Result<Aws, CliFailure> {
        Ok(self.access.aws(member).await?)
    }

    /// The value that reports are made of, rows of an earlier report included.
    pub fn report(&self, command: &str, rows: Vec<FleetRow>) -> FleetReport {
        let repeating = |row: FleetRow| match self.repeats.get(&row.target) {
            Some(repeats) => FleetRow { repeats: repeats.clone(), ..row },
            None => row,
        };
        let mut rows: Vec<FleetRow> = rows.into_iter().map(repeating).chain(self.kept.iter().cloned()).collect();
        rows.sort_by(|a, b| a.target.cmp(&b.target));
        FleetReport {
            format_version: FORMAT_VERSION.to_owned(),
            command: command.to_owned(),
            stack: self.stack().to_owned(),
            targets: self.members.of,
            part: None,
            rows,
        }
    }

    /// The one clock of all targets.
    pub fn clock(&self) -> &Clock {
        &self.access.own().clock
    }

    /// The handles that count what is asked of AWS, over all targets.
    pub fn own(&self) -> &Aws {
        self.access.own()
    }

    /// What was asked of AWS, over all targets.
    pub fn calls(&self) -> BTreeMap<String, CallCount> {
        self.access.own().calls()
    }
}

/// The row of a target that a job gave up. Interrupted before anything was done is not begun.
fn failed(member: &FleetTarget, failure: &CliFailure) -> FleetRow {
    match failure.exit {
        Exit::Interrupted | Exit::Terminated => FleetRow::new(member, TargetState::NotStarted),
        Exit::Blocked => FleetRow::failed(member, TargetState::Blocked, failure.of_target()),
        _ => FleetRow::failed(member, TargetState::Failed, failure.of_target()),
    }
}
