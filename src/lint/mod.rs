//! Whether alarms are any good: rules over what a spec asks for, and over what AWS has told where somebody asked.
//! Pure: no clock, no network, no printing. One rule is one file in `rules/`, one id, and one page in `docs/lint/`.

mod catalogue;
mod finding;
mod online;
mod planned;
mod published;
mod rules;
mod series;
mod settings;
mod subject;
mod suppress;

pub use catalogue::unit_of;
pub use finding::{LintFinding, Severity, Suppressed};
pub use online::{Observed, listings};
pub use planned::added;
pub use rules::RULES;
pub use series::AlarmView;
pub use settings::LintSettings;

use crate::model::SpecProblem;
use crate::spec::{BoundSpec, Desired};
use finding::Raised;
use subject::RuleContext;

/// A rule: one thing that can be wrong with alarms.
#[derive(Debug)]
pub struct LintRule {
    pub id: &'static str,
    pub level: Severity,
    /// What it finds, as a sentence without a full stop.
    pub summary: &'static str,
    /// Its documentation, as Markdown.
    pub page: &'static str,
    /// Whether it is off until the file asks for it.
    pub opt_in: bool,
    /// What it accepts, where that can be set.
    pub limits: Option<AcceptedValues>,
    check: fn(&RuleContext<'_>, &mut Vec<Raised>),
}

/// The values that a rule accepts, and how a file writes them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AcceptedValues {
    pub unit: ValueUnit,
    /// `None` where the rule has no lower end.
    pub min: Option<f64>,
    /// `None` where the rule has no upper end.
    pub max: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueUnit {
    /// A plain number.
    Number,
    /// Percent, with or without its sign.
    Percent,
    /// A duration, measured in seconds.
    Seconds,
    /// A duration, measured in days.
    Days,
}

/// What a linter looks at.
#[derive(Debug, Clone, Copy)]
pub struct LintInput<'a> {
    pub bound: &'a BoundSpec,
    pub desired: &'a Desired,
    /// What AWS told, where it was asked.
    pub observed: Option<&'a Observed>,
    pub settings: &'a LintSettings,
    /// `YYYY-MM-DD`: suppressions expire.
    pub today: &'a str,
}

/// Every finding of a file, and what its comments keep quiet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LintReport {
    /// In the order of the file.
    pub findings: Vec<LintFinding>,
    pub suppressed: Vec<Suppressed>,
}

impl LintReport {
    /// How many there are of a level.
    pub fn count(&self, level: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The report of a file of several regions, from that of each: the same finding once, and of a comment that it is of no use only
    /// where it is of none in any of its regions.
    pub fn joined(parts: Vec<(&BoundSpec, LintReport)>) -> Self {
        let is_told = |finding: &LintFinding| {
            finding.rule != suppress::UNUSED
                || parts.iter().all(|(bound, report)| {
                    let has_comment = bound.source().comments.iter().any(|one| one.start == finding.span.start);
                    !has_comment || report.findings.contains(finding)
                })
        };
        let mut whole = Self::default();
        for finding in parts.iter().flat_map(|(_, report)| &report.findings).filter(|finding| is_told(finding)) {
            if !whole.findings.contains(finding) {
                whole.findings.push(finding.clone());
            }
        }
        for quiet in parts.iter().flat_map(|(_, report)| &report.suppressed) {
            if !whole.suppressed.contains(quiet) {
                whole.suppressed.push(quiet.clone());
            }
        }
        whole.findings.sort_by(LintFinding::by_place);
        whole
    }

    /// The worst level there is.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.level).min()
    }
}

/// Holds a file against every rule that is on.
pub fn lint(input: LintInput<'_>) -> LintReport {
    let LintInput { bound, desired, observed, settings, today } = input;
    let functions = bound.functions().iter().cloned().collect();
    let mut subject = RuleContext::new(desired.resources.iter().collect(), &functions, observed);
    subject.region = &desired.region;
    subject.slos = &desired.slos;
    let raised = raise(subject, settings);
    let found = raised.into_iter().map(|raised| raised.at(bound, desired)).collect();
    suppress::apply(found, &bound.source(), settings, today)
}

/// Everything that the rules say of some resources.
fn raise(mut subject: RuleContext<'_>, settings: &LintSettings) -> Vec<Raised> {
    let mut all = Vec::new();
    for rule in RULES {
        let Some(level) = settings.level(rule) else { continue };
        subject.limits = settings.limits(rule);
        let mut raised = Vec::new();
        (rule.check)(&subject, &mut raised);
        let weighed =
            |raised: Raised| Raised { rule: rule.id, level: settings.weigh(rule, level, raised.level), ..raised };
        all.extend(raised.into_iter().map(weighed));
    }
    all
}

/// What a file says of the rules, or its mistakes.
pub fn settings(bound: &BoundSpec) -> Result<LintSettings, Vec<SpecProblem>> {
    LintSettings::read(bound.lint())
}

#[cfg(test)]
mod tests;
