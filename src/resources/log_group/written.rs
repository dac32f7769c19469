//! A log group -> `log_groups.<name>`: what is set of it, and what its spec names.

use super::{LogGroup, ON_DESTROY};
use crate::model::{SpecMap, SpecValue};
use crate::resources::written::tags;

pub fn written(group: &LogGroup) -> SpecMap {
    let names = |field: &str| group.declared.contains(field);
    let retention = match group.retention_in_days {
        Some(days) => Some(format!("{days}d")),
        None => names("retention_in_days").then(|| "never".to_owned()),
    };
    let class = group.log_group_class.as_deref().filter(|class| *class != "STANDARD" || names("log_group_class"));
    let key = match &group.kms_key_id {
        Some(key) => Some(SpecValue::from(key)),
        None => names("kms_key_id").then_some(SpecValue::Null),
    };
    let protection = group.deletion_protection.then_some(true);
    SpecMap::default()
        // AWS has fixed what a group of class DELIVERY keeps.
        .put_some("retention", retention.filter(|_| !group.is_delivery()))
        .put_some("log_group_class", class)
        .put_some("kms_key_id", key)
        .put_some("deletion_protection", protection.or(names("deletion_protection").then_some(false)))
        .put_some("on_destroy", group.tags.get(ON_DESTROY))
        .put_some("tags", tags(&group.tags))
}
