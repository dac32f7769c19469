//! `mlopsctl check`: grades one account, or each of a roster, by a rubric. Only reads.

use super::CommandContext;
use super::check_report;
use super::check_retry::EarlierGrades;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{FleetProgress, ProgressDetail, ProgressRow, no_roster};
use super::plan::say_calls;
use super::report::ReportFormat;
use super::report_folder::ReportPlace;
use super::shard::ShardArgs;
use super::variables::{VariableArgs, VariableValues, load_roster};
use crate::aws::Aws;
use crate::fleet::{FleetDefaults, FleetTarget, FleetTargets, RunLimits, Shard, TargetAccess, TargetRow, run_all};
use crate::grade::{GradeBook, GradedItem, OpenRubric, Rubric, Student, Unread, grade, unread};
use crate::model::Target;
use crate::ops::http::HttpClient;
use crate::report::RenderOptions;
use crate::report::grade as reports;
use crate::spec::{Roster, RosterAccount};
use clap::Args;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one `http` test may wait at most, in seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Grades accounts by a rubric: points, what is missing, how to fix it; only reads
///
/// Ends with 5 when an account, or a part of one, could not be read: what is not known counts neither for nor against anybody.
/// See docs/grading.md.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// What is graded; examples/grading/lab-rubric.yaml is one. - reads it from standard input
    #[arg(long, value_name = "FILE", default_value = "rubric.yaml")]
    rubric: PathBuf,
    /// Exit with 3 when somebody has less than so many percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_below: Option<f64>,
    /// Show each student with everything that is missing, also of more than 5
    #[arg(long)]
    details: bool,
    #[command(flatten)]
    variables: VariableArgs,
    /// The roster, a CSV or YAML file of accounts; a column fills the rubric's variable of its name. Else the one account that
    /// the credentials are for
    #[arg(long, value_name = "FILE", help_heading = "Several accounts")]
    accounts: Option<PathBuf>,
    /// The role to assume where the roster names none [default: OrganizationAccountAccessRole]
    #[arg(long, value_name = "NAME", requires = "accounts", help_heading = "Several accounts")]
    role: Option<String>,
    #[command(flatten)]
    shard: ShardArgs,
    /// How many accounts are read at a time
    #[arg(long, value_name = "N", default_value = "32", help_heading = "Several accounts")]
    concurrency: NonZeroUsize,
    /// Stop starting accounts after N that could not be read
    #[arg(long, value_name = "N", requires = "accounts", help_heading = "Several accounts")]
    max_failures: Option<NonZeroUsize>,
    /// Only who was not read, or not whole, according to REPORT, a .json or folder of --report; the others stand as they are there.
    /// Of a folder also the parts that are missing
    #[arg(long, value_name = "REPORT", requires = "accounts", help_heading = "Several accounts")]
    retry_failed: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    format: ReportFormat,
    /// Also write it to a file, in the format that its ending says: .csv (the grade book), .html, .json, .md, .xml (JUnit) or
    /// .txt; repeatable. DIR/ is a folder with a file for each --shard
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Vec<PathBuf>,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim().parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n));
    percent.ok_or_else(|| "write a percentage from 0 to 100".to_owned())
}

/// The rubric with each student's own values, or why there is none.
type Rubrics = BTreeMap<Target, Result<Rubric, Unread>>;

