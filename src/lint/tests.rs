//! Every rule against its page, the examples that are shipped, suppressions, settings, and what a plan adds.

use super::*;
use crate::model::Target;
use crate::resources::{Address, Resource};
use crate::spec;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const TODAY: &str = "2026-11-22";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn bind(text: &str) -> (BoundSpec, Desired) {
    let values = BTreeMap::from([("email".to_owned(), "you@example.edu".to_owned())]);
    let spec = spec::parse("alarms.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    let values = values.into_iter().filter(|(name, _)| spec.variables().iter().any(|v| v.name == *name)).collect();
    let bound = spec.bind(&values).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let target = Target::new("123456789012", bound.region().unwrap_or("us-east-1"));
    let desired = bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    (bound, desired)
}

fn report(text: &str, observed: Option<&Observed>) -> LintReport {
    let (bound, desired) = bind(text);
    let settings = settings(&bound).expect("right settings");
    lint(LintInput { bound: &bound, desired: &desired, observed, settings: &settings, today: TODAY })
}

/// Findings as their page shows them.
fn shown(text: &str, findings: &[LintFinding]) -> String {
    let source = spec::SourceFile::new("alarms.yaml", text, &[]);
    let one = |f: &LintFinding| {
        let help = &f.help;
        format!("{}[{}]: {}\n{}  = help: {help}\n", f.level, f.rule, f.message, source.excerpt(f.span))
    };
    findings.iter().map(one).collect()
}

/// One example of a page: its spec, what AWS told, and the text below.
#[derive(Debug, Default)]
struct Example {
    yaml: String,
    aws: Option<Observed>,
    text: Option<String>,
}

fn example(page: &str, heading: &str) -> Example {
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}: {page}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut example = Example::default();
    let mut blocks = section.split("```");
    blocks.next();
    while let (Some(block), _) = (blocks.next(), blocks.next()) {
        let (language, body) = block.split_once('\n').expect("a block has a language");
        match language {
            "yaml" => example.yaml = body.to_owned(),
            "json" => example.aws = Some(serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))),
            "text" => example.text = Some(body.to_owned()),
            other => panic!("a block of {other}"),
        }
    }
    example
}

#[test]
fn every_rule_fires_on_its_bad_example_and_not_on_its_good_one() {
    for rule in RULES {
        let path = root().join("docs/lint").join(format!("{}.md", rule.id));
        let page = std::fs::read_to_string(&path).expect("a page");
        assert!(
            page.starts_with(&format!("# {}\n\nLevel: {}. Finds that {}.\n", rule.id, rule.level, rule.summary)),
            "{}",
            rule.id
        );
        assert_eq!(page.contains("\nOff until the file asks for it"), rule.opt_in, "{}: is it on?", rule.id);
        assert_eq!(page.contains("\n## Settings\n"), rule.limits.is_some(), "{}: are its limits on its page?", rule.id);
        let bad = example(&page, "Bad");
        let mut found = report(&bad.yaml, bad.aws.as_ref()).findings;
        found.retain(|finding| finding.rule == rule.id);
        assert!(!found.is_empty(), "{} does not fire on its bad example", rule.id);
        let (shown, written) = (shown(&bad.yaml, &found), bad.text.expect("what it says"));
        if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
            let page = page.replacen(&format!("```text\n{written}```"), &format!("```text\n{shown}```"), 1);
            std::fs::write(&path, page).expect("written");
        } else {
            assert_eq!(shown, written, "{}: MLOPSCTL_UPDATE=1 rewrites the page", rule.id);
        }
        let good = example(&page, "Good");
        let mut left = report(&good.yaml, good.aws.as_ref()).findings;
        // Pages are short: what an alarm means is said around them.
        left.retain(|finding| finding.rule != "missing-description" || finding.rule == rule.id);
        assert!(left.is_empty(), "the good example of {}:\n{}", rule.id, super::tests::shown(&good.yaml, &left));
    }
}

