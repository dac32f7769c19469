//! `mlopsctl backtest`: what the alarms of the spec would have done in the past.

use super::CommandContext;
use super::args::{OutputFormat, SelectArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, ProgressDetail, RosterArgs};
use super::output::write_file;
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use super::save_test::{PastRun, SaveTestArgs};
use super::subscriptions::duration;
use crate::aws::Aws;
use crate::backtest::budget::{self, error_budget};
use crate::backtest::history::MetricIdentity;
use crate::backtest::history::fetch::{Detail, fetch};
use crate::backtest::history::file;
use crate::backtest::incidents;
use crate::backtest::judge::{judge, needs};
use crate::backtest::pages::Audience;
use crate::backtest::verify::{self, Agreement};
use crate::backtest::{BacktestRequest, BacktestVerdict, EvaluatedAlarm, EvaluationOptions, Figures, MetricHistory};
use crate::fleet::{FleetRow, FleetTarget, TargetState, Verdicts};
use crate::model::Target;
use crate::ops::logs::replay::{MOST_LINES, replay};
use crate::pipeline::{self, TargetContext};
use crate::plan::{Consent, Note, NoteKind};
use crate::report::backtest::{Backtest, html, json, markdown, svg, text};
use crate::resources::{Address, MetricFilter, Resource, Slo, metric_filter};
use crate::spec::{BoundSpec, Spec};
use anyhow::Context;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

const DAY: i64 = 86_400;

/// Shows what the alarms would have done in the past, and whether they are useful
///
/// How often they would have fired, for how long, when somebody would have been notified, and what that says of them.
#[derive(Debug, Clone, Args)]
// With a past out of a file nobody is asked.
#[command(mut_arg("profile", |arg| arg.conflicts_with("history")))]
#[command(mut_arg("endpoint_url", |arg| arg.conflicts_with("history")))]
#[command(mut_arg("sandbox_faults", |arg| arg.conflicts_with("history")))]
pub struct BacktestArgs {
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// How far back, e.g. 12h, 14d; at most 455d
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = since, alias = "days")]
    since: i64,
    /// Take the past from FILE (JSON or CSV) and ask nobody; of it what --since says
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Of metrics that metric filters of the spec make and CloudWatch has no data of: count the log lines that are still there
    #[arg(long, conflicts_with = "history")]
    from_logs: bool,
    /// Also propose conditions that fire on what is unusual, at most about PER_WEEK times a week [default: 1]
    #[arg(long, value_name = "PER_WEEK", num_args = 0..=1, require_equals = true, default_missing_value = "1", value_parser = rate)]
    suggest: Option<f64>,
    /// Say what the alarms did about the known incidents in FILE (CSV: from, until, alarm; or JSON), and let --suggest use them
    #[arg(long, value_name = "FILE")]
    incidents: Option<PathBuf>,
    /// Also compare with what the real alarms of these names did, as far as their history goes
    #[arg(long, conflicts_with = "history")]
    verify: bool,
    /// How many periods CloudWatch fetches for one evaluation (it does not say) [default: N + 2 from 5m on, else N + 5]
    #[arg(long, value_name = "PERIODS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    evaluation_range: Option<u32>,
    #[command(flatten)]
    save: SaveTestArgs,
    /// No charts
    #[arg(long)]
    no_charts: bool,
    /// Write a page with charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a picture of each alarm into this folder
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    format: ReportFormatArgs,
}

/// Seconds. A number alone is days, as `--days` took it, which stays an alias.
fn since(text: &str) -> Result<i64, String> {
    let days = text.parse::<i64>().ok().and_then(|days| days.checked_mul(DAY));
    let seconds = match days {
        Some(seconds) => seconds,
        None => i64::try_from(duration(text)?.as_secs()).unwrap_or(i64::MAX),
    };
    let fits = (60 * 60..=455 * DAY).contains(&seconds);
    if fits { Ok(seconds) } else { Err("write a time between 1h and 455d".to_owned()) }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 0.0);
    rate.ok_or_else(|| "write how often a week, e.g. 1 or 0.5".to_owned())
}

