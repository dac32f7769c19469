//! What an action's ARN names, and whether CloudWatch can run it for an alarm of a target: service, partition, region and form. Whether the
//! thing exists is not asked here.

use crate::model::{Arn, Target};

/// What CloudWatch does when an alarm changes its state (API reference, PutMetricAlarm and PutCompositeAlarm, `AlarmActions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionTarget {
    Topic,
    Function,
    /// Stop, terminate, reboot or recover the instance of the alarm's dimension `InstanceId`.
    Instance,
    ScalingPolicy,
    OpsItem,
    ResponsePlan,
    Investigation,
}

/// Why an alarm cannot have an action, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionFault {
    pub message: String,
    pub help: String,
}

const KINDS: &str = "an action is an SNS topic, a Lambda function, an EC2 action, an Auto Scaling policy, a Systems Manager OpsItem or \
                     response plan, or an investigation group";

impl ActionTarget {
    /// Reads what an ARN names, for an alarm of `target`; where its region is empty, any is right.
    pub fn read(text: &str, target: &Target) -> Result<Self, ActionFault> {
        let fault = |message: String, help: &str| ActionFault { message, help: help.to_owned() };
        let Some(arn) = Arn::parse(text) else { return Err(fault(format!("`{text}` is not a whole ARN"), KINDS)) };
        let Some(kind) = Self::of_service(arn.service) else {
            let message = format!("an alarm cannot have an action of the service `{}`", arn.service);
            let help = match arn.service {
                "sqs" => "AWS has no such action: subscribe the queue to an SNS topic, and name the topic",
                "events" | "states" => {
                    "AWS has no such action: an EventBridge rule can react to the alarm's state changes"
                }
                _ => KINDS,
            };
            return Err(fault(message, help));
        };
        // Before anything was read, a file that names no region is for any.
        let anywhere = target.region.is_empty();
        if !anywhere && arn.partition != target.partition() {
            // Said of every ARN by `DeclarationScope::check_partition`.
            return Ok(kind);
        }
        let region_is_right = match kind {
            // Response plans are global and name no region.
            ActionTarget::ResponsePlan => arn.region.is_empty() || arn.region == target.region,
            _ => arn.region == target.region,
        };
        if !anywhere && !region_is_right {
            let message = format!("this action is in `{}`, the alarm in {}", arn.region, target.region);
            return Err(fault(message, "an alarm's actions stand in its own region: name one there"));
        }
        match kind.form_fault(&arn) {
            Some(help) => Err(fault(format!("`{text}` is not of a form that an alarm can have as an action"), help)),
            None => Ok(kind),
        }
    }

    fn of_service(service: &str) -> Option<Self> {
        Some(match service {
            "sns" => ActionTarget::Topic,
            "lambda" => ActionTarget::Function,
            "automate" | "swf" => ActionTarget::Instance,
            "autoscaling" => ActionTarget::ScalingPolicy,
            "ssm" => ActionTarget::OpsItem,
            "ssm-incidents" => ActionTarget::ResponsePlan,
            "aiops" => ActionTarget::Investigation,
            _ => return None,
        })
    }

