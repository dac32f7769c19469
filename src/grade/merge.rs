//! Grade books of the shards of one class joined to one. Pure.

use super::book::{GradeBook, Heading, Student};
use crate::model::Target;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Why grade books cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBook {
    #[error("{first} and {second} were graded by different rubrics")]
    OtherRubric { first: String, second: String },
    #[error("the roster has {one} accounts and regions in {first} and {other} in {second}")]
    OtherRoster { one: usize, first: String, other: usize, second: String },
    /// Both are known whole, so neither is a retry of the other.
    #[error("{one} and {other} have different grades for {target}")]
    Twice { target: Target, one: String, other: String },
}

impl GradeBook {
    /// Whether another one has the same items. Points are written rounded.
    pub fn is_of_the_same_rubric(&self, other: &Self) -> bool {
        let alike = |(a, b): (&Heading, &Heading)| a.name == b.name && (a.points - b.points).abs() < 0.01;
        self.format_version == other.format_version
            && self.title == other.title
            && self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(alike)
    }

    /// How many accounts and regions of the roster nobody has looked at.
    pub fn missing(&self) -> usize {
        self.targets.map_or(0, |targets| targets.saturating_sub(self.students.len()))
    }

    /// All of them as one, with the file that each is of; `None` without any.
    ///
    /// What could not be read says nothing against a grade, so a student who is known whole counts before one who is not, and neither
    /// the order nor the grouping of the books matters. Different grades of one student are refused: a book holds no clock.
    pub fn merge(books: Vec<(String, Self)>) -> Result<Option<Self>, NoBook> {
        let mut books = books.into_iter();
        let Some((first, mut whole)) = books.next() else { return Ok(None) };
        let mut students: BTreeMap<Target, (String, Student)> = BTreeMap::new();
        let of_first = std::mem::take(&mut whole.students);
        join(&mut students, &first, of_first)?;
        for (second, book) in books {
            if !whole.is_of_the_same_rubric(&book) || whole.pass != book.pass {
                return Err(NoBook::OtherRubric { first, second });
            }
            match (whole.targets, book.targets) {
                (Some(one), Some(other)) if one != other => {
                    return Err(NoBook::OtherRoster { one, first, other, second });
                }
                (known, other) => whole.targets = known.or(other),
            }
            join(&mut students, &second, book.students)?;
        }
        whole.students = students.into_values().map(|(_, student)| student).collect();
        Ok(Some(whole))
    }
}

