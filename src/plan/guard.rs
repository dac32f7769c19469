//! What must not happen without consent: other owners' resources touched, unowned ones taken over, much deleted, data lost.
//! It refuses and says what lifts it; what happens to a resource decides `ownership`.

use super::{Action, Blocked, Consent, Plan, PlanInput, PlannedChange, log_group, ownership, ownership::Ownership};
use crate::model::secret;
use crate::resources::{Address, ConfirmationState, Kind, Live, Resource, Subscription};
use std::collections::BTreeMap;

/// Marks what is refused as things stand.
pub fn add(plan: &mut Plan, input: PlanInput<'_>) {
    let bound = bound_by_composites(plan);
    for change in &mut plan.changes {
        if change.blocked.is_none() {
            change.blocked = refusal(change, input).or_else(|| still_referred_to(change, &bound));
        }
    }
    let deleted = plan.changes.iter().filter(|c| c.action == Action::Delete).count();
    let size = super::stack_size(input);
    if deleted * 3 > size && !input.consent.deletes {
        plan.blocked.push(Blocked {
            reason: format!(
                "{deleted} of the {size} resources of stack {:?} would be deleted: more than a third",
                input.stack
            ),
            remedy: "if the spec is complete and this is meant, add --allow-deletes".to_owned(),
        });
    }
    for (name, facts) in &input.snapshot.functions {
        if let Err(reason) = facts {
            plan.blocked.push(Blocked {
                reason: format!("function {name}: {reason}"),
                remedy: "deploy the function first, correct its name or the region, or take it out of the spec"
                    .to_owned(),
            });
        }
    }
}

fn refusal(change: &PlannedChange, input: PlanInput<'_>) -> Option<Blocked> {
    if let Some(other) = name_taken(&change.address, change.action, input) {
        return Some(Blocked {
            reason: format!("the name is taken by a {other}"),
            remedy: "choose another name".to_owned(),
        });
    }
    if let Some(composite) = bound_to_its_kind(&change.address, change.action, input) {
        return Some(Blocked {
            reason: format!("it cannot become an alarm of another kind: composite alarm {composite} refers to it"),
            remedy: format!("take it out of {composite} and apply, then change its kind and put it back"),
        });
    }
    if let Some(missing) = missing_alarm(change, input) {
        return Some(refers_to_nothing(&missing, input.prune));
    }
    let group = log_group::refusal(change, input).or_else(|| log_group::without_filters(change, input));
    let other = || before_overwrite(change, input).or_else(|| unknown_loss(change, input.consent));
    group.or_else(other)
}

/// An alarm that a composite alarm which is written refers to, and that does not exist.
fn missing_alarm(change: &PlannedChange, input: PlanInput<'_>) -> Option<String> {
    let Some(Resource::CompositeAlarm(alarm)) = &change.after else { return None };
    let written = !matches!(change.action, Action::NoOp | Action::StopManaging | Action::Delete);
    let mut referred = alarm.referred().into_iter().filter(|_| written);
    referred.find(|name| input.snapshot.missing_alarms.contains(name))
}

/// AWS refuses such a composite alarm. A run that is limited to some resources does not know what else the spec declares.
fn refers_to_nothing(missing: &str, whole_spec: bool) -> Blocked {
    let (who, remedy) = match whole_spec {
        true => (
            "neither the spec declares nor the account has",
            "declare that alarm, correct the name, or create it first",
        ),
        false => ("this run does not create and the account does not have", "add its --target, or create it first"),
    };
    Blocked {
        reason: format!("it refers to alarm {missing:?}, which {who}"),
        remedy: format!("{remedy}: AWS refuses the composite alarm"),
    }
}

/// A full overwrite erases each setting of the alarm that this program does not know.
fn unknown_loss(change: &PlannedChange, consent: &Consent) -> Option<Blocked> {
    let lost = change.unknown_losses();
    let named: Vec<String> = lost.iter().map(|(setting, value)| format!("{setting} = {value}")).collect();
    (!named.is_empty() && !consent.unknown_loss).then(|| Blocked {
        reason: format!("it has settings that this mlopsctl does not know and would erase: {}", named.join(", ")),
        remedy: "use a newer mlopsctl, or add --allow-unknown-loss to erase them".to_owned(),
    })
}

fn before_overwrite(change: &PlannedChange, input: PlanInput<'_>) -> Option<Blocked> {
    let before = change.before.as_ref()?;
    match change.action {
        Action::Adopt => adoption(change, before, input),
        Action::Delete | Action::Replace => deletion(change, before, input),
        Action::Create | Action::Update | Action::StopManaging | Action::NoOp => None,
    }
}

fn adoption(change: &PlannedChange, before: &Live, input: PlanInput<'_>) -> Option<Blocked> {
    let (address, adopt) = (&change.address, &input.consent.adopt);
    let owner = ownership::ownership(before, input);
    if let Ownership::OtherStack(stack) = owner {
        return Some(Blocked {
            reason: format!("it belongs to stack {stack:?}"),
            remedy: "choose another name, or take it out of that stack first".to_owned(),
        });
    }
    if let Some(field) = change.fixed_field() {
        let value = field.from.as_ref().map_or_else(|| "AWS's default".to_owned(), |value| value.to_string());
        return Some(Blocked {
            reason: format!("it exists already with another {}: {value}, which AWS never changes", field.field),
            remedy: format!("write its {} in the spec, choose another name, or delete it first", field.field),
        });
    }
    match owner {
        Ownership::OtherTool(_) if adopt.names(address) => None,
        Ownership::OtherTool(other) => Some(Blocked {
            reason: format!("it is owned by {other}"),
            remedy: format!(
                "choose another name, or let it go there first; --adopt '{address}' takes it over although both will set it"
            ),
        }),
        // AWS makes log groups by itself, and a subscription under our own topic harms nobody.
        _ if matches!(address.kind, Kind::LogGroup | Kind::Subscription) || adopt.covers_unowned(address) => None,
        _ => Some(Blocked {
            reason: "it exists already and no stack owns it".to_owned(),
            remedy: "take it over with --adopt, or choose another name".to_owned(),
        }),
    }
}

