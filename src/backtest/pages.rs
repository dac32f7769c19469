//! How often a week each person would have been paged: firings of alarms, over the subscriptions of the topics that they notify. Filter
//! policies, suppressors of composite alarms and mute rules count; where one of them cannot be worked out, the figure is a range.

use super::muted::released;
use super::verdict::Figures;
use crate::model::Target;
use crate::model::filter_policy::FilterOutcome;
use crate::resources::notification::passes;
use crate::resources::{MuteRule, Resource, Subscription};
use mlops_cloudwatch::evaluation::composite::plain;
use mlops_cloudwatch::evaluation::suppression::{ActionsSuppressor, actions};
use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
use mlops_cloudwatch::state::AlarmState;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One endpoint and the pages that it would have got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonPages {
    pub protocol: String,
    pub endpoint: String,
    /// Those that came for certain.
    pub pages: usize,
    pub a_week: f64,
    /// Those that came or not, on top.
    pub undecided: usize,
    pub most_a_week: f64,
}

/// Pages a week, at least and at most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PageRate {
    pub least: f64,
    pub most: f64,
}

impl PersonPages {
    pub fn rate(&self) -> PageRate {
        PageRate { least: self.a_week, most: self.most_a_week }
    }

    fn is_same_person(&self, other: &Self) -> bool {
        (&self.protocol, &self.endpoint) == (&other.protocol, &other.endpoint)
    }
}

/// The pages of everybody, and what could not be worked out of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PagesCount {
    /// Those with most pages first.
    pub people: Vec<PersonPages>,
    pub unknown: Vec<String>,
}

/// What lies between alarms and people: subscriptions and mute rules.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    subscriptions: Vec<Subscription>,
    mute_rules: Vec<MuteRule>,
}

/// Notifications that one alarm sent when it went into ALARM, and those that it sent or not.
#[derive(Debug, Default)]
struct SentPages {
    sent: usize,
    undecided: usize,
    why: BTreeSet<String>,
}

