//! Which engine's a file is, by what it holds.

use super::{described, terraform};
use crate::model::node::{Data, Node};

/// A form that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportFormat {
    /// A template, YAML or JSON, of SAM and the CDK, too; or what `aws cloudformation get-template` prints.
    Cloudformation,
    /// Terraform's or OpenTofu's state, or what `show -json` prints of a state or a plan.
    Terraform,
    /// What `aws cloudwatch describe-alarms` prints.
    DescribeAlarms,
}

/// What is understood, in words.
pub const UNDERSTOOD: &str = "a CloudFormation, SAM or CDK template (YAML or JSON), or what aws cloudformation get-template, terraform show -json or \
     aws cloudwatch describe-alarms print, or terraform.tfstate";

impl ImportFormat {
    /// Recognises a document; `None` of an unknown one.
    pub fn of(root: &Node) -> Option<Self> {
        match () {
            () if template(root).is_some() => Some(ImportFormat::Cloudformation),
            () if described::is_described(root) => Some(ImportFormat::DescribeAlarms),
            () if terraform::is_terraform(root) => Some(ImportFormat::Terraform),
            () => None,
        }
    }

    /// What it is called in reports.
    pub fn word(self) -> &'static str {
        match self {
            ImportFormat::Cloudformation => "cloudformation",
            ImportFormat::Terraform => "terraform",
            ImportFormat::DescribeAlarms => "describe-alarms",
        }
    }
}

/// What a file is that cannot be imported as it is, and what to do instead; `None` where it is not known.
pub fn other(root: &Node) -> Option<(&'static str, &'static str)> {
    let has = |key: &str| root.get(key).is_some();
    let is_rules = |group: &Node| group.get("rules").is_some();
    match () {
        () if has("service") && has("provider") => Some((
            "this is a configuration of the Serverless Framework, whose variables and plugins it alone evaluates",
            "import the template that serverless package writes: .serverless/cloudformation-template-update-stack.json",
        )),
        () if root.get("groups").is_some_and(|groups| groups.items().iter().any(is_rules)) => Some((
            "these are rules of Prometheus: what they ask of its series no metric of CloudWatch has to say",
            "write an alarm with promql, or one of the metric that the series is made of",
        )),
        () => None,
    }
}

/// The template, or the text or tree of it that `get-template` has put in its answer.
pub fn template(root: &Node) -> Option<&Node> {
    let is_template = |node: &Node| {
        node.get("Resources").is_some_and(|resources| matches!(resources.data, Data::Map(_)))
            || node.get("AWSTemplateFormatVersion").is_some()
    };
    match root.get("TemplateBody") {
        Some(body) => Some(body).filter(|body| is_template(body) || body.text().is_some()),
        None => Some(root).filter(|root| is_template(root)),
    }
}
