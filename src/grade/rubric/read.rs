//! A checked tree -> a rubric, with the mistakes that no shape can see.

use super::shape::TESTS;
use super::{
    AlarmTest, DEFAULT_REGIONS, HttpTest, LogsOf, MetricName, Range, RequirementKind, Rubric, RubricItem, RubricTest,
    Share, Whom,
};
use crate::model::problem::nearest_or_all;
use crate::model::{Node, Span, SpecProblem};
use crate::resources::log_group::RETENTION_DAYS;
use crate::spec::{SpecError, SpecLikeDocument};
use std::collections::BTreeMap;

const DAY: i64 = 86_400;
/// CloudWatch keeps metrics so long, and an alarm's history (user guide, "Metrics retention"; DescribeAlarmHistory).
const METRICS_KEPT: i64 = 455 * DAY;
const HISTORY_KEPT: i64 = 30 * DAY;
const FORTNIGHT: i64 = 14 * DAY;

pub fn rubric(document: &SpecLikeDocument) -> Result<Rubric, SpecError> {
    let root = &document.root;
    let mut problems = Vec::new();
    let nodes = root.get("items").map(Node::items).unwrap_or_default();
    let mut items: Vec<RubricItem> = Vec::new();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for node in nodes {
        let name = text(node, "name").unwrap_or_default();
        let span = node.get("name").map_or(node.span, |name| name.span);
        if let Some(first) = seen.get(&name) {
            let problem =
                SpecProblem::new(span, format!("two items are named `{name}`")).also(*first, "first named here");
            problems.push(problem.help("each item is a column of the grade book: give it another name"));
        }
        seen.entry(name.clone()).or_insert(span);
        if let Some(test) = test(node, &mut problems) {
            items.push(RubricItem {
                name,
                says: text(node, "says").unwrap_or_default(),
                points: number(node, "points").unwrap_or_default(),
                asked: node.get("only_if").is_none_or(|node| node.text().is_some_and(|text| !text.trim().is_empty())),
                test,
            });
        }
    }
    if nodes.is_empty() {
        let span = root.get("items").map_or(Span::default(), |node| node.span);
        problems.push(SpecProblem::new(span, "there are no items").help("write items: and a list of them"));
    }
    let regions = texts(root, "other_regions");
    if !problems.is_empty() {
        return Err(document.mistakes(problems));
    }
    Ok(Rubric {
        title: text(root, "title").unwrap_or_default(),
        pass: number(root, "pass"),
        other_regions: match root.get("other_regions") {
            Some(_) => regions,
            None => DEFAULT_REGIONS.iter().map(|region| (*region).to_owned()).collect(),
        },
        items,
    })
}

fn test(node: &Node, problems: &mut Vec<SpecProblem>) -> Option<RubricTest> {
    let given: Vec<_> = node.entries().iter().filter(|e| TESTS.iter().any(|key| key.name == e.name.text)).collect();
    let place = node.entries().first().map_or(node.span, |entry| entry.name.span);
    let words = || TESTS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ");
    let [entry] = given.as_slice() else {
        problems.push(match given.as_slice() {
            [] => SpecProblem::new(place, "nothing is tested here").help(format!("add one of {}", words())),
            [first, second, ..] => {
                SpecProblem::new(second.name.span, format!("`{}` beside `{}`: one test only", second.name, first.name))
                    .help("put several tests into all_of: or any_of:")
            }
            [_] => return None,
        });
        return None;
    };
    let kind = kind(&entry.name.text, &entry.value, entry.name.span, problems)?;
    let mut test = RubricTest {
        kind,
        parts: BTreeMap::new(),
        partial: node.get("partial").and_then(Node::boolean).unwrap_or(true),
        share: number(node, "share").unwrap_or(1.0),
    };
    if let Some(share) = node.get("share").filter(|_| test.share < 0.0) {
        problems.push(SpecProblem::new(share.span, "a share below 0").help("a share is 0 or more; others are 1"));
    }
    parts(node, &mut test, problems);
    Some(test)
}

