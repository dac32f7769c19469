//! Alarm tests as JUnit XML, which CI systems read.

use super::html::escape;
use crate::unit_test::Outcome;

/// One suite a file, one case a test.
pub fn junit(files: &[(String, Vec<Outcome>)]) -> String {
    let failed = |outcomes: &[Outcome]| outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    let total: usize = files.iter().map(|(_, outcomes)| outcomes.len()).sum();
    let failures: usize = files.iter().map(|(_, outcomes)| failed(outcomes)).sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mlopsctl test\" tests=\"{total}\" failures=\"{failures}\" errors=\"0\">\n"
    );
    for (file, outcomes) in files {
        let file = attribute(file);
        xml.push_str(&format!(
            "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
            outcomes.len(),
            failed(outcomes)
        ));
        for outcome in outcomes {
            let name = attribute(&outcome.name);
            if outcome.failures.is_empty() {
                xml.push_str(&format!("    <testcase classname=\"{file}\" name=\"{name}\"/>\n"));
                continue;
            }
            xml.push_str(&format!("    <testcase classname=\"{file}\" name=\"{name}\">\n"));
            for failure in &outcome.failures {
                let first = attribute(failure.lines().next().unwrap_or_default());
                let body = allowed(failure);
                xml.push_str(&format!("      <failure message=\"{first}\">{}</failure>\n", escape(&body)));
            }
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn attribute(text: &str) -> String {
    escape(&allowed(text)).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// XML 1.0 has no place for control characters, not even escaped.
fn allowed(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    /// By a parser that knows nothing of us: the elements, their attributes, the text of failures.
    #[test]
    fn a_standard_parser_reads_it_back() {
        let failures = vec!["at 1m, `a<b>&\"c'`:\n- expected OK\n+ was ALARM\u{1}".to_owned()];
        let outcomes = vec![
            Outcome { name: "good & <well>".into(), failures: Vec::new() },
            Outcome { name: "bad".into(), failures },
        ];
        let xml = junit(&[("alarms.test.yaml".to_owned(), outcomes)]);
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
