//! What a file says of the rules under `lint`: their levels and limits. Which rules there are is checked here.

use super::{AcceptedValues, LintRule, RULES, Severity, ValueUnit};
use crate::model::SpecProblem;
use crate::model::duration::parse_seconds;
use crate::model::node::{MapEntry, Node, parse_number};
use crate::model::problem::nearest_or_all;
use std::collections::BTreeMap;

/// The rules as the file wants them; what it does not say is the rule's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LintSettings {
    rules: BTreeMap<&'static str, RuleSetting>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct RuleSetting {
    /// `Some(None)` is off.
    level: Option<Option<Severity>>,
    min: Option<f64>,
    max: Option<f64>,
}

impl LintSettings {
    /// Every mistake at once.
    pub fn read(entries: &[MapEntry]) -> Result<Self, Vec<SpecProblem>> {
        let (mut settings, mut problems) = (Self::default(), Vec::new());
        for MapEntry { name, value } in entries {
            let Some(rule) = RULES.iter().find(|rule| rule.id == name.text) else {
                let problem = SpecProblem::new(name.span, format!("there is no lint rule `{name}`"));
                let help = nearest_or_all(&name.text, RULES.iter().map(|rule| rule.id), "the rules are");
                problems.push(help.into_iter().fold(problem, SpecProblem::help));
                continue;
            };
            let mut wanted =
                RuleSetting { level: level(value).or(value.get("level").and_then(level)), ..RuleSetting::default() };
            wanted.min = limit(rule, value, "min", rule.limits.and_then(|limits| limits.min), &mut problems);
            wanted.max = limit(rule, value, "max", rule.limits.and_then(|limits| limits.max), &mut problems);
            settings.rules.insert(rule.id, wanted);
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// `None` where the rule is off. What the file says anything of is on.
    pub fn level(&self, rule: &LintRule) -> Option<Severity> {
        let own = (!rule.opt_in).then_some(rule.level);
        self.rules.get(rule.id).map_or(own, |wanted| wanted.level.unwrap_or(Some(rule.level)))
    }

    /// The level of one finding of a rule that is on: what the file says, else the weaker of the rule's and the finding's own.
    pub fn weigh(&self, rule: &LintRule, level: Severity, finding: Severity) -> Severity {
        let said = self.rules.get(rule.id).is_some_and(|wanted| wanted.level.is_some());
        if said { level } else { level.max(finding) }
    }

    pub fn limits(&self, rule: &LintRule) -> Option<AcceptedValues> {
        let wanted = self.rules.get(rule.id);
        let own = |pick: fn(&RuleSetting) -> Option<f64>, default: Option<f64>| wanted.and_then(pick).or(default);
        rule.limits.map(|limits| AcceptedValues {
            min: own(|w| w.min, limits.min),
            max: own(|w| w.max, limits.max),
            ..limits
        })
    }
}

fn level(node: &Node) -> Option<Option<Severity>> {
    match node.text()? {
        "off" => Some(None),
        word => Severity::ALL.into_iter().find(|level| level.word() == word).map(Some),
    }
}

fn limit(rule: &LintRule, value: &Node, key: &str, own: Option<f64>, problems: &mut Vec<SpecProblem>) -> Option<f64> {
    let entry = value.entries().iter().find(|entry| entry.name.text == key)?;
    let Some(limits) = rule.limits.filter(|_| own.is_some()) else {
        let message = format!("the rule `{}` has no `{key}`", rule.id);
        problems
            .push(SpecProblem::new(entry.name.span, message).help(format!("see mlopsctl lint --explain {}", rule.id)));
        return None;
    };
    let text = entry.value.text()?;
    let number = limits.unit.parse(text);
    if number.is_none() {
        let problem = SpecProblem::new(entry.value.span, format!("`{text}` is not {}", limits.unit.what()));
        problems.push(problem.help(format!("`{key}` of `{}` is {} by itself", rule.id, limits.unit.write(own?))));
    }
    number
}

impl ValueUnit {
    fn parse(self, text: &str) -> Option<f64> {
        let number = |text: &str| parse_number(text).filter(|n| *n >= 0.0);
        match self {
            ValueUnit::Number => number(text),
            ValueUnit::Percent => number(text.trim_end_matches('%').trim_end()),
            ValueUnit::Seconds => number(text).or(parse_seconds(text).map(|seconds| seconds as f64)),
            ValueUnit::Days => number(text).or(parse_seconds(text).map(|seconds| seconds as f64 / 86_400.0)),
        }
    }

    fn what(self) -> &'static str {
        match self {
            ValueUnit::Number => "a number",
            ValueUnit::Percent => "a percentage such as 20%",
            ValueUnit::Seconds => "a duration such as 30m",
            ValueUnit::Days => "a number of days such as 14d",
        }
    }

    pub fn write(self, value: f64) -> String {
        match self {
            ValueUnit::Number => value.to_string(),
            ValueUnit::Percent => format!("{value} %"),
            ValueUnit::Seconds => crate::model::duration::format_seconds(value as i64),
            ValueUnit::Days => format!("{value} days"),
        }
    }
}
