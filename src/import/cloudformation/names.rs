//! What CloudFormation says of a resource: its name, its ARN, as far as the template or the list of the stack's resources says it.

use super::evaluate::Evaluator;
use super::open::OpenReason;
use super::value::{ResourceName, UnknownValue};
use crate::model::Arn;
use crate::model::node::{Node, Span};

/// How a type is named.
#[derive(Debug)]
pub struct NamedType {
    pub type_name: &'static str,
    /// The property that is its name.
    pub property: &'static str,
    reference: Returned,
    /// Attributes of `Fn::GetAtt`, and what they are.
    attributes: &'static [(&'static str, Returned)],
    /// Whether AWS writes the name in small letters, whatever the template has.
    is_small: bool,
}

/// What a function returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Returned {
    Name,
    /// Of a service, with this before the name and that behind it.
    Arn(&'static str, &'static str, &'static str),
    /// The same without a region.
    GlobalArn(&'static str, &'static str),
    /// Without region and account.
    PlainArn(&'static str),
    QueueUrl,
    /// Made up by AWS.
    Unknown,
}

use Returned::{Arn as ArnOf, GlobalArn, Name, PlainArn, QueueUrl, Unknown};

const fn named(
    type_name: &'static str,
    property: &'static str,
    reference: Returned,
    attributes: &'static [(&'static str, Returned)],
) -> NamedType {
    NamedType { type_name, property, reference, attributes, is_small: false }
}

const fn small(type_name: &'static str, property: &'static str) -> NamedType {
    NamedType { is_small: true, ..named(type_name, property, Name, &[]) }
}

/// Types by the template reference ("Return values" of each). The last part of an ARN is the name.
static TYPES: &[NamedType] = &[
    named(
        "AWS::SNS::Topic",
        "TopicName",
        ArnOf("sns", "", ""),
        &[("TopicName", Name), ("TopicArn", ArnOf("sns", "", ""))],
    ),
    named("AWS::CloudWatch::Alarm", "AlarmName", Name, &[("Arn", ArnOf("cloudwatch", "alarm:", ""))]),
    named("AWS::CloudWatch::CompositeAlarm", "AlarmName", Name, &[("Arn", ArnOf("cloudwatch", "alarm:", ""))]),
    named("AWS::CloudWatch::LogAlarm", "AlarmName", Name, &[("Arn", ArnOf("cloudwatch", "alarm:", ""))]),
    named("AWS::CloudWatch::AlarmMuteRule", "Name", Unknown, &[("Arn", ArnOf("cloudwatch", "alarm-mute-rule:", ""))]),
    named("AWS::CloudWatch::Dashboard", "DashboardName", Name, &[]),
    named("AWS::Logs::LogGroup", "LogGroupName", Name, &[("Arn", ArnOf("logs", "log-group:", ":*"))]),
    named("AWS::Logs::MetricFilter", "FilterName", Name, &[]),
    named("AWS::Lambda::Function", "FunctionName", Name, &[("Arn", ArnOf("lambda", "function:", ""))]),
    named("AWS::Serverless::Function", "FunctionName", Name, &[("Arn", ArnOf("lambda", "function:", ""))]),
    named("AWS::SQS::Queue", "QueueName", QueueUrl, &[("QueueName", Name), ("Arn", ArnOf("sqs", "", ""))]),
    named("AWS::DynamoDB::Table", "TableName", Name, &[("Arn", ArnOf("dynamodb", "table/", ""))]),
    named("AWS::DynamoDB::GlobalTable", "TableName", Name, &[("Arn", ArnOf("dynamodb", "table/", ""))]),
    named("AWS::Serverless::SimpleTable", "TableName", Name, &[("Arn", ArnOf("dynamodb", "table/", ""))]),
    named("AWS::ECS::Cluster", "ClusterName", Name, &[("Arn", ArnOf("ecs", "cluster/", ""))]),
    named("AWS::ECS::Service", "ServiceName", Unknown, &[("Name", Name)]),
    named("AWS::Kinesis::Stream", "Name", Name, &[("Arn", ArnOf("kinesis", "stream/", ""))]),
    named(
        "AWS::KinesisFirehose::DeliveryStream",
        "DeliveryStreamName",
        Name,
        &[("Arn", ArnOf("firehose", "deliverystream/", ""))],
    ),
    named("AWS::S3::Bucket", "BucketName", Name, &[("Arn", PlainArn("s3"))]),
    named(
        "AWS::StepFunctions::StateMachine",
        "StateMachineName",
        ArnOf("states", "stateMachine:", ""),
        &[("Name", Name), ("Arn", ArnOf("states", "stateMachine:", ""))],
    ),
    named(
        "AWS::Serverless::StateMachine",
        "Name",
        ArnOf("states", "stateMachine:", ""),
        &[("Name", Name), ("Arn", ArnOf("states", "stateMachine:", ""))],
    ),
    named("AWS::AutoScaling::AutoScalingGroup", "AutoScalingGroupName", Name, &[]),
    named("AWS::ElasticLoadBalancing::LoadBalancer", "LoadBalancerName", Name, &[]),
    named("AWS::Synthetics::Canary", "Name", Name, &[]),
    named("AWS::IAM::Role", "RoleName", Name, &[("Arn", GlobalArn("iam", "role/"))]),
    small("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    small("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    small("AWS::ElastiCache::CacheCluster", "ClusterName"),
    small("AWS::Redshift::Cluster", "ClusterIdentifier"),
];

/// How the resources of a type are named, where that is known.
pub fn of_type(type_name: &str) -> Option<&'static NamedType> {
    TYPES.iter().find(|named| named.type_name == type_name)
}

