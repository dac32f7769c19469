//! Who may subscribe to a topic. Subscribing twice sends a second mail, and SNS has no way to forbid it: of several runs at
//! once only the one whose mark stands on the topic subscribes; the others wait for it.

use super::marks::MarkWriter;
use crate::aws::{ApiOperation, Aws, AwsError, Class};
use crate::plan::Plan;
use crate::resources::{Address, ConfirmationState, Kind, Live, Resource, ResourceTags, Subscription};
use crate::resources::{subscription, topic};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep};

/// Tag by which runs that subscribe to the same topic at the same time see each other.
const RUN: &str = "mlopsctl:run";
/// How long a claim has to stand before it counts: longer than another run's subscribing can be under way after its
/// claim was last seen.
const SETTLES: Duration = Duration::from_millis(500);
/// How long a claim that was seen to stand is trusted.
const TRUSTED: Duration = Duration::from_millis(150);
/// Calls of Subscribe at once, so that none waits for the quota longer than its claim is trusted.
const AT_ONCE: usize = 10;
/// How long another run is given to make the subscriptions it has claimed.
const OTHERS_TURN: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// Repeats after lost answers, and after "slow down".
const ATTEMPTS: u32 = 6;
const THROTTLED_ATTEMPTS: u32 = 15;

/// The claims of one run on the topics of its plan.
#[derive(Debug)]
pub struct Claims<'a> {
    aws: &'a Aws,
    plan: &'a Plan,
    marks: Arc<MarkWriter<'a>>,
    run: String,
    topics: BTreeMap<String, Mutex<Claim>>,
    subscribing: Semaphore,
}

#[derive(Debug, Default)]
struct Claim {
    /// When the claim was last seen to stand; `None` while it does not.
    stood: Option<Instant>,
    /// Until when another run, which got there first, is waited for.
    others_until: Option<Instant>,
    /// Who was subscribed when the claim began to stand; nobody else can have been added since.
    subscribed: Vec<ListedSubscription>,
}

/// A subscription as SNS lists it: an endpoint's password is starred.
#[derive(Debug, Clone)]
struct ListedSubscription {
    protocol: String,
    endpoint: String,
    /// `None` while it is pending.
    arn: Option<String>,
}

/// Whether a subscription is there. The one that it replaces does not count: SNS lists both alike.
fn is_among(subscribed: &[ListedSubscription], desired: &Subscription, replaced: Option<&Live>) -> bool {
    let mut alike = subscribed.iter().filter(|one| desired.is_listed_as(&one.protocol, &one.endpoint));
    match replaced.map(|live| &live.facts.subscription_arn) {
        None => alike.next().is_some(),
        Some(Some(old)) => alike.any(|one| one.arn.as_ref() != Some(old)),
        // A pending one has no ARN, and cannot be ended: one of that kind more has to be there.
        Some(None) => alike.any(|one| one.arn.is_some()) || alike.filter(|one| one.arn.is_none()).count() > 1,
    }
}

impl<'a> Claims<'a> {
    pub fn new(aws: &'a Aws, plan: &'a Plan, marks: Arc<MarkWriter<'a>>) -> Self {
        let topics = plan.effective().filter_map(|change| {
            let before = change.before.as_ref().map(|live| &live.resource);
            match change.after.as_ref().or(before)? {
                Resource::Topic(topic) => Some(topic.name.clone()),
                Resource::Subscription(subscription) => Some(subscription.topic.clone()),
                _ => None,
            }
        });
        let run = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(12).collect();
        let topics = topics.map(|name| (name, Mutex::default())).collect();
        Self { aws, plan, marks, run, topics, subscribing: Semaphore::new(AT_ONCE) }
    }

    /// The tags that a topic is made with, so that its subscriptions are marked before there are any.
    pub fn tags_of_new(&self, topic: &str) -> ResourceTags {
        let mut tags = self.marks.of_new(&Address::new(Kind::Topic, topic));
        tags.insert(RUN.to_owned(), self.run.clone());
        tags
    }

    /// This run made the topic, with those tags: nobody can have subscribed yet.
    pub async fn made(&self, topic: &str) {
        if let Some(claim) = self.topics.get(topic) {
            *claim.lock().await = Claim { stood: Some(Instant::now()), ..Claim::default() };
        }
    }

    /// Another run made the topic meanwhile, and will subscribe.
    pub async fn made_by_others(&self, topic: &str) {
        if let Some(claim) = self.topics.get(topic) {
            *claim.lock().await = Claim { others_until: Some(Instant::now() + OTHERS_TURN), ..Claim::default() };
        }
    }

    /// Subscribes, unless somebody has meanwhile. Never twice. `replaced`: what stands in its place, with another password.
    pub async fn subscribe(&self, desired: &Subscription, replaced: Option<&Live>) -> Result<(), AwsError> {
        let mut sent = false;
        let answer = self.subscribe_once(desired, replaced, &mut sent).await;
        // An answer that was lost may have been a yes.
        if sent { answer.map_err(AwsError::half_way) } else { answer }
    }

