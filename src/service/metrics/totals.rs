//! The sums behind the contract's metrics: a fold over events, or over groups of them that a database has added up.
//! Money is in millionths of a dollar, so that adding is exact.

use std::collections::HashMap;
use std::hash::Hash;

use super::labels::{Dimension, Id, OTHER};
use crate::event::Event;

/// Upper bounds of the response-time histogram, in milliseconds; `+Inf` follows.
pub const BUCKETS_MS: [i32; 6] = [100, 500, 1_000, 2_000, 5_000, 10_000];
/// Series of one metric before the rest is folded, whatever the single labels allow.
const MOST_SERIES: usize = 10_000;

/// Events that share all labels, added up. One event is a group of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    pub business_id: Box<str>,
    pub response_type: Box<str>,
    pub intent: Box<str>,
    pub model: Box<str>,
    pub events: u64,
    /// How many took at most `BUCKETS_MS[i]`: cumulative, as Prometheus wants them.
    pub within: [u64; BUCKETS_MS.len()],
    pub response_ms: u64,
    pub tokens: u64,
    /// Whether any of them told a cost, and the sum.
    pub cost_micros: Option<i64>,
    pub requested: u64,
    pub booked: u64,
    pub handoffs: u64,
    /// The newest success rate, if any told one, and when: a position that grows with time.
    pub success_rate: Option<(u64, f64)>,
}

impl Group {
    /// Adds events up by their labels; groups come in the order of their newest success rate.
    pub fn collect<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Self> {
        let mut groups: HashMap<[&str; 4], Self> = HashMap::new();
        for (position, event) in events.enumerate() {
            let key = [&*event.business_id, &*event.response_type, &*event.intent_detected, &*event.model_name];
            groups.entry(key).or_default().add(event, position as u64);
        }
        let mut groups: Vec<Self> = groups
            .into_iter()
            .map(|([business, response_type, intent, model], group)| Self {
                business_id: business.into(),
                response_type: response_type.into(),
                intent: intent.into(),
                model: model.into(),
                ..group
            })
            .collect();
        groups.sort_by_key(|group| group.success_rate.map(|(position, _)| position));
        groups
    }

    fn add(&mut self, event: &Event, position: u64) {
        self.events += 1;
        for (count, bound) in self.within.iter_mut().zip(BUCKETS_MS) {
            *count += u64::from(event.response_time_ms <= bound);
        }
        self.response_ms += u64::from(event.response_time_ms.unsigned_abs());
        self.tokens += u64::from(event.tokens_used.unsigned_abs());
        if let Some(cost) = event.cost_micros {
            *self.cost_micros.get_or_insert(0) += cost;
        }
        self.requested += u64::from(event.appointment_requested);
        self.booked += u64::from(event.appointment_booked);
        self.handoffs += u64::from(event.human_handoff_requested);
        if let Some(rate) = event.success_rate {
            self.success_rate = Some((position, rate));
        }
    }
}

/// Everything counted since the database began.
#[derive(Debug)]
pub struct Totals {
    pub business: Dimension,
    pub response_type: Dimension,
    pub intent: Dimension,
    pub model: Dimension,
    /// By business, response type, intent.
    pub requests: HashMap<(Id, Id, Id), u64>,
    /// By business, model.
    pub tokens: HashMap<(Id, Id), u64>,
    pub cost_micros: HashMap<(Id, Id), i64>,
    pub success_rate: HashMap<Id, f64>,
    pub requested: HashMap<Id, u64>,
    pub booked: HashMap<Id, u64>,
    /// By business, and whether the reason was an error.
    pub handoffs: HashMap<(Id, bool), u64>,
    pub within: [u64; BUCKETS_MS.len()],
    pub response_ms: u64,
    pub events: u64,
}

/// The dashboard's sums over all labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    pub tokens: u64,
    pub cost_micros: i64,
    pub requested: u64,
    pub booked: u64,
    pub handoffs: u64,
}

impl Totals {
    /// Nothing counted yet; at most `businesses` distinct `business_id` values.
    pub fn new(businesses: usize) -> Self {
        Self {
            business: Dimension::new(businesses),
            response_type: Dimension::new(20),
            intent: Dimension::new(50),
            model: Dimension::new(50),
            requests: HashMap::new(),
            tokens: HashMap::new(),
            cost_micros: HashMap::new(),
            success_rate: HashMap::new(),
            requested: HashMap::new(),
            booked: HashMap::new(),
            handoffs: HashMap::new(),
            within: [0; BUCKETS_MS.len()],
            response_ms: 0,
            events: 0,
        }
    }

