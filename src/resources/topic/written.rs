//! A topic -> `topics.<name>`: what is set of it, and what its spec names.

use super::Topic;
use crate::model::{SpecMap, SpecValue};
use crate::resources::delivery_policy;
use crate::resources::written::tags;

pub fn written(topic: &Topic) -> SpecMap {
    let names = |field: &str| topic.declared.contains(field);
    // A field that is named and has no value is to be at AWS's default.
    let text = |field: &str, value: &Option<String>| match value {
        Some(value) => Some(SpecValue::from(value)),
        None => names(field).then_some(SpecValue::Null),
    };
    let word = |field: &str, value: &Option<String>, default: &str| {
        let value = value.clone().filter(|value| value != default || names(field));
        value.or_else(|| names(field).then(|| default.to_owned()))
    };
    let document = |field: &str, value: Option<SpecValue>| value.or_else(|| names(field).then_some(SpecValue::Null));
    let delivery = topic.delivery_policy.as_ref().filter(|policy| delivery_policy::canonical(policy).is_some());
    let map = SpecMap::default()
        .put_some("fifo", topic.fifo.then_some(true))
        .put_some("display_name", text("display_name", &topic.display_name))
        .put_some("kms_master_key_id", text("kms_master_key_id", &topic.kms_master_key_id))
        .put_some("policy", document("policy", topic.policy.as_ref().map(SpecValue::json)))
        .put_some("delivery_policy", document("delivery_policy", delivery.map(SpecValue::json)));
    let map = match topic.fifo {
        true => map
            .put_some(
                "content_based_deduplication",
                Some(topic.content_based_deduplication).filter(|on| *on || names("content_based_deduplication")),
            )
            .put_some("fifo_throughput_scope", word("fifo_throughput_scope", &topic.fifo_throughput_scope, "Topic")),
        false => map,
    };
    map.put_some("tracing_config", word("tracing_config", &topic.tracing_config, "PassThrough"))
        .put_some("signature_version", word("signature_version", &topic.signature_version, "1"))
        .put_some("tags", tags(&topic.tags))
}
