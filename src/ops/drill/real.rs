//! Setting an alarm off in earnest: the function that it watches is made to raise until its errors breach the threshold. Nothing has to
//! be put back: CloudWatch takes the alarm back when the errors are out of its window.

use super::DrillEvent;
use super::chain::Chain;
use super::fire::Fired;
use super::follow::newest_change;
use crate::aws::Aws;
use crate::model::advice;
use crate::ops::traffic::{TrafficPlan, TrafficTarget, request, send};
use crate::resources::Resource;
use futures_util::future::join_all;
use mlops_cloudwatch::alarm::{AlarmDefinition, AlarmLimit, Evaluation, WatchedSignal};
use mlops_cloudwatch::comparison::BandSide;
use std::collections::BTreeMap;
use std::time::Duration;

/// More errors than this are not made, whatever the threshold.
const MOST: usize = 1_000;
/// So many for an alarm on a share: all that is sent raises, so the share is high.
const FOR_A_SHARE: usize = 10;
const A_SECOND: f64 = 10.0;
const AT_ONCE: usize = 5;
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the errors of every function that the alarms watch, once. What cannot be set off like this says why.
pub async fn set_off<'a>(
    aws: &Aws,
    phase: &[&'a Chain],
    told: &mut dyn FnMut(DrillEvent<'_>),
) -> Vec<(&'a Chain, Fired)> {
    let wanted: Vec<_> = phase.iter().map(|chain| (*chain, errors_for(chain))).collect();
    let befores = join_all(wanted.iter().map(|(chain, _)| newest_change(aws, &chain.name))).await;
    let mut functions: BTreeMap<&str, usize> = BTreeMap::new();
    for (chain, errors) in &wanted {
        if let (Ok((function, n)), false) = (errors, chain.state() == Some("ALARM")) {
            let most = functions.entry(function).or_default();
            *most = (*most).max(*n);
        }
    }
    let mut failed: BTreeMap<&str, String> = BTreeMap::new();
    for (function, n) in &functions {
        let plan = TrafficPlan {
            asks: TrafficPlan::mixed(0, *n, request::RAISE),
            rate: A_SECOND,
            concurrency: AT_ONCE,
            longest: PATIENCE + Duration::from_secs_f64(*n as f64 / A_SECOND),
        };
        let target = TrafficTarget::function(aws.clone(), function, PATIENCE);
        let tally = send(&target, &plan, &aws.interrupt, |_| {}).await;
        if tally.raised() < *n {
            failed.insert(
                function,
                format!("{function} was to end with {n} function errors and ended with {}", tally.raised()),
            );
        }
    }
    let mut all = Vec::new();
    for ((chain, errors), since) in wanted.iter().zip(befores) {
        let before = chain.state().unwrap_or("INSUFFICIENT_DATA").to_owned();
        let no = |why: String, remedy: &str| Fired::No { why, remedy: Some(remedy.to_owned()) };
        let fired = match (errors, since) {
            _ if before == "ALARM" => Fired::InAlarmAlready,
            (Err(why), _) => no(why.clone(), "drill it without --real"),
            (_, Err(error)) => no(error.to_string(), "its history has to be read to know its own change of state"),
            (Ok((function, _)), Ok(since)) => match failed.get(function.as_str()) {
                Some(why) => {
                    let traffic = advice::command(&format!("traffic --function {function} --errors 1"));
                    no(why.clone(), &format!("{traffic} shows what it answers"))
                }
                None => Fired::Really { before, since },
            },
        };
        match &fired {
            Fired::Really { .. } | Fired::Yes { .. } => told(DrillEvent::Fired(&chain.name)),
            Fired::InAlarmAlready => {
                told(DrillEvent::NotFired { alarm: &chain.name, why: "it is in ALARM already".to_owned() });
            }
            Fired::No { why, .. } => told(DrillEvent::NotFired { alarm: &chain.name, why: why.clone() }),
            Fired::OnlyLooked => {}
        }
        all.push((*chain, fired));
    }
    all
}

/// The function whose errors an alarm watches, and how many set it off; the error says why errors do not.
fn errors_for(chain: &Chain) -> Result<(String, usize), String> {
    let Some(Resource::Alarm(alarm)) = chain.live.as_ref().map(|live| &live.resource) else {
        return Err("a composite alarm watches no metric of its own".to_owned());
    };
    let definition = alarm.definition();
    let function = watched(&definition).ok_or("it does not watch the Errors of one Lambda function")?;
    let Evaluation { m: periods, limit, .. } = definition.evaluation;
    if periods > 1 {
        return Err(format!("it takes {periods} bad periods, and one burst of errors makes one"));
    }
    let threshold = match limit {
        AlarmLimit::Band(BandSide::Above) => 0.0,
        limit => limit.ceiling().ok_or("it does not fire on many errors")?.max(0.0),
    };
    let is_count = matches!(definition.signal, WatchedSignal::Metric(_));
    let n = if is_count { threshold.floor() as usize + 2 } else { FOR_A_SHARE };
    if n > MOST {
        return Err(format!("its threshold takes {n} errors; at most {MOST} are made"));
    }
    Ok((function, n))
}

fn watched(definition: &AlarmDefinition<'_>) -> Option<String> {
    definition.metrics().find_map(|series| {
        let is_errors = series.namespace == "AWS/Lambda" && series.name == "Errors";
        let alone = is_errors && series.dimensions.len() == 1;
        series.dimensions.get("FunctionName").filter(|_| alone).cloned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{Alarm, Live};

    fn chain(change: impl FnOnce(&mut Alarm)) -> Chain {
        let mut alarm = Alarm {
            namespace: Some("AWS/Lambda".into()),
            metric_name: Some("Errors".into()),
            dimensions: BTreeMap::from([("FunctionName".to_owned(), "app".to_owned())]),
            statistic: Some("Sum".into()),
            threshold: Some(5.0),
            comparison_operator: Some("GreaterThanThreshold".into()),
            evaluation_periods: Some(1),
            ..Alarm::new("errors")
        };
        change(&mut alarm);
        let live = Some(Live::new(Resource::Alarm(Box::new(alarm))));
        Chain { name: "errors".into(), live, parents: Vec::new(), muted: None }
    }

    #[test]
    fn so_many_errors_as_the_threshold_takes() {
        assert_eq!(errors_for(&chain(|_| {})), Ok(("app".to_owned(), 7)));
        assert_eq!(errors_for(&chain(|alarm| alarm.threshold = Some(0.5))), Ok(("app".to_owned(), 2)));
        for (says, change) in [
            ("does not watch", (|alarm| alarm.metric_name = Some("Duration".into())) as fn(&mut Alarm)),
            ("3 bad periods", |alarm| alarm.evaluation_periods = Some(3)),
            ("on many errors", |alarm| alarm.comparison_operator = Some("LessThanThreshold".into())),
            ("at most 1000", |alarm| alarm.threshold = Some(1e9)),
            ("at most 1000", |alarm| {
                // The same alarm, its one metric written as a query.
                let stat = r#"{"namespace": "AWS/Lambda", "metric_name": "Errors", "stat": "Sum", "period": 60,
                    "dimensions": {"FunctionName": "app"}}"#;
                let queries = format!(r#"[{{"id": "m1", "metric": {stat}, "return_data": true}}]"#);
                (alarm.metric_name, alarm.threshold) = (None, Some(1e9));
                alarm.metrics = serde_json::from_str(&queries).unwrap();
            }),
        ] {
            let refused = errors_for(&chain(change)).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
    }
}
