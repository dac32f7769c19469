//! Asks AWS for what a rubric needs, in two waves: what the rubric names, then what follows from it. It only ever reads, and
//! what cannot be read is kept with its reason.

use super::{
    AlarmWithState, Elsewhere, EndpointResponse, ExistingTopic, FactRead, FactRequirements, PublishPolicy,
    RegionAlarms, RegionFacts, Retention, SubscribedEndpoint, Unread,
};
use crate::aws::{Aws, AwsError, Class};
#[cfg(test)]
use crate::model::Target;
use crate::ops::http::HttpClient;
use crate::resources::metric::Total;
use crate::resources::{
    Alarm, ConfirmationState, FunctionFacts, Live, Resource, alarm, function, log_group, metric, notification,
};
use crate::resources::{subscription, topic};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Regions that are asked at once.
const REGIONS_AT_ONCE: usize = 8;

/// Reads what the needs name. `now` is seconds since 1970. Only what concerns the account as a whole is an error.
/// `http` sends the requests of the rubric.
pub async fn read(
    aws: &Aws,
    needs: &FactRequirements,
    http: Option<&HttpClient>,
    now: i64,
) -> Result<RegionFacts, AwsError> {
    let target = aws.target().await?;
    let (alarms, listed, subscribed, functions, totals, history, urls) = tokio::join!(
        asked(needs.alarms, alarm::aws::list(aws)),
        asked(needs.topics, topic::aws::list(aws)),
        asked(needs.topics, subscription::aws::list_all(aws)),
        each(&needs.functions, |name| function::aws::configuration(aws, name)),
        totals(aws, needs, now),
        async {
            match needs.history {
                Some(back) => alarm::aws::state_changes(aws, now - back).await,
                None => Ok(Vec::new()),
            }
        },
        each(&needs.urls, |name| function::aws::url(aws, name)),
    );
    let functions = keep(functions)?;
    let urls = keep(urls)?;
    let alarms = known(alarms.map(sorted))?;
    let listed = known(listed)?;
    let subscribed = known(subscribed)?;
    let topics = match (listed, subscribed) {
        (Ok(listed), Ok(subscribed)) => Ok(gather(listed, subscribed)),
        (Err(unread), _) | (_, Err(unread)) => Err(unread),
    };
    let groups = groups(needs, &functions);
    let mut facts = RegionFacts {
        target,
        alarms,
        topics: Ok(BTreeMap::new()),
        functions,
        log_groups: BTreeMap::new(),
        totals: known(totals)?,
        history: known(history)?,
        urls,
        answers: BTreeMap::new(),
        elsewhere: BTreeMap::new(),
    };
    let (topics, log_groups, answers) =
        tokio::join!(doors(aws, topics), read_groups(aws, groups), requests(http, needs, &facts.urls));
    facts.topics = topics?;
    facts.log_groups = log_groups?;
    facts.answers = answers;
    Ok(facts)
}

/// Looks for what was missed in the other regions, each in one wave. A region that cannot be read says nothing: it is no
/// region of this account's then.
pub async fn look_elsewhere(
    aws: &Aws,
    needs: &FactRequirements,
    regions: &[String],
) -> Result<BTreeMap<String, Elsewhere>, AwsError> {
    let others = regions.iter().filter(|region| region.as_str() != aws.region());
    let looks = others.map(|region| async move {
        let there = aws.in_region(region);
        let (alarms, topics, functions) = tokio::join!(
            asked(needs.alarms, alarm::aws::list(&there)),
            asked(needs.topics, topic::aws::list(&there)),
            each(&needs.functions, |name| function::aws::configuration(&there, name)),
        );
        let exists =
            |(name, found): (String, Result<Option<_>, AwsError>)| matches!(found, Ok(Some(_))).then_some(name);
        let elsewhere = Elsewhere {
            alarms: alarms.map(sorted).unwrap_or_default().metric,
            topics: topics.unwrap_or_default().iter().map(|arn| name_of(arn).to_owned()).collect(),
            functions: functions.into_iter().filter_map(exists).collect(),
        };
        (region.clone(), elsewhere)
    });
    let found = stream::iter(looks).buffer_unordered(REGIONS_AT_ONCE).collect::<BTreeMap<_, _>>().await;
    match aws.interrupt.is_set() {
        true => Err(AwsError::not_sent(crate::aws::ApiOperation("cloudwatch", "DescribeAlarms"))),
        false => Ok(found),
    }
}

