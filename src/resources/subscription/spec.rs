//! `topics.<name>.subscriptions` and `subscriptions` -> subscriptions.

use super::{ATTRIBUTES, PROTOCOLS, Subscription, telephone};
use crate::model::endpoint::{STARS, is_web_address};
use crate::model::filter_policy::{self, FilterPolicy, FilterScope, PolicyFault, PolicyStep};
use crate::model::node::Data;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Arn, Node, Span, SpannedName, SpecProblem};
use crate::resources::document;
use crate::resources::scope::{ARN_FORM, DeclarationScope};
use serde_json::Value;

static KEYS: [SchemaKey; 8] = [
    SchemaKey::required("protocol", Shape::OneOf(PROTOCOLS), "How it is sent: email, https, sqs, lambda, sms, …"),
    SchemaKey::required(
        "endpoint",
        Shape::Text(2048),
        "Where to: a mail address, a URL, an ARN, or a telephone number.",
    ),
    SchemaKey::or_null("filter_policy", Shape::Json, "Which messages are sent, as YAML or JSON. Default: all."),
    SchemaKey::new(
        "filter_policy_scope",
        Shape::OneOf(&["MessageAttributes", "MessageBody"]),
        "What the filter looks at; alarms have a body only. Default: MessageAttributes.",
    ),
    SchemaKey::new(
        "raw_message_delivery",
        Shape::Bool,
        "Send the bare message (http, https, sqs, firehose). Default: false.",
    ),
    SchemaKey::or_null("delivery_policy", Shape::Json, "How deliveries are repeated (http, https)."),
    SchemaKey::or_null("redrive_policy", Shape::Json, "Where undeliverable messages go: {deadLetterTargetArn: …}."),
    SchemaKey::new("subscription_role_arn", Shape::Text(2048), "Role that may write to the stream (firehose only)."),
];

/// A subscription under its topic.
pub static OF_TOPIC: ObjectSchema =
    ObjectSchema { what: "a subscription", doc: "Who is notified: a protocol and an endpoint.", keys: &[&KEYS] };

/// A subscription under the top-level `subscriptions`.
pub static SUBSCRIPTION: ObjectSchema = ObjectSchema {
    what: "a subscription of a topic",
    doc: "Who is notified: a topic, a protocol and an endpoint.",
    keys: &[&[SchemaKey::required("topic", Shape::Text(256), "A topic declared under `topics`.")], &KEYS],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "subscriptions",
    Shape::List(&Shape::Object(&SUBSCRIPTION)),
    "Subscriptions that are not written under their topic.",
);

/// Reads one subscription of a declared topic; `None` where topic, protocol or endpoint cannot be told.
pub fn read(topic: &SpannedName, node: &Node, scope: &mut DeclarationScope<'_>) -> Option<Subscription> {
    if !scope.topics.contains(&topic.text.as_str()) {
        let problem = SpecProblem::new(topic.span, format!("no topic `{topic}` is declared under `topics`"));
        let help = scope.nearest(&topic.text, &scope.topics, "the topics are");
        scope.problems.push(problem.help(help.unwrap_or_else(|| "declare it under `topics`".into())));
    }
    of_topic(topic, node, scope)
}

