//! The grade book for programs: the value itself, with the sums that everybody would work out from it.

use super::super::{json_value::rounded, mask};
use crate::grade::{GradeBook, Student};
use serde_json::{Value, json};

pub fn json(book: &GradeBook) -> String {
    let mut value = serde_json::to_value(book).unwrap_or(Value::Null);
    let sums = book.students.iter().map(|student: &Student| {
        // Where nothing could be judged there is no total: a nought would count against somebody.
        let judged = |points: f64| student.is_judged().then_some(points);
        json!({
            "total": judged(student.earned()), "possible": judged(student.possible()), "unknown": student.unknown(),
            "percent": student.percent(), "complete": student.is_known(),
        })
    });
    if let Some(students) = value.get_mut("students").and_then(Value::as_array_mut) {
        for (student, sums) in students.iter_mut().zip(sums) {
            if let (Some(student), Value::Object(sums)) = (student.as_object_mut(), sums) {
                student.extend(sums);
            }
        }
    }
    let (tens, unknown) = book.distribution();
    let mistakes = book.mistakes().into_iter();
    value["distribution"] = json!({"tens": tens, "unknown": unknown});
    value["middle"] = match book.middle() {
        Some((average, median)) => json!({"average": average, "median": median}),
        None => Value::Null,
    };
    value["mistakes"] =
        mistakes.map(|(mistake, n)| json!({"mistake": mistake, "says": mistake.words(), "students": n})).collect();
    mask::document(rounded(value))
}