impl Audience {
    pub fn of<'a>(resources: impl Iterator<Item = &'a Resource>) -> Self {
        let mut audience = Self::default();
        for resource in resources {
            match resource {
                Resource::Subscription(subscription) => audience.subscriptions.push(subscription.clone()),
                Resource::MuteRule(rule) => audience.mute_rules.push(rule.clone()),
                _ => {}
            }
        }
        audience
    }

    /// Returns the pages of each person: one for each time that an alarm notifies a topic of theirs of ALARM, however many topics lead
    /// there. Whoever is subscribed and got none is in it. An alarm without figures has a past that is not known.
    pub fn pages<'a>(
        &self,
        fired: impl Iterator<Item = (&'a Resource, Option<&'a Figures>)>,
        target: &Target,
    ) -> PagesCount {
        let fired: Vec<(&Resource, Option<&Figures>)> = fired.collect();
        let known = |(alarm, figures): &(&Resource, Option<&'a Figures>)| Some((alarm.name(), (*figures)?));
        let past: BTreeMap<String, &Figures> = fired.iter().filter_map(known).collect();
        let person = |subscription: &Subscription| (subscription.protocol.clone(), subscription.endpoint.clone());
        let mut pages: BTreeMap<(String, String), (usize, usize)> =
            self.subscriptions.iter().map(|subscription| (person(subscription), (0, 0))).collect();
        let weeks = past.values().map(|figures| figures.weeks()).fold(1.0 / 7.0, f64::max);
        let mut unknown: BTreeSet<String> = BTreeSet::new();
        let prefix = target.arn("sns", "");
        for (alarm, figures) in &fired {
            let Some(actions) = alarm.actions().filter(|actions| actions.enabled) else { continue };
            let topics: BTreeSet<&str> = actions.alarm.iter().filter_map(|arn| arn.strip_prefix(&prefix)).collect();
            let mut notified: BTreeMap<(String, String), FilterOutcome> = BTreeMap::new();
            for subscription in self.subscriptions.iter().filter(|one| topics.contains(one.topic.as_str())) {
                let outcome = passes(subscription, alarm, target, AlarmState::Alarm);
                let best = notified.entry(person(subscription)).or_insert(FilterOutcome::Never);
                // Whoever is subscribed twice needs one that lets the message through.
                if outcome == FilterOutcome::Matches || *best == FilterOutcome::Never {
                    *best = outcome;
                }
            }
            notified.retain(|_, outcome| *outcome != FilterOutcome::Never);
            if notified.is_empty() {
                continue;
            }
            let Some(figures) = figures else {
                unknown.insert(format!("{}: not counted, its past is not known", alarm.address()));
                continue;
            };
            let SentPages { sent, undecided, why } = self.sent(alarm, figures, &past);
            unknown.extend(why.into_iter().map(|why| format!("{}: {why}", alarm.address())));
            for ((protocol, endpoint), outcome) in notified {
                if outcome == FilterOutcome::Depends && sent + undecided > 0 {
                    let what = "depends on what is known only when the alarm fires";
                    unknown.insert(format!("{}: the filter policy of {protocol} {endpoint} {what}", alarm.address()));
                }
                let (certain, open) =
                    if outcome == FilterOutcome::Matches { (sent, undecided) } else { (0, sent + undecided) };
                let counted = pages.entry((protocol, endpoint)).or_default();
                *counted = (counted.0 + certain, counted.1 + open);
            }
        }
        let one = |((protocol, endpoint), (pages, undecided)): ((String, String), (usize, usize))| PersonPages {
            protocol,
            endpoint,
            pages,
            a_week: pages as f64 / weeks,
            undecided,
            most_a_week: (pages + undecided) as f64 / weeks,
        };
        let mut people: Vec<PersonPages> = pages.into_iter().map(one).collect();
        people.sort_by(|a, b| {
            b.pages.cmp(&a.pages).then(b.undecided.cmp(&a.undecided)).then_with(|| a.endpoint.cmp(&b.endpoint))
        });
        PagesCount { people, unknown: unknown.into_iter().collect() }
    }

    /// Counts what an alarm sends of its times in ALARM: what its suppressor holds back is not sent, and what a mute rule holds back
    /// is sent when the mute ends, where the alarm is in ALARM then.
    fn sent(&self, alarm: &Resource, figures: &Figures, past: &BTreeMap<String, &Figures>) -> SentPages {
        let mut found = SentPages::default();
        let name = alarm.name();
        let rules: Vec<&MuteRule> = self.mute_rules.iter().filter(|rule| rule.alarms.contains(&name)).collect();
        let suppressor = match alarm {
            Resource::CompositeAlarm(composite) => composite.suppressor.as_ref(),
            _ => None,
        };
        let states = suppressor.map(|by| past.get(plain(&by.alarm)).map(|figures| states(figures)));
        let due: Vec<i64> = match (suppressor, &states) {
            (Some(by), Some(None)) => {
                found.undecided = figures.firings;
                if figures.firings > 0 {
                    found.why.insert(format!("the past of its suppressor `{}` is not known", plain(&by.alarm)));
                }
                return found;
            }
            (Some(by), Some(Some(states))) => {
                let (wait, extension) = (i64::from(by.wait_period), i64::from(by.extension_period));
                let ran = actions(&self::states(figures), Some(ActionsSuppressor { states, wait, extension }));
                ran.iter().filter(|one| one.state == AlarmState::Alarm).filter_map(|one| one.ran).collect()
            }
            _ => figures.spans.iter().map(|(from, _)| *from).collect(),
        };
        for at in due {
            let end = figures.spans.iter().find(|(from, until)| (*from..*until).contains(&at));
            let end = end.map_or(figures.until, |(_, until)| *until);
            match released(&rules, at, end) {
                Ok(then) if then == at => found.sent += 1,
                Ok(then) if then >= end => {}
                // Not documented: which of a mute that ends and a suppressor that holds comes first.
                Ok(then) if states.iter().flatten().any(|states| states.at(then) == AlarmState::Alarm) => {
                    found.undecided += 1;
                    found.why.insert("a mute ended while its actions were suppressed".into());
                }
                Ok(_) => found.sent += 1,
                Err(why) => {
                    found.undecided += 1;
                    found.why.insert(why);
                }
            }
        }
        found
    }
}

/// When an alarm was in ALARM; one that was so from the beginning on went into it then.
fn states(figures: &Figures) -> Timeline {
    let mut timeline = Timeline::new(figures.from, figures.until, AlarmState::Ok);
    for (from, until) in &figures.spans {
        timeline.changes.push(TimelineChange { at: *from, to: AlarmState::Alarm });
        if *until < figures.until {
            timeline.changes.push(TimelineChange { at: *until, to: AlarmState::Ok });
        }
    }
    timeline
}

/// The pages of each person before a plan and after it, from the alarms that it writes or deletes.
#[derive(Debug, Clone, PartialEq)]
pub struct PagesChange {
    pub before: PagesCount,
    pub after: PagesCount,
}

impl PagesChange {
    /// Returns each person with pages a week before and after, those with most after first; nobody where nobody was paged.
    pub fn people(&self) -> Vec<(&PersonPages, PageRate, PageRate)> {
        let rate = |people: &[PersonPages], one: &PersonPages| {
            let found = people.iter().find(|other| one.is_same_person(other));
            found.map(PersonPages::rate).unwrap_or_default()
        };
        let (before, after) = (&self.before.people, &self.after.people);
        let gone = before.iter().filter(|one| !after.iter().any(|other| one.is_same_person(other)));
        let all = after.iter().chain(gone);
        let changes = all.map(|one| (one, rate(before, one), rate(after, one)));
        changes.filter(|(_, before, after)| before.most > 0.0 || after.most > 0.0).collect()
    }

    /// Returns what could not be worked out, of before and after.
    pub fn unknown(&self) -> BTreeSet<&str> {
        self.before.unknown.iter().chain(&self.after.unknown).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests;
