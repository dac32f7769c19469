//! Which log group a function really writes to.

use super::source::LogQuery;
use crate::aws::{Aws, AwsError, Class};
use crate::resources::function::{self, FunctionFacts, default_log_group};
use futures_util::future::try_join_all;

/// A log group, and whose it is as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLocation {
    pub function: Option<String>,
    pub group: String,
    /// Absent where the function could not be looked at.
    pub facts: Option<FunctionFacts>,
}

/// There is no such function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no function {function} in {region}")]
pub struct NoFunction {
    pub function: String,
    pub region: String,
    /// Those that there are.
    pub others: Vec<String>,
}

impl LogLocation {
    pub fn of_group(group: &str) -> Self {
        Self { function: None, group: group.to_owned(), facts: None }
    }

    /// The function, else the group.
    pub fn name(&self) -> &str {
        self.function.as_deref().unwrap_or(&self.group)
    }

    pub fn ask(&self, pattern: Option<&str>) -> LogQuery {
        LogQuery { group: self.group.clone(), pattern: pattern.map(str::to_owned), streams: Vec::new() }
    }
}

/// Looks every function up. Where that is not allowed, the group that Lambda uses by default is taken, and the second part of
/// the answer says so.
///
/// # Errors
/// [`NoFunction`], or what AWS says.
pub async fn find(aws: &Aws, functions: &[String]) -> anyhow::Result<(Vec<LogLocation>, Vec<String>)> {
    let found = try_join_all(functions.iter().map(|name| one(aws, name))).await?;
    let (places, notes): (Vec<LogLocation>, Vec<Option<String>>) = found.into_iter().unzip();
    Ok((places, notes.into_iter().flatten().collect()))
}

async fn one(aws: &Aws, name: &str) -> anyhow::Result<(LogLocation, Option<String>)> {
    let place = |group: String, facts| LogLocation { function: Some(name.to_owned()), group, facts };
    match function::aws::read(aws, name).await {
        Ok(Some(facts)) => Ok((place(facts.log_group.clone(), Some(facts)), None)),
        Ok(None) => {
            let others = function::aws::list(aws).await.unwrap_or_default();
            Err(NoFunction { function: name.to_owned(), region: aws.region().to_owned(), others }.into())
        }
        Err(error) if error.is(Class::Denied) => {
            let group = default_log_group(name);
            Ok((place(group.clone(), None), Some(denied(&error, name, &group))))
        }
        Err(error) => Err(error.into()),
    }
}

fn denied(error: &AwsError, name: &str, group: &str) -> String {
    format!("{name} could not be looked at ({error}): its logs are taken to be in {group}")
}
