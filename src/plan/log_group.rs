//! What a change of a log group loses, and why one cannot be: a fixed retention, deletion protection, data that nobody gave up.

use super::{Action, Blocked, Note, NoteKind, PlannedChange};
use crate::model::size;
use crate::resources::{Live, LogGroup, Resource};

/// The log group that stands, for a change of one.
fn before(change: &PlannedChange) -> Option<(&Live, &LogGroup)> {
    let live = change.before.as_ref()?;
    match &live.resource {
        Resource::LogGroup(group) => Some((live, group)),
        _ => None,
    }
}

fn deletes(change: &PlannedChange) -> bool {
    matches!(change.action, Action::Delete | Action::Replace)
}

/// Why a change of a log group is refused. `data_loss`: the user has agreed to lose what it holds.
pub fn refusal(change: &PlannedChange, data_loss: bool) -> Option<Blocked> {
    let (live, group) = before(change)?;
    if deletes(change) && live.facts.deletion_protected == Some(true) {
        let name = &group.name;
        return Some(Blocked {
            reason: "its deletion protection is on: AWS deletes it for nobody".to_owned(),
            remedy: format!(
                "if it may go, switch that off first: aws logs put-log-group-deletion-protection --log-group-identifier {name} \
                 --no-deletion-protection-enabled"
            ),
        });
    }
    let lost = losses(live);
    if deletes(change) && !data_loss && !lost.is_empty() {
        return Some(Blocked {
            reason: format!("deleting it loses {}", lost.join(" and ")),
            remedy: "if they are not needed, add --allow-data-loss".to_owned(),
        });
    }
    let sets_retention = change.fields.iter().any(|field| field.field == "retention_in_days");
    (group.is_delivery() && !deletes(change) && sets_retention).then(|| Blocked {
        reason: "it is of class DELIVERY, whose retention AWS has fixed".to_owned(),
        remedy: "take its retention out of the spec; where that comes from `defaults`, write log_group_class: DELIVERY"
            .to_owned(),
    })
}

/// What a log group holds that is counted in its description (CloudWatch Logs API reference, LogGroup).
fn losses(live: &Live) -> Vec<String> {
    let bytes = live.facts.stored_bytes.filter(|bytes| *bytes > 0);
    let filters = live.facts.metric_filters.filter(|filters| *filters > 0);
    let filters = filters.map(|filters| format!("{filters} metric filter{}", if filters == 1 { "" } else { "s" }));
    bytes.map(|bytes| format!("{} of logs", size::in_words(bytes))).into_iter().chain(filters).collect()
}

/// What a person should know of a change of a log group.
pub fn notes(change: &PlannedChange) -> Vec<Note> {
    let Some((live, group)) = before(change) else { return Vec::new() };
    if deletes(change) {
        return lost_with_it(live);
    }
    let Some(Resource::LogGroup(after)) = &change.after else { return Vec::new() };
    if let Some(note) = governed(live, group, after) {
        return vec![note];
    }
    retention(change, live, group, after).into_iter().chain(key(change, group, after)).collect()
}

fn lost_with_it(live: &Live) -> Vec<Note> {
    let rest = "its subscription filters, field indexes and transformer, which were not counted";
    let text = match losses(live).as_slice() {
        [] => format!("with it go {rest}"),
        lost => format!("with it go {}, and {rest}", lost.join(", ")),
    };
    vec![Note::new(NoteKind::Info, text)]
}

fn governed(live: &Live, group: &LogGroup, after: &LogGroup) -> Option<Note> {
    let policy = live.facts.retention_policy_name.as_ref()?;
    let asked = after.declared.contains("retention_in_days") && group.retention_in_days != after.retention_in_days;
    asked.then(|| {
        let days = group.retention_in_days.map_or_else(|| "never".to_owned(), |days| format!("{days} days"));
        let text =
            format!("retention is governed by the account policy {policy:?} ({days}); the spec's value has no effect");
        Note::new(NoteKind::Warning, text).remedy("change the account policy, or write its value in the spec")
    })
}

fn retention(change: &PlannedChange, live: &Live, group: &LogGroup, after: &LogGroup) -> Option<Note> {
    let lowered = match (group.retention_in_days, after.retention_in_days) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(from), Some(to)) => to < from,
    };
    let bytes = live.facts.stored_bytes.unwrap_or(0);
    let effective = change.fields.iter().any(|field| field.field == "retention_in_days");
    (lowered && effective && bytes > 0).then(|| {
        let days = after.retention_in_days.unwrap_or_default();
        let text =
            format!("logs older than {days} days will be deleted for good; the group holds {}", size::in_words(bytes));
        Note::new(NoteKind::Warning, text)
    })
}