impl CheckArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let save = self.report.iter().map(|path| ReportPlace::of(path)).collect::<Result<Vec<_>, _>>()?;
        let open = OpenRubric::read(&self.rubric)?;
        open.check()?;
        let values = self.variables.values(open.variables(), |name| std::env::var_os(name))?;
        let (book, parts) = match &self.accounts {
            Some(path) => self.grade_roster(&load_roster(path, open.variables())?, &open, &values, run).await?,
            None if self.shard.is_given() => return Err(no_roster("--shard")),
            None => {
                let book = run.signals.clone().or_interrupted(self.grade_one(&open, &values, run)).await?;
                (book, vec![Shard::WHOLE])
            }
        };
        for place in &save {
            check_report::save(place, &book, &parts)?;
        }
        let look = run.output.look;
        run.output.result(&self.format.book(&book, self.details, &look))?;
        Ok(run.signals.received().unwrap_or_else(|| self.exit(&book)))
    }

    async fn grade_one(
        &self,
        open: &OpenRubric,
        values: &VariableValues,
        run: &mut CommandContext<'_>,
    ) -> Result<GradeBook, CliFailure> {
        let rubric = open.bind(&values.with(open.variables(), &BTreeMap::new()))?;
        let aws = self.connect.open(None, &run.signals, run.output).await?;
        let http = http(std::iter::once(&rubric))?;
        let items = grade(&aws, &rubric, http.as_ref(), aws.clock.now()).await?;
        let mut book = GradeBook::of(&rubric);
        book.students.push(Student { target: aws.target().await?, columns: BTreeMap::new(), items, failure: None });
        say_calls(&aws, run.output);
        Ok(book)
    }

    async fn grade_roster(
        &self,
        roster: &Roster,
        open: &OpenRubric,
        values: &VariableValues,
        run: &mut CommandContext<'_>,
    ) -> Result<(GradeBook, Vec<Shard>), CliFailure> {
        let options = self.connect.options(None, &run.signals, run.output)?;
        let somewhere = roster.accounts.iter().flat_map(|account| &account.regions).next();
        let shard = self.shard.shard(run.output)?;
        let access = TargetAccess::open(options, somewhere.map_or("us-east-1", String::as_str)).await?.sharing(shard);
        let for_all = FleetDefaults { role: self.role.as_deref(), region: self.connect.region(), shard };
        let members = FleetTargets::of(roster, for_all, |account: &RosterAccount| {
            access.region().map(|region| vec![region.to_owned()]).ok_or_else(|| {
                let what = format!("no region for account {}", account.id);
                CliFailure::say(Exit::Usage, what, "give --region, or a column `region` in the roster")
            })
        })?;
        let load = |path: &Path| EarlierGrades::load(path, shard, run.output);
        let earlier = self.retry_failed.as_deref().map(load).transpose()?;
        let parts = earlier.as_ref().map_or_else(|| vec![shard], |earlier| earlier.parts.clone());
        let members = match &earlier {
            Some(earlier) => earlier.left(members),
            None => members,
        };
        let rubrics: Rubrics =
            members.list.iter().map(|member| (member.target.clone(), rubric_of(member, open, values))).collect();
        let http = http(rubrics.values().filter_map(|rubric| rubric.as_ref().ok()))?;
        if members.list.iter().any(FleetTarget::needs_a_caller) {
            access.caller().await?;
        }
        // Whoever cannot be bound has the headings of another: items and points do not depend on the account.
        let of_another = |account: &RosterAccount| open.bind(&values.with(open.variables(), &account.columns)).ok();
        let heading = match rubrics.values().find_map(|rubric| rubric.as_ref().ok()) {
            Some(rubric) => Some(rubric.clone()),
            // Also a part without anybody is of the same book.
            None => roster.accounts.iter().find_map(of_another),
        };
        let heading = match heading {
            Some(rubric) => rubric,
            None => open.bind(&values.with(open.variables(), &BTreeMap::new()))?,
        };
        let interrupt = run.signals.interrupt.clone();
        let limits = RunLimits {
            concurrency: self.concurrency.get(),
            max_failures: self.max_failures.map(NonZeroUsize::get),
            interrupt,
        };
        let mut book = GradeBook { targets: Some(members.of), ..GradeBook::of(&heading) };
        if let Some(earlier) = earlier {
            earlier.keep(&mut book)?;
        }
        let now = access.own().clock.now();
        let job = async |member: &FleetTarget| {
            let graded = student(member, &rubrics, &access, http.as_ref(), now);
            tokio::select! {
                biased;
                () = limits.interrupt.wait() => Student::not_started(member),
                student = graded => student,
            }
        };
        // A grade is in the report; while the run goes on only what could not be read has a line.
        let mut progress = FleetProgress::new(run.output, &members.list, ProgressDetail::Failures);
        let students = run_all(&members.list, &limits, job, &mut |step| progress.step(&step)).await;
        progress.end();
        for student in students {
            let items = student.items.is_empty().then(|| student.failure.as_ref().map(|why| unread(&heading, why)));
            book.students.push(match items.flatten() {
                Some(items) => Student { items, ..student },
                None => student,
            });
        }
        book.students.sort_by(|a, b| a.target.cmp(&b.target));
        say_calls(access.own(), run.output);
        Ok((book, parts))
    }

    fn exit(&self, book: &GradeBook) -> Exit {
        let below = |student: &Student| self.fail_below.is_some_and(|percent| book.is_below(student, percent));
        match () {
            () if book.students.iter().any(|student| !student.is_known()) => Exit::Partial,
            () if book.students.iter().any(below) => Exit::Findings,
            () => Exit::Success,
        }
    }
}