/// The answer, or nothing without asking.
async fn asked<T: Default>(wanted: bool, answer: impl Future<Output = Result<T, AwsError>>) -> Result<T, AwsError> {
    if wanted { answer.await } else { Ok(T::default()) }
}

type Each<T> = Vec<(String, Result<T, AwsError>)>;

async fn each<'a, T, F>(names: &'a BTreeSet<String>, read: impl Fn(&'a str) -> F) -> Each<T>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let names = names.iter();
    join_all(names.map(|name| {
        let answer = read(name);
        async move { (name.clone(), answer.await) }
    }))
    .await
}

/// An error that says nothing of this one read, but of the whole run, stays an error.
fn known<T>(answer: Result<T, AwsError>) -> Result<FactRead<T>, AwsError> {
    match answer {
        Err(error) if error.is(Class::Interrupted) || error.is(Class::Credentials) => Err(error),
        answer => Ok(answer.map_err(|error| Unread::from(&error))),
    }
}

fn keep<T>(answers: Each<T>) -> Result<BTreeMap<String, FactRead<T>>, AwsError> {
    answers.into_iter().map(|(name, answer)| Ok((name, known(answer)?))).collect()
}

/// Rubrics ask for metric alarms and composite alarms.
fn sorted(described: Vec<Live>) -> RegionAlarms {
    let mut alarms = RegionAlarms::default();
    for Live { resource, facts } in described {
        match resource {
            Resource::Alarm(alarm) => {
                let state = facts.alarm_state.unwrap_or_default();
                alarms.metric.push(AlarmWithState { alarm: Alarm::clone(&alarm), state });
            }
            Resource::CompositeAlarm(composite) => alarms.composite.push(composite),
            _ => {}
        }
    }
    alarms.metric.sort_by(|a, b| a.alarm.name.cmp(&b.alarm.name));
    alarms.composite.sort_by(|a, b| a.name.cmp(&b.name));
    alarms
}

async fn totals(aws: &Aws, needs: &FactRequirements, now: i64) -> Result<BTreeMap<Total, Vec<f64>>, AwsError> {
    let wanted: Vec<Total> = needs.totals.iter().cloned().collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = metric::aws::totals(aws, &wanted, now).await?;
    Ok(wanted.into_iter().zip(found).collect())
}

/// Topics by ARN, each with whoever is subscribed. A pending subscription outlives its topic in the list: it is left out.
fn gather(listed: Vec<String>, subscribed: Vec<(String, Live)>) -> BTreeMap<String, (ExistingTopic, Vec<Live>)> {
    let topic = |arn: String| {
        let topic = ExistingTopic { name: name_of(&arn).to_owned(), ..ExistingTopic::default() };
        (arn, (topic, Vec::new()))
    };
    let mut topics: BTreeMap<String, (ExistingTopic, Vec<Live>)> = listed.into_iter().map(topic).collect();
    for (arn, live) in subscribed {
        if let Some((_, subscriptions)) = topics.get_mut(&arn) {
            subscriptions.push(live);
        }
    }
    topics
}

/// Who may publish to each topic, and which subscriptions are filtered.
async fn doors(
    aws: &Aws,
    topics: FactRead<BTreeMap<String, (ExistingTopic, Vec<Live>)>>,
) -> Result<FactRead<BTreeMap<String, ExistingTopic>>, AwsError> {
    let topics = match topics {
        Ok(topics) => topics,
        Err(unread) => return Ok(Err(unread)),
    };
    let reads = topics.into_iter().map(|(arn, (mut topic, subscriptions))| async move {
        let filters = join_all(subscriptions.into_iter().map(|live| subscribed(aws, live)));
        let (attributes, subscriptions) = tokio::join!(topic::aws::read(aws, &topic.name, &arn), filters);
        topic.subscriptions = subscriptions.into_iter().collect::<Result<_, _>>()?;
        // `None`: deleted since it was listed.
        let Some(door) = known(attributes)?.transpose() else { return Ok(None) };
        topic.door = Some(door.map(door_of));
        Ok(Some((arn, topic)))
    });
    let found: Result<Vec<Option<(String, ExistingTopic)>>, AwsError> = join_all(reads).await.into_iter().collect();
    Ok(Ok(found?.into_iter().flatten().collect()))
}

