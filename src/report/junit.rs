//! JUnit XML, which CI systems read.

use super::html::escape;
use super::mask;
use std::io;

/// What a suite is made of.
#[derive(Debug)]
pub struct Suite {
    pub name: String,
    pub cases: Vec<JunitCase>,
}

/// One test; without anything told it is passed.
#[derive(Debug)]
pub struct JunitCase {
    pub name: String,
    pub told: Vec<CaseResult>,
}

/// Why a test is not passed; the first line is the short form.
#[derive(Debug)]
pub enum CaseResult {
    Failure(String),
    Error(String),
    Skipped(String),
}

impl CaseResult {
    fn element(&self) -> (&'static str, &str) {
        match self {
            CaseResult::Failure(text) => ("failure", text),
            CaseResult::Error(text) => ("error", text),
            CaseResult::Skipped(text) => ("skipped", text),
        }
    }
}

/// The whole document, ending in a line feed.
pub fn xml(name: &str, suites: &[Suite]) -> String {
    let mut all = CaseCounts::default();
    suites.iter().flat_map(|suite| &suite.cases).for_each(|case| all.add(case));
    let mut xml = opening(name, &all);
    for suite in suites {
        let mut counts = CaseCounts::default();
        suite.cases.iter().for_each(|case| counts.add(case));
        let name = attribute(&suite.name);
        xml.push_str(&suite_opening(&name, &counts));
        for case in &suite.cases {
            xml.push_str(&self::case(&name, case));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

/// The same of one suite, case by case: its cases are asked for twice, to be counted and to be written.
pub fn write<I: Iterator<Item = JunitCase>>(
    name: &str,
    suite: &str,
    cases: impl Fn() -> I,
    put: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut counts = CaseCounts::default();
    cases().for_each(|case| counts.add(&case));
    let suite = attribute(suite);
    put(&opening(name, &counts))?;
    put(&suite_opening(&suite, &counts))?;
    cases().try_for_each(|case| put(&self::case(&suite, &case)))?;
    put("  </testsuite>\n</testsuites>\n")
}

/// How many cases there are, and how many have something of a kind told.
#[derive(Default)]
struct CaseCounts {
    all: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl CaseCounts {
    fn add(&mut self, case: &JunitCase) {
        let has = |what: &str| usize::from(case.told.iter().any(|told| told.element().0 == what));
        self.all += 1;
        self.failures += has("failure");
        self.errors += has("error");
        self.skipped += has("skipped");
    }
}

fn opening(name: &str, counts: &CaseCounts) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        attribute(name),
        counts.all,
        counts.failures,
        counts.errors
    )
}

/// `name`: as it stands in an attribute.
fn suite_opening(name: &str, counts: &CaseCounts) -> String {
    format!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        counts.all, counts.failures, counts.errors, counts.skipped
    )
}

fn case(suite: &str, case: &JunitCase) -> String {
    let name = attribute(&case.name);
    if case.told.is_empty() {
        return format!("    <testcase classname=\"{suite}\" name=\"{name}\"/>\n");
    }
    let mut xml = format!("    <testcase classname=\"{suite}\" name=\"{name}\">\n");
    for told in &case.told {
        let (element, text) = told.element();
        let first = attribute(text.lines().next().unwrap_or_default());
        xml.push_str(&format!("      <{element} message=\"{first}\">{}</{element}>\n", escape(&allowed(text))));
    }
    xml + "    </testcase>\n"
}

fn attribute(text: &str) -> String {
    escape(&allowed(text)).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Without secrets; XML 1.0 has no place for control characters, not even escaped.
fn allowed(text: &str) -> String {
    mask::text(text).chars().filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    /// By a parser that knows nothing of us: the elements, their attributes, the text of failures.
    #[test]
    fn a_standard_parser_reads_it_back() {
        let failure = "at 1m, `a<b>&\"c'`:\n- expected OK\n+ was ALARM\u{1}".to_owned();
        let cases = vec![
            JunitCase { name: "good & <well>".into(), told: Vec::new() },
            JunitCase { name: "bad".into(), told: vec![CaseResult::Failure(failure)] },
        ];
        let xml = xml("mlopsctl test", &[Suite { name: "alarms.test.yaml".to_owned(), cases }]);
        let mut reader = Reader::from_str(&xml);
        let (mut cases, mut text) = (Vec::new(), String::new());
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Eof => break,
                Event::Start(e) | Event::Empty(e) if e.name().as_ref() == b"testcase" => {
                    let name = e.try_get_attribute("name").unwrap().unwrap();
                    cases.push(name.unescape_value().unwrap().into_owned());
                }
                Event::Start(e) if e.name().as_ref() == b"testsuite" => {
                    let of =
                        |name: &str| e.try_get_attribute(name).unwrap().unwrap().unescape_value().unwrap().into_owned();
                    assert_eq!((of("tests"), of("failures")), ("2".to_owned(), "1".to_owned()));
                }
                Event::Text(e) => text.push_str(&e.decode().unwrap()),
                Event::GeneralRef(e) => text.push_str(match e.decode().unwrap().as_ref() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    _ => "'",
                }),
                _ => {}
            }
        }
        assert_eq!(cases, ["good & <well>", "bad"]);
        assert!(
            text.contains("at 1m, `a<b>&\"c'`:\n- expected OK\n+ was ALARM\n") || text.contains("+ was ALARM"),
            "{text}"
        );
        assert!(!text.contains('\u{1}'));
    }
}
