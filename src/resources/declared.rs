//! Which attributes of a topic, a log group or a subscription the spec names: AWS sets these one by one, so the others are not
//! managed and stay. A tag remembers what was named, so that it is set back once the spec stops naming it.

use super::{Resource, ResourceTags};
use std::collections::BTreeSet;

/// Tag of a topic or log group whose value holds, with spaces between, the attributes that the spec named when it was last written.
pub const DECLARED: &str = "mlopsctl:declared";

/// A resource with as many tags as this, the owner's mark among them, has no room for it.
const ROOM: usize = 46;

/// Names of attributes, as `ResourceFields` has them.
pub type AttributeNames = BTreeSet<String>;

/// The attributes that the spec names: also those that it names only to have AWS's default.
pub fn by_spec(desired: &Resource) -> AttributeNames {
    let named = desired.declared().into_iter().flatten().cloned();
    named.chain(desired.fields().into_keys()).collect()
}

/// The attributes that an earlier spec named, as the tags of a topic or log group say.
pub fn by_tags(tags: &ResourceTags) -> AttributeNames {
    tags.get(DECLARED)
        .into_iter()
        .flat_map(|value| value.split(' '))
        .filter(|n| !n.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Puts the names on a desired topic or log group: in its tags those that go back to AWS's default once they are not named any more.
pub fn mark(desired: &mut Resource) {
    let named = by_spec(desired);
    let returning = desired.kind().facts().returning;
    let tag = to_tag(named.iter().filter(|name| returning.contains(&name.as_str())));
    if let Some(own) = desired.declared_mut() {
        *own = named;
    }
    // AWS allows 50, and other marks of ours come first: where there is no room, nothing is remembered.
    if let Some(tags) = desired.tags_mut().filter(|tags| !tag.is_empty() && tags.len() < ROOM) {
        tags.insert(DECLARED.to_owned(), tag);
    }
}

/// The tag while a change is under way: what was named before is still remembered, should the change be cut off.
pub fn under_way(before: &ResourceTags, after: &ResourceTags) -> Option<String> {
    after.contains_key(DECLARED).then(|| to_tag(by_tags(before).union(&by_tags(after))))
}

fn to_tag<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{LogGroup, Topic};

    #[test]
    fn what_is_named_is_remembered_by_a_tag() {
        let topic = Topic {
            display_name: Some("Alarms".into()),
            policy: Some(serde_json::json!({ "Statement": [] })),
            declared: ["signature_version".to_owned()].into(),
            ..Topic::new("t")
        };
        let mut topic = Resource::Topic(topic);
        mark(&mut topic);
        let tags = topic.tags().unwrap();
        assert_eq!(tags[DECLARED], "display_name signature_version", "a policy is never set back");
        assert!(by_spec(&topic).contains("policy"));
        assert_eq!(by_tags(tags).len(), 2);
    }

    #[test]
    fn nothing_named_is_no_tag_and_a_change_forgets_nothing_before_its_end() {
        let mut group = Resource::LogGroup(LogGroup::new("g"));
        mark(&mut group);
        assert!(group.tags().unwrap().is_empty());
        let tags = |value: &str| ResourceTags::from([(DECLARED.to_owned(), value.to_owned())]);
        assert_eq!(under_way(&tags("kms_key_id"), &tags("")).as_deref(), Some("kms_key_id"));
        assert_eq!(under_way(&tags("a b"), &tags("b c")).as_deref(), Some("a b c"));
        assert_eq!(under_way(&tags("a"), &ResourceTags::new()), None);
    }
}
