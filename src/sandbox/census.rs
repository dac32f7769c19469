//! What stands in an account and region, counted in words. Only for people who look at the sandbox from outside.

use super::Sandbox;
use super::fault::Fault;
use super::store::Tx;
use super::{cloudwatch, lambda, logs, sns, sqs};

impl Sandbox {
    /// What there is of each kind: the kind in the plural, and each thing with its state where it has one.
    pub fn census(&self, account: &str, region: &str) -> anyhow::Result<Vec<(&'static str, Vec<String>)>> {
        self.visit(account, region, count)
    }
}

fn count(tx: &mut Tx) -> Result<Vec<(&'static str, Vec<String>)>, Fault> {
    Ok(vec![
        ("alarms", cloudwatch::alarms(tx)?),
        ("topics", sns::topics(tx)?),
        ("subscriptions", sns::subscriptions(tx)?),
        ("queues", sqs::queues(tx)?),
        ("functions", lambda::names(tx)?),
        ("log groups", logs::names(tx)?),
    ])
}
