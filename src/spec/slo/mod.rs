//! `slos`, and `slo` of a function -> alarms on burn rates and the composite alarms over them, written as if by hand, so that they are
//! read, checked, priced, linted and tested like any other.

mod burn;
pub mod form;
mod indicator;
#[cfg(test)]
mod tests;

use super::pick::{known, only, section};
use super::written::{Value, node, switch, text};
use crate::model::duration::format_seconds;
use crate::model::node::{Data, MapEntry, Node, Span, SpannedName};
use crate::model::problem::SpecProblem;
use crate::model::shape::ObjectSchema;
use crate::resources::{Address, BurnAlert, COUNT_PERIOD, Kind};
use burn::{BurnSeverity, TABLE};
use form::{cut, objective};
use indicator::{CountedRequests, Counting};

const DAY: i64 = 86_400;
const WINDOW: i64 = 30 * DAY;
/// A year: hourly data is kept for 455 days, and more than a year is no objective that anybody can act on.
const LONGEST: i64 = 365 * DAY;
/// Of fewer requests than this, one that failed is too large a share to mean anything.
const MIN_REQUESTS: i64 = 20;
/// Leaves room for what is put behind it in 255 characters.
const LONGEST_NAME: usize = 200;

/// A declaration that an SLO writes, and what the file says over it.
#[derive(Debug)]
pub struct SloPart {
    pub name: SpannedName,
    pub written: Node,
    pub over: Option<Node>,
}

/// An SLO of the file with everything that it makes.
#[derive(Debug)]
pub struct SloDraft {
    pub name: SpannedName,
    pub objective: f64,
    pub budget: f64,
    pub window: i64,
    /// Alarms on the burn rate over one window, which notify nobody.
    pub parts: Vec<SloPart>,
    /// Those that notify.
    pub composites: Vec<SloPart>,
    /// Counts bad requests, and all of them; in no account.
    pub bad: Node,
    pub total: Node,
    pub alerts: Vec<BurnAlert>,
    /// Whom the composite alarms notify, as far as the SLO says it, and their tags.
    pub own: Node,
    /// The tags alone: the other alarms notify nobody.
    pub tags: Node,
}

impl SloDraft {
    /// The names of the alarms that it makes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().chain(&self.composites).map(|part| part.name.text.as_str())
    }

    /// Its composite alarms as they would stand in the file, as far as that is one map.
    pub fn written_composites(&self) -> impl Iterator<Item = MapEntry> + '_ {
        self.composites.iter().map(|part| MapEntry { name: part.name.clone(), value: part.written.clone() })
    }
}

/// The SLOs of a file, in its order: those under `slos`, then those of functions.
pub fn expand(root: &Node, problems: &mut Vec<SpecProblem>) -> Vec<SloDraft> {
    let mut drafts = Vec::new();
    for MapEntry { name, value } in section(root, "slos") {
        check_name(name, problems);
        let counted = value.get("indicator").and_then(|node| indicator::read(node, problems));
        drafts.extend(counted.and_then(|counted| draft(name.clone(), value, &counted, problems)));
    }
    for MapEntry { name: function, value } in section(root, "functions") {
        let entries = value.get("slo").map(Node::entries).unwrap_or_default();
        for MapEntry { name: key, value } in entries {
            let counted = match (key.text.as_str(), value.get("bound").and_then(Node::text)) {
                ("availability", _) => CountedRequests::Errors { function: &function.text },
                ("latency", Some(bound)) => CountedRequests::Latency { function: &function.text, bound },
                _ => continue,
            };
            let name = SpannedName { text: format!("{function}-{key}"), span: key.span };
            drafts.extend(draft(name, value, &counted, problems));
        }
    }
    drafts
}

fn check_name(name: &SpannedName, problems: &mut Vec<SpecProblem>) {
    let right = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.text.is_empty() || name.text.len() > LONGEST_NAME || !name.text.chars().all(right) {
        let problem = SpecProblem::new(name.span, format!("`{name}` cannot name an SLO"));
        problems.push(
            problem.help(format!("1 to {LONGEST_NAME} letters, digits, - _ and .: its alarms are named after it")),
        );
    }
}

