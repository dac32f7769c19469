//! Every format of one grade book: what is missing is there, what is not known counts for nobody, and nothing can be injected.

use super::{csv, html, json, junit, markdown, summary, text, verdict};
use crate::grade::{FORMAT_VERSION, GradeBook, GradeVerdict, GradedItem, Heading, Mistake, Remark, Student, Unread};
use crate::model::Target;
use crate::report::RenderOptions;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

const HOSTILE: &str = "=1+1</td><script>alert(1)</script>|`x` @you https://u:hunter2@example.edu";

fn judged(name: &str, verdict: GradeVerdict, earned: f64, possible: f64, remark: Option<&str>) -> GradedItem {
    let mistake = if verdict == GradeVerdict::Unknown { Mistake::Unread } else { Mistake::Unconfirmed };
    let remarks = remark.into_iter().map(|what| Remark::new(mistake, what, "click the link")).collect();
    GradedItem { name: name.into(), verdict, earned, possible, remarks, found: vec![] }
}

fn student(account: &str, name: &str, items: [GradedItem; 2]) -> Student {
    let columns = BTreeMap::from([("name".to_owned(), name.to_owned())]);
    Student { target: Target::new(account, "us-east-1"), columns, items: items.into(), failure: None }
}

fn book() -> GradeBook {
    let heading = |name: &str| Heading { name: name.into(), says: format!("{name} is right"), points: 10.0 };
    let full = |name: &str| judged(name, GradeVerdict::Full, 10.0, 10.0, None);
    let unknown = Unread { message: "no".into(), remedy: None };
    let broken = ["a", "b"].map(|name| judged(name, GradeVerdict::Unknown, 0.0, 10.0, Some("could not be read: no")));
    GradeBook {
        format_version: FORMAT_VERSION.into(),
        title: "Lab".into(),
        pass: Some(60.0),
        targets: None,
        items: vec![heading("a"), heading("b")],
        students: vec![
            student("000000000001", "Ada", [full("a"), full("b")]),
            student("000000000002", HOSTILE, [full("a"), judged("b", GradeVerdict::Partial, 2.5, 10.0, Some(HOSTILE))]),
            Student { failure: Some(unknown), ..student("000000000003", "Carl", broken) },
            student("000000000004", "Dora", [full("a"), judged("b", GradeVerdict::NotAsked, 0.0, 0.0, None)]),
        ],
    }
}

#[test]
fn the_verdict_and_the_last_line_count_everybody_once() {
    let words = verdict(&book());
    assert_eq!(
        words,
        "Lab: 4 students: 2 with full marks; average 87.5 %, median 100 %; 3 passed (60 %); 1 could not be read whole"
    );
    assert_eq!(summary(&book()), "Grades: 2 full, 1 partial, 0 without points, 1 not known.");
    assert_eq!(book().distribution(), ([0, 0, 0, 0, 0, 0, 1, 0, 0, 2], 1));
    assert_eq!(book().mistakes(), [(Mistake::Unconfirmed, 1)]);
}

