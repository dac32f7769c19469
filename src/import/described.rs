//! What `aws cloudwatch describe-alarms` prints, one page or several, or the alarms of it alone -> items.

use super::item::{ImportDocument, ImportItem, NotCarried, PathSpans};
use super::{ImportSettings, ImportSource};
use crate::model::node::{Data, Node, Span};
use crate::model::{Arn, Target};
use crate::resources::any_alarm::described::{DescribedType, TYPES, from_described};
use crate::spec::SpecError;
use std::collections::{BTreeMap, BTreeSet};

/// What no answer tells of an alarm.
const WITHOUT_TAGS: &str = "DescribeAlarms has no tags: nor has the spec";

/// Whether a document is an answer, a list of answers, or a list of alarms.
pub fn is_described(root: &Node) -> bool {
    let is_page =
        |node: &Node| TYPES.iter().any(|one| node.get(one.list).is_some_and(|list| matches!(list.data, Data::List(_))));
    let items = root.items();
    is_page(root) || (!items.is_empty() && items.iter().all(|item| is_page(item) || is_alarm(item)))
}

fn is_alarm(node: &Node) -> bool {
    node.get("AlarmName").is_some() && TYPES.iter().any(|one| node.get(one.sign).is_some())
}

/// Makes items of the alarms.
///
/// # Errors
/// They are of several accounts or regions, and nothing says which one is meant.
pub fn read(source: &ImportSource, settings: &ImportSettings) -> Result<ImportDocument, SpecError> {
    let alarms = alarms(&source.root);
    let mut notes = vec![WITHOUT_TAGS.to_owned()];
    let target = target(source, settings, &alarms, &mut notes)?;
    let (mut items, mut not_carried, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (described, alarm) in alarms {
        let text = |key: &str| alarm.get(key).and_then(Node::text).unwrap_or_default();
        let name = text("AlarmName");
        // Pages that were asked for twice.
        if !seen.insert((text("AlarmArn"), name)) && !text("AlarmArn").is_empty() {
            continue;
        }
        let elsewhere =
            Arn::parse(text("AlarmArn")).filter(|arn| arn.region != target.region || arn.account != target.account);
        if let Some(arn) = elsewhere {
            let why = format!(
                "it is in account {}, {}: import the file once more with --account {0} --region {1}",
                arn.account, arn.region
            );
            not_carried.push(NotCarried {
                span: alarm.span,
                id: name.to_owned(),
                type_name: described.name.to_owned(),
                property: None,
                why,
            });
            continue;
        }
        let mut spans = PathSpans::default();
        for entry in alarm.entries() {
            spans.insert(&entry.name.text, entry.name.span);
        }
        items.push(ImportItem {
            id: name.to_owned(),
            type_name: described.name.to_owned(),
            span: alarm.span,
            properties: alarm.to_json(),
            spans,
            unresolved: Vec::new(),
            remarks: Vec::new(),
        });
    }
    let others = BTreeMap::new();
    Ok(ImportDocument { target, read: from_described, items, not_carried, others, notes, open: Vec::new() })
}

/// All alarms of all pages, in the order of the file.
fn alarms(root: &Node) -> Vec<(&'static DescribedType, &Node)> {
    let mut found = Vec::new();
    let pages = if root.items().is_empty() { std::slice::from_ref(root) } else { root.items() };
    for page in pages {
        if is_alarm(page) {
            found.extend(TYPES.iter().find(|one| page.get(one.sign).is_some()).map(|one| (one, page)));
            continue;
        }
        for entry in page.entries() {
            if let Some(one) = TYPES.iter().find(|one| one.list == entry.name.text) {
                found.extend(entry.value.items().iter().map(|alarm| (one, alarm)));
            }
        }
    }
    found
}

fn target(
    source: &ImportSource,
    settings: &ImportSettings,
    alarms: &[(&DescribedType, &Node)],
    notes: &mut Vec<String>,
) -> Result<Target, SpecError> {
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let arns = alarms.iter().filter_map(|(_, alarm)| Arn::parse(alarm.get("AlarmArn")?.text()?));
    for arn in arns {
        let is_meant = |asked: &Option<String>, said: &str| asked.as_deref().is_none_or(|asked| asked == said);
        if is_meant(&settings.account, arn.account) && is_meant(&settings.region, arn.region) {
            *places.entry((arn.account, arn.region)).or_default() += 1;
        }
    }
    if places.len() > 1 {
        let listed: Vec<String> =
            places.iter().map(|((account, region), count)| format!("{account} {region} ({count})")).collect();
        let start = Span::new(source.root.span.start, source.root.span.start);
        let message = format!("the alarms are of several accounts and regions: {}", listed.join(", "));
        return Err(source.mistake(start, message, "say which one: --account ID --region REGION"));
    }
    let said = places.into_keys().next();
    let mut chosen = |asked: &Option<String>, said: Option<&str>, default: &str, what: &str, option: &str| {
        asked.clone().or(said.map(str::to_owned)).unwrap_or_else(|| {
            notes.push(format!("nothing in the file says which {what} it is about: {default} is assumed ({option})"));
            default.to_owned()
        })
    };
    let account =
        chosen(&settings.account, said.map(|(account, _)| account), ImportSettings::ACCOUNT, "account", "--account");
    let region = chosen(&settings.region, said.map(|(_, region)| region), ImportSettings::REGION, "region", "--region");
    Ok(Target::new(account, region))
}