fn deletion(change: &PlannedChange, before: &Live, input: PlanInput<'_>) -> Option<Blocked> {
    let adopted = ownership::ownership(before, input) == Ownership::Adopted;
    if let (Action::Replace, Some(field), true, false) =
        (change.action, change.fixed_field(), adopted, input.consent.delete_adopted)
    {
        return Some(Blocked {
            reason: format!("it existed before this stack adopted it, and another {} means deleting it", field.field),
            remedy: format!("write its {} in the spec, or add --delete-adopted", field.field),
        });
    }
    if input.consent.data_loss {
        return None;
    }
    match &before.resource {
        Resource::Topic(topic) => {
            let confirmed = lost_subscriptions(&topic.name, ConfirmationState::Confirmed, input);
            (!confirmed.is_empty()).then(|| Blocked {
                reason: format!("deleting it ends {}", lost_words(&confirmed, "confirmed")),
                remedy: "keep the topic in the spec, or add --allow-data-loss if they may end".to_owned(),
            })
        }
        // A log group's is `log_group::refusal`.
        _ => None,
    }
}

/// Returns the subscriptions in this state that end with the topic though this stack did not make them, as `email
/// ann@example.edu`, without secrets.
pub fn lost_subscriptions(topic: &str, state: ConfirmationState, input: PlanInput<'_>) -> Vec<String> {
    let lost = ownership::lost_with_topic(topic, input).filter(|(_, live)| live.facts.confirmation == Some(state));
    let name =
        |subscription: &Subscription| format!("{} {}", subscription.protocol, secret::hide(&subscription.endpoint));
    lost.map(|(subscription, _)| name(subscription)).collect()
}

/// Subscriptions that are named in one text; more are counted.
const NAMED: usize = 10;

/// `2 confirmed subscriptions that this stack did not make: email ann@example.edu, …`
pub fn lost_words(names: &[String], state: &str) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    format!("{} {state} subscription{plural} that this stack did not make: {shown}{more}", names.len())
}

/// Names of alarms, and the composite alarm that is left in place and refers to them.
fn bound_by_composites(plan: &Plan) -> BTreeMap<String, String> {
    let left = plan.changes.iter().filter(|change| change.action == Action::StopManaging);
    let composites = left.filter_map(|change| match change.before.as_ref().map(|live| &live.resource) {
        Some(Resource::CompositeAlarm(composite)) => Some(composite),
        _ => None,
    });
    let prefix = plan.target.arn("cloudwatch", "alarm:");
    let children = composites.flat_map(|composite| {
        let children = composite.children().into_iter();
        children.map(|child| (child.strip_prefix(&prefix).unwrap_or(&child).to_owned(), composite.name.clone()))
    });
    children.collect()
}

/// CloudWatch deletes no alarm that a composite alarm refers to (DeleteAlarms).
fn still_referred_to(change: &PlannedChange, bound: &BTreeMap<String, String>) -> Option<Blocked> {
    let is_alarm = change.address.kind.is_alarm();
    let composite = bound.get(&change.address.name).filter(|_| is_alarm && change.action == Action::Delete)?;
    Some(Blocked {
        reason: format!(
            "composite alarm {composite} was adopted, is left in place and refers to it: AWS will not delete it"
        ),
        remedy: format!("take it out of the rule of {composite}, or add --delete-adopted"),
    })
}

/// The kind of another alarm that has the name already and is not about to be deleted by this plan.
fn name_taken(address: &Address, action: Action, input: PlanInput<'_>) -> Option<&'static str> {
    let mut others = address.kind.sharing_names().filter(|_| action == Action::Create);
    let other = others.find(|other| {
        let other = Address::new(*other, address.name.clone());
        input.snapshot.live(&other).is_some_and(|live| !ownership::is_deleted(&other, live, input))
    })?;
    Some(match other {
        Kind::CompositeAlarm => "composite alarm",
        Kind::LogAlarm => "log alarm",
        _ => "metric alarm",
    })
}

/// A composite alarm that refers to the name now and will: then AWS lets nobody delete the alarm that has it.
fn bound_to_its_kind<'a>(address: &Address, action: Action, input: PlanInput<'a>) -> Option<&'a str> {
    let mut others = address.kind.sharing_names().map(|other| Address::new(other, &address.name));
    if action != Action::Create || !others.any(|other| input.snapshot.live(&other).is_some()) {
        return None;
    }
    let arn = address.arn(input.target)?;
    let refers = |resource: &Resource| match resource {
        Resource::CompositeAlarm(alarm) => alarm.children().iter().any(|child| *child == address.name || *child == arn),
        _ => false,
    };
    let mut bound = input.desired.iter().filter(|(address, desired)| {
        refers(desired) && input.snapshot.live(address).is_some_and(|live| refers(&live.resource))
    });
    let (composite, _) = bound.next()?;
    Some(&composite.name)
}

#[cfg(test)]
mod tests;