#[test]
fn people_see_what_is_missing_and_how_to_mend_it() {
    let shown = text::text(&book(), false, &RenderOptions::PLAIN);
    assert!(shown.contains("  ! b: =1+1") && shown.contains("    fix: click the link\n"), "{shown}");
    assert!(shown.contains("  ? a, b: could not be read: no\n"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_grade_book_has_a_row_a_student_and_no_formulas() {
    let text = csv::csv(&book());
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("account,region,name,a,b,total,possible,unknown,percent,complete,remarks"));
    assert_eq!(lines.next(), Some("000000000001,us-east-1,Ada,10,10,20,20,0,100,yes,"));
    assert!(
        lines
            .next()
            .is_some_and(|line| line.contains(",us-east-1,'=1+1") && line.contains(",10,2.5,12.5,20,0,62.5,yes,"))
    );
    assert_eq!(lines.next(), Some("000000000003,us-east-1,Carl,,,,,20,,no,\"a, b: could not be read: no\""));
    assert_eq!(lines.next(), Some("000000000004,us-east-1,Dora,10,,10,10,0,100,yes,"));
    assert!(!text.contains("hunter2"));
}

#[test]
fn pages_comments_and_programs_get_text_and_no_markup() {
    let page = html::html(&book());
    assert_eq!(page.matches("<script").count(), 1, "the shell's own");
    assert!(page.contains("Carl") && page.contains("click the link") && !page.contains("hunter2"));
    let comment = markdown::markdown(&book());
    assert!(!comment.contains("<script") && !comment.contains(" @you") && !comment.contains("hunter2"), "{comment}");
    let value: serde_json::Value = serde_json::from_str(&json::json(&book())).unwrap();
    assert_eq!(
        (&value["students"][1]["percent"], &value["students"][2]["percent"]),
        (&62.5.into(), &serde_json::Value::Null)
    );
    assert_eq!(value["mistakes"][0]["says"], "the subscription is not confirmed");
    let xml = junit::junit(&book());
    let mut reader = Reader::from_str(&xml);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Eof => break,
            Event::Start(e) | Event::Empty(e) => {
                *seen.entry(String::from_utf8_lossy(e.name().as_ref()).into_owned()).or_default() += 1;
            }
            _ => {}
        }
    }
    assert_eq!((seen["testsuite"], seen["testcase"], seen["failure"], seen["error"], seen["skipped"]), (4, 8, 1, 2, 1));
}

/// Three hundred students who made mistakes of twelve kinds; of the first thirty accounts each could not be read for a reason of
/// its own.
fn crowd() -> GradeBook {
    use Mistake::{
        EveryError, KeptForEver, NeverInvoked, NoAlarm, NoThreshold, NoTopic, NotATopic, OtherMetric, Unconfirmed,
        WrongPeriod, WrongRegion, WrongStatistic,
    };
    let kinds = [
        NoAlarm,
        WrongRegion,
        OtherMetric,
        WrongStatistic,
        EveryError,
        NoThreshold,
        WrongPeriod,
        NoTopic,
        Unconfirmed,
        KeptForEver,
        NeverInvoked,
        NotATopic,
    ];
    let one = |n: usize| {
        let failure = (n < 30).then(|| Unread { message: format!("reason {}", "x".repeat(n)), remedy: None });
        let mut item = judged("b", GradeVerdict::Partial, 2.5, 10.0, None);
        // The first kind is the most frequent.
        let kind = kinds[(n * n / 300) % kinds.len()];
        item.remarks.push(Remark::new(kind, format!("{kind:?} of s{n}"), format!("mend {kind:?} of Student {n}")));
        let items = [judged("a", GradeVerdict::Full, 10.0, 10.0, None), item];
        Student { failure, ..student(&format!("{:012}", 300_000_000_000 + n), &format!("Student {n}"), items) }
    };
    GradeBook { students: (0..300).map(one).collect(), ..book() }
}

#[test]
fn a_crowd_is_two_screens_and_a_few_are_shown_one_by_one() {
    let crowd = crowd();
    let shown = text::text(&crowd, false, &RenderOptions::PLAIN);
    assert!(shown.lines().count() <= 60, "{} lines\n{shown}", shown.lines().count());
    for (mistake, n) in crowd.mistakes() {
        let long = format!("{n} students: {} (b) -> fix: mend {mistake:?} of ${{name}}", mistake.words());
        let short = format!("{} ({n})", mistake.words());
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&long) || flat.contains(&short), "{mistake:?} is not in\n{shown}");
    }
    assert!(shown.contains("Not known whole: 30 accounts\n") && shown.contains("Marks: 60 to 69 %: 300\n"), "{shown}");
    for n in [0, 5, 20, 29] {
        assert!(shown.contains(&format!("Student {n} (")), "Student {n}, who could not be read, is not in\n{shown}");
    }
    assert!(shown.contains("--details, or --report grades.html"), "{shown}");
    let all = text::text(&crowd, true, &RenderOptions::PLAIN);
    assert_eq!(all.matches("  ! b: ").count(), 300, "each with details");
    let few = GradeBook { students: crowd.students[40..45].to_vec(), ..crowd };
    assert_eq!(text::text(&few, false, &RenderOptions::PLAIN).matches("  ! b: ").count(), 5, "five are a few");
}
