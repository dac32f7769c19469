//! Values of metric math over the slots of one evaluation, NaN where there is none.

/// The slots of one evaluation: what the metrics say, when, and how long a slot is.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// By the order of `Program::metrics`; oldest first, all of length `len`.
    pub metrics: &'a [&'a [f64]],
    pub len: usize,
    /// The beginning of the first slot, and the seconds from one to the next.
    pub start: i64,
    pub step: i64,
    /// Seconds of one datapoint.
    pub period: i64,
}

/// The frames of several evaluations, which are computed together: what a window gives follows from that window alone.
#[derive(Debug, Clone, Copy)]
pub struct WindowBatch<'a> {
    /// The first of them; its metrics hold the slots of one window after the other, each `len` long.
    pub frame: Frame<'a>,
    /// How many there are; at least one.
    pub count: usize,
    /// Seconds from one window to the next.
    pub shift: i64,
}

impl WindowBatch<'_> {
    /// Slots of all windows.
    pub fn slots(&self) -> usize {
        self.frame.len * self.count
    }

    /// The beginning of a slot.
    pub fn second(&self, slot: usize) -> i64 {
        let (window, within) = (slot / self.frame.len, slot % self.frame.len);
        self.frame.start + window as i64 * self.shift + within as i64 * self.frame.step
    }
}

/// A series in which a slot's value follows from that slot and the last one before it ([`super::Dependence::Before`]); a value for each slot.
#[derive(Debug, Clone, PartialEq)]
pub struct SteppedSeries {
    /// Where the one before is seen.
    pub values: Vec<f64>,
    /// Where a window begins after it.
    pub first: Vec<f64>,
    /// How many slots lie from the one before to this; more than any window has where there is none.
    pub gaps: Vec<u32>,
}

/// One of the series of an array, with the name it has of its own: the id of its metric, or the edge of a band.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSeries {
    pub name: Option<String>,
    pub values: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MathValue {
    Number(f64),
    /// A number for each window of a batch.
    Numbers(Vec<f64>),
    Series(Vec<f64>),
    List(Vec<NamedSeries>),
}

impl MathValue {
    /// Changes the values series by series.
    pub fn each(self, change: impl Fn(Vec<f64>) -> Vec<f64>) -> MathValue {
        match self {
            MathValue::Number(number) => MathValue::Number(number),
            MathValue::Numbers(numbers) => MathValue::Numbers(numbers),
            MathValue::Series(values) => MathValue::Series(change(values)),
            MathValue::List(list) => MathValue::List(
                list.into_iter()
                    .map(|NamedSeries { name, values }| NamedSeries { name, values: change(values) })
                    .collect(),
            ),
        }
    }

    /// Changes each value by itself; what is not there stays so.
    pub fn map(self, change: impl Fn(f64) -> f64) -> MathValue {
        let all = |values: Vec<f64>| values.into_iter().map(|value| known(change(value))).collect();
        match self {
            MathValue::Number(number) => MathValue::Number(known(change(number))),
            MathValue::Numbers(numbers) => MathValue::Numbers(all(numbers)),
            other => other.each(all),
        }
    }

    /// The value in a slot of windows that are `len` slots long; an array has none.
    pub fn at(&self, slot: usize, len: usize) -> f64 {
        match self {
            MathValue::Number(number) => *number,
            MathValue::Numbers(numbers) => numbers[slot / len],
            MathValue::Series(values) => values[slot],
            MathValue::List(_) => f64::NAN,
        }
    }
}

/// What is no finite number (a division by zero, an overflow) is no datapoint.
pub fn known(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// How an ANOMALY_DETECTION_BAND of so many deviations lies around values: its high and its low edge, a slot for each value.
pub type Band = fn(values: &[f64], width: f64) -> [Vec<f64>; 2];
