//! The declarations of a file, kind by kind, into the desired resources of a target.

use super::coverage::FunctionPattern;
use super::desired::{Desired, SpecSection};
use super::pick::{only, section};
use super::slo::SloDraft;
use crate::model::node::{MapEntry, Node, Span, SpannedName};
use crate::model::{Layers, SpecProblem};
use crate::resources::kind::Inherits;
use crate::resources::scope::DeclarationScope;
use crate::resources::{
    Address, FunctionFacts, Kind, Resource, Slo, Subscription, alarm, anomaly_detector, composite_alarm,
    external_subscription, log_group, metric_filter, subscription,
};
use std::collections::{BTreeMap, HashMap};

pub struct Reader<'a> {
    pub scope: DeclarationScope<'a>,
    pub desired: Desired,
    /// Alarms of both kinds share their names (CloudWatch user guide, "Composite alarms").
    pub alarm_names: HashMap<String, Span>,
}

impl Reader<'_> {
    /// Every declaration of a kind whose section names them.
    pub fn kind(&mut self, kind: Kind, root: &Node, defaults: Option<&Node>) {
        let facts = kind.facts();
        let Some(read) = facts.read else { return };
        let some = match facts.inherits {
            Inherits::Keys(keys) => defaults.map(|node| only(node, keys)),
            Inherits::Nothing | Inherits::Everything => None,
        };
        let inherited = if facts.inherits == Inherits::Everything { defaults } else { some.as_ref() };
        for MapEntry { name, value } in section(root, facts.section.name) {
            let layers = Layers::new(name.span, [value].into_iter().chain(inherited));
            let resource = read(name, &layers, &mut self.scope);
            self.add(resource, name.span);
        }
    }

    /// Those that stand under their topics, and those that stand alone.
    pub fn subscriptions(&mut self, root: &Node) {
        for MapEntry { name, value } in section(root, SpecSection::Of(Kind::Topic).key()) {
            for item in value.get("subscriptions").map(Node::items).unwrap_or_default() {
                let topic = SpannedName { text: name.text.clone(), span: item.span };
                self.subscription(&topic, item);
            }
        }
        for item in root.get(SpecSection::Of(Kind::Subscription).key()).map(Node::items).unwrap_or_default() {
            let topic =
                item.get("topic").and_then(|node| Some(SpannedName { text: node.text()?.to_owned(), span: node.span }));
            if let Some(topic) = topic {
                self.subscription(&topic, item);
            }
        }
    }

    /// Our subscriptions to topics of other owners.
    pub fn external_topics(&mut self, root: &Node) {
        for MapEntry { name, value } in section(root, SpecSection::Of(Kind::ExternalSubscription).key()) {
            for (subscription, place) in external_subscription::spec::read(name, value, &mut self.scope) {
                self.add(Resource::ExternalSubscription(subscription), place.span);
            }
        }
    }

    /// Those that stand under their log groups or functions, and those that stand alone.
    pub fn metric_filters(&mut self, root: &Node, facts: &BTreeMap<&str, FunctionFacts>) {
        let key = SpecSection::Of(Kind::MetricFilter).key();
        for MapEntry { name, value } in section(root, SpecSection::Of(Kind::LogGroup).key()) {
            for filter in section(value, key) {
                self.metric_filter(&name.text, &filter.name, &filter.value);
            }
        }
        for MapEntry { name, value } in section(root, SpecSection::Functions.key()) {
            let Some(facts) = facts.get(name.text.as_str()) else { continue };
            for filter in section(value, key) {
                self.metric_filter(&facts.log_group, &filter.name, &filter.value);
            }
        }
        for item in root.get(key).map(Node::items).unwrap_or_default() {
            let named = |key: &str| {
                item.get(key).and_then(|node| Some(SpannedName { text: node.text()?.to_owned(), span: node.span }))
            };
            if let (Some(group), Some(name)) = (named("log_group"), named("name")) {
                log_group::spec::check_name(&group, &mut self.scope);
                self.metric_filter(&group.text, &name, item);
            }
        }
        self.few_filters_a_group();
    }

    fn metric_filter(&mut self, group: &str, name: &SpannedName, node: &Node) {
        let filter = metric_filter::spec::read(group, name, node, &mut self.scope);
        let address = Address::new(Kind::LogGroup, group);
        if let Some(Resource::LogGroup(own)) = self.desired.resources.get(&address)
            && own.log_group_class.as_deref() == Some("INFREQUENT_ACCESS")
        {
            let message = format!("log group {group} is of class INFREQUENT_ACCESS, which has no metric filters");
            self.scope.problem(name.span, message, "use a log group of class STANDARD");
        }
        // Its group carries its mark, so it is the stack's; nothing of it is set.
        if !self.desired.resources.contains_key(&address) {
            let mut group = crate::resources::LogGroup::new(group);
            group.tags = self.scope.tags.clone();
            self.desired.implied.insert(address);
            self.add(Resource::LogGroup(group), name.span);
        }
        self.add(Resource::MetricFilter(filter), name.span);
    }

    fn few_filters_a_group(&mut self) {
        let mut of_groups: BTreeMap<&str, usize> = BTreeMap::new();
        for filter in metric_filter::all(self.desired.resources.values()) {
            let count = of_groups.entry(&filter.log_group).or_default();
            *count += 1;
            if *count == metric_filter::spec::MOST + 1 {
                let place = self.desired.spans.get(&Address::new(Kind::MetricFilter, filter.name()));
                let message = format!("log group {} has more than {} metric filters", filter.log_group, *count - 1);
                let problem = SpecProblem::new(place.copied().unwrap_or_default(), message);
                self.scope.problems.push(problem.help("AWS allows no more"));
            }
        }
    }

    /// Those that stand alone, and those beside the bands of their alarms, which are read before.
    pub fn detectors(&mut self, root: &Node) {
        let alone = section(root, SpecSection::Of(Kind::AnomalyDetector).key()).into_iter();
        let alone = alone.map(|entry| (&entry.name, &entry.value, entry.name.span));
        let beside = section(root, SpecSection::Of(Kind::Alarm).key()).into_iter().filter_map(|entry| {
            let node = entry.value.get("anomaly")?.get("detector")?;
            Some((&entry.name, node, node.span))
        });
        for (name, node, span) in alone.chain(beside) {
            let alarm = match self.desired.resources.get(&Address::new(Kind::Alarm, &name.text)) {
                Some(Resource::Alarm(alarm)) => Some(alarm.as_ref()),
                _ => None,
            };
            let Some(detector) = anomaly_detector::spec::read(name, node, alarm, &mut self.scope) else { continue };
            let same = self.desired.resources.values().find_map(|other| match other {
                Resource::AnomalyDetector(other) if other.learns == detector.learns => Some(other.alarm.clone()),
                _ => None,
            });
            if let Some(other) = same.filter(|other| *other != detector.alarm) {
                let message = format!("`{name}` and `{other}` watch the band of one detector");
                self.scope.problem(span, message, "say how it learns beside one of the two");
            }
            self.add(Resource::AnomalyDetector(Box::new(detector)), span);
        }
    }

    pub fn add(&mut self, resource: Resource, span: Span) {
        let address = resource.address();
        let alarm = address.kind.is_alarm();
        let first = match alarm {
            true => self.alarm_names.insert(address.name.clone(), span),
            false => self.desired.spans.get(&address).copied(),
        };
        if let Some(first) = first.filter(|first| *first != span) {
            let what = if alarm { format!("an alarm `{}`", address.name) } else { format!("`{address}`") };
            let problem = SpecProblem::new(span.max(first), format!("{what} is declared twice"));
            self.scope.problems.push(problem.also(span.min(first), "first declared here"));
        }
        self.desired.spans.insert(address.clone(), span);
        self.desired.resources.insert(address, resource);
    }

    /// What an SLO makes. Its alarms watch the same in different windows: a mistake in what they watch is said once.
    pub fn slo(&mut self, draft: &SloDraft, defaults: Option<&Node>) {
        let before = self.scope.problems.len();
        for part in &draft.parts {
            let layers = part.over.iter().chain([&part.written, &draft.tags]).chain(defaults);
            let alarm = alarm::spec::read(&part.name, &Layers::new(part.name.span, layers), &mut self.scope);
            self.add(Resource::Alarm(Box::new(alarm)), part.name.span);
        }
        for part in &draft.composites {
            let layers = part.over.iter().chain([&part.written, &draft.own]).chain(defaults);
            let layers = Layers::new(part.name.span, layers);
            let composite = composite_alarm::spec::read(&part.name, &layers, &mut self.scope);
            self.add(Resource::CompositeAlarm(composite), part.name.span);
        }
        let mut count = |node| alarm::spec::read(&draft.name, &Layers::new(draft.name.span, [node]), &mut self.scope);
        let (bad, total) = (count(&draft.bad), count(&draft.total));
        let mut again = self.scope.problems.split_off(before);
        for problem in again.drain(..) {
            if !self.scope.problems[before..].contains(&problem) {
                self.scope.problems.push(problem);
            }
        }
        self.desired.slos.push(Slo {
            name: draft.name.text.clone(),
            objective: draft.objective,
            budget: draft.budget,
            window: draft.window,
            bad,
            total,
            alerts: draft.alerts.clone(),
        });
    }

    fn subscription(&mut self, topic: &SpannedName, item: &Node) {
        if let Some(subscription) = subscription::spec::read(topic, item, &mut self.scope) {
            let place = item.get("endpoint").map_or(topic.span, |endpoint| endpoint.span);
            if subscription.password().is_some() {
                self.alone_but_for_its_password(&subscription, place);
            }
            self.add(Resource::Subscription(subscription), place);
        }
    }

    /// SNS lists two endpoints alike that differ only in the password, so nobody could distinguish them.
    fn alone_but_for_its_password(&mut self, subscription: &Subscription, place: Span) {
        let alike = self.desired.resources.iter().find(|(address, other)| match other {
            Resource::Subscription(other) if other.topic == subscription.topic => {
                other.endpoint != subscription.endpoint
                    && other.protocol == subscription.protocol
                    && other.listed_endpoint() == subscription.listed_endpoint()
                    && self.desired.spans.get(*address).is_some_and(|span| *span != place)
            }
            _ => false,
        });
        if let Some(first) = alike.and_then(|(address, _)| self.desired.spans.get(address)) {
            let problem =
                SpecProblem::new(place, "this endpoint differs from another of the topic in its password only");
            let problem =
                problem.also(*first, "the other one").help("SNS shows both alike: use another user name or path");
            self.scope.problems.push(problem);
        }
    }

    /// The log group of a function with a `retention` or a `kms_key_id`; two functions may write to one group if they agree.
    pub fn function(&mut self, entry: &MapEntry, facts: &BTreeMap<&str, FunctionFacts>) {
        let MapEntry { name, value } = entry;
        // A pattern's form is checked by itself.
        if FunctionPattern::of(entry).is_none() {
            check_function_name(name, &mut self.scope);
        }
        let named = |entry: &&MapEntry| ["retention", "kms_key_id"].contains(&entry.name.text.as_str());
        let Some(entry) = value.entries().iter().find(named) else { return };
        let Some(facts) = facts.get(name.text.as_str()) else { return };
        let mut group = crate::resources::LogGroup::new(&facts.log_group);
        log_group::spec::set_retention(&mut group, value.get("retention"));
        log_group::spec::set_key(&mut group, value.get("kms_key_id"), &mut self.scope);
        group.tags = self.scope.tags.clone();
        let resource = Resource::LogGroup(group);
        let address = resource.address();
        if self.desired.implied.contains(&address) && self.desired.resources.get(&address) == Some(&resource) {
            return;
        }
        self.desired.implied.insert(address);
        self.add(resource, entry.name.span);
    }
}

/// Letters, digits, `-` and `_`, at most 64 (Lambda API reference, FunctionName).
fn check_function_name(name: &SpannedName, scope: &mut DeclarationScope<'_>) {
    let right = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.text.starts_with("arn:") {
        let help = "write the function's name: the account and region are those of the plan";
        scope.problem(name.span, "a function is named here, not its ARN", help);
    } else if name.text.is_empty() || name.text.len() > 64 || !name.text.chars().all(right) {
        let message = format!("`{name}` cannot name a Lambda function");
        scope.problem(name.span, message, "AWS allows 1 to 64 letters, digits, - and _");
    }
}