/// The rubric of one member. A value that is missing in the roster is this student's matter alone.
fn rubric_of(member: &FleetTarget, open: &OpenRubric, values: &VariableValues) -> Result<Rubric, Unread> {
    open.bind(&values.with(open.variables(), &member.columns)).map_err(|error| {
        let problems = error.problems();
        let message = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        let remedy = "fill in the roster's column of that name, or give the variable a default in the rubric";
        Unread { message: format!("the rubric does not fit this account: {message}"), remedy: Some(remedy.to_owned()) }
    })
}

impl TargetRow for Student {
    /// Somebody whom the run did not come to.
    fn not_started(member: &FleetTarget) -> Self {
        let message = "not read: the run was interrupted, or ended early by --max-failures".to_owned();
        let remedy = Some("run again, with --retry-failed and a report of this run".to_owned());
        student_of(member, Err(Unread { message, remedy }))
    }

    fn is_failure(&self) -> bool {
        self.failure.is_some()
    }
}

impl ProgressRow for Student {
    fn line(&self, look: &RenderOptions) -> String {
        reports::text::line(self, look)
    }

    fn target(&self) -> &Target {
        &self.target
    }
}

fn student_of(member: &FleetTarget, graded: Result<Vec<GradedItem>, Unread>) -> Student {
    let (items, failure) = match graded {
        Ok(items) => (items, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    Student { target: member.target.clone(), columns: member.columns.clone(), items, failure }
}

async fn student(
    member: &FleetTarget,
    rubrics: &Rubrics,
    access: &TargetAccess,
    http: Option<&HttpClient>,
    now: i64,
) -> Student {
    student_of(
        member,
        match rubrics.get(&member.target) {
            Some(Ok(rubric)) => reach(rubric, member, access, http, now).await,
            Some(Err(why)) => Err(why.clone()),
            None => return Student::not_started(member),
        },
    )
}

async fn reach(
    rubric: &Rubric,
    member: &FleetTarget,
    access: &TargetAccess,
    http: Option<&HttpClient>,
    now: i64,
) -> Result<Vec<GradedItem>, Unread> {
    let told = |failure: CliFailure| {
        let failure = failure.of_target();
        Unread { message: failure.message, remedy: failure.remedy }
    };
    let aws: Aws = access.aws(member).await.map_err(|error| told(error.into()))?;
    grade(&aws, rubric, http, now).await.map_err(|error| told(error.into()))
}

/// A client for the rubric's requests, where it has any.
fn http<'a>(mut rubrics: impl Iterator<Item = &'a Rubric>) -> Result<Option<HttpClient>, CliFailure> {
    let asks = rubrics.any(|rubric| !crate::grade::FactRequirements::of(rubric).requests.is_empty());
    Ok(if asks { Some(HttpClient::new(PATIENCE)?) } else { None })
}
