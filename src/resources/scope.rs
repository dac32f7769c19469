//! What a declaration can refer to, and where its mistakes go. The readers of every kind share one.

use super::ResourceTags;
use crate::model::problem::nearest_or_all;
use crate::model::shape::MANY;
use crate::model::{Arn, Node, Partition, Span, SpecProblem, Target};
use std::collections::{BTreeMap, BTreeSet};

/// The surroundings of a declaration while it is read.
#[derive(Debug)]
pub struct DeclarationScope<'a> {
    pub target: &'a Target,
    /// The partition of the region; `None` where no region is known yet.
    pub partition: Option<&'static Partition>,
    /// The names of the topics that the file declares.
    pub topics: BTreeSet<&'a str>,
    /// The ARNs of the topics of other owners that the file gives a name.
    pub external_topics: BTreeMap<&'a str, &'a str>,
    /// Topics that the file declares in its several regions, by name, each with one of them.
    pub topics_elsewhere: BTreeMap<&'a str, &'a str>,
    /// The names of all alarms of either kind that the file declares or that its presets make.
    pub alarms: BTreeSet<&'a str>,
    /// Tags that everything in the file carries.
    pub tags: ResourceTags,
    pub problems: Vec<SpecProblem>,
}

impl DeclarationScope<'_> {
    pub fn problem(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(SpecProblem::new(span, message).help(help));
    }

    /// An ARN of another partition names nothing here (AWS General Reference, "ARN format").
    pub fn check_partition(&mut self, node: &Node) {
        let (Some(partition), Some(arn)) = (self.partition, node.text().and_then(Arn::parse)) else { return };
        if arn.partition != partition.id {
            let region = &self.target.region;
            let message =
                format!("this ARN is of the partition {}, but {region} is in {}", arn.partition, partition.id);
            let help = format!("what is named in {region} begins with arn:{}:", partition.id);
            self.problem(node.span, message, help);
        }
    }

    /// Help with a name that is not among those there are; none where so much is wrong that it does not matter.
    pub fn nearest(&self, written: &str, known: &BTreeSet<&str>, all: &str) -> Option<String> {
        (self.problems.len() < MANY).then(|| nearest_or_all(written, known.iter().copied(), all)).flatten()
    }

    /// An ARN: the declared topic's, or the one that is written.
    pub fn action(&mut self, node: &Node) -> Option<String> {
        let text = node.text()?;
        if self.topics.contains(&text) {
            return Some(self.target.arn("sns", text));
        }
        if let Some(arn) = self.external_topics.get(text) {
            return Some((*arn).to_owned());
        }
        if text.starts_with("arn:") {
            if Arn::parse(text).is_none() {
                self.problem(node.span, format!("`{text}` is not a whole ARN"), ARN_FORM);
            } else if text.len() > 1024 {
                self.problem(node.span, "this ARN has more than 1024 characters", "AWS allows at most 1024");
            } else {
                self.check_partition(node);
                return Some(text.to_owned());
            }
            return None;
        }
        let problem = SpecProblem::new(node.span, format!("no topic `{text}` is declared under `topics`"));
        let topic = self.topics.first().filter(|_| text.contains('@'));
        let help = topic
            .map(|topic| format!("to mail somebody, subscribe the address to a topic, and name the topic: {topic}"));
        // An alarm's topic is in the alarm's region (CloudWatch user guide, "Notifying users on alarm changes").
        let elsewhere = self.topics_elsewhere.get(text);
        let elsewhere = elsewhere.map(|region| {
            format!("`{text}` is a topic of {region}, and an alarm notifies topics of its own region: declare one in {}, too", self.target.region)
        });
        let help = help
            .or(elsewhere)
            .or_else(|| {
                let known = self.topics.iter().chain(self.external_topics.keys()).copied().collect();
                self.nearest(text, &known, "the topics are")
            })
            .unwrap_or_else(|| "declare it under `topics`, or write the whole ARN of what is to be notified".into());
        self.problems.push(problem.help(help));
        None
    }
}

pub const ARN_FORM: &str = "an ARN has six parts: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE";
