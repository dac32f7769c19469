//! An ARN or a URL in a dimension whose values are names: the alarm never sees a value.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::Arn;

pub static RULE: LintRule = LintRule {
    id: "arn-for-name",
    level: Severity::Error,
    summary: "a dimension has an ARN, a URL or half a name where a name belongs",
    page: include_str!("../../../docs/lint/arn-for-name.md"),
    opt_in: false,
    limits: None,
    check,
};

/// Dimensions of AWS's namespaces whose values are names or ids, never ARNs (the services' tables of dimensions).
const NAMES: [&str; 28] = [
    "ApiId",
    "ApiName",
    "AutoScalingGroupName",
    "BucketName",
    "CacheClusterId",
    "ClusterName",
    "DBClusterIdentifier",
    "DBInstanceIdentifier",
    "DeliveryStreamName",
    "DistributionId",
    "EventBusName",
    "FileSystemId",
    "FunctionName",
    "HealthCheckId",
    "InstanceId",
    "LoadBalancer",
    "LoadBalancerName",
    "LogGroupName",
    "NatGatewayId",
    "QueueName",
    "ReplicationGroupId",
    "RuleName",
    "ServiceName",
    "StreamName",
    "TableName",
    "TargetGroup",
    "TopicName",
    "VolumeId",
];

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in watch.series.iter().filter(|series| series.namespace.starts_with("AWS/")) {
            for (dimension, value) in series.dimensions {
                if subject.is_listed(series) || !NAMES.contains(&dimension.as_str()) {
                    continue;
                }
                let Some((what, right)) = fault(series.namespace, dimension, value) else { continue };
                let name = &watch.alarm.name;
                let message =
                    format!("`{name}` asks for {dimension} {value}: {what}, and CloudWatch publishes {right}");
                let help = match suggestion(dimension, value) {
                    Some(name) => format!("write {dimension}: {name}"),
                    None => format!("write {right}"),
                };
                found.push(watch.raise(&["dimensions", "metrics", "anomaly"], message, help));
            }
        }
    }
}

/// What a value is, and what it has to be.
fn fault(namespace: &str, dimension: &str, value: &str) -> Option<(&'static str, &'static str)> {
    let is_url = ["https://", "http://"].iter().any(|scheme| value.starts_with(scheme));
    let (form, begins): (&str, &[&str]) = match (namespace, dimension) {
        ("AWS/ApplicationELB", "LoadBalancer") => ("the end of the ARN, app/NAME/ID", &["app/"]),
        ("AWS/NetworkELB", "LoadBalancer") => ("the end of the ARN, net/NAME/ID", &["net/"]),
        ("AWS/GatewayELB", "LoadBalancer") => ("the end of the ARN, gwy/NAME/ID", &["gwy/"]),
        ("AWS/ApplicationELB" | "AWS/NetworkELB" | "AWS/GatewayELB", "TargetGroup") => {
            ("the end of the ARN, targetgroup/NAME/ID", &["targetgroup/"])
        }
        _ => ("the name", &[""]),
    };
    match () {
        () if Arn::parse(value).is_some() => Some(("an ARN", form)),
        () if is_url => Some(("a URL", form)),
        () if !begins.iter().any(|begin| value.starts_with(begin)) => Some(("a name alone", form)),
        () => None,
    }
}

/// The part that is the name.
fn suggestion<'v>(dimension: &str, value: &'v str) -> Option<&'v str> {
    match Arn::parse(value) {
        Some(arn) => match dimension {
            "LoadBalancer" => arn.resource.strip_prefix("loadbalancer/"),
            "TargetGroup" => Some(arn.resource),
            "FunctionName" => arn.resource.strip_prefix("function:")?.split(':').next(),
            _ => arn.resource.rsplit([':', '/']).next(),
        },
        None => value.trim_end_matches('/').rsplit_once('/').map(|(_, name)| name).filter(|_| value.contains("://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_a_name_is_a_fault() {
        for (namespace, dimension, value, wrong) in [
            ("AWS/Lambda", "FunctionName", "arn:aws:lambda:us-east-1:123456789012:function:shop", Some("an ARN")),
            ("AWS/Lambda", "FunctionName", "shop", None),
            ("AWS/SQS", "QueueName", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs", Some("a URL")),
            ("AWS/ApplicationELB", "LoadBalancer", "shop", Some("a name alone")),
            ("AWS/ApplicationELB", "LoadBalancer", "app/shop/50dc6c495c0c9188", None),
            ("AWS/NetworkELB", "LoadBalancer", "app/shop/50dc6c495c0c9188", Some("a name alone")),
            ("AWS/NetworkELB", "TargetGroup", "targetgroup/shop/1", None),
            ("AWS/ELB", "LoadBalancerName", "shop", None),
        ] {
            assert_eq!(fault(namespace, dimension, value).map(|(what, _)| what), wrong, "{dimension} {value}");
        }
        let of = |dimension, value| suggestion(dimension, value).unwrap_or_default();
        assert_eq!(of("FunctionName", "arn:aws:lambda:us-east-1:123456789012:function:shop:live"), "shop");
        assert_eq!(of("QueueName", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"), "jobs");
        assert_eq!(of("QueueName", "arn:aws:sqs:us-east-1:123456789012:jobs"), "jobs");
        assert_eq!(
            of("LoadBalancer", "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/1"),
            "app/a/1"
        );
    }
}