/// The same of a topic that need not be declared.
pub fn of_topic(topic: &SpannedName, node: &Node, scope: &mut DeclarationScope<'_>) -> Option<Subscription> {
    let protocol = node.get("protocol")?.text()?;
    let endpoint = node.get("endpoint")?;
    let mut subscription = Subscription::new(&topic.text, protocol, endpoint.text()?);
    if let Some(number) = telephone(&subscription.endpoint).filter(|_| protocol == "sms") {
        subscription.endpoint = number;
    }
    if let Err((message, help)) = check_endpoint(protocol, &subscription.endpoint) {
        scope.problem(endpoint.span, message, help);
    }
    scope.check_partition(endpoint);
    if subscription.password().is_some_and(|(_, password)| password == STARS) {
        let help = "write the password itself, best by a variable: https://user:${password}@host";
        scope.problem(endpoint.span, "`****` is what SNS shows for a password, not one", help);
    }
    let given = ATTRIBUTES.iter().filter(|key| node.get(key).is_some());
    subscription.declared = given.map(|key| (*key).to_owned()).collect();
    if topic.text.ends_with(".fifo") && protocol != "sqs" {
        let help = "a FIFO topic delivers to sqs only";
        scope.problem(endpoint.span, format!("`{protocol}` does not go with a FIFO topic"), help);
    }
    let flag = node.get("raw_message_delivery");
    subscription.raw_message_delivery = flag.and_then(Node::boolean).unwrap_or(false);
    if let Some(flag) = flag.filter(|_| subscription.raw_message_delivery)
        && !["http", "https", "sqs", "firehose"].contains(&protocol)
    {
        let message = format!("`raw_message_delivery` does not go with `{protocol}`");
        scope.problem(flag.span, message, "AWS allows it for http, https, sqs and firehose");
    }
    let looks_at = node.get("filter_policy_scope").and_then(Node::text);
    let given = given_document(node, "filter_policy");
    subscription.filter_policy = given.and_then(|node| filter_policy(node, looks_at, scope));
    subscription.filter_policy_scope = node.get("filter_policy_scope").and_then(Node::text).map(str::to_owned);
    subscription.delivery_policy = given_document(node, "delivery_policy").and_then(|policy| {
        if !["http", "https"].contains(&protocol) {
            let message = format!("`delivery_policy` does not go with `{protocol}`");
            scope.problem(document::place(policy), message, "AWS allows it for http and https");
        }
        document::object(policy, "delivery_policy", scope)
    });
    subscription.redrive_policy = given_document(node, "redrive_policy").and_then(|node| redrive_policy(node, scope));
    subscription.subscription_role_arn = role(node, protocol, scope);
    Some(subscription)
}

/// A policy that is not `null`.
fn given_document<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key).filter(|policy| policy.data != Data::Null)
}

fn role(node: &Node, protocol: &str, scope: &mut DeclarationScope<'_>) -> Option<String> {
    let role = node.get("subscription_role_arn");
    match (role, protocol) {
        (None, "firehose") => {
            let place = node.get("protocol").map_or(node.span, |protocol| protocol.span);
            let help = "add `subscription_role_arn`: the role that may write to the stream";
            scope.problem(place, "a firehose subscription has no role", help);
        }
        (Some(role), "firehose") if !role.text().is_some_and(|text| is_arn(text, "iam")) => {
            scope.problem(role.span, "`subscription_role_arn` is not the ARN of a role", ARN_FORM);
        }
        (Some(role), other) if other != "firehose" => {
            let message = format!("`subscription_role_arn` does not go with `{other}`");
            scope.problem(role.span, message, "AWS allows it for firehose only");
        }
        _ => {}
    }
    if let Some(role) = role {
        scope.check_partition(role);
    }
    role.and_then(Node::text).map(str::to_owned)
}

/// The policy, held against SNS's grammar and limits (SNS developer guide, "Filter policy constraints").
fn filter_policy(node: &Node, scope_of_policy: Option<&str>, scope: &mut DeclarationScope<'_>) -> Option<Value> {
    let policy = document::object(node, "filter_policy", scope)?;
    let looks_at = FilterScope::of(scope_of_policy);
    let size = policy.to_string().len();
    let checked = match size > filter_policy::MAX_BYTES {
        true => Err(PolicyFault::TooLarge { bytes: size }),
        false => FilterPolicy::read(&policy, looks_at).map(drop),
    };
    if let Err(fault) = checked {
        let (message, help) = policy_problem(&fault);
        scope.problem(place_in(node, fault.place()), message, help);
    }
    Some(policy)
}

fn policy_problem(fault: &PolicyFault) -> (String, String) {
    match fault {
        PolicyFault::Nested { at } => {
            let key = at.iter().rev().find_map(|step| match step {
                PolicyStep::Key(key) => Some(key.as_str()),
                PolicyStep::Item(_) => None,
            });
            let key = key.unwrap_or_default();
            (
                format!("`{key}` has keys below it, and message attributes have none"),
                "add filter_policy_scope: MessageBody: alarms send no message attributes anyway".into(),
            )
        }
        PolicyFault::TooManyKeys { keys } => (
            format!("a filter policy of {keys} keys"),
            format!("AWS allows at most {}, counted at every depth", filter_policy::MAX_KEYS),
        ),
        PolicyFault::TooComplex { combinations } => (
            format!("a filter policy of {combinations} combinations of values"),
            format!(
                "AWS allows at most {}: the numbers of values multiplied, those of a nested key times its depth",
                filter_policy::MAX_COMBINATIONS
            ),
        ),
        PolicyFault::TooLarge { bytes } => {
            (format!("a filter policy of {bytes} bytes"), "AWS allows at most 256 KB".into())
        }
        PolicyFault::NoJson(_) | PolicyFault::NoObject | PolicyFault::Grammar { .. } => {
            let help = "values are lists: key: [text, 5, {prefix: …}, {anything-but: […]}, {numeric: [\">\", 1]}, {exists: true}]";
            (format!("SNS refuses this: {}", fault.sentence().trim_start_matches("FilterPolicy: ")), help.into())
        }
    }
}

