//! What a change of a log group loses, and why one cannot be: a fixed retention, deletion protection, data that nobody gave up.

use super::{Action, Blocked, Note, NoteKind, Ownership, PlanInput, PlannedChange, ownership};
use crate::model::size;
use crate::resources::{Address, Kind, Live, LogGroup, Resource, metric_filter};

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

/// Whether the deletion protection is taken off before the group is deleted: only where the spec says `deletion_protection: false`.
pub fn is_unprotected_first(change: &PlannedChange) -> bool {
    let Some((live, _)) = before(change).filter(|_| deletes(change)) else { return false };
    let said = match &change.after {
        Some(Resource::LogGroup(after)) => after.declared.contains("deletion_protection") && !after.deletion_protection,
        _ => live.facts.may_be_unprotected,
    };
    said && live.facts.deletion_protected == Some(true)
}

/// Why a change of a log group is refused.
pub fn refusal(change: &PlannedChange, input: PlanInput<'_>) -> Option<Blocked> {
    let (live, group) = before(change)?;
    let data_loss = input.consent.data_loss;
    if deletes(change) && live.facts.deletion_protected == Some(true) && !is_unprotected_first(change) {
        let name = &group.name;
        return Some(Blocked {
            reason: "its deletion protection is on: AWS deletes it for nobody".to_owned(),
            remedy: format!(
                "if it may go, write deletion_protection: false and apply that first, or aws logs put-log-group-deletion-protection --log-group-identifier {name} \
                 --no-deletion-protection-enabled"
            ),
        });
    }
    let lost = losses(live, group, input);
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

/// Why a metric filter is refused: its group exists and is of a class that has none, and is not made again as another (CloudWatch Logs
/// user guide, "Log classes").
pub fn without_filters(change: &PlannedChange, input: PlanInput<'_>) -> Option<Blocked> {
    let Some(Resource::MetricFilter(filter)) = &change.after else { return None };
    let address = Address::new(Kind::LogGroup, &filter.log_group);
    let declared = input.desired.get(&address).and_then(Resource::declared);
    let Resource::LogGroup(group) = &input.snapshot.live(&address)?.resource else { return None };
    let class = group.log_group_class.as_deref().filter(|class| *class != "STANDARD")?;
    let stays = declared.is_none_or(|names| !names.contains("log_group_class"));
    stays.then(|| Blocked {
        reason: format!("log group {} is of class {class}, which has no metric filters", group.name),
        remedy: "use a log group of class STANDARD: a group's class never changes".to_owned(),
    })
}

/// Metric filters that are named in one text; more are counted.
const NAMED: usize = 10;

/// What a log group holds that is counted in its description (CloudWatch Logs API reference, LogGroup), but for what this plan deletes by name.
fn losses(live: &Live, group: &LogGroup, input: PlanInput<'_>) -> Vec<String> {
    let bytes = live.facts.stored_bytes.filter(|bytes| *bytes > 0);
    let known = input.snapshot.observations.values().filter_map(|observation| observation.live());
    let (mut ours, mut foreign) = (0, Vec::new());
    for (one, filter) in known.flat_map(|one| metric_filter::all([&one.resource]).map(move |filter| (one, filter))) {
        if filter.log_group != group.name {
            continue;
        }
        match ownership::ownership(one, input) {
            Ownership::Made => ours += 1,
            // It is in the plan by its own name, by a consent of its own.
            Ownership::Adopted if input.consent.delete_adopted => ours += 1,
            _ => foreign.push(filter.name.as_str()),
        }
    }
    let counted =
        live.facts.metric_filters.map_or(foreign.len(), |all| usize::try_from(all - ours).unwrap_or_default());
    let filters = Some(counted.max(foreign.len())).filter(|filters| *filters > 0).map(|filters| {
        let named = foreign.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let named = if named.is_empty() { named } else { format!(" ({named})") };
        format!("{filters} metric filter{}{named}", if filters == 1 { "" } else { "s" })
    });
    bytes.map(|bytes| format!("{} of logs", size::in_words(bytes))).into_iter().chain(filters).collect()
}

/// What a person should know of a change of a log group.
pub fn notes(change: &PlannedChange, input: PlanInput<'_>) -> Vec<Note> {
    let Some((live, group)) = before(change) else { return Vec::new() };
    if deletes(change) {
        let first = is_unprotected_first(change);
        let first = first.then(|| Note::new(NoteKind::Warning, "its deletion protection is taken off first"));
        return first.into_iter().chain(lost_with_it(&losses(live, group, input))).collect();
    }
    let Some(Resource::LogGroup(after)) = &change.after else { return Vec::new() };
    if let Some(note) = governed(live, group, after) {
        return vec![note];
    }
    retention(change, live, group, after).into_iter().chain(key(change, group, after)).collect()
}

fn lost_with_it(lost: &[String]) -> Vec<Note> {
    let rest = "its subscription filters, field indexes and transformer, which were not counted";
    let text = match lost {
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
    use crate::plan::testing::{Scene, target};

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

    fn refused(change: &PlannedChange, data_loss: bool) -> Option<Blocked> {
        let scene = Scene::default().consents(|consent| consent.data_loss = data_loss);
        refusal(change, scene.input(&target()))
    }

    fn noted(change: &PlannedChange) -> Vec<Note> {
        notes(change, Scene::default().input(&target()))
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
                assert_eq!(refused(&change, false).map(|blocked| blocked.reason).as_deref(), reason);
                assert_eq!(refused(&change, true), None);
                let note = &noted(&change)[0].text;
                assert!(note.contains("subscription filters, field indexes and transformer"), "{note}");
                assert_eq!(note.contains("metric filter"), filters > Some(0), "{note}");
            }
        }
    }

    #[test]
    fn deletion_protection_is_seen_beforehand_and_no_consent_lifts_it() {
        let protect = |live: &mut Live| live.facts.deletion_protected = Some(true);
        for action in [Action::Delete, Action::Replace] {
            let blocked = refused(&change(action, protect), true).expect("it is refused");
            assert!(blocked.remedy.contains("put-log-group-deletion-protection --log-group-identifier g "));
        }
        assert_eq!(refused(&change(Action::Update, protect), false), None);
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
            assert!(refused(&change, true).is_some_and(|blocked| blocked.reason.contains("DELIVERY")));
        }
        assert_eq!(refused(&change(Action::Update, delivery), true), None);
        let replace = PlannedChange { fields: vec![retention], ..change(Action::Replace, delivery) };
        assert_eq!(refused(&replace, true), None, "made anew it is of another class");
    }

    #[test]
    fn a_key_that_goes_or_changes_is_warned_of() {
        let with = |from: Option<&str>, to: Option<&str>| {
            let key = |key: Option<&str>| LogGroup { kms_key_id: key.map(str::to_owned), ..LogGroup::new("g") };
            let mut change = change(Action::Update, |live| live.resource = Resource::LogGroup(key(from)));
            change.after = Some(Resource::LogGroup(key(to)));
            change.fields = vec![FieldChange { field: "kms_key_id".into(), from: None, to: None }];
            noted(&change).remove(0)
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
            noted(&PlannedChange { after: Some(days(7)), fields, ..change }).len()
        };
        let retention = FieldChange { field: "retention_in_days".into(), from: Some(30.into()), to: Some(7.into()) };
        assert_eq!((lowered(vec![retention]), lowered(Vec::new())), (1, 0));
    }
}
