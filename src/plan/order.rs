//! In which order changes can be applied: steps that need other steps first. What does not depend runs side by side.

use super::{Action, Plan, PlannedChange};
use crate::resources::child::Child;
use crate::resources::{Address, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// Changes that are applied by one and the same call, and the steps that have to be done before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyStep {
    /// Positions in `Plan::changes`.
    pub changes: Vec<usize>,
    /// Positions in the list of steps.
    pub after: BTreeSet<usize>,
}

/// The steps of a plan. Positions refer to the plan as it is given; the dependencies have no cycle.
pub fn steps(plan: &Plan) -> Vec<ApplyStep> {
    let effective: Vec<usize> = (0..plan.changes.len()).filter(|at| plan.changes[*at].is_effective()).collect();
    let mut batched: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
    let mut single = Vec::new();
    for at in effective {
        let change = &plan.changes[at];
        if change.action == Action::Delete && change.address.kind.facts().delete_batch > 1 {
            batched.entry(change.address.kind).or_default().push(at);
        } else {
            single.push(at);
        }
    }
    let batches = batched.iter().flat_map(|(kind, all)| all.chunks(kind.facts().delete_batch).map(<[usize]>::to_vec));
    let groups = single.into_iter().map(|at| vec![at]).chain(batches);
    let mut steps: Vec<ApplyStep> = groups.map(|changes| ApplyStep { changes, after: BTreeSet::new() }).collect();

    let by_address: BTreeMap<&Address, usize> = steps
        .iter()
        .enumerate()
        .flat_map(|(step, s)| s.changes.iter().map(move |at| (&plan.changes[*at].address, step)))
        .collect();
    let dependencies = Dependencies::new(plan, by_address);
    let after: Vec<BTreeSet<usize>> = steps
        .iter()
        .enumerate()
        .map(|(own, step)| {
            step.changes.iter().flat_map(|at| dependencies.of(&plan.changes[*at])).filter(|s| *s != own).collect()
        })
        .collect();
    for (step, after) in steps.iter_mut().zip(after) {
        step.after = after;
    }
    steps
}

struct Dependencies<'a> {
    plan: &'a Plan,
    /// Address of an effective change -> its step.
    by_address: BTreeMap<&'a Address, usize>,
    /// What is done with each.
    actions: BTreeMap<&'a Address, Action>,
    /// Address -> the steps that change or delete those who refer to it today, but for children that end with it.
    users: BTreeMap<Address, Vec<usize>>,
    /// Parent -> the steps that delete its children.
    ended: BTreeMap<Address, Vec<usize>>,
}

impl<'a> Dependencies<'a> {
    fn new(plan: &'a Plan, by_address: BTreeMap<&'a Address, usize>) -> Self {
        let actions = plan.changes.iter().map(|change| (&change.address, change.action)).collect();
        let (mut users, mut ended): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
        for change in plan.effective() {
            let (Some(live), Some(step)) = (&change.before, by_address.get(&change.address)) else { continue };
            let child = live.resource.child();
            let ends = child.as_ref().is_some_and(|child| child.registry.ends_with_parent);
            if let Some(child) = child.filter(|_| change.action == Action::Delete) {
                ended.entry(child.parent).or_default().push(*step);
            }
            if !ends {
                // What it names afterwards, too, is not let go of by this change: an alarm that becomes one of another kind under its name.
                let after = change.after.as_ref().map(|after| after.references(&plan.target)).unwrap_or_default();
                for address in live.resource.references(&plan.target).into_iter().filter(|one| !after.contains(one)) {
                    users.entry(address).or_default().push(*step);
                }
            }
        }
        Self { plan, by_address, actions, users, ended }
    }

    /// The steps that have to be done before this change.
    fn of(&self, change: &PlannedChange) -> Vec<usize> {
        match change.action {
            Action::Delete => self.users_of(change),
            Action::StopManaging => self.ended_before(change),
            _ => self.used_by(change),
        }
    }

    /// Before something is made: what it refers to is made, and what has its name is gone.
    fn used_by(&self, change: &PlannedChange) -> Vec<usize> {
        let Some(resource) = &change.after else { return Vec::new() };
        let mut needed: Vec<Address> = resource.references(&self.plan.target);
        let others = change.address.kind.sharing_names();
        needed.extend(others.map(|kind| Address::new(kind, change.address.name.clone())));
        needed.iter().filter_map(|address| self.by_address.get(address).copied()).collect()
    }

    /// Before something is deleted: whoever refers to it today is deleted or changed.
    fn users_of(&self, change: &PlannedChange) -> Vec<usize> {
        // A child that ends with its parent waits for that one's delete instead.
        match child_of(change) {
            Some(child) if child.registry.ends_with_parent => {
                self.step_of(&child.parent, &[Action::Delete]).into_iter().collect()
            }
            _ => self.users.get(&change.address).cloned().unwrap_or_default(),
        }
    }