impl BacktestArgs {
    /// Whether nothing is asked of AWS.
    pub fn is_offline(&self) -> bool {
        self.history.is_some()
    }

    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.roster.spec.load()?;
        let fleet = match self.is_offline() && !self.roster.fleet.is_named() {
            true => self.roster.fleet.nothing_alone().map(|()| None)?,
            false => self.roster.open("backtest", &spec, run).await?,
        };
        if let Some(fleet) = fleet {
            return self.run_fleet(&fleet, run).await;
        }
        let format = self.format.alone()?;
        run.signals.clone().or_interrupted(self.run_alone(spec, format, run)).await
    }

    async fn run_alone(
        &self,
        spec: Spec,
        format: OutputFormat,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let values = self.roster.spec.values_asking(&spec, run).await?;
        let mut bound = self.roster.spec.one_of(spec.into_regions(&values)?, self.roster.connect.region())?;
        let aws = match self.is_offline() {
            true => None,
            false => Some(self.roster.connect.open(bound.region(), &run.signals, run.output).await?),
        };
        if let Some(aws) = &aws {
            bound = pipeline::expand(aws, &bound).await?.unwrap_or(bound);
        }
        let (desired, target) = self.desired(&bound, aws.as_ref()).await?;
        let audience = Audience::of(desired.values());
        let slos = self.slos(&bound, &target)?;
        let filters: Vec<MetricFilter> = metric_filter::all(desired.values()).cloned().collect();
        let resources = self.alarms(desired);
        let options = self.options();
        let (history, from, until) = self.read((&resources, &filters), &slos, aws.as_ref(), options).await?;
        let budgets: Vec<_> =
            slos.iter().map(|slo| (slo.name.clone(), error_budget(slo, &history, from, until))).collect();
        let known = self.incidents.as_deref().map(incidents::read).transpose()?;
        let asking = BacktestRequest {
            from,
            until,
            options,
            suggest: self.suggest,
            is_drawn: self.is_drawn(format),
            known: known.as_deref(),
        };
        let judged = judge(resources.values(), &history, asking);
        let past = PastRun {
            judged: &judged,
            resources: &resources,
            history: &history,
            known: known.as_deref(),
            options,
            spec: self.roster.spec.path(),
            variables: &values,
        };
        let saved = self.save.save(&past)?;
        let is_incomplete = history.is_incomplete();
        // From here on only what was found is needed: neither the past nor what it was held against. What is left of a history when its
        // notes are moved out would live on to the end.
        let pages = audience.pages(fired(&judged, &resources), &target);
        let notes = history.notes.clone();
        drop((history, resources, bound));
        let agreements = match (&aws, self.verify) {
            (Some(aws), true) => compare(aws, &judged, from, until).await?,
            _ => BTreeMap::new(),
        };
        let found = Backtest {
            judged: &judged,
            from,
            until,
            notes: &notes,
            agreements: &agreements,
            pages: &pages,
            budgets: &budgets,
        };
        let look = run.output.look;
        run.output.result(&match format {
            OutputFormat::Table => text::backtest(&found, !self.no_charts, &look),
            OutputFormat::Json => json::backtest(&found),
            OutputFormat::Markdown => markdown::backtest(&found),
        })?;
        self.write_pictures(&found)?;
        saved.iter().for_each(|line| run.output.say(line));
        if let Some(aws) = &aws {
            say_calls(aws, run.output);
        }
        Ok(if is_incomplete { Exit::Partial } else { Exit::Success })
    }

    /// Of several accounts how many alarms would have been what, and which need a look; `backtest` of one account shows why.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        self.nothing_of_one_account(fleet)?;
        let job = async |member: &FleetTarget, at: TargetContext| {
            let planned = pipeline::plan(&at.aws, &at.bound, &self.select.select(), &Consent::default()).await?;
            let row = FleetRow::of_judged(member, &planned);
            let filters: Vec<MetricFilter> = metric_filter::all(planned.desired.values()).cloned().collect();
            let resources = self.alarms(planned.desired);
            let options = self.options();
            let (history, from, until) = self.read((&resources, &filters), &[], Some(&at.aws), options).await?;
            let judged =
                judge(resources.values(), &history, BacktestRequest { options, ..BacktestRequest::of(from, until) });
            let notes = row.notes.iter().cloned().chain(judged.iter().filter_map(note)).collect();
            let row = if history.is_incomplete() {
                FleetRow { state: row.state.max(TargetState::Partial), ..row }
            } else {
                row
            };
            Ok(FleetRow {
                backtest: Some(Verdicts::count(
                    judged.iter().map(|one| one.outcome.as_ref().ok().map(|found| found.verdict)),
                )),
                notes,
                ..row
            })
        };
        let report = fleet.report("backtest", fleet.each(ProgressDetail::Each, run, job).await);
        fleet.end(&report, Exit::Success, self.format.format, run)
    }

    /// Flags that show one account's alarms are a mistake beside a roster, not a wish to be passed over.
    fn nothing_of_one_account(&self, fleet: &Fleet) -> Result<(), CliFailure> {
        let given = [
            ("--history", self.history.is_some()),
            ("--suggest", self.suggest.is_some()),
            ("--incidents", self.incidents.is_some()),
            ("--save-test", self.save.save_test.is_some()),
            ("--verify", self.verify),
            ("--no-charts", self.no_charts),
            ("--html", self.html.is_some()),
            ("--svg", self.svg.is_some()),
        ];
        let Some((flag, _)) = given.into_iter().find(|(_, given)| *given) else { return Ok(()) };
        Err(fleet.is_too_many(flag, "leave it out (--report FILE.html writes a page of all)"))
    }

    /// Whether a chart is shown or written.
    fn is_drawn(&self, format: OutputFormat) -> bool {
        (format == OutputFormat::Table && !self.no_charts) || self.html.is_some() || self.svg.is_some()
    }

    fn options(&self) -> EvaluationOptions {
        EvaluationOptions { evaluation_range: self.evaluation_range.and_then(|n| usize::try_from(n).ok()) }
    }

    /// What would be applied: thresholds that follow from a function's settings need AWS, or are provisional.
    async fn desired(
        &self,
        bound: &BoundSpec,
        aws: Option<&Aws>,
    ) -> Result<(BTreeMap<Address, Resource>, Target), CliFailure> {
        let select = self.select.select();
        let Some(aws) = aws else {
            let target = Target::new("000000000000", bound.region().unwrap_or("us-east-1"));
            let desired = bound.desired(&target, &BTreeMap::new())?.resources;
            select.check(&desired.keys().chain(bound.declared_elsewhere(&select.0)).cloned().collect())?;
            return Ok((desired, target));
        };
        let planned = pipeline::plan(aws, bound, &select, &Consent::default()).await?;
        Ok((planned.desired, planned.plan.target))
    }

    /// The SLOs of which any alarm is looked at.
    fn slos(&self, bound: &BoundSpec, target: &Target) -> Result<Vec<Slo>, CliFailure> {
        let select = self.select.select();
        let mut slos = bound.desired(target, &BTreeMap::new())?.slos;
        slos.retain(|slo| slo.alerts.iter().any(|alert| select.covers(&alert.composite)));
        Ok(slos)
    }

    fn alarms(&self, mut resources: BTreeMap<Address, Resource>) -> BTreeMap<Address, Resource> {
        let select = self.select.select();
        resources.retain(|address, resource| select.covers(address) && resource.kind().is_alarm());
        resources
    }

    async fn read(
        &self,
        (resources, filters): (&BTreeMap<Address, Resource>, &[MetricFilter]),
        slos: &[Slo],
        aws: Option<&Aws>,
        options: EvaluationOptions,
    ) -> Result<(MetricHistory, i64, i64), CliFailure> {
        let length = self.since;
        if let Some(path) = &self.history {
            let history = file::read(path)?;
            let (start, end) = history.extent().context("the history is empty")?;
            return Ok((history, start.max(end - length), end));
        }
        let Some(aws) = aws else { return Ok((MetricHistory::default(), 0, 0)) };
        let until = aws.clock.now().div_euclid(60) * 60;
        let mut needs = needs(resources.values(), options);
        needs.extend(budget::needs(slos.iter()));
        let mut history = fetch(aws, &needs, until - length, until, Detail::Finest).await?;
        if self.from_logs {
            for (filter, metrics) in history.to_replay(&needs, filters.iter()) {
                count_lines(aws, (filter, metrics), (until - length, until), &mut history).await?;
            }
        }
        Ok((history, until - length, until))
    }

    fn write_pictures(&self, found: &Backtest<'_>) -> Result<(), CliFailure> {
        if let Some(path) = &self.html {
            write_file(path, &html::backtest(found))?;
        }
        let Some(folder) = &self.svg else { return Ok(()) };
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for judged in found.judged {
            let Ok(judgement) = &judged.outcome else { continue };
            let Some(sketch) = &judgement.sketch else { continue };
            let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
            let name: String = judged.address.name.chars().map(plain).collect();
            let title = judged.address.to_string();
            write_file(&folder.join(format!("{name}.svg")), &svg::chart(&title, sketch, (&judgement.figures).into()))?;
        }
        Ok(())
    }
}