fn parts(node: &Node, test: &mut RubricTest, problems: &mut Vec<SpecProblem>) {
    let Some(shares) = node.get("parts").filter(|shares| !shares.entries().is_empty()) else { return };
    let known = test.kind.parts();
    for entry in shares.entries() {
        let (name, share) = (&entry.name, entry.value.number().unwrap_or(1.0));
        if !known.contains(&name.text.as_str()) {
            let problem = SpecProblem::new(name.span, format!("this test has no part `{name}`"));
            let help = match known.is_empty() {
                true => Some("its parts are tests: give each its own `share`".to_owned()),
                false => nearest_or_all(&name.text, known.iter().copied(), "its parts are"),
            };
            problems.push(help.into_iter().fold(problem, SpecProblem::help));
        } else if share < 0.0 {
            problems
                .push(SpecProblem::new(entry.value.span, "a share below 0").help("a share is 0 or more; others are 1"));
        }
        test.parts.insert(name.text.clone(), share);
    }
    let earned = known.iter().map(|name| test.parts.get(*name).copied().unwrap_or(1.0)).sum::<f64>();
    if !known.is_empty() && earned <= 0.0 {
        problems.push(SpecProblem::new(shares.span, "no part earns anything").help("give one of them a share above 0"));
    }
}

fn kind(word: &str, node: &Node, span: Span, problems: &mut Vec<SpecProblem>) -> Option<RequirementKind> {
    Some(match word {
        "alarm" => RequirementKind::Alarm(alarm(node, problems)),
        "no_alarm" => RequirementKind::NoAlarm(alarm(node, problems)),
        "topic" => RequirementKind::Topic { name: text(node, "name"), publishable: flag(node, "publishable") },
        "subscription" => RequirementKind::Subscription {
            protocol: text(node, "protocol"),
            endpoint: text(node, "endpoint"),
            confirmed: flag(node, "confirmed"),
        },
        "log_retention" => {
            let of = match (text(node, "function"), text(node, "log_group")) {
                (Some(function), None) => LogsOf::Function(function),
                (None, Some(group)) => LogsOf::Group(group),
                _ => {
                    let help = "write function: \"${function}\", or log_group: and its name";
                    problems.push(SpecProblem::new(span, "whose logs is for one of two keys to say").help(help));
                    return None;
                }
            };
            let seconds = durations(node, problems);
            let in_days = |seconds: f64| seconds / DAY as f64;
            let days = Range { from: seconds.from.map(in_days), to: seconds.to.map(in_days) };
            if !RETENTION_DAYS.iter().any(|kept| days.holds(f64::from(*kept))) {
                let known: Vec<String> = RETENTION_DAYS.iter().map(i32::to_string).collect();
                let help = format!("CloudWatch Logs knows these days: {}", known.join(", "));
                problems.push(SpecProblem::new(span, "no retention lies in this range").help(help));
            }
            RequirementKind::LogRetention { of, days }
        }
        "function" => RequirementKind::Function {
            name: text(node, "name").unwrap_or_default(),
            runtimes: texts(node, "runtime"),
            memory: node.get("memory").map(|node| numbers(node, problems)),
            timeout: node.get("timeout").map(|node| durations(node, problems)),
        },
        "invoked" => RequirementKind::Metric {
            metric: MetricName {
                namespace: "AWS/Lambda".into(),
                name: "Invocations".into(),
                dimensions: BTreeMap::from([("FunctionName".into(), text(node, "function").unwrap_or_default())]),
            },
            statistic: "Sum".into(),
            within: within(node, METRICS_KEPT, problems).unwrap_or(FORTNIGHT),
            value: Range { from: Some(number(node, "times").unwrap_or(1.0)), to: None },
            invocations: true,
        },
        "metric" => RequirementKind::Metric {
            metric: metric(node),
            statistic: text(node, "statistic").unwrap_or_else(|| "Sum".into()),
            within: within(node, METRICS_KEPT, problems).unwrap_or(FORTNIGHT),
            value: numbers(node, problems),
            invocations: false,
        },
        "http" => RequirementKind::Http(http(node, span, problems)),
        "in_state" => RequirementKind::InState {
            metric: metric(node),
            state: text(node, "state").unwrap_or_default(),
            within: within(node, HISTORY_KEPT, problems),
        },
        "any_of" | "all_of" => {
            let tests: Vec<RubricTest> = node.items().iter().filter_map(|node| test(node, problems)).collect();
            if node.items().is_empty() {
                problems.push(SpecProblem::new(span, format!("`{word}` has no tests")).help("write a list of tests"));
            } else if word == "all_of" && tests.iter().all(|test| test.share <= 0.0) && !tests.is_empty() {
                problems
                    .push(SpecProblem::new(span, "no test earns anything").help("give one of them a share above 0"));
            }
            match word {
                "any_of" => RequirementKind::AnyOf(tests),
                _ => RequirementKind::AllOf(tests),
            }
        }
        _ => return None,
    })
}

