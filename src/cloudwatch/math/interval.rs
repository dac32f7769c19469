//! Intervals of numbers, and what the operators of metric math make of them. NaN is no number here: whatever would be NaN is unbounded.

use super::parse::MathOperator;

/// Every number between two ends, both included; an end that is infinite is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Any number at all.
    pub const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// No number below zero.
    pub const POSITIVE: Self = Self { low: 0.0, high: f64::INFINITY };
    /// What comparisons give.
    pub const TRUTH: Self = Self { low: 0.0, high: 1.0 };

    /// The interval between two ends, whichever is lower; unbounded on the side of an end that is no number.
    pub fn new(low: f64, high: f64) -> Self {
        let low = if low.is_nan() { f64::NEG_INFINITY } else { low };
        let high = if high.is_nan() { f64::INFINITY } else { high };
        if low <= high { Self { low, high } } else { Self { low: high, high: low } }
    }

    pub fn of(number: f64) -> Self {
        if number.is_nan() { Self::ANY } else { Self { low: number, high: number } }
    }

    /// The number, where there is only one.
    pub fn number(self) -> Option<f64> {
        (self.low == self.high).then_some(self.low)
    }

    pub fn contains(self, number: f64) -> bool {
        self.low <= number && number <= self.high
    }

    /// The smallest interval around both.
    pub fn or(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The numbers of both; where they have none in common, this one: two things that are known contradict each other.
    pub fn and(self, other: Self) -> Self {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if low <= high { Self { low, high } } else { self }
    }

    pub fn negative(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }

    /// The images of both ends under a function that never falls.
    pub fn rising(self, by: impl Fn(f64) -> f64) -> Self {
        Self::new(by(self.low), by(self.high))
    }

    pub fn absolute(self) -> Self {
        let far = self.low.abs().max(self.high.abs());
        let near = if self.contains(0.0) { 0.0 } else { self.low.abs().min(self.high.abs()) };
        Self { low: near, high: far }
    }

    pub fn plus(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high)
    }

    pub fn times(self, other: Self) -> Self {
        // Zero times what is not bounded is still zero: each side is a number, however large.
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        let ends = [
            product(self.low, other.low),
            product(self.low, other.high),
            product(self.high, other.low),
            product(self.high, other.high),
        ];
        Self::new(
            ends.iter().copied().fold(f64::INFINITY, f64::min),
            ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// A quotient by zero is no value, so zero at an end of the divisor is left out.
    pub fn divided_by(self, other: Self) -> Self {
        if other.low < 0.0 && other.high > 0.0 || other == Self::of(0.0) {
            return Self::ANY;
        }
        // The nearer to zero, the larger; `1 / 0` is the infinity of the divisor's side.
        let reciprocal = match (other.low == 0.0, other.high == 0.0) {
            (true, _) => Self::new(1.0 / other.high, f64::INFINITY),
            (_, true) => Self::new(f64::NEG_INFINITY, 1.0 / other.low),
            _ => Self::new(1.0 / other.high, 1.0 / other.low),
        };
        self.times(reciprocal)
    }

    fn power(self, other: Self) -> Self {
        match (self.number(), other.number()) {
            (Some(base), Some(exponent)) => Self::of(base.powf(exponent)),
            (_, Some(exponent)) if self.low >= 0.0 && exponent >= 0.0 => self.rising(|base| base.powf(exponent)),
            _ if self.low >= 0.0 => Self::POSITIVE,
            _ => Self::ANY,
        }
    }

    /// Whether a number of it is never zero, or always: what AND, OR and IF ask.
    fn truth(self) -> Option<bool> {
        match self.number() {
            Some(number) => Some(number != 0.0),
            None => (!self.contains(0.0)).then_some(true),
        }
    }

    /// What an operator gives of two intervals.
    pub fn apply(self, op: MathOperator, other: Self) -> Self {
        let decided = |certainly: bool, never: bool| match (certainly, never) {
            (true, _) => Self::of(1.0),
            (_, true) => Self::of(0.0),
            _ => Self::TRUTH,
        };
        let same = self.number().is_some() && self.number() == other.number();
        let apart = self.high < other.low || other.high < self.low;
        match op {
            MathOperator::Add => self.plus(other),
            MathOperator::Subtract => self.plus(other.negative()),
            MathOperator::Multiply => self.times(other),
            MathOperator::Divide => self.divided_by(other),
            MathOperator::Power => self.power(other),
            MathOperator::Equal => decided(same, apart),
            MathOperator::NotEqual => decided(apart, same),
            MathOperator::Less => decided(self.high < other.low, self.low >= other.high),
            MathOperator::LessOrEqual => decided(self.high <= other.low, self.low > other.high),
            MathOperator::Greater => decided(self.low > other.high, self.high <= other.low),
            MathOperator::GreaterOrEqual => decided(self.low >= other.high, self.high < other.low),
            MathOperator::And => decided(
                self.truth() == Some(true) && other.truth() == Some(true),
                self.truth() == Some(false) || other.truth() == Some(false),
            ),
            MathOperator::Or => decided(
                self.truth() == Some(true) || other.truth() == Some(true),
                self.truth() == Some(false) && other.truth() == Some(false),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPS: [MathOperator; 13] = [
        MathOperator::Add,
        MathOperator::Subtract,
        MathOperator::Multiply,
        MathOperator::Divide,
        MathOperator::Power,
        MathOperator::Equal,
        MathOperator::NotEqual,
        MathOperator::Less,
        MathOperator::LessOrEqual,
        MathOperator::Greater,
        MathOperator::GreaterOrEqual,
        MathOperator::And,
        MathOperator::Or,
    ];

    /// Every pair of numbers of two intervals lands in what the operator gives of them.
    #[test]
    fn no_result_is_left_out() {
        let ends = [f64::NEG_INFINITY, -3.0, -0.5, 0.0, 0.25, 1.0, 2.0, 7.0, f64::INFINITY];
        let numbers = [-40.0, -3.0, -1.0, -0.5, 0.0, 0.1, 0.25, 1.0, 2.0, 5.0, 7.0, 900.0];
        let mut intervals = Vec::new();
        for (at, low) in ends.iter().enumerate() {
            intervals.extend(
                ends[at..].iter().filter(|high| low.is_finite() || high != &low).map(|high| Interval::new(*low, *high)),
            );
        }
        let (mut tried, mut bounded) = (0, 0);
        for op in OPS {
            for a in &intervals {
                for b in &intervals {
                    let found = a.apply(op, *b);
                    bounded += usize::from(found != Interval::ANY);
                    for x in numbers.iter().filter(|x| a.contains(**x)) {
                        for y in numbers.iter().filter(|y| b.contains(**y)) {
                            let value = super::super::evaluate::apply(op, *x, *y);
                            tried += 1;
                            let slack = 1e-9 * value.abs().max(1.0);
                            let inside = value.is_nan() || found.low - slack <= value && value <= found.high + slack;
                            assert!(inside, "{x} {op:?} {y} = {value}, and {a:?} {op:?} {b:?} = {found:?}");
                        }
                    }
                }
            }
        }
        assert!(tried > 50_000 && bounded > 5_000, "{tried} {bounded}");
    }

    #[test]
    fn what_is_certain_is_decided() {
        let (small, large) = (Interval::new(0.0, 1.0), Interval::new(2.0, f64::INFINITY));
        assert_eq!(small.apply(MathOperator::Less, large), Interval::of(1.0));
        assert_eq!(small.apply(MathOperator::Greater, large), Interval::of(0.0));
        assert_eq!(small.apply(MathOperator::And, large), Interval::TRUTH);
        assert_eq!(small.divided_by(large), Interval::new(0.0, 0.5));
        assert_eq!(Interval::POSITIVE.divided_by(Interval::POSITIVE), Interval::POSITIVE);
        assert_eq!(small.divided_by(Interval::of(0.001)), Interval::new(0.0, 1000.0));
        assert_eq!(Interval::new(-3.0, 2.0).absolute(), Interval::new(0.0, 3.0));
        assert_eq!(small.and(large), small, "a contradiction proves nothing");
    }
}
