//! Item x facts -> points, what is missing and how to mend it. Pure: no AWS, no clock.

mod alarm;
mod plain;
mod reach;
mod watches;

use super::book::{GradeVerdict, GradedItem, Remark, cents};
use super::facts::{RegionFacts, Unread};
use super::rubric::{RequirementKind, Rubric, RubricItem, RubricTest};

/// Shares that differ by less are the same.
const SAME: f64 = 1e-9;

/// Judges every item. `now` is seconds since 1970.
pub fn judge(rubric: &Rubric, facts: &RegionFacts, now: i64) -> Vec<GradedItem> {
    rubric.items.iter().map(|item| item_of(item, facts, now)).collect()
}

fn item_of(item: &RubricItem, facts: &RegionFacts, now: i64) -> GradedItem {
    let name = item.name.clone();
    if !item.asked {
        let verdict = GradeVerdict::NotAsked;
        return GradedItem { name, verdict, earned: 0.0, possible: 0.0, remarks: Vec::new(), found: Vec::new() };
    }
    let TestOutcome { low, high, remarks, found } = outcome(&item.test, facts, now);
    let verdict = match (low, high) {
        (low, high) if high - low > SAME => GradeVerdict::Unknown,
        (low, _) if low >= 1.0 - SAME => GradeVerdict::Full,
        (low, _) if low > SAME => GradeVerdict::Partial,
        _ => GradeVerdict::None,
    };
    GradedItem { name, verdict, earned: cents(item.points * low), possible: item.points, remarks, found }
}

/// What came of a test: its share, at least and at most (they differ where something is unknown), and why.
#[derive(Debug, Clone, Default, PartialEq)]
struct TestOutcome {
    low: f64,
    high: f64,
    remarks: Vec<Remark>,
    found: Vec<String>,
}

/// One part of a test.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Holds,
    /// `None` where another part's remark says it already.
    Fails(Option<Remark>),
    Unknown(Unread),
}

impl Part {
    fn fails(remark: Remark) -> Self {
        Part::Fails(Some(remark))
    }

    fn when(holds: bool, remark: impl FnOnce() -> Remark) -> Self {
        if holds { Part::Holds } else { Part::fails(remark()) }
    }
}

impl TestOutcome {
    /// Nothing of the test holds.
    fn nothing(remark: Remark) -> Self {
        Self { remarks: vec![remark], ..Self::default() }
    }

    fn unread(why: &Unread) -> Self {
        Self { high: 1.0, remarks: vec![Remark::unread(why)], ..Self::default() }
    }

    /// The shares of the parts that hold. Without the first part nothing counts.
    fn of_parts(test: &RubricTest, parts: Vec<(&str, Part)>, found: Vec<String>) -> Self {
        let share = |name: &str| test.parts.get(name).copied().unwrap_or(1.0);
        let all: f64 = parts.iter().map(|(name, _)| share(name)).sum();
        let (mut low, mut high, mut remarks) = (0.0, 0.0, Vec::new());
        let first = parts.first().map(|(_, part)| part.clone());
        for (name, part) in parts {
            match part {
                Part::Holds => {
                    low += share(name);
                    high += share(name);
                }
                Part::Unknown(why) => {
                    high += share(name);
                    let remark = Remark::unread(&why);
                    if !remarks.contains(&remark) {
                        remarks.push(remark);
                    }
                }
                Part::Fails(remark) => remarks.extend(remark),
            }
        }
        let all = if all > 0.0 { all } else { 1.0 };
        let (low, high) = match first {
            Some(Part::Fails(_)) => (0.0, 0.0),
            Some(Part::Unknown(_)) => (0.0, high / all),
            _ => (low / all, high / all),
        };
        Self { low, high, remarks, found }.credited(test)
    }

    /// All or nothing, where no partial credit is given.
    fn credited(mut self, test: &RubricTest) -> Self {
        if !test.partial {
            let whole = |share: f64| if share >= 1.0 - SAME { 1.0 } else { 0.0 };
            (self.low, self.high) = (whole(self.low), whole(self.high));
        }
        self
    }
}

fn outcome(test: &RubricTest, facts: &RegionFacts, now: i64) -> TestOutcome {
    match &test.kind {
        RequirementKind::Alarm(wanted) => alarm::exists(test, wanted, facts),
        RequirementKind::NoAlarm(wanted) => alarm::is_absent(wanted, facts),
        RequirementKind::Topic { name, publishable } => plain::topic(test, name.as_deref(), *publishable, facts),
        RequirementKind::Subscription { protocol, endpoint, confirmed } => {
            plain::subscription(test, protocol.as_deref(), endpoint.as_deref(), *confirmed, facts)
        }
        RequirementKind::LogRetention { of, days } => plain::retention(test, of, *days, facts),
        RequirementKind::Function { .. } => plain::function(test, facts),
        RequirementKind::Metric { .. } => plain::metric(test, facts),
        RequirementKind::Http(wanted) => plain::http(test, wanted, facts),
        RequirementKind::InState { metric, state, within } => {
            alarm::was_in_state(test, metric, state, *within, facts, now)
        }
        RequirementKind::AnyOf(tests) => any_of(tests.iter().map(|inner| outcome(inner, facts, now))).credited(test),
        RequirementKind::AllOf(tests) => all_of(tests, facts, now).credited(test),
    }
}

/// The best of them; its remarks only, since mending it is enough.
fn any_of(outcomes: impl Iterator<Item = TestOutcome>) -> TestOutcome {
    let outcomes: Vec<TestOutcome> = outcomes.collect();
    let high = outcomes.iter().map(|outcome| outcome.high).fold(0.0, f64::max);
    // Of equally good ones the first, as the rubric orders them.
    let best = outcomes.into_iter().reduce(|best, next| if next.low > best.low + SAME { next } else { best });
    let best = best.unwrap_or_default();
    TestOutcome { high: high.max(best.low), ..best }
}

fn all_of(tests: &[RubricTest], facts: &RegionFacts, now: i64) -> TestOutcome {
    let all: f64 = tests.iter().map(|test| test.share).sum();
    let mut whole = TestOutcome::default();
    for inner in tests {
        let TestOutcome { low, high, remarks, found } = outcome(inner, facts, now);
        whole.low += low * inner.share / all.max(SAME);
        whole.high += high * inner.share / all.max(SAME);
        whole.remarks.extend(remarks.into_iter().filter(|remark| !whole.remarks.contains(remark)).collect::<Vec<_>>());
        whole.found.extend(found.into_iter().filter(|phrase| !whole.found.contains(phrase)).collect::<Vec<_>>());
    }
    whole
}

/// `aws/lambda`'s function, or the dimensions of another metric, for a sentence.
fn whose(dimensions: &std::collections::BTreeMap<String, String>) -> String {
    match dimensions.get("FunctionName") {
        Some(function) => format!(" of {function}"),
        None if dimensions.is_empty() => String::new(),
        None => {
            let pairs: Vec<String> = dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!(" ({})", pairs.join(", "))
        }
    }
}

/// A number without needless decimals.
fn plain_number(value: f64) -> String {
    format!("{}", cents(value))
}
