//! Facts out of AWS: the plan's own reads, what the alarms' actions lead to, two weeks of metrics in one batch, and, only where
//! something is missing, other regions.

use super::facts::{AlarmSeen, DeniedCall, DoctorFacts, DoctorFunction, DoctorRead, functions_of};
use crate::aws::{Aws, AwsError, Class};
use crate::backtest::history::fetch::{Detail, fetch};
use crate::backtest::judge::{judge, needs};
use crate::backtest::{BacktestRequest, BacktestVerdict, EvaluatedAlarm, EvaluationOptions};
use crate::ops::drill::{Above, survey};
use crate::pipeline::{self, Select};
use crate::plan::Consent;
use crate::resources::{Alarm, Resource, alarm, function, metric};
use crate::spec::BoundSpec;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

const DAYS: i64 = 14;
const HOUR: i32 = 3_600;
/// Beginning of the names of alarms that are only made up here, to ask how often functions ran.
const RAN: &str = "\u{0}ran ";

/// Regions that every account has without asking for them (AWS account management guide, "Enable or disable Regions").
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// Reads all there is to know. Never fails: what cannot be read is among the facts.
pub async fn read(aws: &Aws, bound: &BoundSpec, now: i64) -> DoctorFacts {
    let mut facts =
        DoctorFacts { stack: bound.stack().to_owned(), region: aws.region().to_owned(), now, ..DoctorFacts::default() };
    let planned = match pipeline::plan(aws, bound, &Select::default(), &Consent::default()).await {
        Ok(planned) => planned,
        Err(error) => {
            let known = error.chain().find_map(|cause| cause.downcast_ref::<AwsError>()).map(DeniedCall::from);
            facts.refusals.push(known.unwrap_or_else(|| DeniedCall {
                action: String::new(),
                class: Class::Refused,
                code: String::new(),
                message: format!("{error:#}"),
            }));
            return facts;
        }
    };
    facts.target = Some(planned.plan.target.clone());
    let listed = planned.bound(bound).listed_functions().map(|listed| listed.keys().cloned().collect());
    facts.changes = planned.plan.changes;
    facts.desired = planned.desired;
    facts.snapshot = planned.snapshot;
    let standing: Vec<String> = facts
        .snapshot
        .observations
        .iter()
        .filter(|(address, observation)| address.kind.is_alarm() && observation.live().is_some())
        .map(|(address, _)| address.name.clone())
        .collect();
    if !standing.is_empty() {
        match survey(aws, &standing, now, Above::Skip).await {
            Ok(survey) => {
                facts.topics = survey.topics;
                let seen = survey.alarms.into_iter().filter(|chain| chain.live.is_some());
                facts.alarms = seen.map(|chain| (chain.name.clone(), AlarmSeen { chain, judged: None })).collect();
            }
            Err(error) => facts.refusals.push((&error).into()),
        }
    }
    functions(aws, &mut facts).await;
    uncovered(aws, listed, &mut facts).await;
    past(aws, &mut facts).await;
    listings(aws, &mut facts).await;
    facts.note_unknown();
    elsewhere(aws, &mut facts).await;
    facts
}

/// Functions that nobody has thought of. What may not be listed is no finding: nothing of the spec needs it.
async fn uncovered(aws: &Aws, listed: Option<Vec<String>>, facts: &mut DoctorFacts) {
    let names = match listed {
        Some(names) => names,
        None => function::aws::list(aws).await.unwrap_or_default(),
    };
    facts.uncovered = alarm::coverage::uncovered(facts.desired.values(), names);
}

/// Those of the spec, which were read already, and those that alarms watch besides.
async fn functions(aws: &Aws, facts: &mut DoctorFacts) {
    let watched: BTreeSet<String> = facts.metric_alarms().flat_map(|(_, alarm, _)| functions_of(alarm)).collect();
    let more: Vec<String> = watched.into_iter().filter(|name| !facts.snapshot.functions.contains_key(name)).collect();
    let answers = join_all(more.iter().map(|name| function::aws::read(aws, name))).await;
    for (name, answer) in more.into_iter().zip(answers) {
        let found = match answer {
            Ok(Some(own)) => DoctorRead::Here(own),
            Ok(None) => DoctorRead::Missing,
            Err(error) => {
                facts.refusals.push((&error).into());
                DoctorRead::Unknown
            }
        };
        facts.functions.insert(name, DoctorFunction { found, invoked: None });
    }
    for (name, answer) in &facts.snapshot.functions {
        let found = match answer {
            Ok(own) => DoctorRead::Here(own.clone()),
            Err(why) if why.starts_with("there is no such function") => DoctorRead::Missing,
            Err(_) => DoctorRead::Unknown,
        };
        facts.functions.insert(name.clone(), DoctorFunction { found, invoked: None });
    }
}

