//! How often a week each person would have been paged: firings of alarms, over the subscriptions of the topics that they notify.

use super::verdict::Figures;
use crate::model::Target;
use crate::resources::{Resource, Subscription};
use serde::Serialize;
use std::collections::BTreeMap;

/// One endpoint and the pages that it would have got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonPages {
    pub protocol: String,
    pub endpoint: String,
    pub pages: usize,
    pub a_week: f64,
}

/// Who is subscribed to which topic, by the topic's name.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    people: BTreeMap<String, Vec<(String, String)>>,
}

impl Audience {
    pub fn of<'a>(resources: impl Iterator<Item = &'a Resource>) -> Self {
        let mut audience = Self::default();
        for resource in resources {
            if let Resource::Subscription(subscription) = resource {
                audience.add(subscription);
            }
        }
        audience
    }

    fn add(&mut self, subscription: &Subscription) {
        let person = (subscription.protocol.clone(), subscription.endpoint.clone());
        self.people.entry(subscription.topic.clone()).or_default().push(person);
    }

    /// Returns the pages of each person: one for each firing of an alarm that notifies a topic of theirs, however many topics lead
    /// there. Whoever is subscribed and got none is in it. Filter policies are not looked at.
    pub fn pages<'a>(
        &self,
        fired: impl Iterator<Item = (&'a Resource, &'a Figures)>,
        target: &Target,
    ) -> Vec<PersonPages> {
        let mut pages: BTreeMap<&(String, String), usize> =
            self.people.values().flatten().map(|person| (person, 0)).collect();
        let mut weeks = 0.0_f64;
        let prefix = target.arn("sns", "");
        for (alarm, figures) in fired {
            weeks = weeks.max(figures.weeks());
            let Some(actions) = alarm.actions().filter(|actions| actions.enabled) else { continue };
            let topics = actions.alarm.iter().filter_map(|arn| arn.strip_prefix(&prefix));
            let mut paged: Vec<&(String, String)> =
                topics.filter_map(|topic| self.people.get(topic)).flatten().collect();
            paged.sort_unstable();
            paged.dedup();
            for person in paged {
                *pages.entry(person).or_default() += figures.firings;
            }
        }
        let one = |((protocol, endpoint), pages): (&(String, String), usize)| PersonPages {
            protocol: protocol.clone(),
            endpoint: endpoint.clone(),
            pages,
            a_week: pages as f64 / weeks.max(1.0 / 7.0),
        };
        let mut people: Vec<PersonPages> = pages.into_iter().map(one).collect();
        people.sort_by(|a, b| b.pages.cmp(&a.pages).then_with(|| a.endpoint.cmp(&b.endpoint)));
        people
    }
}

/// The pages of each person before a plan and after it, from the alarms that it writes or deletes.
#[derive(Debug, Clone, PartialEq)]
pub struct PagesChange {
    pub before: Vec<PersonPages>,
    pub after: Vec<PersonPages>,
}

impl PagesChange {
    /// Returns each person with pages a week before and after, those with most after first; nobody where nobody was paged.
    pub fn people(&self) -> Vec<(&PersonPages, f64, f64)> {
        let rate = |people: &[PersonPages], one: &PersonPages| {
            let found =
                people.iter().find(|other| (&other.protocol, &other.endpoint) == (&one.protocol, &one.endpoint));
            found.map_or(0.0, |found| found.a_week)
        };
        let gone = self.before.iter().filter(|one| {
            !self.after.iter().any(|other| (&other.protocol, &other.endpoint) == (&one.protocol, &one.endpoint))
        });
        let all = self.after.iter().chain(gone);
        let changes = all.map(|one| (one, rate(&self.before, one), rate(&self.after, one)));
        changes.filter(|(_, before, after)| *before > 0.0 || *after > 0.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Alarm;
    use crate::resources::alarm::Actions;
    use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
    use mlops_cloudwatch::state::AlarmState;

    const WEEK: i64 = 604_800;

    fn alarm(name: &str, topics: &[&str], enabled: bool) -> Resource {
        let target = Target::new("000000000000", "us-east-1");
        let alarm = topics.iter().map(|topic| target.arn("sns", topic)).collect();
        let actions = Actions { enabled, alarm, ..Actions::default() };
        Resource::Alarm(Box::new(Alarm { actions, ..Alarm::new(name) }))
    }

    fn figures(firings: i64) -> Figures {
        let mut timeline = Timeline::new(0, 2 * WEEK, AlarmState::Ok);
        for n in 0..firings {
            timeline.put(n * 7_200 + 60, AlarmState::Alarm);
            timeline.put(n * 7_200 + 120, AlarmState::Ok);
        }
        assert_eq!(
            timeline.changes.first(),
            (firings > 0).then_some(&TimelineChange { at: 60, to: AlarmState::Alarm })
        );
        Figures::of_states(&timeline)
    }

    /// Whoever is on two topics of one alarm is paged once; actions that are off page nobody.
    #[test]
    fn each_firing_pages_each_person_once() {
        let subscribed = |topic: &str, who: &str| Resource::Subscription(Subscription::new(topic, "email", who));
        let resources = [subscribed("a", "x@e.org"), subscribed("b", "x@e.org"), subscribed("b", "y@e.org")];
        let audience = Audience::of(resources.iter());
        let alarms = [alarm("one", &["a", "b"], true), alarm("two", &["a"], true), alarm("off", &["b"], false)];
        let figures = [figures(3), figures(2), figures(9)];
        let target = Target::new("000000000000", "us-east-1");
        let pages = audience.pages(alarms.iter().zip(&figures), &target);
        let found: Vec<(&str, usize, f64)> =
            pages.iter().map(|one| (one.endpoint.as_str(), one.pages, one.a_week)).collect();
        assert_eq!(found, [("x@e.org", 5, 2.5), ("y@e.org", 3, 1.5)]);
        let change = PagesChange { before: pages.clone(), after: pages[..1].to_vec() };
        let people: Vec<(f64, f64)> = change.people().into_iter().map(|(_, before, after)| (before, after)).collect();
        assert_eq!(people, [(2.5, 2.5), (1.5, 0.0)]);
    }
}
