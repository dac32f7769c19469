//! `mlopsctl dashboard`: a dashboard of the spec drawn with the data that it would show, before it exists and after.

use super::CommandContext;
use super::args::SpecArgs;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::output::write_file;
use super::plan::say_calls;
use super::subscriptions::duration;
use crate::model::problem::nearest_or_all;
use crate::ops::dashboard::{DashboardRequest, read};
use crate::pipeline;
use crate::report::dashboard::{html, text};
use crate::resources::dashboard::Dashboard;
use crate::resources::{self, Address, Kind, Resource, function};
use crate::spec::BoundSpec;
use clap::Args;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Draws a dashboard of the spec with the data that it would show
///
/// Reads the metrics and the states of the alarms and changes nothing: the dashboard need not exist yet.
#[derive(Debug, Clone, Args)]
pub struct DashboardArgs {
    /// The dashboard, as the spec names it; may be left out where the spec has only one
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Draw what exists in AWS, not what the spec says
    #[arg(long)]
    live: bool,
    /// How far back charts go, e.g. 3h, 1d; else as the dashboard says
    #[arg(long, value_name = "TIME", value_parser = length)]
    since: Option<Duration>,
    /// Write a page with the widgets at their places
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the body that AWS gets, in JSON, and draw nothing
    #[arg(long, conflicts_with_all = ["html", "since"])]
    body: bool,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

/// Metrics of an hour are kept 455 days (CloudWatch user guide, "Metrics retention").
const LONGEST: Duration = Duration::from_secs(455 * 86_400);

fn length(text: &str) -> Result<Duration, String> {
    let length = duration(text)?;
    let fits = length >= Duration::from_secs(60) && length <= LONGEST;
    if fits { Ok(length) } else { Err("write a time between 1m and 455d".to_owned()) }
}

impl DashboardArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.spec.load()?;
        let has_some = |bound: &BoundSpec| bound.declares(Kind::Dashboard);
        let bound = self.spec.bind_asking_for(spec, self.connect.region(), has_some, run).await?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let bound = pipeline::expand(&aws, &bound).await?.unwrap_or(bound);
        let target = aws.target().await?;
        let mut facts = bound.listed_functions().cloned().unwrap_or_default();
        let unknown: Vec<&String> = bound.functions().iter().filter(|name| !facts.contains_key(*name)).collect();
        let answers = try_join_all(unknown.iter().map(|name| function::aws::read(&aws, name))).await?;
        let answers = unknown.into_iter().cloned().zip(answers).filter_map(|(name, facts)| Some((name, facts?)));
        facts.extend(answers.collect::<Vec<_>>());
        let desired = bound.desired(&target, &facts)?.resources;
        let mut dashboard = self.chosen(&desired)?;
        if self.live {
            let found = resources::aws::describe(&aws, Kind::Dashboard, std::slice::from_ref(&dashboard.name)).await?;
            dashboard = match found.into_iter().next().map(|live| live.resource) {
                Some(Resource::Dashboard(live)) => live,
                _ => {
                    let what = format!("there is no dashboard {} in account {}", dashboard.name, target.account);
                    return Err(CliFailure::say(Exit::Failure, what, "apply the spec first, or leave out --live"));
                }
            };
        }
        if self.body {
            run.output.result(&format!("{:#}\n", dashboard.body))?;
            return Ok(Exit::Success);
        }
        let since = self.since.map(|since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        let now = aws.clock.now();
        let asking = DashboardRequest { target: &target, dashboard: &dashboard, desired: &desired, now, since };
        let picture = read(&aws, asking).await?;
        run.output.result(&text(&picture, &run.output.look))?;
        if let Some(path) = &self.html {
            write_file(path, &html(&picture))?;
        }
        say_calls(&aws, run.output);
        Ok(Exit::Success)
    }

    fn chosen(&self, desired: &BTreeMap<Address, Resource>) -> Result<Dashboard, CliFailure> {
        let declared: Vec<&Dashboard> = desired
            .values()
            .filter_map(|resource| match resource {
                Resource::Dashboard(dashboard) => Some(dashboard),
                _ => None,
            })
            .collect();
        let names = || declared.iter().map(|dashboard| dashboard.name.as_str());
        let named = |name: &str| declared.iter().find(|dashboard| dashboard.name == name);
        let spec = self.spec.path().display();
        match (&self.name, declared.as_slice()) {
            (_, []) => {
                let remedy = "add one: dashboards: { lab: auto }";
                Err(CliFailure::say(Exit::Usage, format!("{spec} declares no dashboard"), remedy))
            }
            (None, [only]) => Ok((*only).clone()),
            (None, _) => {
                let remedy = format!("name one: {}", names().collect::<Vec<_>>().join(", "));
                Err(CliFailure::say(Exit::Usage, format!("{spec} declares {} dashboards", declared.len()), remedy))
            }
            (Some(name), _) => named(name).map(|one| (*one).clone()).ok_or_else(|| {
                let help = nearest_or_all(name, names(), "the dashboards are").unwrap_or_default();
                CliFailure::say(Exit::Usage, format!("{spec} declares no dashboard {name:?}"), help)
            }),
        }
    }
}
