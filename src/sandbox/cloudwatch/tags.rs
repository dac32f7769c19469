//! TagResource, UntagResource and ListTagsForResource of CloudWatch.

use super::put::shared::tags as check;
use super::{Nothing, alarm, dashboard, mute_rule};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tags::{self, Tag};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagAlarm {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
}

pub fn tag_resource(input: TagAlarm, tx: &mut Tx) -> Result<Nothing, Fault> {
    let kind = kind_of(tx, &input.arn)?;
    check(&input.tags)?;
    let more = tags::from_list(input.tags);
    let mut together = tags::get(tx, &input.arn)?;
    together.extend(more.clone());
    if together.len() > 50 {
        return Err(invalid("The number of tags exceeds the limit of 50"));
    }
    tags::add(tx, kind, &input.arn, more)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResource {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tag_keys: Vec<String>,
}

pub fn untag_resource(input: UntagResource, tx: &mut Tx) -> Result<Nothing, Fault> {
    let kind = kind_of(tx, &input.arn)?;
    tags::remove(tx, kind, &input.arn, &input.tag_keys)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
pub struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    arn: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmTagList {
    tags: Vec<Tag>,
}

pub fn list_tags_for_resource(input: ListTagsForResource, tx: &mut Tx) -> Result<AlarmTagList, Fault> {
    kind_of(tx, &input.arn)?;
    let tags = tags::get(tx, &input.arn)?;
    Ok(AlarmTagList { tags: tags::to_list(tx, tags) })
}

/// The tagging API's type of a taggable thing that exists.
fn kind_of(tx: &Tx, arn: &str) -> Result<&'static str, Fault> {
    if !arn.starts_with("arn:") || arn.splitn(6, ':').count() < 6 {
        return Err(invalid(format!("{arn} is not a valid ARN")));
    }
    let name = alarm::name_of(tx, arn);
    if name != arn && alarm::find(tx, name)?.is_some() {
        return Ok(alarm::KIND);
    }
    if let Some(rule) = arn.strip_prefix(&mute_rule::arn(tx, ""))
        && mute_rule::exists(tx, rule)?
    {
        return Ok(mute_rule::KIND);
    }
    if let Some(name) = arn.strip_prefix(&dashboard::arn(tx, ""))
        && dashboard::exists(tx, name)?
    {
        return Ok(dashboard::KIND);
    }
    Err(Fault::sender("ResourceNotFoundException", format!("Resource {arn} does not exist")).status(404))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValueException", message).query_code("InvalidParameterValue")
}
