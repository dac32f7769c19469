//! A CloudWatch log alarm: a Logs query that runs on a schedule, whose results are compared with a threshold.

pub mod aws;
pub mod cloudformation;
pub mod schedule;
pub mod spec;
pub mod terraform;
#[cfg(test)]
mod tests;
mod written;

use super::alarm::WarmUp;
use super::any_alarm::Actions;
use super::kind::{ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, own_tags, topics_of};
use super::written::WritingScope;
use super::{Address, Kind, Resource, ResourceTags};
use crate::model::duration::format_seconds;
use crate::model::{Arn, FieldSet, ResourceFields, SpecMap, Target};
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::results::ResultsRule;
use mlops_cloudwatch::missing::MissingData;
use serde::{Deserialize, Serialize};

/// Mirrors PutLogAlarm in snake case, with the members of its scheduled query among its own: it replaces the whole, so an absent field
/// is AWS's default. The tags of the scheduled query are not among them: DescribeAlarms is not said to answer them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogAlarm {
    pub name: String,
    pub description: Option<String>,
    pub actions: Actions,

    pub query_string: String,
    /// Names, or ARNs for groups of another account; a set.
    pub log_group_identifiers: Vec<String>,
    pub aggregation_expression: String,
    /// `rate(5 minutes)`.
    pub schedule_expression: String,
    /// Seconds before each run at which the lines that it looks at begin and end.
    pub start_time_offset: i64,
    pub end_time_offset: i64,
    pub scheduled_query_role_arn: String,

    /// How many log lines are in a notification; `None` is none.
    pub action_log_line_count: Option<i32>,
    pub action_log_line_role_arn: Option<String>,

    pub query_results_to_evaluate: i32,
    pub query_results_to_alarm: i32,
    pub threshold: f64,
    pub comparison_operator: String,
    pub treat_missing_data: Option<String>,
    pub warm_up: Option<WarmUp>,
    pub tags: ResourceTags,
}

pub static KIND: KindFacts = KindFacts {
    word: "log_alarm",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::LogAlarm(Box::new(spec::read(name, layers, scope)))),
    // What the defaults say of periods and thresholds is about metrics.
    inherits: Inherits::Keys(spec::INHERITED),
    arn: Some(ArnForm { service: "cloudwatch", prefix: "alarm:", scope: ArnScope::Region }),
    tag_type: Some("cloudwatch"),
    reading: KindReading::AsAlarm,
    registry: None,
    immutable: &[],
    returning: &[],
    // CloudWatch API reference, DeleteAlarms.
    delete_batch: 100,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

impl LogAlarm {
    /// How often its query runs, and over how much: `every 5m`, `every 5m over 10m`.
    pub fn rhythm(&self) -> String {
        let every = schedule::seconds(&self.schedule_expression);
        let over = self.start_time_offset - self.end_time_offset;
        match every {
            Some(every) if every == over => format!("every {}", format_seconds(every)),
            Some(every) => format!("every {} over {}", format_seconds(every), format_seconds(over)),
            None => format!("{} over {}", self.schedule_expression, format_seconds(over)),
        }
    }

    /// What its query reads of each log group over a month, as a multiple of what is written to it in a month.
    pub fn scans(&self) -> Option<f64> {
        let every = schedule::seconds(&self.schedule_expression).filter(|every| *every > 0)?;
        Some((self.start_time_offset - self.end_time_offset) as f64 / every as f64)
    }