fn door_of(live: Live) -> PublishPolicy {
    let kms_key = match live.resource {
        Resource::Topic(topic) => topic.kms_master_key_id,
        _ => None,
    };
    PublishPolicy { policy: live.facts.topic_policy, kms_key }
}

async fn subscribed(aws: &Aws, mut live: Live) -> Result<SubscribedEndpoint, AwsError> {
    let read = known(subscription::aws::read_attributes(aws, &mut live).await)?;
    let confirmation = live.facts.confirmation.unwrap_or(ConfirmationState::Lost);
    let Resource::Subscription(subscription) = live.resource else {
        let (protocol, endpoint) = (String::new(), String::new());
        return Ok(SubscribedEndpoint { protocol, endpoint, confirmation, filtered: Ok(false) });
    };
    let filtered = notification::passes_no_alarm(&subscription);
    Ok(SubscribedEndpoint {
        protocol: subscription.protocol,
        endpoint: subscription.endpoint,
        confirmation,
        filtered: read.map(|()| filtered),
    })
}

/// The groups to read: those that are named, and those that the functions really write to.
fn groups(
    needs: &FactRequirements,
    functions: &BTreeMap<String, FactRead<Option<crate::resources::function::FunctionConfiguration>>>,
) -> BTreeSet<String> {
    let written = needs.logs_of.iter().filter_map(|name| match functions.get(name) {
        Some(Ok(Some(configuration))) => {
            let FunctionFacts { log_group, .. } = &configuration.facts;
            Some(log_group.clone())
        }
        _ => None,
    });
    needs.log_groups.iter().cloned().chain(written).collect()
}

async fn read_groups(
    aws: &Aws,
    groups: BTreeSet<String>,
) -> Result<BTreeMap<String, FactRead<Option<Retention>>>, AwsError> {
    let names: Vec<String> = groups.into_iter().collect();
    let mut found = BTreeMap::new();
    for batch in names.chunks(log_group::aws::BATCH) {
        let answer = known(log_group::aws::describe(aws, batch).await)?;
        for name in batch {
            let of_name = |live: &Live| match &live.resource {
                Resource::LogGroup(group) if group.name == *name => {
                    Some(Retention { days: group.retention_in_days, policy: live.facts.retention_policy_name.clone() })
                }
                _ => None,
            };
            let group = answer.as_ref().map(|groups| groups.iter().find_map(of_name)).map_err(Clone::clone);
            found.insert(name.clone(), group);
        }
    }
    Ok(found)
}

/// What each address answers. That one does not is for the grade, not for us: it is no failed read.
async fn requests(
    http: Option<&HttpClient>,
    needs: &FactRequirements,
    urls: &BTreeMap<String, FactRead<Option<String>>>,
) -> BTreeMap<String, Result<EndpointResponse, String>> {
    let Some(http) = http else { return BTreeMap::new() };
    let addresses = needs.requests.iter().filter_map(|test| Some((test.address(urls).ok()??, test.timeout)));
    let addresses: BTreeMap<String, i64> = addresses.collect();
    let asks = addresses.into_iter().map(|(address, seconds)| async move {
        let patience = Duration::from_secs(u64::try_from(seconds).unwrap_or(10));
        let answer = match tokio::time::timeout(patience, http.get(&address)).await {
            Ok(Ok(answer)) => Ok(EndpointResponse { status: answer.status, body: answer.text() }),
            Ok(Err(error)) => Err(format!("{error:#}")),
            Err(_) => Err(format!("no answer within {seconds} s")),
        };
        (address, answer)
    });
    join_all(asks).await.into_iter().collect()
}

/// The name at the end of a topic's ARN.
fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// So that tests can make facts by hand.
#[cfg(test)]
pub fn nothing(target: Target) -> RegionFacts {
    RegionFacts {
        target,
        alarms: Ok(RegionAlarms::default()),
        topics: Ok(BTreeMap::new()),
        functions: BTreeMap::new(),
        log_groups: BTreeMap::new(),
        totals: Ok(BTreeMap::new()),
        history: Ok(Vec::new()),
        urls: BTreeMap::new(),
        answers: BTreeMap::new(),
        elsewhere: BTreeMap::new(),
    }
}
