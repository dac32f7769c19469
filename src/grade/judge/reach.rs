//! Whether somebody hears of an alarm: its actions, the topics behind them, who is subscribed. Judges what stands, sends nothing.

use super::Part;
use crate::grade::book::Remark;
use crate::grade::facts::{ExistingTopic, PublishPolicy, RegionFacts, SubscribedEndpoint, Unread};
use crate::grade::mistake::Mistake;
use crate::grade::rubric::Whom;
use crate::model::Arn;
use crate::resources::alarm::Actions;
use crate::resources::topic::policy;
use crate::resources::{CompositeAlarm, ConfirmationState, Subscription};
use mlops_cloudwatch::evaluation::composite::plain;
use mlops_cloudwatch::rule;
use mlops_cloudwatch::state::AlarmState;

/// The parts `actions` and `reachable` of an alarm.
pub fn notification(name: &str, actions: &Actions, whom: &Whom, facts: &RegionFacts) -> (Part, Part) {
    let own = of_actions(name, actions, whom, facts);
    if own == (Part::Holds, Part::Holds) {
        return own;
    }
    let Ok(alarms) = &facts.alarms else { return own };
    let composites = alarms.composite.iter().filter(|composite| fires_with(composite, name));
    let others = composites.map(|composite| of_actions(&composite.name, &composite.actions, whom, facts));
    // The one through which most holds; the alarm's own way first, since its remarks are the nearest ones.
    let weight = |(actions, reachable): &(Part, Part)| {
        let of = |part: &Part| match part {
            Part::Holds => 2,
            Part::Unknown(_) => 1,
            Part::Fails(_) => 0,
        };
        of(actions) + of(reachable)
    };
    others.fold(own, |best, next| if weight(&next) > weight(&best) { next } else { best })
}

/// Whether a composite alarm goes into ALARM when this alarm alone does.
fn fires_with(composite: &CompositeAlarm, name: &str) -> bool {
    let Ok(rule) = rule::parse(&composite.alarm_rule) else { return false };
    let state = |alarm: bool| {
        move |reference: &str| Some(if alarm && plain(reference) == name { AlarmState::Alarm } else { AlarmState::Ok })
    };
    rule.holds(&state(true)) && !rule.holds(&state(false))
}

fn of_actions(name: &str, actions: &Actions, whom: &Whom, facts: &RegionFacts) -> (Part, Part) {
    let is_topic = |arn: &&String| Arn::parse(arn).is_some_and(|arn| arn.service == "sns");
    let topics: Vec<&String> = actions.alarm.iter().filter(is_topic).collect();
    let add = "add your topic as the action of the state In alarm";
    let told = if !actions.enabled {
        let mend = format!("aws cloudwatch enable-alarm-actions --alarm-names {name}");
        Part::fails(Remark::new(Mistake::ActionsDisabled, format!("the actions of `{name}` are disabled"), mend))
    } else if !topics.is_empty() {
        Part::Holds
    } else if let Some(other) = actions.alarm.first() {
        Part::fails(Remark::new(Mistake::NotATopic, format!("`{name}` acts on {other}, which is no SNS topic"), add))
    } else if actions.all().next().is_some() {
        let states = match (actions.ok.is_empty(), actions.insufficient_data.is_empty()) {
            (false, true) => "OK",
            (true, _) => "INSUFFICIENT_DATA",
            (false, false) => "OK and INSUFFICIENT_DATA",
        };
        let what = format!("`{name}` notifies nobody when it goes into ALARM, only when it goes into {states}");
        Part::fails(Remark::new(Mistake::OnlyOtherStates, what, add))
    } else {
        Part::fails(Remark::new(Mistake::TellsNobody, format!("`{name}` notifies nobody"), add))
    };
    // Who would hear of it is worth something even where nobody is notified of an ALARM.
    let lists = if topics.is_empty() { actions.all().filter(is_topic).collect() } else { topics };
    (told, reachable(&lists, whom, facts))
}

/// Whether one of the topics reaches somebody.
fn reachable(topics: &[&String], whom: &Whom, facts: &RegionFacts) -> Part {
    let mut worst = Part::Fails(None);
    for arn in topics {
        match (topic(arn, whom, facts), &worst) {
            (Part::Holds, _) => return Part::Holds,
            (part @ Part::Unknown(_), _) | (part @ Part::Fails(_), Part::Fails(None)) => worst = part,
            (Part::Fails(_), _) => {}
        }
    }
    worst
}

fn topic(text: &str, whom: &Whom, facts: &RegionFacts) -> Part {
    let Some(arn) = Arn::parse(text) else { return Part::Fails(None) };
    let name = arn.resource;
    if arn.region != facts.target.region {
        let what = format!("the topic {name} is in {}, the alarm in {}", arn.region, facts.target.region);
        let mend = "an alarm reaches topics of its own region only: make one there and name it in the alarm";
        return Part::fails(Remark::new(Mistake::TopicElsewhere, what, mend));
    }
    if arn.account != facts.target.account {
        let message = format!("the topic {name} belongs to account {}", arn.account);
        return Part::Unknown(Unread { message, remedy: None });
    }
    match facts.topics.as_ref().map(|topics| topics.get(text)) {
        Err(why) => Part::Unknown(why.clone()),
        Ok(None) => {
            let what = format!("the topic {name}, which the alarm names, does not exist");
            Part::fails(Remark::new(Mistake::TopicGone, what, "make the topic again, and subscribe to it again"))
        }
        Ok(Some(topic)) => match door(topic) {
            Part::Holds => subscribers(topic, whom),
            shut => shut,
        },
    }
}

