//! The one table of AWS's request quotas: default calls a second per account and region (CloudWatch, Logs, SNS, Lambda and
//! STS service quota pages; where AWS publishes no figure, a cautious one).

use std::fmt;

/// An API operation, e.g. `Op("cloudwatch", "PutMetricAlarm")`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiOperation(pub &'static str, pub &'static str);

impl fmt::Display for ApiOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

impl ApiOperation {
    /// Calls a second that a default account allows.
    pub fn quota(self) -> f64 {
        match (self.0, self.1) {
            ("cloudwatch", "DescribeAlarms") => 9.0,
            (
                "cloudwatch",
                "ListTagsForResource"
                | "DescribeAnomalyDetectors"
                | "PutAnomalyDetector"
                | "DeleteAnomalyDetector"
                | "PutDashboard"
                | "GetDashboard"
                | "DeleteDashboards",
            ) => 10.0,
            ("cloudwatch", "TagResource" | "UntagResource" | "DescribeAlarmHistory") => 20.0,
            ("cloudwatch", "ListMetrics") => 25.0,
            ("cloudwatch", "GetMetricData" | "PutMetricData") => 500.0,
            ("cloudwatch", _) => 3.0,
            ("logs", "CreateLogGroup" | "DeleteLogGroup" | "DescribeLogGroups") => 10.0,
            ("logs", _) => 5.0,
            ("sns", "Subscribe" | "Unsubscribe" | "ConfirmSubscription") => 100.0,
            ("sns", "ListTopics" | "ListSubscriptions" | "ListSubscriptionsByTopic") => 30.0,
            ("sns", _) => 10.0,
            ("sqs", "ReceiveMessage" | "DeleteMessage" | "SendMessage") => 1000.0,
            ("sqs", "GetQueueUrl" | "GetQueueAttributes" | "ListQueues") => 100.0,
            ("sqs", _) => 10.0,
            ("lambda", "GetFunction") => 100.0,
            // Ten times the concurrency, which is 1,000 unless it was changed; new accounts have less.
            ("lambda", "InvokeFunction") => 1_000.0,
            ("lambda", _) => 15.0,
            ("sts", _) => 600.0,
            // Organizations user guide, "Quotas": ListAccounts; the others have no figure.
            ("organizations", _) => 8.0,
            _ => 15.0,
        }
    }

    /// The quota's bucket: Lambda counts most control calls together, the other services each operation alone.
    pub fn bucket(self) -> ApiOperation {
        match self {
            ApiOperation("lambda", name) if !matches!(name, "GetFunction" | "GetPolicy" | "InvokeFunction") => {
                ApiOperation("lambda", "*")
            }
            op => op,
        }
    }
}
