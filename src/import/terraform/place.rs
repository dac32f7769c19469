//! Which account and region a file is about: the ARNs in it say.

use super::instance::TerraformInstance;
use crate::import::{ImportSettings, ImportSource};
use crate::model::node::Span;
use crate::model::{Arn, Target};
use crate::spec::SpecError;
use std::collections::BTreeMap;

/// The attributes that hold an ARN of the resource, or of what it is a part of.
const ARNS: [&str; 4] = ["arn", "dashboard_arn", "topic_arn", "id"];

/// The target, and of each instance why it is elsewhere.
#[derive(Debug)]
pub struct InstancePlaces {
    pub target: Target,
    pub elsewhere: Vec<Option<String>>,
}

/// Where one is, as far as it says so.
#[derive(Debug, Clone, Default)]
struct InstancePlace {
    account: Option<String>,
    region: Option<String>,
}

fn place(one: &TerraformInstance<'_>) -> InstancePlace {
    let arn = ARNS.iter().filter_map(|name| one.text(name)).find_map(Arn::parse);
    let part = |part: fn(Arn<'_>) -> &str| arn.map(part).filter(|part| !part.is_empty()).map(str::to_owned);
    // A subscription is where it is, whoever has the topic: its own ARN comes first.
    InstancePlace {
        account: part(|arn| arn.account),
        region: one.text("region").map(str::to_owned).or(part(|arn| arn.region)),
    }
}

/// Chooses the target.
///
/// # Errors
/// There are several, and nothing says which one is meant.
pub fn places(
    source: &ImportSource,
    settings: &ImportSettings,
    instances: &[TerraformInstance<'_>],
    configured: Option<String>,
    notes: &mut Vec<String>,
) -> Result<InstancePlaces, SpecError> {
    let mut places: Vec<InstancePlace> = instances.iter().map(place).collect();
    // What has no ARN is where the others of its provider are.
    let mut of_provider: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for (one, place) in instances.iter().zip(&places) {
        if let Some(region) = &place.region {
            let known = of_provider.entry(one.provider).or_insert_with(|| Some(region.clone()));
            known.take_if(|known| known != region);
        }
    }
    for (one, place) in instances.iter().zip(&mut places) {
        place.region = place.region.take().or_else(|| of_provider.get(one.provider).cloned().flatten());
    }
    let chosen = |asked: &Option<String>, said: fn(&InstancePlace) -> &Option<String>, what, option| match asked {
        Some(asked) => Ok(Some(asked.clone())),
        None => only(source, places.iter().filter_map(|place| said(place).as_deref()), what, option),
    };
    let account = chosen(&settings.account, |place| &place.account, "accounts", "--account")?;
    let region = chosen(&settings.region, |place| &place.region, "regions", "--region")?.or(configured);
    let mut assumed = |value: Option<String>, default: &str, what: &str, option: &str| {
        value.unwrap_or_else(|| {
            notes.push(format!("nothing in the file says which {what} it is about: {default} is assumed ({option})"));
            default.to_owned()
        })
    };
    let account = assumed(account, ImportSettings::ACCOUNT, "account", "--account");
    let region = assumed(region, ImportSettings::REGION, "region", "--region");
    let elsewhere = |place: &InstancePlace| {
        let other = |said: &Option<String>, own: &String| said.clone().filter(|said| said != own);
        match (other(&place.account, &account), other(&place.region, &region)) {
            (Some(account), _) => {
                Some(format!("it is in account {account}: import the file once more with --account {account}"))
            }
            (None, Some(region)) => {
                Some(format!("it is in {region}: import the file once more with --region {region}"))
            }
            (None, None) => None,
        }
    };
    let elsewhere = places.iter().map(elsewhere).collect();
    Ok(InstancePlaces { target: Target::new(account, region), elsewhere })
}

/// The one value there is; none where none is said.
fn only<'a>(
    source: &ImportSource,
    said: impl Iterator<Item = &'a str>,
    what: &str,
    option: &str,
) -> Result<Option<String>, SpecError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    said.for_each(|one| *counts.entry(one).or_default() += 1);
    let most = counts.iter().max_by_key(|(_, count)| **count).map(|(one, _)| (*one).to_owned());
    if counts.len() <= 1 {
        return Ok(most);
    }
    let listed: Vec<String> = counts.iter().map(|(one, count)| format!("{one} ({count})")).collect();
    let start = Span::new(source.root.span.start, source.root.span.start);
    let message = format!("the file is about several {what}, and how many resources each has: {}", listed.join(", "));
    let help = format!("say which one: {option} {}", most.unwrap_or_default());
    Err(source.mistake(start, message, help))
}
