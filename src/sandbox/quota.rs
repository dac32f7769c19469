//! AWS's request quotas, one table, and the token buckets that keep them per account and region.

use super::weather::{Quotas, Weather};
use std::collections::HashMap;
use tokio::time::Instant;

/// Calls per second: signing name, rate, operations; `*` is one bucket that a service's remaining operations share.
///
/// Figures are those of the AWS service-quota pages; SNS publishes none for topic calls and the tagging API none at all, so
/// these follow what is seen in practice.
const AWS: &[(&str, f64, &[&str])] = &[
    (
        "monitoring",
        3.0,
        &[
            "PutMetricAlarm",
            "PutCompositeAlarm",
            "PutLogAlarm",
            "DeleteAlarms",
            "EnableAlarmActions",
            "DisableAlarmActions",
            "SetAlarmState",
            "PutAlarmMuteRule",
            "DeleteAlarmMuteRule",
        ],
    ),
    ("monitoring", 9.0, &["DescribeAlarms", "DescribeAlarmsForMetric", "DescribeAlarmContributors"]),
    (
        "monitoring",
        10.0,
        &["ListTagsForResource", "PutDashboard", "GetDashboard", "ListDashboards", "DeleteDashboards"],
    ),
    ("monitoring", 20.0, &["TagResource", "UntagResource", "DescribeAlarmHistory"]),
    ("monitoring", 25.0, &["ListMetrics"]),
    ("monitoring", 500.0, &["GetMetricData", "PutMetricData"]),
    ("monitoring", 400.0, &["GetMetricStatistics"]),
    ("logs", 10.0, &["CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "StartQuery", "GetQueryResults"]),
    (
        "logs",
        5.0,
        &[
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "PutMetricFilter",
            "DeleteMetricFilter",
            "DescribeMetricFilters",
            "ListTagsForResource",
            "TagResource",
            "UntagResource",
            "StartLiveTail",
        ],
    ),
    ("logs", 25.0, &["FilterLogEvents"]),
    ("sns", 100.0, &["Subscribe", "Unsubscribe", "ConfirmSubscription"]),
    ("sns", 30.0, &["ListTopics", "ListSubscriptions", "ListSubscriptionsByTopic"]),
    ("sns", 10.0, &["TagResource", "UntagResource", "ListTagsForResource"]),
    (
        "sns",
        10.0,
        &[
            "CreateTopic",
            "DeleteTopic",
            "GetTopicAttributes",
            "SetTopicAttributes",
            "GetSubscriptionAttributes",
            "SetSubscriptionAttributes",
        ],
    ),
    // Ten times the concurrency that an account has.
    ("lambda", 10_000.0, &["Invoke"]),
    // SQS publishes none for calls on queues, and "nearly unlimited" for messages.
    (
        "sqs",
        10.0,
        &["CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue", "ListQueueTags", "PurgeQueue"],
    ),
    ("sqs", 100.0, &["GetQueueUrl", "GetQueueAttributes", "ListQueues"]),
    ("lambda", 100.0, &["GetFunction"]),
    ("lambda", 15.0, &["GetPolicy"]),
    ("lambda", 15.0, &["*"]),
    ("sts", 600.0, &["*"]),
    ("tagging", 15.0, &["GetResources"]),
    ("organizations", 8.0, &["ListAccounts"]),
];

/// The rate of an operation and the name of the bucket it draws from.
fn quota<'a>(service: &str, operation: &'a str) -> Option<(f64, &'a str)> {
    let find = |wanted: &str| {
        AWS.iter()
            .find(|(name, _, operations)| *name == service && operations.contains(&wanted))
            .map(|(_, rate, _)| *rate)
    };
    find(operation).map(|rate| (rate, operation)).or_else(|| find("*").map(|rate| (rate, "*")))
}

/// The token buckets of all accounts and regions.
#[derive(Debug, Default)]
pub struct Buckets {
    held: HashMap<String, QuotaBucket>,
    /// So many were left when the full ones were last let go.
    left: usize,
}

/// A bucket that is full again is as one that nobody drew from.
#[derive(Debug)]
struct QuotaBucket {
    tokens: f64,
    at: Instant,
    rate: f64,
    size: f64,
}

impl QuotaBucket {
    fn tokens_at(&self, now: Instant) -> f64 {
        self.size.min(self.tokens + now.duration_since(self.at).as_secs_f64() * self.rate)
    }
}

/// Fewer buckets than this are not looked through for full ones.
const FEW: usize = 1_000;

impl Buckets {
    /// Takes one token; false where there is none and the call is to be throttled.
    pub fn allow(&mut self, weather: &Weather, account: &str, region: &str, service: &str, operation: &str) -> bool {
        if weather.quotas == Quotas::None {
            return true;
        }
        let Some((rate, bucket)) = quota(service, operation) else { return true };
        let now = Instant::now();
        if self.held.len() >= FEW.max(2 * self.left) {
            self.held.retain(|_, bucket| bucket.tokens_at(now) < bucket.size);
            self.left = self.held.len();
        }
        let size = (rate * weather.burst_seconds).max(1.0);
        let new = || QuotaBucket { tokens: size, at: now, rate, size };
        let bucket = self.held.entry(format!("{account}/{region}/{service}:{bucket}")).or_insert_with(new);
        (bucket.tokens, bucket.at) = (bucket.tokens_at(now), now);
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_holds_a_second_of_its_rate_and_refills() {
        let (mut buckets, weather) = (Buckets::default(), Weather::aws());
        let mut put = |account: &str| buckets.allow(&weather, account, "us-east-1", "monitoring", "PutMetricAlarm");
        assert_eq!((0..5).filter(|_| put("1")).count(), 3);
        assert!(put("2"), "accounts have buckets of their own");
        tokio::time::advance(Duration::from_millis(334)).await;
        assert!(put("1"));
        assert!(!put("1"));
    }

    #[tokio::test(start_paused = true)]
    async fn lambda_control_calls_share_one_bucket() {
        let (mut buckets, weather) = (Buckets::default(), Weather::aws());
        let mut call = |operation: &str| buckets.allow(&weather, "1", "r", "lambda", operation);
        let allowed = (0..20).filter(|n| call(if n % 2 == 0 { "ListFunctions" } else { "GetAccountSettings" })).count();
        assert_eq!(allowed, 15);
        assert!(call("GetFunction"));
    }
    #[tokio::test(start_paused = true)]
    async fn buckets_that_are_full_again_are_let_go() {
        let (mut buckets, weather) = (Buckets::default(), Weather::aws());
        for account in 0..10 * FEW {
            let account = account.to_string();
            assert!((0..3).all(|_| buckets.allow(&weather, &account, "r", "monitoring", "PutMetricAlarm")));
            assert!(!buckets.allow(&weather, &account, "r", "monitoring", "PutMetricAlarm"));
            tokio::time::advance(Duration::from_millis(5)).await;
        }
        assert!(buckets.held.len() <= FEW, "{}", buckets.held.len());
    }
}