/// `settings`: the SLO's map, or its objective alone.
fn draft(
    name: SpannedName,
    settings: &Node,
    counted: &CountedRequests<'_>,
    problems: &mut Vec<SpecProblem>,
) -> Option<SloDraft> {
    // What is none is a mistake already.
    let objective = objective(settings.get("objective").unwrap_or(settings).text()?).ok()?;
    let window = window(settings.get("window"), problems)?;
    let span = name.span;
    let counting = indicator::count(counted, span, problems)?;
    let budget = cut(100.0 - objective);
    let least = settings.get("min_requests").and_then(Node::integer).unwrap_or(MIN_REQUESTS);
    let says = |key: &str| settings.get(key).and_then(switch).unwrap_or(true);
    let (mut parts, mut composites, mut alerts) = (Vec::new(), Vec::new(), Vec::new());
    for severity in BurnSeverity::ALL {
        let mut pairs = Vec::new();
        let composite = format!("{name}-{}", severity.word());
        for row in TABLE.iter().filter(|row| row.severity == severity && says(severity.word())) {
            let rate = row.burn_rate(window);
            let mut pair = Vec::new();
            for ((seconds, key), least) in [(row.long, least), (row.short, 0)] {
                if says(key) {
                    let part = part(
                        &name,
                        settings,
                        key,
                        burning(&name, &counting, budget, rate, seconds, least),
                        &form::PART_OVERRIDE,
                    );
                    pair.push(part.name.text.clone());
                    parts.push(part);
                }
            }
            if !pair.is_empty() {
                let rule: Vec<String> = pair.iter().map(|name| format!("ALARM(\"{name}\")")).collect();
                pairs.push(rule.join(" AND "));
                // Where the long window is switched off, the short one alone decides.
                let long = if says(row.long.1) { row.long.0 } else { row.short.0 };
                let composite = Address::new(Kind::CompositeAlarm, &composite);
                alerts.push(BurnAlert { composite, burn_rate: rate, long, parts: pair });
            }
        }
        let rule = match pairs.as_slice() {
            [] => continue,
            [one] => one.clone(),
            many => many.iter().map(|pair| format!("({pair})")).collect::<Vec<_>>().join(" OR "),
        };
        let written = vec![
            ("description", text(describe(&name, objective, window, severity, settings))),
            ("alarm_rule", text(rule)),
        ];
        composites.push(part(&name, settings, severity.word(), written, &form::COMPOSITE_OVERRIDE));
    }
    let count = |expression: &str| {
        let mut fields = watching(&counting, expression.to_owned(), COUNT_PERIOD);
        fields.push(("threshold", text("> 0")));
        node(&Value::Map(fields), span)
    };
    Some(SloDraft {
        bad: count(&counting.bad),
        total: count(&counting.total),
        own: known(settings, &form::INHERITED),
        tags: only(settings, &["tags"]),
        name,
        objective,
        budget,
        window,
        parts,
        composites,
        alerts,
    })
}

fn window(written: Option<&Node>, problems: &mut Vec<SpecProblem>) -> Option<i64> {
    let Some(written) = written else { return Some(WINDOW) };
    let seconds = written.seconds()?;
    if (DAY..=LONGEST).contains(&seconds) && seconds % COUNT_PERIOD == 0 {
        return Some(seconds);
    }
    let message = format!("the window of an SLO cannot be `{}`", written.text().unwrap_or_default());
    problems.push(SpecProblem::new(written.span, message).help("1d to 365d, in whole hours; 30d and 28d are usual"));
    None
}

/// The burn rate over one window: how many times faster than it lasts the error budget is spent.
fn burning(
    name: &SpannedName,
    counting: &Counting,
    budget: f64,
    rate: f64,
    seconds: i64,
    least: i64,
) -> Vec<(&'static str, Value)> {
    let Counting { total, share, .. } = counting;
    let many = if least > 0 { format!("{total} >= {least}") } else { format!("{total} > 0") };
    let mut fields = watching(counting, format!("IF({many}, {}, 0)", share.over(budget)), seconds);
    let window = format_seconds(seconds);
    fields.push(("description", text(format!("Burn rate of the error budget of {name} over {window}"))));
    fields.push(("threshold", text(format!("> {rate}"))));
    // No request is no bad request.
    fields.push(("treat_missing_data", text("notBreaching")));
    // A composite alarm over it notifies.
    fields.push(("alarm_actions", Value::Nobody));
    fields
}

/// One datapoint of one window that slides: what an alarm of any form inherits is said here.
fn watching(counting: &Counting, expression: String, seconds: i64) -> Vec<(&'static str, Value)> {
    let entries = counting.metrics.iter().map(|(name, node)| MapEntry { name: name.clone(), value: node.clone() });
    let span = counting.metrics.first().map_or(Span::default(), |(name, _)| name.span);
    vec![
        ("expression", text(expression)),
        ("metrics", Value::Copied(Node::new(span, Data::Map(entries.collect())))),
        ("period", text(format_seconds(seconds))),
        ("evaluation_periods", text("1")),
        ("datapoints_to_alarm", text("1")),
        ("evaluation_window", text("sliding")),
    ]
}

fn describe(name: &SpannedName, objective: f64, window: i64, severity: BurnSeverity, settings: &Node) -> String {
    let (window, own) = (format_seconds(window), settings.get("description").and_then(Node::text));
    let urgency = match severity {
        BurnSeverity::Page => "is spent so fast that somebody has to act now",
        BurnSeverity::Ticket => "is spent faster than it lasts: look within days",
    };
    let text = format!("SLO {name}: the error budget of {objective} % over {window} {urgency}");
    own.map_or(text.clone(), |own| format!("{text}. {own}"))
}

/// A declaration under the name of the SLO, with what the file says over it. A key that is none is a mistake already, and must not
/// change what the alarm watches.
fn part(
    name: &SpannedName,
    settings: &Node,
    key: &str,
    written: Vec<(&'static str, Value)>,
    object: &'static ObjectSchema,
) -> SloPart {
    let entry = settings.entries().iter().find(|entry| entry.name.text == key);
    let span = entry.map_or(name.span, |entry| entry.name.span);
    let over = entry.filter(|entry| !entry.value.entries().is_empty()).map(|entry| known(&entry.value, object));
    let name = SpannedName { text: format!("{name}-{}", key.replace('_', "-")), span };
    SloPart { name, written: node(&Value::Map(written), span), over }
}