/// Adds the past of a filter's metrics, out of its group's lines.
async fn count_lines(
    aws: &Aws,
    (filter, metrics): (&MetricFilter, Vec<MetricIdentity>),
    (from, until): (i64, i64),
    history: &mut MetricHistory,
) -> Result<(), CliFailure> {
    let name = filter.name();
    let Some((lines, broken_off)) = replay(aws, filter, from, until).await? else {
        let why = "its pattern is a regular expression, or it looks at transformed lines";
        history.notes.push(format!("metric filter {name} was not replayed: {why}"));
        return Ok(());
    };
    if broken_off.is_some() {
        history.notes.push(format!("of metric filter {name} the first {MOST_LINES} lines alone were counted"));
    }
    for metric in metrics {
        history.notes.push(format!("the past of {metric} is counted from the lines of {}", filter.log_group));
        history.add_replayed(metric, filter, &lines);
    }
    Ok(())
}

/// What somebody should look at, without figures, so that the same of many accounts is said once.
fn note(judged: &EvaluatedAlarm) -> Option<Note> {
    let address = &judged.address;
    let verdict = match &judged.outcome {
        Ok(found) => found.verdict,
        Err(why) => return Some(Note::new(NoteKind::Warning, format!("{address}: nothing can be said: {why}"))),
    };
    let remedy = match verdict {
        BacktestVerdict::Blind => {
            "see that the metric's name and dimensions are right and that the function was invoked"
        }
        _ => {
            "`mlopsctl backtest --suggest` with the account's own credentials shows when it fired, and a better threshold"
        }
    };
    let text = format!("{address} would have been {}", verdict.word());
    verdict.is_bad().then(|| Note::new(NoteKind::Warning, text).remedy(remedy))
}