#[test]
fn rules_are_sorted_by_id_and_there_is_a_page_for_each_and_no_other() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted() && ids.len() >= 25, "{ids:?}");
    let pages = std::fs::read_dir(root().join("docs/lint")).expect("pages");
    let mut names: Vec<String> =
        pages.map(|p| p.expect("a page").file_name().to_string_lossy().replace(".md", "")).collect();
    names.sort();
    assert_eq!(names, ids);
}

fn specs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    // Tests of a spec stand beside it.
    let is_spec = |path: &PathBuf| {
        path.extension().is_some_and(|e| e == "yaml")
            && path.file_stem().is_some_and(|stem| Path::new(stem).extension().is_none())
    };
    let mut paths: Vec<PathBuf> = entries.filter(is_spec).collect();
    paths.sort();
    paths
}

#[test]
fn the_shipped_specs_are_clean() {
    let examples = specs(&root().join("examples"));
    assert!(examples.len() >= 3);
    let mut dirty = String::new();
    for path in examples.into_iter().chain([root().join("alarms.yaml")]) {
        let text = std::fs::read_to_string(&path).expect("readable");
        let report = report(&text, None);
        if !report.findings.is_empty() {
            dirty += &format!("{}:\n{}", path.display(), shown(&text, &report.findings));
        }
    }
    assert!(dirty.is_empty(), "{dirty}");
}

#[test]
fn the_overview_lists_every_rule() {
    let overview = std::fs::read_to_string(root().join("docs/lint.md")).expect("the overview");
    for rule in RULES {
        let row = format!("| [{0}](lint/{0}.md) | {1} | {2} |", rule.id, rule.level, rule.summary);
        assert!(overview.contains(&row), "{row}");
    }
}

const NOISY: &str = r#"version: 1
stack: s
topics: { t: { subscriptions: [{ protocol: email, endpoint: a@b.edu }] } }
alarms:
  a:
    description: See the runbook
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: f }
    statistic: Sum
    threshold: "> 0"
    treat_missing_data: notBreaching
    notify: t
"#;

fn found(text: &str) -> Vec<(&'static str, Severity)> {
    report(text, None).findings.into_iter().map(|finding| (finding.rule, finding.level)).collect()
}

#[test]
fn the_file_says_which_rules_it_wants() {
    let every_error = ("alarm-on-every-error", Severity::Hint);
    let not_ok = ("ok-not-notified", Severity::Hint);
    assert_eq!(found(NOISY), [every_error, not_ok]);
    assert_eq!(found(&format!("{NOISY}lint: {{ ok-not-notified: off }}\n")), [every_error]);
    let louder = format!("{NOISY}lint: {{ alarm-on-every-error: off, ok-not-notified: {{ level: error }} }}\n");
    assert_eq!(found(&louder), [("ok-not-notified", Severity::Error)]);
    let louder = format!("{NOISY}lint: {{ alarm-on-every-error: warning, ok-not-notified: off }}\n");
    assert_eq!(found(&louder), [("alarm-on-every-error", Severity::Warning)], "what the file says weighs so");
    let share = NOISY.replace("statistic: Sum", "statistic: Average").replace("> 0", "> 0.3");
    assert!(found(&share).contains(&("error-share-too-high", Severity::Warning)));
    assert!(
        !found(&format!("{share}lint: {{ error-share-too-high: {{ max: 40% }} }}\n"))
            .iter()
            .any(|f| f.0 == "error-share-too-high")
    );
}

#[test]
fn mistakes_in_settings_are_all_said() {
    let text = format!(
        "{NOISY}lint:\n  ok-notified: off\n  no-actions: {{ max: 5 }}\n  retention-range: {{ min: soon, max: 9d }}\n"
    );
    let (bound, _) = bind(&text);
    let problems = settings(&bound).expect_err("three mistakes");
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    let expected = [
        "there is no lint rule `ok-notified`",
        "the rule `no-actions` has no `max`",
        "`soon` is not a number of days such as 14d",
    ];
    assert_eq!(messages, expected);
    assert_eq!(problems[0].help, ["did you mean `ok-not-notified`?"]);
}