    /// Groups must come as [`Group::collect`] sorts them, so that the newest success rate stays.
    pub fn add(&mut self, group: &Group) {
        let business = self.business.id(&group.business_id, group.events);
        let response_type = self.response_type.id(&group.response_type, group.events);
        let intent = self.intent.id(&group.intent, group.events);
        let model = self.model.id(&group.model, group.events);
        *series(&mut self.requests, (business, response_type, intent), (business, OTHER, OTHER)) += group.events;
        *series(&mut self.tokens, (business, model), (business, OTHER)) += group.tokens;
        if let Some(cost) = group.cost_micros {
            *series(&mut self.cost_micros, (business, model), (business, OTHER)) += cost;
        }
        if let Some((_, rate)) = group.success_rate {
            self.success_rate.insert(business, rate);
        }
        for (counts, more) in [(&mut self.requested, group.requested), (&mut self.booked, group.booked)] {
            if more > 0 {
                *counts.entry(business).or_default() += more;
            }
        }
        if group.handoffs > 0 {
            *self.handoffs.entry((business, is_error(&group.response_type))).or_default() += group.handoffs;
        }
        for (count, more) in self.within.iter_mut().zip(group.within) {
            *count += more;
        }
        self.response_ms += group.response_ms;
        self.events += group.events;
    }

    pub fn sums(&self) -> Sums {
        Sums {
            tokens: self.tokens.values().sum(),
            cost_micros: self.cost_micros.values().sum(),
            requested: self.requested.values().sum(),
            booked: self.booked.values().sum(),
            handoffs: self.handoffs.values().sum(),
        }
    }
}

fn is_error(response_type: &str) -> bool {
    response_type == "error"
}

/// The counter of `key`, or of `folded` when the metric has as many series as it may.
fn series<K: Hash + Eq, V: Default>(map: &mut HashMap<K, V>, key: K, folded: K) -> &mut V {
    let room = map.len() < MOST_SERIES || map.contains_key(&key);
    map.entry(if room { key } else { folded }).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(business: &str, intent: &str) -> Event {
        let body = format!(
            r#"{{"business_id":"{business}","response_time_ms":1000,"tokens_used":3,"api_cost_usd":0.1,
                "intent_detected":"{intent}","response_type":"error","human_handoff_requested":true,"success_rate":0}}"#
        );
        Event::parse(body.as_bytes(), 0).unwrap()
    }

    #[test]
    fn events_add_up_by_their_labels() {
        let mut events = [event("b", "general"), event("b", "pricing"), event("b", "general")];
        events[1].success_rate = Some(0.5);
        events[2].success_rate = None;
        let groups = Group::collect(events.iter());
        let [general, pricing] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!((general.events, general.cost_micros, general.success_rate), (2, Some(200_000), Some((0, 0.0))));
        assert_eq!((general.within, general.response_ms, general.handoffs), ([0, 0, 2, 2, 2, 2], 2_000, 2));
        assert_eq!((&*pricing.intent, pricing.success_rate), ("pricing", Some((1, 0.5))));
        let mut totals = Totals::new(10);
        groups.iter().for_each(|group| totals.add(group));
        assert_eq!(totals.handoffs, HashMap::from([((1, true), 3)]));
        assert_eq!(totals.success_rate, HashMap::from([(1, 0.5)]), "the newest rate stays");
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut totals = Totals::new(100);
        for number in 0..50_000 {
            let one = event(&format!("b{number}"), &format!("i{}", number % 700));
            Group::collect([&one].into_iter()).iter().for_each(|group| totals.add(group));
        }
        assert_eq!(totals.events, 50_000);
        assert_eq!(totals.requests.values().sum::<u64>(), 50_000);
        assert!(totals.requests.len() <= MOST_SERIES + 101);
        assert_eq!((totals.tokens.len(), totals.success_rate.len(), totals.handoffs.len()), (101, 101, 101));
        assert_eq!(totals.business.folded, 49_900);
        assert_eq!(totals.sums().cost_micros, 5_000_000_000);
    }
}