/// Each alarm with what it did, where that is known.
fn fired<'a>(
    judged: &'a [EvaluatedAlarm],
    resources: &'a BTreeMap<Address, Resource>,
) -> impl Iterator<Item = (&'a Resource, Option<&'a Figures>)> {
    let figures = |one: &'a EvaluatedAlarm| one.outcome.as_ref().ok().map(|found| &found.figures);
    judged.iter().filter_map(move |one| Some((resources.get(&one.address)?, figures(one))))
}

async fn compare(
    aws: &Aws,
    judged: &[EvaluatedAlarm],
    from: i64,
    until: i64,
) -> Result<BTreeMap<Address, Option<Agreement>>, CliFailure> {
    let mut agreements = BTreeMap::new();
    for judged in judged {
        if let Ok(judgement) = &judged.outcome {
            let real = verify::real(aws, &judged.address.name, from, until).await?;
            let agreement = real.map(|real| verify::compare(&judgement.timeline, &real));
            agreements.insert(judged.address.clone(), agreement);
        }
    }
    Ok(agreements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_is_a_duration_or_a_number_of_days() {
        assert_eq!(since("14d"), Ok(14 * DAY));
        assert_eq!(since("36h"), Ok(36 * 3600));
        assert_eq!(since("3"), Ok(3 * DAY));
        for text in ["0", "30m", "456d", "-1", "99999999999999999999", "soon"] {
            since(text).unwrap_err();
        }
    }
}