/// The part of a policy that is written as YAML; of a JSON text its first line.
fn place_in(node: &Node, steps: &[PolicyStep]) -> Span {
    let mut here = node;
    let mut span = document::place(node);
    for step in steps {
        let next = match step {
            PolicyStep::Key(key) => here.entries().iter().find(|entry| entry.name.text == *key).map(|entry| {
                span = entry.name.span;
                &entry.value
            }),
            PolicyStep::Item(n) => here.items().get(*n).inspect(|item| span = document::place(item)),
        };
        match next {
            Some(next) => here = next,
            None => break,
        }
    }
    span
}

fn redrive_policy(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<Value> {
    if let Some(queue) = node.get("deadLetterTargetArn") {
        scope.check_partition(queue);
    }
    let policy = document::object(node, "redrive_policy", scope)?;
    let queue = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    if !queue.is_some_and(|queue| is_arn(queue, "sqs")) {
        let help = "write redrive_policy: { deadLetterTargetArn: arn:aws:sqs:REGION:ACCOUNT:QUEUE }";
        scope.problem(document::place(node), "`redrive_policy` names no SQS queue", help);
    }
    Some(policy)
}

fn is_arn(text: &str, service: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.service == service)
}

/// The form of an endpoint (SNS API reference, Subscribe): what is wrong, and what is right.
fn check_endpoint(protocol: &str, endpoint: &str) -> Result<(), (String, &'static str)> {
    let arn_of = |service: &str, help| match is_arn(endpoint, service) {
        true => Ok(()),
        false => Err((format!("`{endpoint}` is not an ARN for `{protocol}`"), help)),
    };
    let url = |help| match is_web_address(protocol, endpoint) {
        true => Ok(()),
        false => Err((format!("`{endpoint}` is not a URL for `{protocol}`"), help)),
    };
    match protocol {
        "email" | "email-json" if !is_mail_address(endpoint) => {
            let variable = endpoint.starts_with('$');
            let help = if variable { "a variable is written ${name}" } else { "write, for example, you@example.edu" };
            Err((format!("`{endpoint}` is not a mail address"), help))
        }
        "http" => url("it begins with http:// and a host"),
        "https" => url("it begins with https:// and a host"),
        "sms" if telephone(endpoint).is_none() => Err((
            format!("`{endpoint}` is not a telephone number"),
            "write it in the form E.164, in quotes: \"+12065550100\"",
        )),
        "sqs" => arn_of("sqs", "write the queue's ARN: arn:aws:sqs:REGION:ACCOUNT:QUEUE"),
        "lambda" => arn_of("lambda", "write the function's ARN: arn:aws:lambda:REGION:ACCOUNT:function:NAME"),
        "firehose" => arn_of("firehose", "write the stream's ARN: arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME"),
        "application" => arn_of("sns", "write the endpoint's ARN: arn:aws:sns:REGION:ACCOUNT:endpoint/…"),
        _ => Ok(()),
    }
}

fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    (1..=64).contains(&local.len())
        && text.len() <= 254
        && !local.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@' || c == ',')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_endpoints_of_every_protocol() {
        for (protocol, endpoint) in [
            ("email", "a.b+c@x.edu"),
            ("email-json", "a@localhost"),
            ("http", "http://localhost:8080/x"),
            ("https", "https://u:p@x.edu/a?b=c"),
            ("sms", "+12065550100"),
            ("sqs", "arn:aws:sqs:us-east-1:123456789012:q"),
            ("lambda", "arn:aws:lambda:us-east-1:123456789012:function:f"),
            ("firehose", "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"),
            ("application", "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/a/b"),
        ] {
            assert_eq!(check_endpoint(protocol, endpoint), Ok(()), "{protocol}");
            assert!(check_endpoint(protocol, "what is this").is_err(), "{protocol}");
        }
    }
}