/// Two weeks of what the alarms watch, and how often each function ran, in one batch.
async fn past(aws: &Aws, facts: &mut DoctorFacts) {
    let until = facts.now.div_euclid(60) * 60;
    let from = until - DAYS * 86_400;
    let here = facts.functions.iter().filter(|(_, function)| matches!(function.found, DoctorRead::Here(_)));
    let ran = here.map(|(name, _)| Resource::Alarm(Box::new(runs_of(name))));
    let standing = facts.alarms.values().filter_map(|seen| Some(seen.chain.live.as_ref()?.resource.clone()));
    let resources: Vec<Resource> = standing.chain(ran).collect();
    let needs = needs(resources.iter(), EvaluationOptions::default());
    if needs.is_empty() {
        return;
    }
    let history = match fetch(aws, &needs, from, until, Detail::Period).await {
        Ok(history) => history,
        Err(error) => return facts.refusals.push((&error).into()),
    };
    let asking = BacktestRequest::of(from, until);
    for judged in judge(resources.iter(), &history, asking) {
        let name = judged.address.name.clone();
        match name.strip_prefix(RAN) {
            Some(function) => {
                if let Some(function) = facts.functions.get_mut(function) {
                    function.invoked = has_run(&judged);
                }
            }
            None => {
                if let Some(seen) = facts.alarms.get_mut(&name) {
                    seen.judged = Some(judged);
                }
            }
        }
    }
}

/// As if an alarm watched whether a function runs at all.
fn runs_of(function: &str) -> Alarm {
    Alarm {
        namespace: Some("AWS/Lambda".to_owned()),
        metric_name: Some("Invocations".to_owned()),
        dimensions: BTreeMap::from([("FunctionName".to_owned(), function.to_owned())]),
        statistic: Some("Sum".to_owned()),
        period: Some(HOUR),
        evaluation_periods: Some(1),
        threshold: Some(0.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        ..Alarm::new(format!("{RAN}{function}"))
    }
}

fn has_run(judged: &EvaluatedAlarm) -> Option<bool> {
    let figures = &judged.outcome.as_ref().ok()?.figures;
    Some(figures.nearest.is_some_and(|nearest| nearest.value > 0.0))
}

/// What AWS lists of the metrics of alarms that see nothing: whether the metric or only the dimensions are wrong.
async fn listings(aws: &Aws, facts: &mut DoctorFacts) {
    let blind = facts.metric_alarms().filter(|(_, _, seen)| is_blind(seen));
    let metrics: BTreeSet<(String, String)> =
        blind.filter_map(|(_, alarm, _)| Some((alarm.namespace.clone()?, alarm.metric_name.clone()?))).collect();
    let answers = join_all(metrics.iter().map(|(namespace, name)| metric::aws::list(aws, namespace, Some(name)))).await;
    for (metric, answer) in metrics.iter().zip(answers) {
        match answer {
            Ok(Some(found)) => {
                facts.listed.insert(metric.clone(), found.into_iter().map(|metric| metric.dimensions).collect());
            }
            // More than can be listed: then it is not known what is missing.
            Ok(None) => {}
            Err(error) => facts.refusals.push((&error).into()),
        }
    }
}

/// Whether an alarm has had no data at all.
pub fn is_blind(seen: &AlarmSeen) -> bool {
    let outcome = seen.judged.as_ref().and_then(|judged| judged.outcome.as_ref().ok());
    outcome.is_some_and(|judgement| judgement.verdict == BacktestVerdict::Blind)
}

/// Other regions are asked only where the functions, or all the alarms, are missing here.
async fn elsewhere(aws: &Aws, facts: &mut DoctorFacts) {
    let missing = facts.functions.iter().filter(|(_, function)| function.found == DoctorRead::Missing);
    let functions: Vec<String> = missing.map(|(name, _)| name.clone()).take(3).collect();
    let wanted: Vec<String> = facts.desired.keys().filter(|a| a.kind.is_alarm()).map(|a| a.name.clone()).collect();
    let none_here = facts.desired.keys().filter(|a| a.kind.is_alarm()).all(|address| facts.is_absent(address));
    let alarms: Vec<String> = if none_here { wanted.into_iter().take(alarm::aws::BATCH).collect() } else { Vec::new() };
    if functions.is_empty() && alarms.is_empty() {
        return;
    }
    let here = facts.region.clone();
    let others = REGIONS.iter().filter(|region| **region != here);
    let found = join_all(others.map(|region| in_region(aws, region, &functions, &alarms))).await;
    facts.elsewhere = found.into_iter().flatten().collect();
}

/// What of it is in a region. One that cannot be asked has nothing to say.
async fn in_region(aws: &Aws, region: &str, functions: &[String], alarms: &[String]) -> Option<(String, Vec<String>)> {
    let aws = aws.in_region(region);
    let looked = join_all(functions.iter().map(|name| function::aws::read(&aws, name)));
    let described = async {
        match alarms.is_empty() {
            true => Ok(Vec::new()),
            false => alarm::aws::describe(&aws, alarms).await,
        }
    };
    let (looked, described) = futures_util::join!(looked, described);
    let mut found: Vec<String> = functions
        .iter()
        .zip(looked)
        .filter(|(_, answer)| matches!(answer, Ok(Some(_))))
        .map(|(name, _)| format!("function {name}"))
        .collect();
    found.extend(described.ok()?.iter().map(|live| format!("alarm {}", live.resource.name())));
    (!found.is_empty()).then(|| (region.to_owned(), found))
}