/// A key counts for what is logged from then on; what is there stays encrypted with the old one, and can be read only as long as that
/// one is there (CloudWatch Logs user guide, "Encrypt log data").
fn key(change: &PlannedChange, group: &LogGroup, after: &LogGroup) -> Option<Note> {
    if change.fields.iter().all(|field| field.field != "kms_key_id") {
        return None;
    }
    let old = "the logs that are there can be read only while the old key is enabled";
    Some(match (&group.kms_key_id, &after.kms_key_id) {
        (None, _) => Note::new(NoteKind::Info, "only what is logged from now on is encrypted with the key"),
        (Some(_), Some(_)) => Note::new(NoteKind::Warning, format!("another key is used from now on; {old}")),
        (Some(_), None) => Note::new(
            NoteKind::Warning,
            format!("what is logged from now on is not encrypted with a key of yours; {old}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FieldChange;
    use crate::resources::{Address, Kind};

    fn change(action: Action, edit: impl FnOnce(&mut Live)) -> PlannedChange {
        let mut live = Live::new(Resource::LogGroup(LogGroup::new("g")));
        edit(&mut live);
        let after = (action != Action::Delete).then(|| Resource::LogGroup(LogGroup::new("g")));
        let address = Address::new(Kind::LogGroup, "g");
        PlannedChange {
            address,
            action,
            before: Some(live),
            after,
            fields: Vec::new(),
            notes: Vec::new(),
            blocked: None,
        }
    }

    #[test]
    fn what_goes_with_a_log_group_is_named_and_guarded() {
        for (bytes, filters, reason) in [
            (None, None, None),
            (Some(0), Some(0), None),
            (Some(1_500_000), Some(0), Some("deleting it loses 1.5 MB of logs")),
            (Some(0), Some(1), Some("deleting it loses 1 metric filter")),
            (Some(5), Some(2), Some("deleting it loses 5 bytes of logs and 2 metric filters")),
        ] {
            for action in [Action::Delete, Action::Replace] {
                let change = change(action, |live| {
                    live.facts.stored_bytes = bytes;
                    live.facts.metric_filters = filters;
                });
                assert_eq!(refusal(&change, false).map(|blocked| blocked.reason).as_deref(), reason);
                assert_eq!(refusal(&change, true), None);
                let note = &notes(&change)[0].text;
                assert!(note.contains("subscription filters, field indexes and transformer"), "{note}");
                assert_eq!(note.contains("metric filter"), filters > Some(0), "{note}");
            }
        }
    }

    #[test]
    fn deletion_protection_is_seen_beforehand_and_no_consent_lifts_it() {
        let protect = |live: &mut Live| live.facts.deletion_protected = Some(true);
        for action in [Action::Delete, Action::Replace] {
            let blocked = refusal(&change(action, protect), true).expect("it is refused");
            assert!(blocked.remedy.contains("put-log-group-deletion-protection --log-group-identifier g "));
        }
        assert_eq!(refusal(&change(Action::Update, protect), false), None);
    }

    #[test]
    fn the_class_delivery_keeps_its_retention() {
        let delivery = |live: &mut Live| {
            live.resource =
                Resource::LogGroup(LogGroup { log_group_class: Some("DELIVERY".into()), ..LogGroup::new("g") });
        };
        let retention = FieldChange { field: "retention_in_days".into(), from: Some(1.into()), to: Some(30.into()) };
        for action in [Action::Update, Action::Adopt] {
            let change = PlannedChange { fields: vec![retention.clone()], ..change(action, delivery) };
            assert!(refusal(&change, true).is_some_and(|blocked| blocked.reason.contains("DELIVERY")));
        }
        assert_eq!(refusal(&change(Action::Update, delivery), true), None);
        let replace = PlannedChange { fields: vec![retention], ..change(Action::Replace, delivery) };
        assert_eq!(refusal(&replace, true), None, "made anew it is of another class");
    }

    #[test]
    fn a_key_that_goes_or_changes_is_warned_of() {
        let with = |from: Option<&str>, to: Option<&str>| {
            let key = |key: Option<&str>| LogGroup { kms_key_id: key.map(str::to_owned), ..LogGroup::new("g") };
            let mut change = change(Action::Update, |live| live.resource = Resource::LogGroup(key(from)));
            change.after = Some(Resource::LogGroup(key(to)));
            change.fields = vec![FieldChange { field: "kms_key_id".into(), from: None, to: None }];
            notes(&change).remove(0)
        };
        assert_eq!(with(None, Some("b")).kind, NoteKind::Info);
        assert!(with(Some("a"), Some("b")).text.contains("old key"));
        assert!(with(Some("a"), None).text.contains("not encrypted"));
        assert_eq!(with(Some("a"), None).kind, NoteKind::Warning);
    }

    #[test]
    fn logs_are_at_risk_only_where_the_retention_is_among_what_changes() {
        let days = |days| Resource::LogGroup(LogGroup { retention_in_days: Some(days), ..LogGroup::new("g") });
        let lowered = |fields| {
            let change = change(Action::Update, |live| (live.resource, live.facts.stored_bytes) = (days(30), Some(5)));
            notes(&PlannedChange { after: Some(days(7)), fields, ..change }).len()
        };
        let retention = FieldChange { field: "retention_in_days".into(), from: Some(30.into()), to: Some(7.into()) };
        assert_eq!((lowered(vec![retention]), lowered(Vec::new())), (1, 0));
    }
}