#[test]
fn a_comment_holds_for_its_declaration_and_its_time_only() {
    let rules = |text: &str| found(text).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    let comment = "# mlopsctl:ignore alarm-on-every-error, ok-not-notified until 2027-01-31: a canary";
    let above = NOISY.replace("  a:\n", &format!("  {comment}\n  # another comment\n  a:\n"));
    assert!(rules(&above).is_empty(), "{:?}", rules(&above));
    assert_eq!(report(&above, None).suppressed.len(), 2);
    let trailing = NOISY.replace("\"> 0\"", &format!("\"> 0\"   {comment}"));
    assert!(rules(&trailing).is_empty());
    let elsewhere = NOISY.replace("alarms:\n", &format!("{comment}\nalarms:\n"));
    assert_eq!(rules(&elsewhere), ["suppression-unused", "alarm-on-every-error", "ok-not-notified"]);
    let expired = above.replace("2027-01-31", "2026-11-21");
    assert_eq!(rules(&expired), ["suppression-expired", "alarm-on-every-error", "ok-not-notified"]);
    let today = above.replace("2027-01-31", TODAY);
    assert!(rules(&today).is_empty(), "the day itself counts");
}

mod plans {
    use super::*;
    use crate::plan::{Action, Plan, PlannedChange};
    use crate::resources::Live;

    fn change(action: Action, before: Option<&Desired>, after: &Desired, name: &str) -> PlannedChange {
        let address = Address::parse(&format!("alarm/{name}")).expect("an address");
        let live = before.map(|desired| Live::new(desired.resources[&address].clone()));
        let after = after.resources.get(&address).cloned();
        PlannedChange { address, action, before: live, after, fields: vec![], notes: vec![], blocked: None }
    }

    fn rules(text: &str, changes: Vec<PlannedChange>) -> (Vec<&'static str>, Plan) {
        let (bound, desired) = bind(text);
        let target = Target::new("123456789012", "us-east-1");
        let mut plan = Plan { stack: "s".into(), target, changes, notes: vec![], blocked: vec![], pruning: true };
        let settings = settings(&bound).expect("right settings");
        let input = LintInput { bound: &bound, desired: &desired, observed: None, settings: &settings, today: TODAY };
        let added = added(input, &plan);
        added.note(&mut plan);
        (added.findings.iter().map(|finding| finding.rule).collect(), plan)
    }

    #[test]
    fn a_plan_says_what_it_makes_newly_wrong() {
        let noisy = &format!("{NOISY}lint: {{ alarm-on-every-error: warning }}\n");
        let calm = noisy.replace("> 0", "> 5");
        let (before, after) = (bind(&calm).1, bind(noisy).1);
        let (found, plan) = rules(noisy, vec![change(Action::Create, None, &after, "a")]);
        assert_eq!(found, ["alarm-on-every-error", "ok-not-notified"]);
        assert!(plan.changes[0].notes[0].text.ends_with("(alarm-on-every-error)"), "{:?}", plan.changes[0].notes);
        assert_eq!(plan.notes[0].text, "`mlopsctl lint` has 1 more hint");
        let (found, _) = rules(noisy, vec![change(Action::Update, Some(&before), &after, "a")]);
        assert_eq!(found, ["alarm-on-every-error"], "the hint was there before");
        let (found, _) = rules(noisy, vec![change(Action::NoOp, Some(&after), &after, "a")]);
        assert!(found.is_empty(), "nothing changes: {found:?}");
    }

