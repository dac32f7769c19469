//! A drill: alarms are fired on purpose, their notification is followed to whoever gets it, and everything is put back, however it
//! ends. What is said of each judged is `judge`'s, which is pure; who would be woken is known, and asked about, before anything is fired.

mod chain;
mod fire;
mod follow;
mod judge;
mod leftovers;
mod real;
mod receive;
#[cfg(test)]
pub mod tests;

pub use chain::{Above, Chain, DrillSurvey, DrillTopic, Subscriber, survey};
pub use judge::{DrillStep, DrillVerdict, JudgedStep, remedy_of_filter};
pub use leftovers::{Cleaned, clean};
pub use receive::{DeliveryChannel, ReceivedNotification};

use crate::aws::{Aws, AwsError};
use crate::model::Target;
use crate::resources::Kind;
use fire::{DrillRun, Fired};
use follow::{AlarmEvidence, Following};
use receive::Receiver;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is wanted of a drill.
#[derive(Debug, Clone, Copy)]
pub struct DrillRequest {
    /// By errors that the functions really make, not by SetAlarmState.
    pub real: bool,
    /// Whether, and how, a message is to be received and shown.
    pub receive: Option<DeliveryChannel>,
    /// How long the notification of a fired alarm is followed.
    pub timeout: Duration,
}

/// What came of a drill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrillReport {
    pub target: Target,
    /// In its queue, its reasons and its subscriptions; none of a drill that fired nothing.
    pub id: Option<String>,
    pub alarms: Vec<Drilled>,
    /// What could not be put back, and what to do about it.
    pub left: Vec<Left>,
    pub interrupted: bool,
}

/// One alarm and how far its notification came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drilled {
    pub alarm: String,
    /// The state it was in before and was put back into; `None` where it does not stand.
    pub state: Option<String>,
    pub steps: Vec<JudgedStep>,
    /// What arrived, one message a topic.
    pub messages: Vec<ReceivedNotification>,
    /// What to know about it besides.
    pub notes: Vec<String>,
}

/// Something that a drill made and could not take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub what: String,
    pub remedy: String,
}

impl DrillReport {
    pub fn steps(&self) -> impl Iterator<Item = &JudgedStep> {
        self.alarms.iter().flat_map(|alarm| &alarm.steps)
    }

    pub fn count(&self, verdict: DrillVerdict) -> usize {
        self.steps().filter(|judged| judged.verdict == verdict).count()
    }
}

/// A step of a running drill.
#[derive(Debug)]
pub enum DrillEvent<'a> {
    /// What an earlier drill had left behind is gone.
    Cleaned(&'a Cleaned),
    /// A queue or an endpoint waits for messages of these topics.
    Receiving {
        at: &'a str,
        topics: usize,
    },
    Fired(&'a str),
    NotFired {
        alarm: &'a str,
        why: String,
    },
    Arrived {
        topic: &'a str,
        alarm: &'a str,
    },
    PutBack {
        alarm: &'a str,
        state: &'a str,
    },
}

/// Fires what the survey holds and reports. Fails only before anything was fired; from then on whatever happens is in the report.
///
/// An interrupt of `aws` ends the following. Putting back is done with handles that no interrupt stops.
pub async fn run(
    aws: &Aws,
    survey: &DrillSurvey,
    asking: DrillRequest,
    told: &mut dyn FnMut(DrillEvent<'_>),
) -> Result<DrillReport, AwsError> {
    let hands = aws.steady();
    let cleaned = leftovers::clean_expired(&hands, survey, aws.clock.now()).await;
    let again;
    let mut survey = survey;
    if !cleaned.is_nothing() {
        told(DrillEvent::Cleaned(&cleaned));
        let names: Vec<String> = survey.alarms.iter().map(|chain| chain.name.clone()).collect();
        again = chain::survey(aws, &names, aws.clock.now(), Above::Read).await?;
        survey = &again;
    }
    let phases = phases(survey);
    let mark = DrillRun::new(aws.clock.now(), asking.timeout, phases.len());
    let mut receiver = match asking.receive {
        None => None,
        Some(way) => match Receiver::open(aws, survey, way, &mark).await {
            Ok(receiver) => {
                told(DrillEvent::Receiving { at: receiver.endpoint(), topics: survey.open_topics().count() });
                Some(receiver)
            }
            Err(error) => {
                leftovers::take_away(&hands, survey, &mark).await;
                return Err(error);
            }
        },
    };
    let mut evidence: BTreeMap<String, AlarmEvidence> = BTreeMap::new();
    let mut left = Vec::new();
    for phase in phases {
        if aws.interrupt.is_set() {
            break;
        }
        let fired = match asking.real {
            true => real::set_off(aws, &phase, told).await,
            false => fire::fire(aws, &phase, &mark, told).await,
        };
        let following = Following { aws, survey, mark: &mark, timeout: asking.timeout };
        evidence.extend(following.follow(&phase, &fired, receiver.as_mut(), told).await);
        left.extend(fire::put_back(&hands, &fired, &mark, told).await);
    }
    if receiver.take().is_some() {
        left.extend(leftovers::take_away(&hands, survey, &mark).await);
    }
    let receiving = asking.receive.is_some();
    let alarms =
        survey.alarms.iter().map(|chain| drilled(survey, chain, evidence.remove(&chain.name), receiving)).collect();
    let interrupted = aws.interrupt.is_set();
    Ok(DrillReport { target: survey.target.clone(), id: Some(mark.id().to_owned()), alarms, left, interrupted })
}

/// How far the notification of each alarm would come, by what is known before anything is fired.
pub fn foresee(survey: &DrillSurvey) -> DrillReport {
    let foreseen = survey.alarms.iter().map(|chain| {
        let fired = match chain.state() {
            Some("ALARM") => Fired::InAlarmAlready,
            _ => Fired::OnlyLooked,
        };
        let evidence = AlarmEvidence { fired: Some(fired), ..AlarmEvidence::default() };
        drilled(survey, chain, Some(evidence), false)
    });
    let alarms = foreseen.collect();
    DrillReport { target: survey.target.clone(), id: None, alarms, left: Vec::new(), interrupted: false }
}

fn drilled(survey: &DrillSurvey, chain: &Chain, evidence: Option<AlarmEvidence>, receiving: bool) -> Drilled {
    let mut evidence = evidence.unwrap_or_default();
    let steps = judge::judge(survey, chain, &evidence, receiving);
    let mut notes = Vec::new();
    if matches!(evidence.fired, Some(Fired::Really { .. })) {
        notes.push("it goes back by itself, when the errors are out of its window".to_owned());
    }
    if chain.is_composite() && matches!(evidence.fired, Some(Fired::Yes { .. })) {
        notes.push(
            "a composite alarm looks at its rule again only when a child changes: it was put back by hand, and stays so until then"
                .to_owned(),
        );
    }
    Drilled {
        alarm: chain.name.clone(),
        state: chain.state().map(str::to_owned),
        steps,
        messages: std::mem::take(&mut evidence.messages),
        notes,
    }
}

/// Composite alarms first and alone: their children, fired beside them, would change them.
fn phases(survey: &DrillSurvey) -> Vec<Vec<&Chain>> {
    let standing = survey.alarms.iter().filter(|chain| chain.live.is_some());
    let (composite, metric): (Vec<&Chain>, Vec<&Chain>) = standing.partition(|chain| chain.is_composite());
    [composite, metric].into_iter().filter(|phase| !phase.is_empty()).collect()
}

impl Chain {
    pub fn is_composite(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.resource.kind() == Kind::CompositeAlarm)
    }
}