    async fn subscribe_once(
        &self,
        desired: &Subscription,
        replaced: Option<&Live>,
        sent: &mut bool,
    ) -> Result<(), AwsError> {
        let arn = self.arn(&desired.topic);
        let (mut failed, mut throttled) = (0, 0);
        let mut look = false;
        loop {
            if look && is_among(&self.subscribers(desired).await?, desired, replaced) {
                return Ok(());
            }
            let error = match self.hold(desired, replaced).await? {
                Hold::AlreadySubscribed => return Ok(()),
                Hold::Others => None,
                Hold::Held => {
                    let _permit = self.subscribing.acquire().await;
                    match self.hold(desired, replaced).await? {
                        Hold::AlreadySubscribed => return Ok(()),
                        Hold::Others => None,
                        Hold::Held => match subscription::aws::subscribe(self.aws, &arn, desired).await {
                            Ok(()) => return Ok(()),
                            Err(error) => {
                                *sent |= !error.was_not_sent();
                                Some(error)
                            }
                        },
                    }
                }
            };
            let pause = match error {
                None => LOOK_AGAIN,
                // The answer was lost: look whether it was applied before trying again.
                Some(error) if error.is(Class::Transient) && failed < ATTEMPTS => {
                    failed += 1;
                    LOOK_AGAIN.mul_f64(0.5 * f64::from(failed))
                }
                Some(error) if error.is(Class::Throttled) && throttled < THROTTLED_ATTEMPTS => {
                    throttled += 1;
                    LOOK_AGAIN.mul_f64(0.25 * f64::from(throttled))
                }
                Some(error) => return Err(error),
            };
            look = true;
            tokio::select! {
                biased;
                () = self.aws.interrupt.wait() => return Err(AwsError::not_sent(ApiOperation("sns", "Subscribe"))),
                () = sleep(pause) => {}
            }
        }
    }

    /// Writes the marks of the topic's subscriptions, where this run has not yet.
    pub async fn mark(&self, topic: &str) -> Result<(), AwsError> {
        let Some(claim) = self.topics.get(topic) else { return Ok(()) };
        let claim = claim.lock().await;
        if claim.stood.is_none() { self.marks.ensure(&Address::new(Kind::Topic, topic)).await } else { Ok(()) }
    }

    /// Whether this run may subscribe now.
    async fn hold(&self, desired: &Subscription, replaced: Option<&Live>) -> Result<Hold, AwsError> {
        let Some(claim) = self.topics.get(&desired.topic) else { return Ok(Hold::Held) };
        let mut claim = claim.lock().await;
        if claim.others_until.is_some_and(|until| Instant::now() < until) {
            return Ok(Hold::Others);
        }
        let arn = self.arn(&desired.topic);
        let stands = match claim.stood {
            Some(at) if at.elapsed() <= TRUSTED => true,
            Some(_) => self.stands(&arn).await?,
            None => {
                let run = ResourceTags::from([(RUN.to_owned(), self.run.clone())]);
                self.marks.write(&Address::new(Kind::Topic, &desired.topic), run).await?;
                sleep(SETTLES).await;
                claim.subscribed = self.subscribers(desired).await?;
                // Asked last: had somebody else claimed the topic before the list was made, it would not stand.
                self.stands(&arn).await?
            }
        };
        if !stands {
            *claim = Claim { others_until: Some(Instant::now() + OTHERS_TURN), ..Claim::default() };
            return Ok(Hold::Others);
        }
        if claim.stood.is_none_or(|at| at.elapsed() > TRUSTED) {
            claim.stood = Some(Instant::now());
        }
        let there = is_among(&claim.subscribed, desired, replaced);
        Ok(if there { Hold::AlreadySubscribed } else { Hold::Held })
    }

    async fn stands(&self, arn: &str) -> Result<bool, AwsError> {
        let tags = topic::aws::tags(self.aws, arn).await?.unwrap_or_default();
        Ok(tags.get(RUN) == Some(&self.run))
    }

    /// Who is subscribed to the topic now, pending or not.
    async fn subscribers(&self, of: &Subscription) -> Result<Vec<ListedSubscription>, AwsError> {
        let arn = self.arn(&of.topic);
        let live = subscription::aws::list(self.aws, &of.topic, &arn).await?.unwrap_or_default();
        let standing = live.into_iter().filter(|live| live.facts.confirmation != Some(ConfirmationState::Lost));
        let subscribed = standing.filter_map(|Live { resource, facts }| match resource {
            Resource::Subscription(s) => {
                Some(ListedSubscription { protocol: s.protocol, endpoint: s.endpoint, arn: facts.subscription_arn })
            }
            _ => None,
        });
        Ok(subscribed.collect())
    }

    fn arn(&self, topic: &str) -> String {
        Address::new(Kind::Topic, topic).arn(&self.plan.target).unwrap_or_default()
    }
}

enum Hold {
    Held,
    Others,
    AlreadySubscribed,
}
