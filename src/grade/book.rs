//! The grade book: a judgement of each item for each student. The one value that every report of it is made of.

use super::facts::Unread;
use super::mistake::Mistake;
use super::rubric::RubricItem;
use crate::model::Target;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fields are added, never renamed or removed.
pub const FORMAT_VERSION: &str = "1";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeBook {
    pub format_version: String,
    pub title: String,
    /// Percent from which the whole is passed.
    #[serde(default)]
    pub pass: Option<f64>,
    /// Of the roster: how many accounts and regions all shards together have. None where one account was graded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<usize>,
    pub items: Vec<Heading>,
    pub students: Vec<Student>,
}

/// An item of the rubric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heading {
    pub name: String,
    pub says: String,
    pub points: f64,
}

/// One account and region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Student {
    pub target: Target,
    /// The roster's further columns.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// In the order of the rubric.
    pub items: Vec<GradedItem>,
    /// Why the account as a whole could not be read.
    #[serde(default)]
    pub failure: Option<Unread>,
}

/// What came of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradedItem {
    pub name: String,
    pub verdict: GradeVerdict,
    /// Of `possible`; of an unknown item what is certain.
    pub earned: f64,
    /// 0 where the account is not asked.
    pub possible: f64,
    /// What is missing, and why something is unknown.
    #[serde(default)]
    pub remarks: Vec<Remark>,
    /// What was found, in phrases.
    #[serde(default)]
    pub found: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradeVerdict {
    Full,
    Partial,
    None,
    /// Something could not be read, and the points depend on it.
    Unknown,
    /// `only_if` is empty: neither points nor possible ones.
    NotAsked,
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub mistake: Mistake,
    /// What is wrong, as a sentence without a full stop.
    pub what: String,
    /// How to mend it.
    #[serde(default, rename = "remedy")]
    pub mend: Option<String>,
}

impl Remark {
    pub fn new(mistake: Mistake, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { mistake, what: what.into(), mend: Some(mend.into()) }
    }

    pub fn unread(why: &Unread) -> Self {
        Self { mistake: Mistake::Unread, what: format!("could not be read: {}", why.message), mend: why.remedy.clone() }
    }
}

impl GradedItem {
    pub fn unread(item: &RubricItem, why: &Unread) -> Self {
        Self {
            name: item.name.clone(),
            verdict: GradeVerdict::Unknown,
            earned: 0.0,
            possible: item.points,
            remarks: vec![Remark::unread(why)],
            found: Vec::new(),
        }
    }
}

impl Student {
    /// Points of the items that could be judged.
    pub fn earned(&self) -> f64 {
        cents(self.judged().map(|item| item.earned).sum())
    }

    /// Points that could be had for them.
    pub fn possible(&self) -> f64 {
        cents(self.judged().map(|item| item.possible).sum())
    }

    /// Points of the items that could not be judged: they count neither for the student nor against.
    pub fn unknown(&self) -> f64 {
        cents(self.items.iter().filter(|item| item.verdict == GradeVerdict::Unknown).map(|item| item.possible).sum())
    }

    /// Of what could be judged; `None` where nothing could.
    pub fn percent(&self) -> Option<f64> {
        let possible = self.possible();
        (possible > 0.0).then(|| cents(100.0 * self.earned() / possible))
    }

    /// Whether anything of it could be judged.
    pub fn is_judged(&self) -> bool {
        self.judged().next().is_some()
    }

    pub fn is_known(&self) -> bool {
        self.failure.is_none() && self.items.iter().all(|item| item.verdict != GradeVerdict::Unknown)
    }

    /// Name or address out of the roster, else the account.
    pub fn label(&self) -> &str {
        super::who(&self.columns).unwrap_or(&self.target.account)
    }

    fn judged(&self) -> impl Iterator<Item = &GradedItem> {
        self.items.iter().filter(|item| !matches!(item.verdict, GradeVerdict::Unknown | GradeVerdict::NotAsked))
    }
}

impl GradeBook {
    /// Whether a student's percentage, as far as it is known, is below.
    pub fn is_below(&self, student: &Student, percent: f64) -> bool {
        student.percent().is_some_and(|found| found < percent)
    }

    /// How many students have less than 10 percent, less than 20, ..., 90 and more, and of how many nothing is known.
    pub fn distribution(&self) -> ([usize; 10], usize) {
        let (mut tens, mut unknown) = ([0; 10], 0);
        for student in &self.students {
            match student.percent() {
                // 100 stands with the nineties.
                Some(percent) => tens[((percent / 10.0) as usize).min(9)] += 1,
                None => unknown += 1,
            }
        }
        (tens, unknown)
    }

    /// The average and the median percentage; `None` where nothing is known of anybody.
    pub fn middle(&self) -> Option<(f64, f64)> {
        let mut all: Vec<f64> = self.students.iter().filter_map(Student::percent).collect();
        all.sort_by(f64::total_cmp);
        let last = all.len().checked_sub(1)?;
        let median = (all[last / 2] + all[last.div_ceil(2)]) / 2.0;
        Some((cents(all.iter().sum::<f64>() / all.len() as f64), cents(median)))
    }

    /// Mistakes by how many students made them, the most frequent first; failed reads are nobody's mistake.
    pub fn mistakes(&self) -> Vec<(Mistake, usize)> {
        let mut counts: BTreeMap<Mistake, usize> = BTreeMap::new();
        for student in &self.students {
            let remarks = student.items.iter().flat_map(|item| &item.remarks);
            let mut made: Vec<Mistake> = remarks.map(|remark| remark.mistake).collect();
            made.sort();
            made.dedup();
            for mistake in made.into_iter().filter(|mistake| *mistake != Mistake::Unread) {
                *counts.entry(mistake).or_default() += 1;
            }
        }
        let mut counts: Vec<(Mistake, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(mistake, count)| (std::cmp::Reverse(*count), *mistake));
        counts
    }

    /// Average share of an item's points, in percent, among those it could be judged for.
    pub fn share_of(&self, n: usize) -> Option<f64> {
        let judged = self.students.iter().filter_map(|student| student.items.get(n));
        let judged = judged.filter(|item| item.possible > 0.0 && item.verdict != GradeVerdict::Unknown);
        let (earned, possible) = judged.fold((0.0, 0.0), |(e, p), item| (e + item.earned, p + item.possible));
        (possible > 0.0).then(|| cents(100.0 * earned / possible))
    }
}

/// Points and percentages have two decimals.
pub fn cents(value: f64) -> f64 {
    // The sum of nothing is -0.0, which nobody wants to read.
    (value * 100.0).round() / 100.0 + 0.0
}
