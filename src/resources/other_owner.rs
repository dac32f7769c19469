//! Owners other than a stack of ours: what other tools and AWS's own services leave on a resource, one table with a source a
//! row. It recognises and names; whether that stands in the way decides `plan::guard`.

use super::{Kind, ResourceTags};
use std::fmt;

/// A tool or service that a live resource belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherOwner {
    /// E.g. `CloudFormation stack`, `Terraform`.
    tool: &'static str,
    /// Its own name for what the resource is part of, where a tag tells it.
    of: Option<String>,
}

impl fmt::Display for OtherOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Some(name) => write!(f, "{} {name:?}", self.tool),
            None => f.write_str(self.tool),
        }
    }
}

/// By what an owner is recognised.
enum Sign {
    /// A tag of this very key and value.
    Tag(&'static str, &'static str),
    /// A tag whose key begins like this, whatever its value.
    Key(&'static str),
    /// Both: a tag of this very key, and one whose key begins like this.
    KeyBeside(&'static str, &'static str),
    /// A stack of CloudFormation whose name begins like this.
    StackName(&'static str),
    /// A name that begins like this, of these kinds.
    Name(&'static [Kind], &'static str),
}

struct OwnerRow {
    sign: Sign,
    tool: &'static str,
    /// Keys of tags that may tell the owner's own name, the best first.
    named_by: &'static [&'static str],
}

const STACK_NAME: &str = "aws:cloudformation:stack-name";
const STACK_ID: &str = "aws:cloudformation:stack-id";
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";
const STACK: &[&str] = &[STACK_NAME, STACK_ID];
const ALARMS: &[Kind] = &[Kind::Alarm, Kind::LogAlarm, Kind::CompositeAlarm];

const fn row(sign: Sign, tool: &'static str, named_by: &'static [&'static str]) -> OwnerRow {
    OwnerRow { sign, tool, named_by }
}

/// The first row that fits names the owner: what is built on CloudFormation stands before CloudFormation itself. Above each
/// row is where its sign is documented.
const ROWS: &[OwnerRow] = &[
    // Serverless Application Repository Developer Guide: serverlessrepo:applicationId, serverlessrepo:semanticVersion
    row(Sign::Key("serverlessrepo:"), "Serverless Application Repository stack", STACK),
    // AWS SAM Developer Guide: the tag lambda:createdBy:SAM on generated resources
    row(Sign::Tag("lambda:createdBy", "SAM"), "SAM stack", STACK),
    // AWS CDK, aws-cdk-lib: the constructs' own tags, e.g. aws-cdk:auto-delete-objects, aws-cdk:cr-owned:…
    row(Sign::Key("aws-cdk:"), "CDK stack", STACK),
    // Elastic Beanstalk Developer Guide, Tagging resources in your environments: elasticbeanstalk:environment-name
    row(Sign::Key("elasticbeanstalk:"), "Elastic Beanstalk environment", &["elasticbeanstalk:environment-name"]),
    // AWS Copilot documentation: copilot-application, copilot-environment, copilot-service
    row(Sign::Key("copilot-application"), "Copilot application", &["copilot-application"]),
    // Serverless Framework documentation, provider.aws: stacks carry the tag STAGE
    row(Sign::KeyBeside("STAGE", "aws:cloudformation:"), "Serverless Framework stack", STACK),
    // CloudFormation User Guide, StackSets: stacks of instances are called StackSet-NAME-ID
    row(Sign::StackName("StackSet-"), "CloudFormation StackSet instance", STACK),
    // AWS Config Developer Guide, conformance packs: deployed by stacks called awsconfigconforms-NAME-ID
    row(Sign::StackName("awsconfigconforms-"), "AWS Config conformance pack", STACK),
    // CloudFormation User Guide, Resource tag: aws:cloudformation:stack-name, -stack-id, -logical-id
    row(Sign::Key("aws:cloudformation:"), "CloudFormation stack", STACK),
    // Service Catalog Administrator Guide, AutoTags: aws:servicecatalog:provisionedProductArn
    row(Sign::Key("aws:servicecatalog:"), "Service Catalog product", &["aws:servicecatalog:provisionedProductArn"]),
    // Tagging AWS Resources: tags that begin with aws: are written by AWS alone
    row(Sign::Key("aws:"), "an AWS service (it carries a system tag)", &[]),
    // Pulumi documentation, stack tags, which its auto-tagging guide puts on resources: pulumi:project, pulumi:stack
    row(Sign::Key("pulumi:"), "Pulumi stack", &["pulumi:stack", "pulumi:project"]),
    // SST documentation: resources carry sst:app and sst:stage
    row(Sign::Key("sst:"), "SST app", &["sst:app"]),
    // Crossplane documentation, provider-aws: crossplane-kind, crossplane-name, crossplane-providerconfig
    row(Sign::Key("crossplane-"), "Crossplane", &["crossplane-name"]),
    // ACK documentation, resource tags: services.k8s.aws/controller-version, services.k8s.aws/namespace
    row(Sign::Key("services.k8s.aws/"), "AWS Controllers for Kubernetes", &["services.k8s.aws/namespace"]),
    // Amazon EKS User Guide, ACK capability: its default tags begin with eks:
    row(Sign::Key("eks:"), "Amazon EKS", &[]),
    // Application Auto Scaling User Guide and EC2 Auto Scaling User Guide, target tracking: its alarms begin with
    // TargetTracking- and are not to be edited or deleted
    row(Sign::Name(&[Kind::Alarm], "TargetTracking-"), "a target tracking scaling policy", &[]),
    // Elastic Beanstalk Developer Guide: the stack of an environment is called awseb-e-ID-stack, and its alarms after
    // it
    row(Sign::Name(&[Kind::Alarm], "awseb-e-"), "Elastic Beanstalk", &[]),
    // CloudWatch User Guide, Application Insights: alarms that it creates begin with ApplicationInsights/
    row(Sign::Name(ALARMS, "ApplicationInsights/"), "CloudWatch Application Insights", &[]),
    // CloudWatch API Reference, PutMetricData: names that begin with AWS/ are reserved for AWS's products
    row(Sign::Name(ALARMS, "AWS/"), "an AWS service (its name begins with AWS/)", &[]),
    // AWS Control Tower User Guide, resources not to be modified: aws-controltower-*, aws-controltower/*
    row(Sign::Name(&[Kind::Topic, Kind::LogGroup], "aws-controltower"), "AWS Control Tower", &[]),
];

/// A word that names a tool, as the value of a tag that says by what something is managed.
const TOOLS: &[(&str, &str)] = &[
    ("terraform", "Terraform"),
    ("opentofu", "OpenTofu"),
    ("tofu", "OpenTofu"),
    ("terragrunt", "Terragrunt"),
    ("cdktf", "CDK for Terraform"),
    ("pulumi", "Pulumi"),
    ("ansible", "Ansible"),
    ("cloudformation", "CloudFormation"),
    ("cfn", "CloudFormation"),
    ("cdk", "CDK"),
    ("serverless", "Serverless Framework"),
    ("crossplane", "Crossplane"),
    ("puppet", "Puppet"),
    ("saltstack", "Salt"),
    ("helm", "Helm"),
    ("eksctl", "eksctl"),
    ("kops", "kOps"),
    ("chalice", "Chalice"),
    ("zappa", "Zappa"),
    ("spacelift", "Spacelift"),
];

/// Keys, without their separators and what stands before a `/` or `:`, that say by what something is managed. No tool sets
/// them by itself: they are what the tools' own guides and style guides recommend as default tags (Terraform's AWS provider,
/// `default_tags`; Pulumi, auto-tagging; Ansible and AWS's Tagging Best Practices; Kubernetes, `app.kubernetes.io/managed-by`).
const MANAGED_BY: &[&str] = &[
    "managedby",
    "managedwith",
    "managedthrough",
    "provisionedby",
    "provisionedwith",
    "provisioner",
    "createdby",
    "createdwith",
    "createdusing",
    "deployedby",
    "deployedwith",
    "deploymenttool",
    "builtby",
    "builtwith",
    "maintainedby",
    "orchestrator",
    "automation",
    "automatedby",
    "iac",
    "iactool",
    "tool",
];

/// A key that is a tool's name, alone or at its beginning, says the same unless its value denies it.
const OWN_KEYS: &[(&str, &str)] = &[
    ("terraform", "Terraform"),
    ("terragrunt", "Terragrunt"),
    ("opentofu", "OpenTofu"),
    ("ansible", "Ansible"),
    ("pulumi", "Pulumi"),
];
const DENIALS: &[&str] = &["false", "no", "0", "none", "off"];

/// Returns whose a resource is by its kind, name and tags; `None` where nobody else's sign is on it. A subscription has no
/// tags, so nothing tells of it.
pub fn recognise(kind: Kind, name: &str, tags: &ResourceTags) -> Option<OtherOwner> {
    let by_row = ROWS.iter().find(|row| row.sign.is_on(kind, name, tags)).map(|row| OtherOwner {
        tool: row.tool,
        of: row.named_by.iter().find_map(|key| Some(last_name(key, tags.get(*key)?))),
    });
    by_row.or_else(|| tags.iter().find_map(|(key, value)| by_custom(key, value)))
}

/// What CloudFormation's tags say of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateOrigin {
    /// The name of the stack.
    pub stack: String,
    /// Its name in the template.
    pub logical_id: Option<String>,
}

/// Returns the stack that made a resource, by its tags. Whether it still does they do not say: a resource that its template has let go
/// of may keep them, and nobody but AWS can take them off (Template Reference, "CloudFormation resource tagging").
pub fn cloudformation(tags: &ResourceTags) -> Option<TemplateOrigin> {
    let stack = STACK.iter().find_map(|key| Some(last_name(key, tags.get(*key)?)))?;
    Some(TemplateOrigin { stack, logical_id: tags.get(LOGICAL_ID).cloned() })
}

impl Sign {
    fn is_on(&self, kind: Kind, name: &str, tags: &ResourceTags) -> bool {
        let has_key = |prefix: &str| tags.keys().any(|key| key.starts_with(prefix));
        match self {
            Sign::Tag(key, value) => tags.get(*key).is_some_and(|own| own.eq_ignore_ascii_case(value)),
            Sign::Key(prefix) => has_key(prefix),
            Sign::KeyBeside(key, prefix) => tags.contains_key(*key) && has_key(prefix),
            Sign::StackName(prefix) => tags.get(STACK_NAME).is_some_and(|stack| stack.starts_with(prefix)),
            Sign::Name(kinds, prefix) => kinds.contains(&kind) && name.starts_with(prefix),
        }
    }
}

/// The name in a tag's value; of the ARN of a stack (`…:stack/NAME/ID`) its name.
fn last_name(key: &str, value: &str) -> String {
    let in_arn = value.split(":stack/").nth(1).and_then(|rest| rest.split('/').next());
    in_arn.filter(|_| key == STACK_ID).unwrap_or(value).to_owned()
}

/// What people write into tags by custom: `ManagedBy: terraform`, `terraform: true`.
fn by_custom(key: &str, value: &str) -> Option<OtherOwner> {
    let tail = key.rsplit(['/', ':']).next().unwrap_or(key);
    let plain: String = tail.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let value = value.to_lowercase();
    let tool = if MANAGED_BY.contains(&plain.as_str()) {
        let mut words = value.split(|c: char| !c.is_alphanumeric());
        words.find_map(|word| TOOLS.iter().find(|(known, _)| *known == word))
    } else {
        let denied = DENIALS.contains(&value.trim());
        OWN_KEYS.iter().find(|(known, _)| plain.starts_with(known)).filter(|_| !denied)
    };
    tool.map(|(_, tool)| OtherOwner { tool, of: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(kind: Kind, name: &str, tags: &[(&str, &str)]) -> Option<String> {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        recognise(kind, name, &tags).map(|owner| owner.to_string())
    }

    #[test]
    fn owners_are_recognised_by_their_tags() {
        let stack = ("aws:cloudformation:stack-name", "prod");
        let id = ("aws:cloudformation:stack-id", "arn:aws:cloudformation:us-east-1:123456789012:stack/prod/0a1b");
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[stack], r#"CloudFormation stack "prod""#),
            (&[id], r#"CloudFormation stack "prod""#),
            (&[("aws:cloudformation:logical-id", "Errors")], "CloudFormation stack"),
            (&[stack, ("lambda:createdBy", "SAM")], r#"SAM stack "prod""#),
            (&[stack, ("aws-cdk:path", "x")], r#"CDK stack "prod""#),
            (&[("aws-cdk:auto-delete-objects", "true")], "CDK stack"),
            (&[stack, ("STAGE", "dev")], r#"Serverless Framework stack "prod""#),
            (&[stack, ("serverlessrepo:applicationId", "arn:x")], r#"Serverless Application Repository stack "prod""#),
            (
                &[("aws:cloudformation:stack-name", "StackSet-base-0a1b")],
                r#"CloudFormation StackSet instance "StackSet-base-0a1b""#,
            ),
            (&[("elasticbeanstalk:environment-name", "web")], r#"Elastic Beanstalk environment "web""#),
            (&[("aws:servicecatalog:provisionedProductArn", "arn:x")], r#"Service Catalog product "arn:x""#),
            (&[("aws:something:new", "x")], "an AWS service (it carries a system tag)"),
            (&[("pulumi:project", "shop")], r#"Pulumi stack "shop""#),
            (&[("Terraform", "true")], "Terraform"),
            (&[("terraform", "1")], "Terraform"),
            (&[("terraform_module", "alarms")], "Terraform"),
            (&[("ManagedBy", "Terraform")], "Terraform"),
            (&[("managed-by", "terraform")], "Terraform"),
            (&[("managed_by", "Terraform Cloud v1.9")], "Terraform"),
            (&[("Managed By", "terraform")], "Terraform"),
            (&[("acme:managed-by", "pulumi")], "Pulumi"),
            (&[("app.kubernetes.io/managed-by", "Helm")], "Helm"),
            (&[("Provisioner", "ansible")], "Ansible"),
            (&[("created_by", "opentofu")], "OpenTofu"),
            (&[("IaC", "cdk")], "CDK"),
        ];
        for (tags, expected) in cases {
            for kind in [Kind::Topic, Kind::LogGroup, Kind::Alarm, Kind::CompositeAlarm] {
                assert_eq!(owner(kind, "x", tags).as_deref(), Some(*expected), "{tags:?}");
            }
        }
    }

    #[test]
    fn owners_are_recognised_by_the_names_that_services_give() {
        for (kind, name, expected) in [
            (Kind::Alarm, "TargetTracking-table/x-AlarmHigh-0a", Some("a target tracking scaling policy")),
            (Kind::Topic, "TargetTracking-x", None),
            (Kind::Alarm, "awseb-e-x-stack-AWSEBCloudwatchAlarmHigh-1", Some("Elastic Beanstalk")),
            (Kind::CompositeAlarm, "ApplicationInsights/x/y", Some("CloudWatch Application Insights")),
            (Kind::Alarm, "AWS/Lambda errors", Some("an AWS service (its name begins with AWS/)")),
            (Kind::Topic, "aws-controltower-SecurityNotifications", Some("AWS Control Tower")),
            (Kind::LogGroup, "/aws/lambda/x", None),
            (Kind::Alarm, "awsec2-i-0a-GreaterThanThreshold", None),
        ] {
            assert_eq!(owner(kind, name, &[]).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn ordinary_tags_are_nobodys_sign() {
        for tags in [
            &[("team", "terraform")][..],
            &[("terraform", "false")],
            &[("ManagedBy", "ann")],
            &[("created-by", "Sam Smith")],
            &[("Name", "x"), ("STAGE", "dev")],
            &[("tool", "hammer")],
            &[("awsApplication", "arn:x")],
            &[("mlopsctl:adopted", "yes")],
            &[],
        ] {
            assert_eq!(owner(Kind::Alarm, "errors", tags), None, "{tags:?}");
        }
    }
}
