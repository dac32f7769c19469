//! The steps by which resources leave another engine's hands without being deleted or left unwatched, written for the case at hand. Pure:
//! who finds the case - the doctor by live tags, an import by a state file or template - says what the engine calls each resource.

use crate::model::advice;
use crate::resources::foreign::DeployingEngine;
use crate::resources::{Address, Kind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Resources of a spec that another engine deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverCase {
    pub engine: DeployingEngine,
    /// The stack of CloudFormation; of Terraform nothing.
    pub stack: Option<String>,
    /// Each with its name in the engine: a logical ID, or an address of Terraform. `None` where that is not known, as of what has no tags.
    pub resources: BTreeMap<Address, Option<String>>,
    /// What of them nobody's mark is on, so that it has to be adopted by name.
    pub to_adopt: BTreeSet<Address>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandoverStep {
    pub what: String,
    /// To be written or run as it is, several lines perhaps.
    pub text: String,
}

fn step(what: impl Into<String>, text: impl Into<String>) -> HandoverStep {
    HandoverStep { what: what.into(), text: text.into() }
}

impl HandoverCase {
    /// The steps, in order.
    pub fn steps(&self) -> Vec<HandoverStep> {
        let engine = match self.engine {
            DeployingEngine::Cloudformation => self.out_of_cloudformation(),
            DeployingEngine::Terraform => self.out_of_terraform(),
        };
        std::iter::once(self.first()).chain(engine).chain([self.last()]).collect()
    }

    /// Before anything is removed: what would change.
    fn first(&self) -> HandoverStep {
        step("see that the spec changes nothing that you do not want changed", self.command("plan"))
    }

    fn last(&self) -> HandoverStep {
        let what = match self.to_adopt.is_empty() {
            true => "see that mlopsctl has nothing to change, and apply from now on",
            false => "take them over, by name: tags of the former owner may stay",
        };
        step(what, self.command("apply"))
    }

    fn command(&self, command: &str) -> String {
        // It stands on a line of its own.
        let mut line = advice::command(command).trim_matches('`').to_owned();
        for address in &self.to_adopt {
            let _ = write!(line, " --adopt {}", advice::quoted(&address.to_string()));
        }
        line
    }

    fn out_of_cloudformation(&self) -> Vec<HandoverStep> {
        let stack = self.stack.as_deref().unwrap_or("STACK");
        let name = advice::quoted(stack);
        let mut steps = Vec::new();
        let unnamed: Vec<String> = self.unnamed().map(|address| address.to_string()).collect();
        let has_topics = self.resources.keys().any(|address| address.kind == Kind::Topic);
        if has_topics || !unnamed.is_empty() {
            let whose = if unnamed.is_empty() { String::new() } else { format!(": {}", unnamed.join(", ")) };
            steps.push(step(
                format!("find the logical IDs of what has no tags: subscriptions, topic policies, metric filters, detectors{whose}"),
                format!(
                    "aws cloudformation describe-stack-resources --stack-name {name} --query \
                     'StackResources[].[LogicalResourceId,ResourceType,PhysicalResourceId]' --output text"
                ),
            ));
        }
        steps.push(step(
            format!("write into the template of {stack} that they are kept, and the same of those that you have found"),
            self.retained(),
        ));
        let deploy = format!("aws cloudformation deploy --stack-name {name} --template-file TEMPLATE");
        match stack.starts_with("StackSet-") {
            // Its stacks are the StackSet's: their templates are never changed by themselves.
            true => steps.push(step(
                "update the StackSet that it is an instance of, not the stack",
                "aws cloudformation update-stack-set --stack-set-name STACKSET --template-body file://TEMPLATE",
            )),
            false => steps.push(step(
                "deploy that alone; where there is nothing to update, change a Metadata attribute of one of them with it",
                &deploy,
            )),
        }
        steps.push(step(
            "take them out of the template and deploy again, or delete the stack if nothing else is in it; each has to be DELETE_SKIPPED",
            format!(
                "aws cloudformation describe-stack-events --stack-name {name} --query \
                 \"StackEvents[?ResourceStatus=='DELETE_SKIPPED'].LogicalResourceId\" --output text"
            ),
        ));
        steps
    }

    fn unnamed(&self) -> impl Iterator<Item = &Address> {
        self.resources.iter().filter(|(_, id)| id.is_none()).map(|(address, _)| address)
    }

    /// The attributes of exactly these resources, as they stand in a template.
    fn retained(&self) -> String {
        let mut text = "Resources:\n".to_owned();
        let named = self.resources.iter().filter_map(|(address, id)| Some((id.as_ref()?, address)));
        let mut by_id: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        named.for_each(|(id, address)| by_id.entry(id).or_default().push(address.to_string()));
        for (id, addresses) in by_id {
            let _ = write!(
                text,
                "  {id}: # {}\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n",
                addresses.join(", ")
            );
        }
        text
    }

    fn out_of_terraform(&self) -> Vec<HandoverStep> {
        let removed = RemovedBlocks::of(self.resources.values().flatten().map(String::as_str));
        let mut steps = vec![step(
            "delete their resource blocks and what refers to them, and add these blocks (Terraform 1.7 or newer)",
            removed.text(),
        )];
        if !removed.instances.is_empty() {
            let list: Vec<&str> = removed.instances.iter().map(String::as_str).collect();
            steps.push(step(
                "a block removes every instance of its resource from the state: where others are to stay, leave out the block and the next step, and \
                 take out these alone after the resource does not make them any more",
                list.iter().map(|one| format!("terraform state rm {}\n", advice::quoted(one))).collect::<String>(),
            ));
        }
        if !removed.refused.is_empty() || self.unnamed().next().is_some() {
            let unnamed = self.unnamed().map(ToString::to_string);
            let all: Vec<String> = removed.refused.iter().cloned().chain(unnamed).collect();
            steps.push(step(
                format!("find the addresses of what is not named here: {}", all.join(", ")),
                "terraform state list",
            ));
        }
        steps.push(step(
            "see that each will no longer be managed but will not be destroyed, and that nothing is to destroy; then apply",
            "terraform plan\nterraform apply",
        ));
        steps
    }
}

/// Blocks of Terraform that let go of resources and leave them as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemovedBlocks {
    /// What each is from: a resource, in whichever module, without the keys of instances, which `from` does not take.
    pub from: BTreeSet<String>,
    /// Addresses of single instances among those that were given.
    pub instances: BTreeSet<String>,
    /// What is no address of a managed resource.
    pub refused: BTreeSet<String>,
}

impl RemovedBlocks {
    /// Takes addresses as a state lists them: `module.alarms["eu"].aws_cloudwatch_metric_alarm.errors[0]`.
    pub fn of<'a>(addresses: impl Iterator<Item = &'a str>) -> Self {
        let mut blocks = Self::default();
        for address in addresses {
            match without_keys(address) {
                Some(from) => {
                    if from != address {
                        blocks.instances.insert(address.to_owned());
                    }
                    blocks.from.insert(from);
                }
                None => drop(blocks.refused.insert(address.to_owned())),
            }
        }
        blocks
    }

    pub fn text(&self) -> String {
        let block =
            |from: &String| format!("removed {{\n  from = {from}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
        self.from.iter().map(block).collect()
    }
}

/// Returns the address of a resource without the keys of its instances and of its modules'; `None` where it is not one: of `data` nothing
/// is to be let go of.
fn without_keys(address: &str) -> Option<String> {
    let mut parts = parts(address)?.into_iter().peekable();
    let mut from = Vec::new();
    while parts.peek() == Some(&"module") {
        from.extend([parts.next()?, parts.next()?]);
    }
    let (kind, name) = (parts.next()?, parts.next()?);
    from.extend([kind, name]);
    (parts.next().is_none() && kind != "data").then(|| from.join("."))
}

/// The names of an address, without what stands in brackets.
fn parts(address: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = address;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let is_start = |c: char| c.is_alphabetic() || c == '_';
        let is_name = name.starts_with(is_start) && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !is_name {
            return None;
        }
        parts.push(name);
        let after = match after.strip_prefix('[') {
            Some(key) => behind_key(key)?,
            None => after,
        };
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(parts),
        }
    }
}

/// What stands behind the key of an instance, a number or a text in quotes, and its bracket.
fn behind_key(key: &str) -> Option<&str> {
    let Some(quoted) = key.strip_prefix('"') else {
        let (number, after) = key.split_once(']')?;
        return (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(after);
    };
    let mut is_escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return quoted[at + 1..].strip_prefix(']'),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
