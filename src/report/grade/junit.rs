//! The grade book as JUnit XML: a suite a student, a case an item, so that a CI system shows what is missing.

use super::super::junit::{CaseResult, JunitCase, Suite, xml};
use super::verdict;
use crate::grade::{GradeBook, GradeVerdict, GradedItem, Student};

/// What is missing is a failure, what is not known an error, what is not asked is skipped.
pub fn junit(book: &GradeBook) -> String {
    let suite = |student: &Student| Suite {
        name: match student.label() {
            label if label == student.target.account => student.target.to_string(),
            label => format!("{} {label}", student.target),
        },
        cases: student.items.iter().map(case).collect(),
    };
    xml(&verdict(book), &book.students.iter().map(suite).collect::<Vec<_>>())
}

fn case(item: &GradedItem) -> JunitCase {
    let texts = item.remarks.iter().map(|remark| match &remark.mend {
        Some(mend) => format!("{}\nfix: {mend}", remark.what),
        None => remark.what.clone(),
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    let told = match item.verdict {
        GradeVerdict::Full => Vec::new(),
        GradeVerdict::Partial | GradeVerdict::None => vec![CaseResult::Failure(text)],
        GradeVerdict::Unknown => vec![CaseResult::Error(text)],
        GradeVerdict::NotAsked => vec![CaseResult::Skipped("not asked".to_owned())],
    };
    JunitCase { name: item.name.clone(), told }
}
