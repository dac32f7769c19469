//! All alarms of a spec against one history: replay, figures, verdict. Pure; the clock is the caller's.

use super::history::MetricHistory;
use super::incidents::{IncidentScore, KnownIncident, of_alarm, score};
use super::sketch::Sketch;
use super::suggest::{Advice, SuggestRequest, suggest};
use super::verdict::{BacktestVerdict, Figures};
use crate::resources::{Address, Alarm, CompositeAlarm, Resource};
use mlops_cloudwatch::evaluation::composite;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::reason;
use mlops_cloudwatch::evaluation::replay::replay;
use mlops_cloudwatch::evaluation::timeline::Timeline;
use mlops_cloudwatch::evaluation::watched::{EvaluatedSeries, MetricRequirements};
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// Which past, and what is wanted of it. Times in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct BacktestRequest<'a> {
    pub from: i64,
    pub until: i64,
    pub options: EvaluationOptions,
    /// Suggest conditions that fire this often a week.
    pub suggest: Option<f64>,
    /// Whether the series are drawn: a sketch holds more than all else that is kept of an alarm.
    pub is_drawn: bool,
    /// Incidents of that past, where they are known.
    pub known: Option<&'a [KnownIncident]>,
}

impl BacktestRequest<'_> {
    /// A plain look back: nothing is suggested, drawn, or known of incidents.
    pub fn of(from: i64, until: i64) -> Self {
        Self { from, until, options: EvaluationOptions::default(), suggest: None, is_drawn: false, known: None }
    }
}

/// One alarm and what came of it; the error says why nothing can be said.
#[derive(Debug, Clone)]
pub struct EvaluatedAlarm {
    pub address: Address,
    pub outcome: Result<Judgement, String>,
    /// What was assumed, or could not be known.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Judgement {
    pub verdict: BacktestVerdict,
    pub figures: Figures,
    pub timeline: Timeline,
    /// `None` where nothing is drawn, and of a composite alarm: it has no series.
    pub sketch: Option<Sketch>,
    /// Why it first fired, in CloudWatch's words.
    pub reason: Option<String>,
    /// Where it was asked for.
    pub advice: Option<Advice>,
    /// Beside the known incidents.
    pub known: Option<IncidentScore>,
}

/// What has to be known to judge these alarms.
pub fn needs<'a>(
    resources: impl Iterator<Item = &'a Resource>,
    options: EvaluationOptions,
) -> Vec<(MetricRequirements, Condition)> {
    let of = |resource: &Resource| match resource {
        Resource::Alarm(alarm) => {
            let condition = Condition::of(&alarm.definition(), options).ok()?;
            Some((MetricRequirements::of(&alarm.definition(), &condition), condition))
        }
        _ => None,
    };
    resources.filter_map(of).collect()
}

/// Judges the metric alarms, then the composite alarms over them, whatever their order.
pub fn judge<'a>(
    resources: impl Iterator<Item = &'a Resource>,
    history: &MetricHistory,
    asking: BacktestRequest<'_>,
) -> Vec<EvaluatedAlarm> {
    let mut judged = Vec::new();
    let mut states: BTreeMap<String, Timeline> = BTreeMap::new();
    let mut composites: Vec<&CompositeAlarm> = Vec::new();
    for resource in resources {
        match resource {
            Resource::Alarm(alarm) => {
                let mut notes = Vec::new();
                let outcome = metric_alarm(alarm, history, asking, &mut notes);
                if let Ok(judgement) = &outcome {
                    states.insert(alarm.name.clone(), judgement.timeline.clone());
                }
                judged.push(EvaluatedAlarm { address: resource.address(), outcome, notes });
            }
            Resource::LogAlarm(_) => {
                let outcome = Err("a log alarm is evaluated by CloudWatch only, by its query".to_owned());
                judged.push(EvaluatedAlarm { address: resource.address(), outcome, notes: Vec::new() });
            }
            Resource::CompositeAlarm(composite) => composites.push(composite),
            _ => {}
        }
    }
    // A composite of composites waits for its children; what waits for nothing that comes is said so.
    while !composites.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = composites.iter().copied().partition(|composite| {
            let children = composite.children();
            !children.iter().any(|child| composites.iter().any(|other| other.name == composite::plain(child)))
        });
        let stuck = ready.is_empty();
        for composite in if stuck { &waiting } else { &ready } {
            let outcome = composite_alarm(composite, &states, asking);
            if let Ok(judgement) = &outcome {
                states.insert(composite.name.clone(), judgement.timeline.clone());
            }
            let address = Address::new(crate::resources::Kind::CompositeAlarm, &composite.name);
            judged.push(EvaluatedAlarm { address, outcome, notes: Vec::new() });
        }
        composites = if stuck { Vec::new() } else { waiting };
    }
    judged.sort_by(|a, b| a.address.cmp(&b.address));
    judged
}

fn metric_alarm(
    alarm: &Alarm,
    history: &MetricHistory,
    asking: BacktestRequest<'_>,
    notes: &mut Vec<String>,
) -> Result<Judgement, String> {
    let BacktestRequest { from, until, .. } = asking;
    let condition = Condition::of(&alarm.definition(), asking.options)?;
    let watched = EvaluatedSeries::new(&alarm.definition(), &condition, history, from, until)?;
    notes.extend(watched.notes.iter().cloned());
    let timeline = replay(&condition, &watched, from, until).timeline;
    let figures = Figures::new(&timeline, &condition, &watched);
    let first = timeline.changes.iter().find(|change| change.to == AlarmState::Alarm);
    let reason = first.map(|change| reason::text(&condition, &watched, watched.grid.index_from(change.at), change.to));
    let incidents = asking.known.map(|known| of_alarm(known, &alarm.name, from, until));
    let advice = asking.suggest.map(|a_week| match alarm.threshold_metric_id.is_some() {
        true => Err("an anomaly band has no threshold; it is as wide as its second argument says".to_owned()),
        false => {
            let known = incidents.as_deref().unwrap_or_default();
            let request = SuggestRequest { from, until, options: asking.options, a_week, known };
            suggest(alarm, &condition, &watched, history, request)
        }
    });
    Ok(Judgement {
        verdict: figures.verdict(),
        sketch: asking.is_drawn.then(|| Sketch::new(&figures, &condition, &watched)),
        advice,
        known: incidents.map(|incidents| score(&figures.spans, &incidents, from)),
        figures,
        timeline,
        reason,
    })
}

fn composite_alarm(
    composite: &CompositeAlarm,
    states: &BTreeMap<String, Timeline>,
    asking: BacktestRequest<'_>,
) -> Result<Judgement, String> {
    let timeline = composite::replay(&composite.alarm_rule, states, asking.from, asking.until)?;
    let figures = Figures::of_states(&timeline);
    let known = asking
        .known
        .map(|known| score(&figures.spans, &of_alarm(known, &composite.name, asking.from, asking.until), asking.from));
    let advice =
        asking.suggest.map(|_| Err("a composite alarm has no threshold; see the alarms that it names".to_owned()));
    let verdict = figures.verdict();
    Ok(Judgement { verdict, figures, timeline, sketch: None, reason: None, advice, known })
}
