//! Sums of metrics, each times a number, and quotients of two such sums: what is a share of what. Asks nobody what a metric means.

use super::interval::Interval;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a metric under an expression, as its statistic makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownMetric<'a> {
    pub id: &'a str,
    pub values: Interval,
    /// Whether there may be periods without a value.
    pub gaps: bool,
    /// Metrics that each count some of what this one counts, none the same as another.
    pub parts: Vec<&'a str>,
}

/// `2 * m1 - m2 + 5`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linear {
    /// Without those times 0.
    metrics: BTreeMap<String, f64>,
    constant: f64,
}

/// A value that is `offset + factor * numerator / denominator`, each a sum of metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Quotient {
    pub offset: f64,
    pub factor: f64,
    /// Ids of metrics.
    pub numerator: BTreeSet<String>,
    pub denominator: BTreeSet<String>,
    /// Whether the value only counts where there was more than one event.
    pub has_floor: bool,
}

impl Linear {
    pub fn constant(constant: f64) -> Self {
        Self { metrics: BTreeMap::new(), constant }
    }

    pub fn metric(id: &str) -> Self {
        Self { metrics: BTreeMap::from([(id.to_owned(), 1.0)]), constant: 0.0 }
    }

    /// The number, where no metric is in it.
    pub fn number(&self) -> Option<f64> {
        self.metrics.is_empty().then_some(self.constant)
    }

    /// Whether nothing but metrics is in it.
    pub fn is_homogeneous(&self) -> bool {
        self.constant == 0.0
    }

    pub fn plus(mut self, other: &Self) -> Self {
        for (id, times) in &other.metrics {
            *self.metrics.entry(id.clone()).or_default() += times;
        }
        self.metrics.retain(|_, times| *times != 0.0);
        self.constant += other.constant;
        self
    }

    pub fn times(mut self, by: f64) -> Self {
        self.metrics.values_mut().for_each(|times| *times *= by);
        self.metrics.retain(|_, times| *times != 0.0);
        self.constant *= by;
        self
    }

    /// Whether it is a plain sum of metrics: what counts events.
    pub fn counts(&self) -> bool {
        !self.metrics.is_empty() && self.constant == 0.0 && self.metrics.values().all(|times| *times == 1.0)
    }

    /// The range of the sum, with what is part of something else counted in it; a metric without a value is 0.
    pub fn range(&self, known: &[KnownMetric<'_>]) -> Interval {
        let Some(basis) = SumBasis::of(&[self], known) else { return Interval::ANY };
        let mut range = Interval::of(self.constant);
        for (highest, times) in basis.rows {
            range = range.plus(Interval::new(0.0, highest).times(Interval::of(times[0])));
        }
        range
    }
}

impl Quotient {
    /// Of two sums; `None` where it is no share of one thing in another: different factors, or a number beside the metrics.
    pub(super) fn of(numerator: &Linear, denominator: &Linear) -> Option<Self> {
        if numerator.constant != 0.0 || denominator.constant != 0.0 || denominator.metrics.is_empty() {
            return None;
        }
        let same = |values: Vec<f64>| {
            values.iter().all(|value| *value == values[0]).then(|| values.first().copied()).flatten()
        };
        let below = same(denominator.metrics.values().copied().collect())?;
        // `(all - failed) / all` is `1 - failed / all`.
        let mut above = numerator.metrics.clone();
        let shared: Vec<f64> = denominator.metrics.keys().filter_map(|id| above.get(id).copied()).collect();
        let mut offset = 0.0;
        if shared.len() == denominator.metrics.len() && above.len() > shared.len() {
            let times = same(shared)?;
            offset = times / below;
            above.retain(|id, _| !denominator.metrics.contains_key(id));
        }
        let factor = same(above.values().copied().collect())? / below;
        let numerator = above.into_keys().collect();
        Some(Self {
            offset,
            factor,
            numerator,
            denominator: denominator.metrics.keys().cloned().collect(),
            has_floor: false,
        })
    }

    pub(super) fn times(self, by: f64) -> Self {
        Self { offset: self.offset * by, factor: self.factor * by, ..self }
    }

    pub(super) fn plus(self, by: f64) -> Self {
        Self { offset: self.offset + by, ..self }
    }

    pub(super) fn floored(self) -> Self {
        Self { has_floor: true, ..self }
    }

    /// The quotient of the two sums at a value.
    pub fn at(&self, value: f64) -> f64 {
        (value - self.offset) / self.factor
    }
}

/// Sums written in terms of what is counted once: a metric that has parts is its parts and a rest.
struct SumBasis {
    /// The highest that each can be, and how often it is in each sum.
    rows: Vec<(f64, Vec<f64>)>,
}

impl SumBasis {
    /// `None` where a metric is not known, or can be below zero.
    fn of(sums: &[&Linear], known: &[KnownMetric<'_>]) -> Option<Self> {
        let named: BTreeSet<&str> = sums.iter().flat_map(|sum| sum.metrics.keys()).map(String::as_str).collect();
        let find = |id: &str| known.iter().find(|metric| metric.id == id && metric.values.low >= 0.0);
        let mut rows = Vec::new();
        // A metric is a part of one other at most; what is a part of several stays by itself.
        let mut inside: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for whole in &named {
            for part in find(whole)?.parts.iter().filter(|part| named.contains(**part) && *part != whole) {
                inside.entry(part).or_default().push(whole);
            }
        }
        for id in &named {
            let whole = match inside.get(id).map(Vec::as_slice) {
                Some([whole]) if !inside.contains_key(whole) => Some(*whole),
                _ => None,
            };
            let times = |sum: &&Linear| {
                let of = |id: &str| sum.metrics.get(id).copied().unwrap_or(0.0);
                of(id) + whole.map_or(0.0, of)
            };
            rows.push((find(id)?.values.high, sums.iter().map(times).collect()));
        }
        Some(Self { rows })
    }
}

/// The range of a quotient of two sums: between the least and the greatest quotient of their members, since all members are positive.
pub(super) fn quotient_range(numerator: &Linear, denominator: &Linear, known: &[KnownMetric<'_>]) -> Interval {
    if numerator.constant != 0.0 || denominator.constant != 0.0 || denominator.metrics.is_empty() {
        return Interval::ANY;
    }
    let Some(basis) = SumBasis::of(&[numerator, denominator], known) else { return Interval::ANY };
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, times) in &basis.rows {
        let quotient = match (times[0], times[1]) {
            (_, below) if below < 0.0 => return Interval::ANY,
            (0.0, 0.0) => continue,
            (above, 0.0) => above * f64::INFINITY,
            (above, below) => above / below,
        };
        (low, high) = (low.min(quotient), high.max(quotient));
    }
    if low <= high { Interval::new(low, high) } else { Interval::ANY }
}