fn metric(node: &Node) -> MetricName {
    let dimensions = node.get("dimensions").map(Node::entries).unwrap_or_default();
    MetricName {
        namespace: text(node, "namespace").unwrap_or_else(|| "AWS/Lambda".into()),
        name: text(node, "metric_name").unwrap_or_default(),
        dimensions: dimensions
            .iter()
            .filter_map(|entry| Some((entry.name.text.clone(), entry.value.text()?.to_owned())))
            .collect(),
    }
}

fn alarm(node: &Node, problems: &mut Vec<SpecProblem>) -> AlarmTest {
    let threshold = node.get("threshold");
    let share = node.get("or_share").map(|node| Share {
        of: text(node, "of").unwrap_or_else(|| "Invocations".into()),
        percent: numbers(node, problems),
    });
    let notifies = node
        .get("notifies")
        .filter(|node| node.boolean() != Some(false))
        .map(|node| Whom { protocol: text(node, "protocol"), endpoint: text(node, "endpoint") });
    let per = threshold.and_then(|node| node.get("per"));
    if let Some(per) = per.filter(|per| per.seconds() == Some(0)) {
        problems.push(SpecProblem::new(per.span, "a threshold per no time").help("write, for example, per: 5m"));
    }
    AlarmTest {
        metric: metric(node),
        statistics: texts(node, "statistic"),
        below: text(node, "direction").as_deref() == Some("below"),
        threshold: threshold.map(|node| numbers(node, problems)),
        per: per.and_then(Node::seconds).filter(|seconds| *seconds > 0),
        share,
        period: node.get("period").map(|node| durations(node, problems)),
        window: node.get("window").map(|node| durations(node, problems)),
        missing_data: texts(node, "missing_data"),
        has_data: flag(node, "has_data"),
        notifies,
    }
}

fn http(node: &Node, span: Span, problems: &mut Vec<SpecProblem>) -> HttpTest {
    let (url, function) = (text(node, "url"), text(node, "function"));
    if node.get("url").is_none() && function.is_none() {
        let help = "write url: \"${url}\", or function: \"${function}\" for the function's own URL";
        problems.push(SpecProblem::new(span, "no address is asked").help(help));
    }
    let timeout = node.get("timeout").and_then(Node::seconds).unwrap_or(10);
    if let Some(node) = node.get("timeout").filter(|_| !(1..=60).contains(&timeout)) {
        problems.push(SpecProblem::new(node.span, "a timeout is 1s to 1m").help("write, for example, timeout: 10s"));
    }
    let json = node.get("json").map(Node::entries).unwrap_or_default();
    let status = node.get("status").and_then(Node::integer).and_then(|n| u16::try_from(n).ok());
    HttpTest {
        url,
        function,
        path: text(node, "path").unwrap_or_default(),
        status: status.unwrap_or(200),
        json: json.iter().map(|entry| (entry.name.text.clone(), entry.value.to_json())).collect(),
        timeout,
    }
}

fn within(node: &Node, most: i64, problems: &mut Vec<SpecProblem>) -> Option<i64> {
    let node = node.get("within")?;
    let seconds = node.seconds()?;
    if !(60..=most).contains(&seconds) {
        let help = format!("write 1m to {}d", most / DAY);
        problems.push(SpecProblem::new(node.span, "CloudWatch does not look back so far").help(help));
    }
    Some(seconds)
}

fn numbers(node: &Node, problems: &mut Vec<SpecProblem>) -> Range {
    range(node, Node::number, problems)
}

fn durations(node: &Node, problems: &mut Vec<SpecProblem>) -> Range {
    range(node, |node| node.seconds().map(|seconds| seconds as f64), problems)
}

fn range(node: &Node, read: impl Fn(&Node) -> Option<f64>, problems: &mut Vec<SpecProblem>) -> Range {
    let range = Range { from: node.get("from").and_then(&read), to: node.get("to").and_then(&read) };
    if let (Some(from), Some(to), Some(end)) = (range.from, range.to, node.get("to"))
        && from > to
    {
        problems.push(SpecProblem::new(end.span, "the range ends before it begins").help("swap `from` and `to`"));
    }
    range
}

fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::boolean).unwrap_or(false)
}

fn number(node: &Node, key: &str) -> Option<f64> {
    node.get(key).and_then(Node::number)
}

/// `None` where the key is not there or its text is empty.
fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    let items = node.get(key).map(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}
