//! The sums behind the contract's metrics: a fold over events, or over groups of them that a database has added up.
//! Money is in millionths of a dollar, so that adding is exact.

use std::collections::HashMap;

use super::labels::{Id, LabelDimension, OTHER};
use super::series::LabelledSeries;
use crate::event::TrackEvent;

/// Upper bounds of the response-time histogram, in milliseconds; `+Inf` follows.
pub const BUCKETS_MS: [i32; 6] = [100, 500, 1_000, 2_000, 5_000, 10_000];

/// The response type of an answer that the AI failed at.
pub const ERROR: &str = "error";

/// Events that share all labels, added up. One event is a group of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventAggregate {
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

impl EventAggregate {
    /// Adds events up by their labels; groups come in the order of their newest success rate.
    pub fn collect<'a>(events: impl Iterator<Item = &'a TrackEvent>) -> Vec<Self> {
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

    fn add(&mut self, event: &TrackEvent, position: u64) {
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

/// Events counted by their labels: those of this process, or all that are stored.
#[derive(Debug)]
pub struct EventTotals {
    pub business: LabelDimension,
    pub response_type: LabelDimension,
    pub intent: LabelDimension,
    pub model: LabelDimension,
    /// By business, response type, intent.
    pub requests: LabelledSeries<(Id, Id, Id), u64>,
    /// By business, model.
    pub tokens: LabelledSeries<(Id, Id), u64>,
    pub cost_micros: LabelledSeries<(Id, Id), i64>,
    pub success_rate: LabelledSeries<Id, f64>,
    pub requested: LabelledSeries<Id, u64>,
    pub booked: LabelledSeries<Id, u64>,
    /// By business, and whether the reason was an error.
    pub handoffs: LabelledSeries<(Id, bool), u64>,
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

impl EventTotals {
    /// Nothing counted yet; at most `businesses` distinct `business_id` values.
    pub fn new(businesses: usize) -> Self {
        Self {
            business: LabelDimension::new(businesses),
            response_type: LabelDimension::new(20),
            intent: LabelDimension::new(50),
            model: LabelDimension::new(50),
            requests: LabelledSeries::default(),
            tokens: LabelledSeries::default(),
            cost_micros: LabelledSeries::default(),
            success_rate: LabelledSeries::default(),
            requested: LabelledSeries::default(),
            booked: LabelledSeries::default(),
            handoffs: LabelledSeries::default(),
            within: [0; BUCKETS_MS.len()],
            response_ms: 0,
            events: 0,
        }
    }

    /// Groups must come as [`EventAggregate::collect`] sorts them, so that the newest success rate stays.
    pub fn add(&mut self, group: &EventAggregate) {
        self.count(group, 1);
        if let Some((_, rate)) = group.success_rate {
            let business = self.business.id(&group.business_id, 0);
            *self.success_rate.value(business, OTHER) = rate;
        }
        for (count, more) in self.within.iter_mut().zip(group.within) {
            *count += more;
        }
        self.response_ms += group.response_ms;
        self.events += group.events;
    }

    /// Makes a group's series stand at what they are, 0 when they are new: a counter that begins at 0 shows its first
    /// increase to Prometheus, one that begins at 1 does not.
    pub fn announce(&mut self, group: &EventAggregate) {
        self.count(group, 0);
    }

    fn count(&mut self, group: &EventAggregate, times: u32) {
        let many = u64::from(times);
        let business = self.business.id(&group.business_id, group.events * many);
        let response_type = self.response_type.id(&group.response_type, group.events * many);
        let intent = self.intent.id(&group.intent, group.events * many);
        let model = self.model.id(&group.model, group.events * many);
        *self.requests.value((business, response_type, intent), (business, OTHER, OTHER)) += group.events * many;
        *self.tokens.value((business, model), (business, OTHER)) += group.tokens * many;
        if let Some(cost) = group.cost_micros {
            *self.cost_micros.value((business, model), (business, OTHER)) += cost * i64::from(times);
        }
        for (counts, more) in [(&mut self.requested, group.requested), (&mut self.booked, group.booked)] {
            if more > 0 {
                *counts.value(business, OTHER) += more * many;
            }
        }
        if group.handoffs > 0 {
            let error = is_error(&group.response_type);
            *self.handoffs.value((business, error), (OTHER, error)) += group.handoffs * many;
        }
    }

    pub fn sums(&self) -> Sums {
        Sums {
            tokens: self.tokens.values().iter().map(|(_, tokens)| tokens).sum(),
            cost_micros: self.cost_micros.values().iter().map(|(_, micros)| micros).sum(),
            requested: self.requested.values().iter().map(|(_, count)| count).sum(),
            booked: self.booked.values().iter().map(|(_, count)| count).sum(),
            handoffs: self.handoffs.values().iter().map(|(_, count)| count).sum(),
        }
    }
}

/// Whether an answer of this type is one that the AI failed at.
pub fn is_error(response_type: &str) -> bool {
    response_type == ERROR
}

#[cfg(test)]
mod tests {
    use super::super::series::MOST_SERIES;
    use super::*;

    fn event(business: &str, intent: &str) -> TrackEvent {
        let body = format!(
            r#"{{"business_id":"{business}","response_time_ms":1000,"tokens_used":3,"api_cost_usd":0.1,
                "intent_detected":"{intent}","response_type":"error","human_handoff_requested":true,"success_rate":0}}"#
        );
        TrackEvent::parse(body.as_bytes(), 0).unwrap()
    }

    #[test]
    fn events_add_up_by_their_labels() {
        let mut events = [event("b", "general"), event("b", "pricing"), event("b", "general")];
        events[1].success_rate = Some(0.5);
        events[2].success_rate = None;
        let groups = EventAggregate::collect(events.iter());
        let [general, pricing] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!((general.events, general.cost_micros, general.success_rate), (2, Some(200_000), Some((0, 0.0))));
        assert_eq!((general.within, general.response_ms, general.handoffs), ([0, 0, 2, 2, 2, 2], 2_000, 2));
        assert_eq!((&*pricing.intent, pricing.success_rate), ("pricing", Some((1, 0.5))));
        let mut totals = EventTotals::new(10);
        groups.iter().for_each(|group| totals.add(group));
        assert_eq!(totals.handoffs.values(), [((1, true), 3)]);
        assert_eq!(totals.success_rate.values(), [(1, 0.5)], "the newest rate stays");
    }

    /// A series that is announced is there and counts nothing.
    #[test]
    fn what_is_announced_begins_at_zero() {
        let one = event("b", "general");
        let groups = EventAggregate::collect([&one].into_iter());
        let mut totals = EventTotals::new(10);
        groups.iter().for_each(|group| totals.announce(group));
        assert_eq!(
            (totals.requests.values(), totals.handoffs.values()),
            (&[((1, 1, 1), 0)][..], &[((1, true), 0)][..])
        );
        assert_eq!((totals.events, totals.sums().cost_micros, totals.success_rate.values().len()), (0, 0, 0));
        totals.add(&groups[0]);
        assert_eq!(totals.requests.values(), [((1, 1, 1), 1)]);
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut totals = EventTotals::new(100);
        for number in 0..50_000 {
            let one = event(&format!("b{number}"), &format!("i{}", number % 700));
            EventAggregate::collect([&one].into_iter()).iter().for_each(|group| totals.add(group));
        }
        assert_eq!(totals.events, 50_000);
        assert_eq!(totals.requests.values().iter().map(|(_, count)| count).sum::<u64>(), 50_000);
        assert!(totals.requests.values().len() <= MOST_SERIES + 101);
        assert_eq!(
            (totals.tokens.values().len(), totals.success_rate.values().len(), totals.handoffs.values().len()),
            (101, 101, 101)
        );
        assert_eq!(totals.business.folded, 49_900);
        assert_eq!(totals.sums().cost_micros, 5_000_000_000);
    }
}