impl<'t> Evaluator<'t> {
    /// What `Ref` of a resource gives.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn resource_reference(&mut self, logical: &str, span: Span) -> Result<String, UnknownValue> {
        let (logical, node) = self.resource(logical, span)?;
        if let Some(physical) = self.facts.physical.get(logical) {
            return Ok(physical.clone());
        }
        let type_name = node.get("Type").and_then(Node::text).unwrap_or_default();
        match of_type(type_name) {
            Some(named) if named.reference != Unknown => self.returned(logical, named, named.reference, span),
            _ => Ok(self.made_up(logical, type_name, "Ref")),
        }
    }

    /// What `Fn::GetAtt` of a resource gives.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn attribute(&mut self, logical: &str, attribute: &str, span: Span) -> Result<String, UnknownValue> {
        let (logical, node) = self.resource(logical, span)?;
        let type_name = node.get("Type").and_then(Node::text).unwrap_or_default();
        let named = of_type(type_name);
        let known = named.and_then(|named| {
            let (_, returned) = named.attributes.iter().find(|(name, _)| *name == attribute)?;
            Some((named, *returned))
        });
        match known {
            Some((named, returned)) => self.returned(logical, named, returned, span),
            None => Ok(self.made_up(logical, type_name, attribute)),
        }
    }

    fn resource(&mut self, logical: &str, span: Span) -> Result<(&'t str, &'t Node), UnknownValue> {
        let found = self.sections.resources.get_key_value(logical).map(|(name, node)| (*name, *node));
        let Some((logical, node)) = found else {
            return Err(UnknownValue::new(span, format!("nothing in the template is called {logical}")));
        };
        if let Some(condition) = node.get("Condition").and_then(Node::text)
            && !self.condition(condition, span)?
        {
            return Err(UnknownValue::new(span, format!("{logical} is not made: condition {condition} is false")));
        }
        Ok((logical, node))
    }

    fn returned(
        &mut self,
        logical: &'t str,
        named: &'static NamedType,
        returned: Returned,
        span: Span,
    ) -> Result<String, UnknownValue> {
        let name = match self.name(logical, named, span) {
            Ok(name) => name.text,
            // The whole of an ARN that holds a name which is made up is a variable, too.
            Err(_) if self.is_unnamed(logical, named) => {
                let what = match returned {
                    Name | Unknown => named.property,
                    QueueUrl => "QueueUrl",
                    ArnOf(..) | GlobalArn(..) | PlainArn(_) => "Arn",
                };
                return Ok(self.made_up(logical, named.type_name, what));
            }
            Err(unknown) => return Err(unknown),
        };
        let target = &self.facts.target;
        Ok(match returned {
            Name | Unknown => name,
            ArnOf(service, before, behind) => target.arn(service, format!("{before}{name}{behind}")),
            PlainArn(service) => format!("arn:{}:{service}:::{name}", target.partition()),
            GlobalArn(service, before) => {
                let node = self.sections.resources.get(logical).and_then(|node| node.get("Properties"));
                let path = match node.and_then(|properties| properties.get("Path")) {
                    Some(path) => self.known_text(path)?,
                    None => "/".to_owned(),
                };
                let path = path.trim_start_matches('/');
                self.facts.target.account_arn(service, format!("{before}{path}{name}"))
            }
            QueueUrl => {
                let suffix = crate::model::Partition::of_region(&target.region).dns_suffix;
                format!("https://sqs.{}.{suffix}/{}/{name}", target.region, target.account)
            }
        })
    }

    /// A text for what only AWS knows of a resource.
    fn made_up(&mut self, logical: &str, type_name: &str, what: &str) -> String {
        let (name, description) = match what {
            "Ref" => (logical.to_owned(), format!("The id of {logical} ({type_name})")),
            what => (format!("{logical}_{what}"), format!("The {what} of {logical} ({type_name})")),
        };
        let missing = format!("{description} is made up by AWS: --stack-resources may say it");
        self.open.text(OpenReason { name: &name, description, secret: false, value: None, missing })
    }

    /// Whether the template leaves the name of a resource to CloudFormation.
    fn is_unnamed(&self, logical: &str, named: &NamedType) -> bool {
        let properties = self.sections.resources.get(logical).and_then(|node| node.get("Properties"));
        !self.facts.physical.contains_key(logical)
            && properties.is_none_or(|properties| properties.get(named.property).is_none())
    }

    /// The name of a resource.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn name(
        &mut self,
        logical: &'t str,
        named: &'static NamedType,
        span: Span,
    ) -> Result<ResourceName, UnknownValue> {
        match self.names.get(logical) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return Err(UnknownValue::new(span, format!("the name of {logical} depends on itself"))),
            None => {}
        }
        self.names.insert(logical, None);
        let name = self.work_out_name(logical, named, span);
        self.names.insert(logical, Some(name.clone()));
        name
    }

    fn work_out_name(
        &mut self,
        logical: &'t str,
        named: &'static NamedType,
        span: Span,
    ) -> Result<ResourceName, UnknownValue> {
        if let Some(physical) = self.facts.physical.get(logical) {
            let last = |text: &'t str, ends: [char; 2]| text.rsplit(ends).next().unwrap_or_default();
            let text = match Arn::parse(physical) {
                Some(arn) => last(arn.resource, [':', '/']),
                // The id of a queue is its address.
                None if physical.starts_with("https://") => last(physical, ['/', '/']),
                None => physical.as_str(),
            };
            return Ok(ResourceName { text: text.to_owned(), is_proposed: false });
        }
        let properties = self.sections.resources.get(logical).and_then(|node| node.get("Properties"));
        let written = properties.and_then(|properties| properties.get(named.property));
        if let Some(node) = written
            && let Some(value) = self.evaluate(node)?
        {
            let text = super::value::scalar_text(&value)
                .ok_or_else(|| UnknownValue::new(node.span, "this is no single value"))?;
            self.known(&text, node.span)?;
            if text.contains("{{resolve:") {
                return Err(UnknownValue::new(node.span, "a dynamic reference in a name, which only AWS knows"));
            }
            if named.is_small && text != text.to_lowercase() {
                let why = format!("AWS writes the name of {logical} in small letters: --stack-resources says it");
                return Err(UnknownValue::new(node.span, why));
            }
            return Ok(ResourceName { text, is_proposed: false });
        }
        if crate::resources::cloudformation::kinds_of(named.type_name).next().is_none() {
            let why = format!("CloudFormation makes up the name of {logical}: --stack-resources says it");
            return Err(UnknownValue::new(span, why));
        }
        // A topic that is FIFO has that in its name.
        let fifo = properties.and_then(|properties| properties.get("FifoTopic")).and_then(Node::boolean);
        let behind = if fifo == Some(true) { ".fifo" } else { "" };
        Ok(ResourceName { text: format!("{logical}{behind}"), is_proposed: true })
    }
}