/// Whether alarms may publish to the topic.
pub fn door(topic: &ExistingTopic) -> Part {
    let name = &topic.name;
    let PublishPolicy { policy, kms_key } = match &topic.door {
        None => return Part::Holds,
        Some(Err(why)) => return Part::Unknown(why.clone()),
        Some(Ok(door)) => door,
    };
    if policy.as_ref().is_some_and(|policy| !policy::lets_alarms_publish(policy)) {
        let what = format!("the policy of the topic {name} refuses CloudWatch: alarms cannot publish to it");
        let mend = "edit the topic's access policy: allow cloudwatch.amazonaws.com the action sns:Publish, or make a topic with \
                    the policy that AWS proposes";
        return Part::fails(Remark::new(Mistake::TopicRefuses, what, mend));
    }
    if kms_key.as_deref().is_some_and(|key| key.ends_with("alias/aws/sns")) {
        let what = format!("the topic {name} is encrypted with alias/aws/sns, which CloudWatch cannot use");
        let mend = "switch the topic's encryption off, or use a key of your own that lets cloudwatch.amazonaws.com in";
        return Part::fails(Remark::new(Mistake::TopicKey, what, mend));
    }
    Part::Holds
}

fn subscribers(topic: &ExistingTopic, whom: &Whom) -> Part {
    let name = &topic.name;
    let wanted: Vec<&SubscribedEndpoint> = topic.subscriptions.iter().filter(|s| is_wanted(s, whom)).collect();
    let who = whom.endpoint.as_deref().unwrap_or("your address");
    let subscribe = format!("subscribe {who} to the topic {name}, then click the link in the mail");
    if wanted.is_empty() {
        let Some(other) = topic.subscriptions.first() else {
            let what = format!("nobody is subscribed to the topic {name}");
            return Part::fails(Remark::new(Mistake::NobodySubscribed, what, subscribe));
        };
        let what = format!("the topic {name} notifies {} ({})", other.endpoint, other.protocol);
        let what = match (&whom.endpoint, &whom.protocol) {
            (Some(endpoint), _) => format!("{what}, not {endpoint}"),
            (None, Some(protocol)) => format!("{what}, nobody by {protocol}"),
            (None, None) => what,
        };
        return Part::fails(Remark::new(Mistake::OtherSubscriber, what, subscribe));
    }
    let mut unknown = None;
    let mut filtered = None;
    for subscribed in wanted.iter().filter(|s| s.confirmation == ConfirmationState::Confirmed) {
        match &subscribed.filtered {
            Ok(false) => return Part::Holds,
            Ok(true) => filtered = Some(subscribed.endpoint.as_str()),
            Err(why) => unknown = Some(why.clone()),
        }
    }
    if let Some(why) = unknown {
        return Part::Unknown(why);
    }
    if let Some(endpoint) = filtered {
        let what = format!("a filter policy keeps every alarm of {name} from {endpoint}");
        return Part::fails(Remark::new(Mistake::Filtered, what, "remove the filter policy of the subscription"));
    }
    Part::fails(unconfirmed(wanted.iter().copied(), name))
}

/// Of subscriptions none of which is confirmed.
pub fn unconfirmed<'a>(mut subscriptions: impl Iterator<Item = &'a SubscribedEndpoint> + Clone, topic: &str) -> Remark {
    match subscriptions.clone().find(|s| s.confirmation == ConfirmationState::Pending) {
        Some(pending) => {
            let what = format!("{} has not confirmed the subscription to {topic}", pending.endpoint);
            let mend =
                "click the link in the mail from AWS Notifications (look into the spam folder), or subscribe again";
            Remark::new(Mistake::Unconfirmed, what, mend)
        }
        None => {
            let endpoint = subscriptions.next().map(|s| s.endpoint.as_str()).unwrap_or_default();
            let what = format!("{endpoint} has unsubscribed from {topic}");
            Remark::new(Mistake::Unsubscribed, what, "subscribe again, and confirm")
        }
    }
}

pub fn is_wanted(subscribed: &SubscribedEndpoint, whom: &Whom) -> bool {
    let same = |wanted: &Option<String>, found: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.trim().eq_ignore_ascii_case(found.trim()))
    };
    // SNS lists passwords as stars.
    let listed = |wanted: &String| Subscription::new("", &subscribed.protocol, wanted.trim()).listed_endpoint();
    let endpoint =
        same(&whom.endpoint, &subscribed.endpoint) || same(&whom.endpoint.as_ref().map(listed), &subscribed.endpoint);
    same(&whom.protocol, &subscribed.protocol) && endpoint
}