    #[test]
    fn deleting_the_last_alarm_of_a_signal_is_new() {
        let function = "functions: { f: {} }\n";
        let (text, gone) = (format!("{NOISY}{function}"), format!("version: 1\nstack: s\n{function}"));
        let before = bind(&text).1;
        let (found, plan) = rules(&gone, vec![change(Action::Delete, Some(&before), &bind(&gone).1, "a")]);
        assert_eq!(found, ["missing-golden-signal"]);
        assert_eq!(
            plan.notes[0].text,
            "nothing watches the latency, the errors, the saturation of f (missing-golden-signal)"
        );
    }
}

#[test]
fn what_a_read_tells_is_what_the_rules_know() {
    use crate::resources::live::LiveFacts;
    use crate::resources::{ConfirmationState, FunctionFacts, Live, LiveSnapshot, Observation, Subscription, Topic};
    let mut snapshot = LiveSnapshot::default();
    let facts = FunctionFacts { memory_mb: 128, timeout_s: 3, log_group: "/aws/lambda/f".into(), last_modified: None };
    snapshot.functions.insert("f".into(), Ok(facts));
    snapshot.functions.insert("g".into(), Err("denied".into()));
    let mut add = |resource: Resource, facts: LiveFacts| {
        snapshot.observations.insert(resource.address(), Observation::present(Live { resource, facts }));
    };
    add(
        Resource::Topic(Topic::new("t")),
        LiveFacts { topic_policy: Some(serde_json::json!({})), ..LiveFacts::default() },
    );
    let pending = LiveFacts { confirmation: Some(ConfirmationState::Pending), ..LiveFacts::default() };
    add(Resource::Subscription(Subscription::new("t", "email", "a@b.edu")), pending);
    add(Resource::Topic(Topic::new("half")), LiveFacts::default());
    let unread = Resource::Subscription(Subscription::new("half", "email", "a@b.edu")).address();
    snapshot.observations.insert(unread, Observation::Unknown("denied".into()));
    let observed = Observed::of(&snapshot);
    assert_eq!(observed.functions.keys().collect::<Vec<_>>(), ["f"], "a failed read is unknown");
    assert_eq!(observed.topics.keys().collect::<Vec<_>>(), ["t"], "a failed read is unknown");
    assert_eq!(observed.topics["t"].subscriptions, [ConfirmationState::Pending]);
}

/// A text that looks like a comment keeps nothing quiet, wherever it stands.
#[test]
fn only_the_files_own_comments_keep_findings_quiet() {
    let ignore = "# mlopsctl:ignore ok-not-notified: the pager does it";
    let spec = |inside: &str| NOISY.replace("  a:\n    description: See the runbook\n", &format!("  a:\n{inside}"));
    let quiet = |text: &str| report(text, None).suppressed.len();
    assert_eq!(quiet(&spec("")), 0);
    assert_eq!(quiet(&spec(&format!("    {ignore}\n"))), 1);
    assert_eq!(quiet(&spec(&format!("    description: x {ignore}\n"))), 1);
    for prose in [
        format!("    description: |\n      how:\n      {ignore}\n"),
        format!("    description: >\n      how:\n      {ignore}\n"),
        format!("    description: \"how {ignore}\"\n"),
        format!("    description: 'how\n      {ignore}'\n"),
    ] {
        assert_eq!(quiet(&spec(&prose)), 0, "{prose}");
    }
}

#[test]
fn aws_is_asked_for_names_and_others_for_whole_namespaces() {
    let text = NOISY.replace(
        "  a:\n",
        "  b: { namespace: Shop, metric_name: Orders, statistic: Sum, threshold: '> 1', notify: t }\n  a:\n",
    );
    let listings: Vec<_> = listings(&bind(&text).1.resources).into_iter().collect();
    assert_eq!(listings, [("AWS/Lambda".to_owned(), Some("Errors".to_owned())), ("Shop".to_owned(), None)]);
    let mut observed = Observed::default();
    observed.add(("Shop".to_owned(), None), vec![]);
    assert_eq!(observed.listed("Shop", "Orders"), Some(&BTreeSet::new()));
    assert_eq!(observed.listed("AWS/Lambda", "Errors"), None, "nobody asked");
}

mod meaning;
mod public;