fn join(all: &mut BTreeMap<Target, (String, Student)>, file: &str, more: Vec<Student>) -> Result<(), NoBook> {
    for student in more {
        match all.entry(student.target.clone()) {
            Entry::Vacant(place) => {
                place.insert((file.to_owned(), student));
            }
            Entry::Occupied(mut place) => {
                let (one, known) = place.get();
                match (known.is_known(), student.is_known()) {
                    (true, false) => {}
                    (true, true) if *known == student => {}
                    (true, true) => {
                        let [one, other] = [one, file].map(|file| file.to_owned());
                        return Err(NoBook::Twice { target: student.target, one, other });
                    }
                    (false, false) if certainty(known) >= certainty(&student) => {}
                    (false, _) => {
                        place.insert((file.to_owned(), student));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Of which of two students that are not known whole more is known; behind that anything that is the same in every order.
fn certainty(student: &Student) -> (i64, String) {
    // Points have two decimals.
    ((student.possible() * 100.0) as i64, serde_json::to_string(student).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::book::{FORMAT_VERSION, GradeVerdict, GradedItem};
    use super::*;
    use fastrand::Rng;

    fn student(n: usize, verdicts: &[GradeVerdict]) -> Student {
        let item = |(at, verdict): (usize, &GradeVerdict)| GradedItem {
            name: format!("item {at}"),
            verdict: *verdict,
            earned: if *verdict == GradeVerdict::Full { 10.0 } else { 0.0 },
            possible: 10.0,
            remarks: Vec::new(),
            found: Vec::new(),
        };
        Student {
            target: Target::new(format!("{n:012}"), "us-east-1"),
            columns: BTreeMap::new(),
            items: verdicts.iter().enumerate().map(item).collect(),
            failure: None,
        }
    }

    fn book(students: Vec<Student>) -> GradeBook {
        let item = |at| Heading { name: format!("item {at}"), says: "says".into(), points: 10.0 };
        GradeBook {
            format_version: FORMAT_VERSION.to_owned(),
            title: "Lab".to_owned(),
            pass: Some(50.0),
            targets: Some(6),
            items: (0..2).map(item).collect(),
            students,
        }
    }

    fn merged(books: &[GradeBook]) -> Result<GradeBook, NoBook> {
        let named = books.iter().enumerate().map(|(n, book)| (format!("{n}.json"), book.clone()));
        GradeBook::merge(named.collect()).map(Option::unwrap)
    }

    /// Books of some students each, of whom some could not be read: one answer, or one refusal, in every order and grouping.
    #[test]
    fn order_and_grouping_do_not_matter() {
        let mut rng = Rng::with_seed(16);
        let (mut fine, mut refused) = (0, 0);
        let verdicts = [GradeVerdict::Full, GradeVerdict::Unknown, GradeVerdict::Unknown, GradeVerdict::None];
        for _ in 0..500 {
            let truth: Vec<Vec<GradeVerdict>> =
                (0..6).map(|_| (0..2).map(|_| verdicts[rng.usize(..4)]).collect()).collect();
            let contradicts = rng.u8(..3) == 0;
            let books: Vec<GradeBook> = (0..rng.usize(1..5))
                .map(|_| {
                    let seen: Vec<usize> = (0..6).filter(|_| rng.bool()).collect();
                    let mut one = |n: usize| {
                        let known = truth[n].iter().map(|verdict| match rng.u8(..6) {
                            0 => GradeVerdict::Unknown,
                            1 if contradicts => GradeVerdict::Partial,
                            _ => *verdict,
                        });
                        student(n, &known.collect::<Vec<_>>())
                    };
                    book(seen.into_iter().map(&mut one).collect())
                })
                .collect();
            let all = merged(&books).map_err(|_| ());
            for _ in 0..6 {
                let mut some = books.clone();
                rng.shuffle(&mut some);
                let mut left = Ok(());
                while some.len() > 1 && left.is_ok() {
                    let at = rng.usize(..some.len() - 1);
                    let both: Vec<GradeBook> = some.drain(at..at + 2).collect();
                    left = merged(&both).map(|one| some.insert(at, one)).map_err(|_| ());
                }
                assert_eq!(left.map(|()| merged(&some).unwrap()), all);
            }
            if let Ok(whole) = &all {
                assert_eq!(merged(&[books, vec![whole.clone()]].concat()).as_ref(), Ok(whole), "idempotent");
            }
            fine += usize::from(all.is_ok());
            refused += usize::from(all.is_err());
        }
        assert!(fine > 100 && refused > 30, "{fine} {refused}");
    }

    #[test]
    fn who_was_read_counts_and_contradictions_are_refused() {
        let [full, none, unknown] = [GradeVerdict::Full, GradeVerdict::None, GradeVerdict::Unknown];
        let (first, retry) = (book(vec![student(1, &[full, unknown])]), book(vec![student(1, &[full, none])]));
        for books in [[first.clone(), retry.clone()], [retry.clone(), first.clone()]] {
            let whole = merged(&books).unwrap();
            assert_eq!((whole.students, whole.targets), (retry.students.clone(), Some(6)));
        }
        assert_eq!(merged(std::slice::from_ref(&first)).unwrap().missing(), 5);
        let other = book(vec![student(1, &[none, none])]);
        assert!(matches!(merged(&[retry.clone(), other]), Err(NoBook::Twice { one, .. }) if one == "0.json"));
        let title = GradeBook { title: "Other".into(), ..first.clone() };
        assert!(matches!(merged(&[first.clone(), title]), Err(NoBook::OtherRubric { .. })));
        let roster = GradeBook { targets: Some(7), ..first.clone() };
        assert!(matches!(merged(&[first, roster]), Err(NoBook::OtherRoster { .. })));
        assert_eq!(GradeBook::merge(Vec::new()), Ok(None));
    }
}
