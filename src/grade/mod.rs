//! Grading accounts by what stands in them: a rubric, the facts of an account, a judgement of each item. It only ever reads.

mod book;
mod facts;
mod judge;
mod merge;
mod mistake;
mod rubric;
#[cfg(test)]
mod tests;

pub use book::{FORMAT_VERSION, GradeBook, GradeVerdict, GradedItem, Heading, Remark, Student};
pub use facts::{FactRequirements, Unread};
pub use mistake::Mistake;
pub use rubric::{OpenRubric, Rubric, schema};

use crate::aws::{Aws, AwsError};
use crate::ops::http::HttpClient;
use std::collections::BTreeMap;

/// Grades one account and region. `now` is seconds since 1970; `http` sends what `http` tests ask for. The error concerns the
/// account as a whole; what single reads failed is in the judgement.
pub async fn grade(
    aws: &Aws,
    rubric: &Rubric,
    http: Option<&HttpClient>,
    now: i64,
) -> Result<Vec<GradedItem>, AwsError> {
    let needs = FactRequirements::of(rubric);
    let mut facts = facts::read(aws, &needs, http, now).await?;
    let judged = judge::judge(rubric, &facts, now);
    let missed = judged.iter().any(|item| item.remarks.iter().any(|remark| remark.mistake.may_be_elsewhere()));
    if !missed || rubric.other_regions.is_empty() {
        return Ok(judged);
    }
    facts.elsewhere = facts::look_elsewhere(aws, &needs, &rubric.other_regions).await?;
    Ok(judge::judge(rubric, &facts, now))
}

/// An account that could not be reached at all: nothing of it is known.
pub fn unread(rubric: &Rubric, why: &Unread) -> Vec<GradedItem> {
    rubric.items.iter().map(|item| GradedItem::unread(item, why)).collect()
}

impl GradeBook {
    /// Without students.
    pub fn of(rubric: &Rubric) -> Self {
        let heading = |item: &rubric::RubricItem| Heading {
            name: item.name.clone(),
            says: item.says.clone(),
            points: item.points,
        };
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            title: rubric.title.clone(),
            pass: rubric.pass,
            targets: None,
            items: rubric.items.iter().map(heading).collect(),
            students: Vec::new(),
        }
    }
}

/// The columns of a student that a report shows beside the account, in this order.
pub fn who(columns: &BTreeMap<String, String>) -> Option<&str> {
    let named = ["name", "student", "email"].iter().find_map(|column| columns.get(*column));
    named.map(String::as_str).filter(|text| !text.trim().is_empty())
}
