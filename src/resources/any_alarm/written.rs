//! What an alarm of whichever kind does when its state changes, as a spec writes it: whom to notify by the names of topics.

use super::{Actions, TagsPropagation};
use crate::model::{SpecMap, SpecValue};
use crate::resources::written::WritingScope;

/// Adds whom to notify, and what else `alarm::actions` reads.
pub fn put_actions(map: SpecMap, actions: &Actions, scope: &WritingScope<'_>) -> SpecMap {
    map.put_some("notify", notify(actions, scope))
        .put_some("actions_enabled", (!actions.enabled).then_some(false))
        .put_some("propagate_tags", actions.tags_propagation.as_ref().map(propagation))
}

fn notify(actions: &Actions, scope: &WritingScope<'_>) -> Option<SpecValue> {
    let list = |arns: &[String]| {
        let mut names: Vec<String> = arns.iter().map(|arn| scope.action(arn)).collect();
        names.sort();
        names.dedup();
        match names.as_slice() {
            [] => None,
            [one] => Some(SpecValue::from(one)),
            _ => Some(names.into()),
        }
    };
    let of_states = [list(&actions.alarm), list(&actions.ok), list(&actions.insufficient_data)];
    match of_states {
        [alarm, None, None] => alarm,
        [alarm, ok, insufficient_data] => {
            let map = SpecMap::default().put_some("alarm", alarm).put_some("ok", ok);
            Some(map.put_some("insufficient_data", insufficient_data).into())
        }
    }
}

fn propagation(propagation: &TagsPropagation) -> SpecValue {
    let TagsPropagation { included_tag_keys: included, excluded_tag_keys: excluded } = propagation;
    match (included.is_empty(), excluded.is_empty()) {
        (true, true) => true.into(),
        (true, false) => SpecMap::default().put("exclude", excluded.clone()).into(),
        (false, _) => SpecMap::default().put("include", included.clone()).into(),
    }
}
