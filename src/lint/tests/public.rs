//! The rules over alarms of public templates, where each finding was judged by reading the alarm, and over mistakes that people make.
//! `MLOPSCTL_UPDATE=1` writes new findings with a question mark: read the alarm then, and say `right` or `wrong`.

use super::*;

fn corpus(name: &str) -> PathBuf {
    root().join("tests/corpus/public").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(corpus(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What each line of a judgement says: the finding, and whether it is right.
fn judged(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    // What stands behind a colon says why.
    lines.filter_map(|line| line.split(": ").next()?.split_once(' ')).map(|(word, finding)| (finding, word)).collect()
}

#[test]
fn findings_over_public_alarms_are_right() {
    let text = read("templates.yaml");
    let found = report(&text, None).findings;
    let alarms = bind(&text).1.resources.keys().filter(|address| address.kind == crate::resources::Kind::Alarm).count();
    let line = |finding: &LintFinding| {
        let name = finding.address.as_ref().map_or_else(String::new, |address| address.name.clone());
        format!("{} {} {name}", finding.level, finding.rule)
    };
    let judgement = read("judged.txt");
    let judged = judged(&judgement);
    let lines: BTreeSet<String> = found.iter().filter(|finding| finding.level != Severity::Hint).map(line).collect();
    if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
        let head = judgement.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n"));
        let why = |finding: &str| {
            judgement.lines().find(|line| line.split(": ").next().is_some_and(|l| l.ends_with(finding)))
        };
        let all = lines
            .iter()
            .map(|one| why(&format!(" {one}")).map_or_else(|| format!("? {one}\n"), |line| format!("{line}\n")));
        std::fs::write(corpus("judged.txt"), head.chain(all).collect::<String>()).expect("written");
        return;
    }
    let known: BTreeSet<String> = judged.keys().map(|finding| (*finding).to_owned()).collect();
    let (new, gone): (Vec<_>, Vec<_>) = (lines.difference(&known).collect(), known.difference(&lines).collect());
    assert!(new.is_empty() && gone.is_empty(), "not judged: {new:#?}\nno longer found: {gone:#?}");
    let count = |level: &str, word: &str| judged.iter().filter(|(f, w)| f.starts_with(level) && **w == word).count();
    let (errors, warnings) =
        ((count("error", "right"), count("error", "wrong")), (count("warning", "right"), count("warning", "wrong")));
    assert_eq!(errors.0 + errors.1 + warnings.0 + warnings.1, judged.len(), "each is right or wrong");
    assert!(alarms >= 150, "{alarms} alarms");
    assert!(errors.1 == 0, "{errors:?}: an error is never wrong");
    let precision = warnings.0 as f64 / (warnings.0 + warnings.1) as f64;
    assert!(warnings.0 >= 20 && precision >= 0.95, "warnings: {warnings:?}, {precision:.3}");
}

/// Twenty-six mistakes as people make them: the alarm's name, and which rule finds it. Those without one are not found.
const MISTAKES: [(&str, Option<&str>); 26] = [
    ("typo-in-metric", Some("unknown-metric")),
    ("typo-in-namespace", Some("unknown-namespace")),
    ("dimension-by-another-name", Some("unknown-dimension")),
    ("load-balancer-by-name", Some("arn-for-name")),
    ("queue-by-url", Some("arn-for-name")),
    ("seconds-for-milliseconds", Some("threshold-unit")),
    ("gigabytes-for-bytes", Some("threshold-unit")),
    ("share-for-percent", Some("threshold-unit")),
    ("percent-of-a-share", Some("impossible-threshold")),
    ("billing-in-europe", Some("wrong-region")),
    ("healthy-is-bad", Some("wrong-direction")),
    ("silence-is-well", Some("deaf-to-silence")),
    ("stays-on-all-night", Some("ignore-never-clears")),
    ("daily-metric-every-five-minutes", Some("period-below-resolution")),
    ("counts-calls-for-errors", Some("meaningless-statistic")),
    ("at-least-zero", Some("always-breaching")),
    ("unit-of-another-metric", Some("wrong-unit")),
    ("errors-by-target-group", Some("unknown-dimension")),
    ("half-a-day-late", Some("slow-alarm")),
    ("one-call-at-night", Some("share-without-floor")),
    ("sum-of-percentages", Some("meaningless-statistic")),
    ("service-without-cluster", Some("dimension-set-unpublished")),
    ("table-without-operation", Some("dimension-set-unpublished")),
    // A number that is wrong for this service alone.
    ("threshold-of-another-service", None),
    // Both are functions of the account: which was meant only its owner knows.
    ("another-function", None),
    // A band so narrow that it fires all day.
    ("narrow-band", None),
];

#[test]
fn mistakes_that_people_make_are_found() {
    let text = read("mistakes.yaml");
    let findings = report(&text, None).findings;
    let rules = |name: &str| -> BTreeSet<&str> {
        let of = findings.iter().filter(|f| f.address.as_ref().is_some_and(|address| address.name == name));
        of.map(|finding| finding.rule).collect()
    };
    let missed: Vec<_> =
        MISTAKES.iter().filter(|(name, rule)| rule.is_some_and(|rule| !rules(name).contains(rule))).collect();
    assert!(missed.is_empty(), "{missed:?} of {:?}", findings.iter().map(|f| (f.rule, &f.message)).collect::<Vec<_>>());
    let declared =
        bind(&text).1.resources.keys().filter(|address| address.kind == crate::resources::Kind::Alarm).count();
    assert_eq!(declared, MISTAKES.len());
    let found = MISTAKES.iter().filter(|(_, rule)| rule.is_some()).count();
    assert!(found * 20 >= 15 * MISTAKES.len(), "{found}");
}

/// What is right and looks like a slip of the pen: services and metrics whose names are nearly those of others.
#[test]
fn sound_alarms_are_left_alone() {
    let found = report(&read("sound.yaml"), None).findings;
    let said: Vec<_> = found.iter().filter(|f| f.level != Severity::Hint).map(|f| (f.rule, &f.message)).collect();
    assert!(said.is_empty(), "{said:#?}");
}