    /// What it asks of the results of its query, and the seconds between them; why not, where it is not known.
    pub fn rule(&self) -> Result<(ResultsRule, i64), String> {
        let unknown = |what: &str, value: &str| format!("the {what} {value} is not known");
        let comparison = Comparison::from_word(&self.comparison_operator);
        let comparison = comparison.ok_or_else(|| unknown("operator", &self.comparison_operator))?;
        let missing = self.treat_missing_data.as_deref().unwrap_or_default();
        let missing = match missing {
            "" => MissingData::default(),
            word => MissingData::from_word(word).ok_or_else(|| unknown("treatment of missing data", word))?,
        };
        let count = |count: i32| usize::try_from(count).unwrap_or_default().max(1);
        let (n, m) = (count(self.query_results_to_evaluate), count(self.query_results_to_alarm));
        let every = schedule::seconds(&self.schedule_expression);
        let every = every.ok_or_else(|| unknown("schedule", &self.schedule_expression))?;
        Ok((ResultsRule { n, m, comparison, threshold: self.threshold, missing }, every))
    }

    /// When it is in ALARM: `count(*) > 5 in 2 of 3 queries, every 5m`.
    pub fn condition(&self) -> String {
        let symbol = Comparison::from_word(&self.comparison_operator).map(Comparison::symbol);
        let symbol = symbol.unwrap_or(&self.comparison_operator);
        let (m, n) = (self.query_results_to_alarm, self.query_results_to_evaluate);
        let some = match (m, n) {
            (1, 1) => String::new(),
            (m, n) if m == n => format!(" in {n} queries"),
            (m, n) => format!(" in {m} of {n} queries"),
        };
        format!("{} {symbol} {}{some}, {}", self.aggregation_expression, self.threshold, self.rhythm())
    }

    /// The names of its log groups, those of other accounts and regions left out.
    fn groups<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a str> {
        self.log_group_identifiers.iter().filter_map(|group| match Arn::parse(group) {
            None => Some(group.as_str()),
            Some(arn) if arn.account == target.account && arn.region == target.region => {
                let name = arn.resource.strip_prefix("log-group:")?;
                Some(name.strip_suffix(":*").unwrap_or(name))
            }
            Some(_) => None,
        })
    }
}

impl KindConfiguration for LogAlarm {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn written(&self, scope: &WritingScope<'_>) -> SpecMap {
        written::written(self, scope)
    }

    /// Normalised: no lines is no role for them, and an end of now is not said.
    fn fields(&self) -> ResourceFields {
        let missing = self.treat_missing_data.clone().unwrap_or_else(|| "missing".to_owned());
        let lines = self.action_log_line_count.filter(|lines| *lines > 0);
        let role = self.action_log_line_role_arn.as_ref().filter(|role| !role.is_empty());
        self.actions
            .put_fields(FieldSet::default())
            .put_some("description", &self.description)
            .put("query_string", &self.query_string)
            .put_set("log_group_identifiers", &self.log_group_identifiers)
            .put("aggregation_expression", &self.aggregation_expression)
            .put("schedule_expression", schedule::canonical(&self.schedule_expression))
            .put("start_time_offset", format_seconds(self.start_time_offset))
            .put_unless(&format_seconds(0), "end_time_offset", &format_seconds(self.end_time_offset))
            .put("scheduled_query_role_arn", &self.scheduled_query_role_arn)
            .put_some("action_log_line_count", &lines)
            .put_some("action_log_line_role_arn", &role)
            .put("query_results_to_evaluate", self.query_results_to_evaluate)
            .put("query_results_to_alarm", self.query_results_to_alarm)
            .put("threshold", self.threshold)
            .put("comparison_operator", &self.comparison_operator)
            .put_unless(&"missing".to_owned(), "treat_missing_data", &missing)
            .put_some("warm_up", &self.warm_up)
            .done()
    }

    own_tags!();

    fn sort(&mut self) {
        self.actions.sort();
        self.log_group_identifiers.sort();
        self.log_group_identifiers.dedup();
    }

    fn actions(&self) -> Option<&Actions> {
        Some(&self.actions)
    }

    fn actions_mut(&mut self) -> Option<&mut Actions> {
        Some(&mut self.actions)
    }

    fn references(&self, target: &Target) -> Vec<Address> {
        let groups = self.groups(target).map(|group| Address::new(Kind::LogGroup, group));
        topics_of(&self.actions, target).into_iter().chain(groups).collect()
    }
}