    /// Ownership is given up last: a parent's after its children of ours have ended, theirs together with its own.
    fn ended_before(&self, change: &PlannedChange) -> Vec<usize> {
        match child_of(change) {
            Some(Child { registry, parent, .. }) => {
                // One that does not end with its parent is done with first.
                let with = if registry.ends_with_parent {
                    [Action::Delete, Action::StopManaging].as_slice()
                } else {
                    &[Action::StopManaging]
                };
                self.step_of(&parent, with).into_iter().collect()
            }
            None => self.ended.get(&change.address).cloned().unwrap_or_default(),
        }
    }

    /// The step of a change that is one of these.
    fn step_of(&self, address: &Address, actions: &[Action]) -> Option<usize> {
        let action = self.actions.get(address)?;
        actions.contains(action).then(|| self.by_address.get(address).copied()).flatten()
    }
}

fn child_of(change: &PlannedChange) -> Option<Child> {
    change.before.as_ref()?.resource.child()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Target;
    use crate::resources::{Alarm, CompositeAlarm, Live, Resource, Subscription, Topic};

    fn change(action: Action, resource: Resource) -> PlannedChange {
        let deleted = action == Action::Delete;
        PlannedChange {
            address: resource.address(),
            action,
            before: (action != Action::Create).then(|| Live::new(resource.clone())),
            after: (!deleted).then_some(resource),
            fields: Vec::new(),
            notes: Vec::new(),
            blocked: None,
        }
    }

    fn stack(action: Action) -> Plan {
        let target = Target::new("123456789012", "us-east-1");
        let mut alarm = Alarm::new("a");
        alarm.actions.alarm = vec![target.arn("sns", "t")];
        let composite = CompositeAlarm { name: "c".into(), alarm_rule: "ALARM(\"a\")".into(), ..Default::default() };
        let resources = [
            Resource::Topic(Topic::new("t")),
            Resource::Subscription(Subscription::new("t", "email", "a@b.edu")),
            Resource::Alarm(Box::new(alarm)),
            Resource::CompositeAlarm(composite),
        ];
        let changes = resources.into_iter().map(|r| change(action, r)).collect();
        Plan { stack: "s".into(), target, changes, notes: vec![], blocked: vec![], pruning: true }
    }

    /// Address of each step -> addresses that have to be done before.
    fn needs(plan: &Plan) -> BTreeMap<String, Vec<String>> {
        let steps = steps(plan);
        let name = |step: &ApplyStep| plan.changes[step.changes[0]].address.to_string();
        steps.iter().map(|step| (name(step), step.after.iter().map(|at| name(&steps[*at])).collect())).collect()
    }

    fn expect(pairs: [(&str, &[&str]); 4]) -> BTreeMap<String, Vec<String>> {
        pairs.into_iter().map(|(k, v)| (k.to_owned(), v.iter().map(|s| (*s).to_owned()).collect())).collect()
    }

    #[test]
    fn what_is_referred_to_is_made_first() {
        let expected = expect([
            ("topic/t", &[]),
            ("subscription/t/email/a@b.edu", &["topic/t"]),
            ("alarm/a", &["topic/t"]),
            ("composite_alarm/c", &["alarm/a"]),
        ]);
        assert_eq!(needs(&stack(Action::Create)), expected);
    }

    #[test]
    fn what_refers_is_deleted_first_and_a_subscription_goes_with_its_topic() {
        let expected = expect([
            ("composite_alarm/c", &[]),
            ("alarm/a", &["composite_alarm/c"]),
            ("topic/t", &["alarm/a"]),
            ("subscription/t/email/a@b.edu", &["topic/t"]),
        ]);
        assert_eq!(needs(&stack(Action::Delete)), expected);
    }

    #[test]
    fn ownership_of_a_topic_is_given_up_after_its_subscriptions_have_ended() {
        let mut plan = stack(Action::StopManaging);
        plan.changes[1].action = Action::Delete;
        let expected = expect([
            ("subscription/t/email/a@b.edu", &[]),
            ("topic/t", &["subscription/t/email/a@b.edu"]),
            ("alarm/a", &[]),
            ("composite_alarm/c", &[]),
        ]);
        assert_eq!(needs(&plan), expected);
        plan.changes[1].action = Action::StopManaging;
        let needs = needs(&plan);
        assert_eq!((&needs["topic/t"], &needs["subscription/t/email/a@b.edu"]), (&vec![], &vec!["topic/t".to_owned()]));
    }

    #[test]
    fn metric_alarms_are_deleted_a_hundred_at_a_time() {
        let mut plan = stack(Action::Delete);
        plan.changes =
            (0..250).map(|n| change(Action::Delete, Resource::Alarm(Box::new(Alarm::new(format!("a{n}")))))).collect();
        assert_eq!(steps(&plan).iter().map(|s| s.changes.len()).collect::<Vec<_>>(), [100, 100, 50]);
    }

    #[test]
    fn an_alarm_of_the_other_kind_goes_before_its_name_is_used_again() {
        let mut plan = stack(Action::NoOp);
        let composite = CompositeAlarm { name: "a".into(), alarm_rule: "TRUE".into(), ..Default::default() };
        plan.changes[2].action = Action::Delete;
        plan.changes.push(change(Action::Create, Resource::CompositeAlarm(composite)));
        let needs = needs(&plan);
        assert_eq!(needs["composite_alarm/a"], ["alarm/a"]);
        assert_eq!(needs["alarm/a"], [""; 0]);
    }
}
