//! What stands in one account, as far as a rubric asks: plain values, and for what could not be read the reason.

mod read;

#[cfg(test)]
pub use read::nothing;
pub use read::{look_elsewhere, read};

use super::rubric::{HttpTest, LogsOf, RequirementKind, Rubric, RubricTest};
use crate::aws::AwsError;
use crate::model::Target;
use crate::resources::alarm::aws::StateChange;
use crate::resources::function::FunctionConfiguration;
use crate::resources::metric::{ActiveMetric, Total};
use crate::resources::{Alarm, CompositeAlarm, ConfirmationState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Why something is not known: no mistake of whoever is graded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    pub message: String,
    #[serde(default)]
    pub remedy: Option<String>,
}

pub type FactRead<T> = Result<T, Unread>;

/// What a rubric makes somebody read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FactRequirements {
    pub alarms: bool,
    pub topics: bool,
    pub functions: BTreeSet<String>,
    /// Functions whose logs are asked for.
    pub logs_of: BTreeSet<String>,
    pub log_groups: BTreeSet<String>,
    pub totals: BTreeSet<Total>,
    /// Seconds that the history of alarms is read back; `None` where it is not asked.
    pub history: Option<i64>,
    /// Functions whose URL stands in for an address that was not given.
    pub urls: BTreeSet<String>,
    pub requests: Vec<HttpTest>,
}

/// What was found in one account and region.
#[derive(Debug, Clone)]
pub struct RegionFacts {
    pub target: Target,
    pub alarms: FactRead<RegionAlarms>,
    pub topics: FactRead<BTreeMap<String, ExistingTopic>>,
    pub functions: BTreeMap<String, FactRead<Option<FunctionConfiguration>>>,
    /// By name; `None` where there is no such group.
    pub log_groups: BTreeMap<String, FactRead<Option<Retention>>>,
    pub totals: FactRead<BTreeMap<Total, Vec<f64>>>,
    pub history: FactRead<Vec<StateChange>>,
    pub urls: BTreeMap<String, FactRead<Option<String>>>,
    /// By full address: what came, or why nothing did.
    pub answers: BTreeMap<String, Result<EndpointResponse, String>>,
    /// What stands in other regions, where something was missed in this one.
    pub elsewhere: BTreeMap<String, Elsewhere>,
}

/// Every alarm of the region.
#[derive(Debug, Clone, Default)]
pub struct RegionAlarms {
    pub metric: Vec<AlarmWithState>,
    pub composite: Vec<CompositeAlarm>,
}

/// A metric alarm and its state now.
#[derive(Debug, Clone)]
pub struct AlarmWithState {
    pub alarm: Alarm,
    pub state: String,
}

/// A topic that exists.
#[derive(Debug, Clone, Default)]
pub struct ExistingTopic {
    pub name: String,
    /// `None` where nobody had to know: no test is about it.
    pub door: Option<FactRead<PublishPolicy>>,
    pub subscriptions: Vec<SubscribedEndpoint>,
}

/// Who may publish to a topic.
#[derive(Debug, Clone, Default)]
pub struct PublishPolicy {
    pub policy: Option<Value>,
    pub kms_key: Option<String>,
}

#[derive(Debug, Clone)]
pub struct SubscribedEndpoint {
    pub protocol: String,
    pub endpoint: String,
    pub confirmation: ConfirmationState,
    /// A filter policy that no alarm's message passes.
    pub filtered: FactRead<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// `None` keeps logs for ever.
    pub days: Option<i32>,
    /// The account's policy that says so.
    pub policy: Option<String>,
}

/// What an address answered.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointResponse {
    pub status: u16,
    pub body: String,
}

/// What another region holds.
#[derive(Debug, Clone, Default)]
pub struct Elsewhere {
    pub alarms: Vec<AlarmWithState>,
    pub topics: Vec<String>,
    pub functions: BTreeSet<String>,
}

impl From<&AwsError> for Unread {
    fn from(error: &AwsError) -> Self {
        Self { message: error.to_string(), remedy: error.remedy() }
    }
}

impl FactRequirements {
    pub fn of(rubric: &Rubric) -> Self {
        let mut needs = Self::default();
        rubric.items.iter().filter(|item| item.asked).for_each(|item| needs.add(&item.test));
        needs
    }

    fn add(&mut self, test: &RubricTest) {
        match &test.kind {
            RequirementKind::Alarm(test) | RequirementKind::NoAlarm(test) => {
                self.alarms = true;
                self.topics |= test.notifies.is_some();
            }
            RequirementKind::Topic { .. } | RequirementKind::Subscription { .. } => self.topics = true,
            RequirementKind::LogRetention { of: LogsOf::Function(name), .. } => {
                self.functions.insert(name.clone());
                self.logs_of.insert(name.clone());
            }
            RequirementKind::LogRetention { of: LogsOf::Group(name), .. } => drop(self.log_groups.insert(name.clone())),
            RequirementKind::Function { name, .. } => drop(self.functions.insert(name.clone())),
            RequirementKind::Metric { .. } => {
                if let Some(function) = test.kind.function() {
                    self.functions.insert(function.to_owned());
                }
                self.totals.extend(test.kind.totals());
            }
            RequirementKind::Http(test) => {
                self.urls.extend(test.function.clone().filter(|_| test.url.is_none()));
                self.requests.push(test.clone());
            }
            RequirementKind::InState { within, .. } => {
                self.alarms = true;
                self.history = self.history.max(*within);
            }
            RequirementKind::AnyOf(tests) | RequirementKind::AllOf(tests) => {
                tests.iter().for_each(|test| self.add(test))
            }
        }
    }
}

impl RequirementKind {
    /// The Lambda function whose metric is asked for.
    pub fn function(&self) -> Option<&str> {
        match self {
            RequirementKind::Metric { metric, .. } if metric.namespace == "AWS/Lambda" => {
                metric.dimensions.get("FunctionName").map(String::as_str)
            }
            _ => None,
        }
    }

    /// What has to be read of CloudWatch: an average over a long time follows from sums and counts only.
    pub fn totals(&self) -> Vec<Total> {
        let RequirementKind::Metric { metric, statistic, within, .. } = self else { return Vec::new() };
        let of = |statistic: &str| Total {
            metric: ActiveMetric {
                namespace: metric.namespace.clone(),
                name: metric.name.clone(),
                dimensions: metric.dimensions.clone(),
            },
            statistic: statistic.to_owned(),
            within: *within,
        };
        match statistic.as_str() {
            "Average" => vec![of("Sum"), of("SampleCount")],
            statistic => vec![of(statistic)],
        }
    }
}

impl HttpTest {
    /// The address that is asked; `None` where none was given and the function has no URL.
    pub fn address(&self, urls: &BTreeMap<String, FactRead<Option<String>>>) -> FactRead<Option<String>> {
        let base = match (&self.url, &self.function) {
            (Some(url), _) => Some(url.clone()),
            (None, Some(function)) => urls.get(function).cloned().unwrap_or(Ok(None))?,
            (None, None) => None,
        };
        Ok(base.map(|base| match self.path.as_str() {
            "" => base,
            path => format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')),
        }))
    }
}