    /// Returns the right form where the resource of the ARN has another one.
    fn form_fault(self, arn: &Arn<'_>) -> Option<&'static str> {
        let resource = arn.resource;
        let parts: Vec<&str> = resource.split(':').collect();
        let is_right = match self {
            ActionTarget::Topic => is_topic_name(resource),
            ActionTarget::Function => {
                matches!(parts.as_slice(), ["function", name] | ["function", name, _] if !name.is_empty())
            }
            ActionTarget::Instance => match arn.service {
                // The account's place holds the service: `arn:aws:automate:REGION:ec2:VERB`.
                "automate" => arn.account == "ec2" && !resource.is_empty(),
                _ => resource.starts_with("action/actions/AWS_EC2.InstanceId."),
            },
            ActionTarget::ScalingPolicy => parts.first() == Some(&"scalingPolicy"),
            ActionTarget::OpsItem => parts.first() == Some(&"opsitem") && parts.len() >= 2,
            ActionTarget::ResponsePlan => {
                resource.starts_with("responseplan/") || resource.starts_with("response-plan/")
            }
            ActionTarget::Investigation => resource.starts_with("investigation-group"),
        };
        (!is_right).then_some(match self {
            ActionTarget::Topic => {
                "the ARN of a topic: arn:aws:sns:REGION:ACCOUNT:TOPIC (that of a subscription is none)"
            }
            ActionTarget::Function => {
                "arn:aws:lambda:REGION:ACCOUNT:function:NAME, with :VERSION or :ALIAS where one is meant"
            }
            ActionTarget::Instance => "arn:aws:automate:REGION:ec2:stop, terminate, reboot or recover",
            ActionTarget::ScalingPolicy => {
                "arn:aws:autoscaling:REGION:ACCOUNT:scalingPolicy:ID:autoScalingGroupName/GROUP:policyName/POLICY"
            }
            ActionTarget::OpsItem => "arn:aws:ssm:REGION:ACCOUNT:opsitem:SEVERITY#CATEGORY=NAME",
            ActionTarget::ResponsePlan => "arn:aws:ssm-incidents::ACCOUNT:responseplan/NAME",
            ActionTarget::Investigation => "arn:aws:aiops:REGION:ACCOUNT:investigation-group:ID",
        })
    }

    /// Whether a composite alarm can have it (API reference, PutCompositeAlarm; user guide, "Create a composite alarm").
    pub fn is_for_composites(self) -> bool {
        !matches!(self, ActionTarget::Instance | ActionTarget::ScalingPolicy)
    }
}

/// Letters, digits, `-` and `_`, and `.fifo` (SNS API reference, CreateTopic).
fn is_topic_name(text: &str) -> bool {
    let plain = text.strip_suffix(".fifo").unwrap_or(text);
    (1..=256).contains(&text.len())
        && !plain.is_empty()
        && plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms of the API reference, each of which is an action.
    const VALID: [&str; 17] = [
        "arn:aws:automate:us-east-1:ec2:stop",
        "arn:aws:automate:us-east-1:ec2:terminate",
        "arn:aws:automate:us-east-1:ec2:reboot",
        "arn:aws:automate:us-east-1:ec2:recover",
        "arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Stop/1.0",
        "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:f0:autoScalingGroupName/g:policyName/p",
        "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:f0:resource/ecs/service/c/s:policyName/p",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:lambda:us-east-1:123456789012:function:f:7",
        "arn:aws:lambda:us-east-1:123456789012:function:f:live",
        "arn:aws:sns:us-east-1:123456789012:t",
        "arn:aws:sns:us-east-1:210987654321:t.fifo",
        "arn:aws:ssm:us-east-1:123456789012:opsitem:1#CATEGORY=Availability",
        "arn:aws:ssm:us-east-1:123456789012:opsitem:3",
        "arn:aws:ssm-incidents::123456789012:responseplan/p",
        "arn:aws:ssm-incidents::123456789012:response-plan/p",
        "arn:aws:aiops:us-east-1:123456789012:investigation-group:i",
    ];

    #[test]
    fn takes_every_documented_action() {
        let here = Target::new("123456789012", "us-east-1");
        for arn in VALID {
            assert!(ActionTarget::read(arn, &here).is_ok(), "{arn}");
        }
        let china = Target::new("123456789012", "cn-north-1");
        assert_eq!(ActionTarget::read("arn:aws-cn:sns:cn-north-1:123456789012:t", &china), Ok(ActionTarget::Topic));
    }

    #[test]
    fn refuses_what_no_alarm_of_the_target_can_have() {
        let here = Target::new("123456789012", "us-east-1");
        for (arn, says) in [
            ("arn:aws:sns:eu-west-1:123456789012:t", "in `eu-west-1`, the alarm in us-east-1"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:f", "in `eu-west-1`"),
            ("arn:aws:sqs:us-east-1:123456789012:q", "the service `sqs`"),
            ("arn:aws:states:us-east-1:123456789012:stateMachine:s", "the service `states`"),
            ("arn:aws:sns:us-east-1:123456789012:t:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55", "is not of a form"),
            ("arn:aws:lambda:us-east-1:123456789012:layer:f", "is not of a form"),
            ("arn:aws:ssm:us-east-1:123456789012:document/x", "is not of a form"),
        ] {
            let fault = ActionTarget::read(arn, &here).expect_err(arn);
            assert!(fault.message.contains(says) && !fault.help.is_empty(), "{arn}: {fault:?}");
        }
    }
}
