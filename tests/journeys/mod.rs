//! What a stack lives through, told once for every endpoint: made, changed, adopted, contested, pruned, planned early, taken
//! down. A world says how to reach the endpoint and lets another hand than the program's touch what stands there.
// Each test crate uses its own part of this.
#![allow(dead_code)]

use crate::support::Desk;
use std::collections::{BTreeMap, BTreeSet};

pub const EVERYWHERE: Stack =
    Stack { spec: include_str!("everywhere.yaml"), edits: include_str!("everywhere.edits"), resources: 9 };
pub const SANDBOX: Stack =
    Stack { spec: include_str!("sandbox.yaml"), edits: include_str!("sandbox.edits"), resources: 19 };
const SPEC: &str = "alarms.yaml";

/// An account of an endpoint, seen without the program.
pub trait World {
    /// Its runs reach the endpoint and get the variable `account`.
    fn desk(&self) -> &Desk;
    fn account(&self) -> &str;
    /// What stands, e.g. `alarm/errors`, `topic/alerts`, `log_group//whole/app`.
    fn standing(&self) -> BTreeSet<String>;
    /// Takes every mark of an owner off everything.
    fn disown(&self);
    /// Makes the topic where it is missing, and subscribes a queue called `theirs` to it, which is confirmed at once.
    fn subscribe_by_hand(&self, topic: &str);
    /// Who is confirmed, as `protocol endpoint`; nobody where there is no topic.
    fn subscribers(&self, topic: &str) -> BTreeSet<String>;
    /// Sets the threshold of the alarm `errors` of `EVERYWHERE`.
    fn set_threshold(&self, threshold: f64);
    /// The threshold of the alarm `errors`.
    fn threshold(&self) -> f64;
}

/// A spec, what can be changed in it, and how many resources it asks for.
#[derive(Debug, Clone, Copy)]
pub struct Stack {
    pub spec: &'static str,
    edits: &'static str,
    resources: usize,
}

/// One text of a spec replaced by another, and the one change that a plan has to show for it.
struct Edit {
    address: String,
    change: String,
    from: &'static str,
    to: &'static str,
}

impl Stack {
    fn edits(self, account: &str) -> impl Iterator<Item = Edit> {
        let lines = self.edits.lines().filter(|line| !line.starts_with('#'));
        lines.map(move |line| {
            let [address, change, from, to] = line.split(" | ").collect::<Vec<_>>()[..] else {
                panic!("not an edit: {line}");
            };
            Edit { address: address.replace("{account}", account), change: change.to_owned(), from, to }
        })
    }
}

/// Made; nothing left to do; changed field by field, each plan showing just that; taken down.
pub fn a_whole_life(world: &dyn World, stack: Stack) {
    let desk = world.desk();
    let before = world.standing();
    desk.write(SPEC, stack.spec);
    desk.run(&["plan", "--detailed-exitcode"]).exits(2);
    let plan = desk.run(&["plan", "--format", "json"]).exits(0);
    assert!(plan.changes().values().all(|change| change == "create"), "{plan}");
    assert_eq!(plan.changes().len(), stack.resources, "{plan}");
    assert_eq!(plan.json()["summary"]["add"], stack.resources, "{plan}");
    assert_eq!(world.standing(), before, "a plan writes nothing");

    desk.run(&["apply", "--yes"]).exits(0).says(&format!("{} added, 0 changed", stack.resources));
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
    desk.run(&["apply", "--yes"]).exits(0).says("No changes");
    let planned: BTreeSet<String> =
        plan.changes().into_keys().filter(|address| !address.starts_with("subscription/")).collect();
    assert_eq!(world.standing(), &before | &planned);

    let mut spec = stack.spec.to_owned();
    for edit in stack.edits(world.account()) {
        assert_eq!(spec.matches(edit.from).count(), 1, "{:?} has to be there once in\n{spec}", edit.from);
        spec = spec.replace(edit.from, edit.to);
        desk.write(SPEC, &spec);
        let plan = desk.run(&["plan", "--format", "json"]).exits(0);
        assert_eq!(plan.changes(), BTreeMap::from([(edit.address, edit.change)]), "{plan}");
        desk.run(&["apply", "--yes"]).exits(0).says("0 added, 1 changed, 0 destroyed, 0 adopted");
    }
    desk.run(&["plan", "--format", "json"]).is_empty_plan();

    desk.run(&["destroy", "--yes"]).exits(0).says(&format!("{} destroyed", stack.resources));
    assert_eq!(world.standing(), before, "destroy leaves nothing");
    desk.run(&["destroy", "--yes"]).exits(0).says("No changes");
}

/// What exists without an owner is taken over only by consent, and left in place where it is not wanted any more.
pub fn adoption(world: &dyn World) {
    let desk = world.desk();
    desk.write(SPEC, EVERYWHERE.spec);
    desk.run(&["apply", "--yes"]).exits(0);
    world.disown();
    world.set_threshold(50.0);

    desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("--adopt");
    let plan = desk.run(&["plan", "--format", "json"]).exits(0);
    assert!(plan.changes().values().all(|change| change == "adopt"), "{plan}");
    assert_eq!(plan.json()["summary"]["adopt"], EVERYWHERE.resources, "{plan}");
    desk.run(&["apply", "--yes"]).exits(8).says("no stack owns it");
    assert!((world.threshold() - 50.0).abs() < 1e-9, "what is refused is not done");

    desk.run(&["apply", "--yes", "--adopt"]).exits(0).says("9 adopted");
    assert!((world.threshold() - 5.0).abs() < 1e-9);
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    let adopted = world.standing();
    let plan = desk.run(&["destroy", "--format", "json"]).exits(8);
    assert_eq!(world.standing(), adopted, "{plan}");
    desk.run(&["destroy", "--yes"]).exits(0).says("0 destroyed, 0 adopted, 9 no longer managed");
    assert_eq!(world.standing(), adopted, "what existed before is not ours to delete");
    desk.run(&["destroy", "--yes"]).exits(0).says("No changes");

    // Named, it is taken over as well, and deleted by an option of its own.
    desk.run(&["apply", "--yes", "--adopt", "alarm/errors"]).exits(8).says("no stack owns it");
    desk.run(&["apply", "--yes", "--adopt", "alarm/erors"]).exits(64).says("did you mean alarm/errors?");
    desk.run(&["apply", "--yes", "--adopt", "*/*"]).exits(0).says("9 adopted");
    desk.run(&["destroy", "--yes", "--delete-adopted"]).exits(0).says("9 destroyed");
    let mut standing = world.standing();
    standing.retain(|address| address.contains("whole") || !address.starts_with("log_group/"));
    assert_eq!(standing, BTreeSet::new());
}

/// A topic made by hand with somebody else's confirmed subscription: both outlive the stack that adopted the topic.
pub fn others_subscriptions(world: &dyn World) {
    let desk = world.desk();
    desk.write(SPEC, EVERYWHERE.spec);
    world.subscribe_by_hand("alerts");
    let (before, subscribed) = (world.standing(), world.subscribers("alerts"));
    desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("topic/alerts");
    desk.run(&["apply", "--yes", "--adopt", "topic/alerts"]).exits(0).says("1 adopted");
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    assert!(world.subscribers("alerts").is_superset(&subscribed));
    desk.run(&["destroy", "--yes"]).exits(0).says("1 no longer managed");
    assert_eq!(world.standing(), before, "the topic stays");
    assert!(world.subscribers("alerts").is_superset(&subscribed), "and so does the subscription");

    // The topic is the stack's own this time: the subscription is data all the same.
    desk.run(&["apply", "--yes", "--adopt"]).exits(0);
    desk.run(&["destroy", "--yes", "--delete-adopted"]).exits(8).says("--allow-data-loss").says("theirs");
    assert!(world.subscribers("alerts").is_superset(&subscribed));
    desk.run(&["destroy", "--yes", "--delete-adopted", "--allow-data-loss"]).exits(0);
    assert!(world.subscribers("alerts").is_empty());
}

/// What another stack owns is never touched, consent or not.
pub fn a_foreign_owner(world: &dyn World) {
    let desk = world.desk();
    desk.write(SPEC, EVERYWHERE.spec);
    desk.run(&["apply", "--yes"]).exits(0);
    let standing = world.standing();
    desk.write(SPEC, &EVERYWHERE.spec.replace("stack: whole", "stack: other").replace("threshold: 5", "threshold: 7"));
    desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("belongs to stack \"whole\"");
    desk.run(&["apply", "--yes", "--adopt", "--allow-deletes"]).exits(8).says("belongs to stack \"whole\"");
    assert!((world.threshold() - 5.0).abs() < 1e-9);
    desk.run(&["destroy", "--yes"]).exits(0).says("No changes");
    assert_eq!(world.standing(), standing);
    desk.write(SPEC, EVERYWHERE.spec);
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
}

/// What is gone from the spec goes, unless the run is limited; too much of it goes only by consent. Topics only, since not
/// every endpoint's index tells what else a stack owns.
pub fn pruning_topics(world: &dyn World) {
    let desk = world.desk();
    let header = EVERYWHERE.spec.split("topics:").next().unwrap_or_default();
    let write = |topics: &str| desk.write(SPEC, &format!("{header}topics: {{ {topics} }}"));
    let topics = |names: &str| names.split(' ').map(|name| format!("topic/{name}")).collect::<BTreeSet<_>>();
    let before = world.standing();
    let standing = || &world.standing() - &before;
    write("one:, two:, three:, four:");
    desk.run(&["apply", "--yes"]).exits(0).says("4 added");

    write("one:, two:, three:");
    desk.run(&["plan", "--format", "json", "--target", "topic/one"]).is_empty_plan();
    let plan = desk.run(&["plan", "--format", "json"]).exits(0);
    assert_eq!(plan.changes(), BTreeMap::from([("topic/four".to_owned(), "delete".to_owned())]), "{plan}");
    desk.run(&["apply", "--yes"]).exits(0).says("1 destroyed");
    assert_eq!(standing(), topics("one two three"));

    write("one:");
    desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("--allow-deletes");
    desk.run(&["apply", "--yes"]).exits(8).says("more than a third");
    assert_eq!(standing(), topics("one two three"), "what is refused is not done");
    desk.run(&["apply", "--yes", "--allow-deletes"]).exits(0).says("2 destroyed");
    assert_eq!(standing(), topics("one"));
}

/// The same of every kind, in an order that AWS allows: a composite alarm before what it is about.
pub fn pruning(world: &dyn World) {
    let desk = world.desk();
    let before = world.standing();
    let standing = || &world.standing() - &before;
    desk.write(SPEC, EVERYWHERE.spec);
    desk.run(&["apply", "--yes"]).exits(0);
    let mut expected = standing();

    let one_less = EVERYWHERE.spec.split("composite_alarms:").next().unwrap_or_default();
    desk.write(SPEC, one_less);
    let plan = desk.run(&["plan", "--format", "json"]).exits(0);
    assert_eq!(plan.changes(), BTreeMap::from([("composite_alarm/trouble".to_owned(), "delete".to_owned())]), "{plan}");

    desk.write(SPEC, one_less.split("log_groups:").next().unwrap_or_default());
    desk.run(&["plan", "--detailed-exitcode"]).exits(8).says("--allow-deletes");
    desk.run(&["apply", "--yes"]).exits(8).says("5 of the 9 resources");
    assert_eq!(standing(), expected);
    desk.run(&["apply", "--yes", "--allow-deletes"]).exits(0).says("5 destroyed");
    expected.retain(|address| address.starts_with("topic/"));
    assert_eq!(standing(), expected);
}

/// A saved plan is carried out as it was shown, or not at all.
pub fn a_stale_plan(world: &dyn World) {
    let desk = world.desk();
    desk.write(SPEC, EVERYWHERE.spec);
    desk.run(&["plan", "--out", "first.plan"]).exits(0);
    desk.run(&["apply", "first.plan", "--yes"]).exits(0).says("9 added");
    desk.run(&["apply", "first.plan", "--yes"]).exits(6).says("it exists now");

    desk.write(SPEC, &EVERYWHERE.spec.replace("threshold: 5", "threshold: 6"));
    desk.run(&["plan", "--out", "second.plan"]).exits(0);
    world.set_threshold(50.0);
    desk.run(&["apply", "second.plan", "--yes"]).exits(6).says("alarm/errors").says("threshold");
    assert!((world.threshold() - 50.0).abs() < 1e-9, "a stale plan changes nothing");
    desk.run(&["plan", "--out", "third.plan"]).exits(0);
    desk.run(&["apply", "third.plan", "--yes"]).exits(0).says("1 changed");
    assert!((world.threshold() - 6.0).abs() < 1e-9);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(desk.path("third.plan")).expect("the plan was saved");
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "a plan is for its owner only");
    }
}

/// Without somebody to ask and without `--yes` nothing is done.
pub fn nobody_to_ask(world: &dyn World) {
    let desk = world.desk();
    let before = world.standing();
    desk.write(SPEC, EVERYWHERE.spec);
    desk.run(&["apply"]).exits(8).says("--yes");
    desk.run(&["apply", "--yes", "--target", "topic/quiet"]).exits(0).says("1 added");
    assert_eq!(&world.standing() - &before, BTreeSet::from(["topic/quiet".to_owned()]));
    desk.run(&["destroy"]).exits(8).says("--yes");
    assert_eq!(&world.standing() - &before, BTreeSet::from(["topic/quiet".to_owned()]));
}

/// The other region of `REGIONS`, at which `standing` does not look.
pub const AWAY: &str = "eu-west-1";
/// Two regions of one file, the first of them the one that `standing` looks at.
pub const REGIONS: &str = "\
version: 1
stack: regions
region: us-east-1
vars: { account: { required: true } }
topics: { both: { display_name: Home }, home: }
regions:
  eu-west-1:
    topics: { both: { display_name: Away } }
    alarms:
      away: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\", notify: both }
";

/// One file is of several regions: made, changed, emptied and destroyed in one run, each region by itself.
pub fn several_regions(world: &dyn World) {
    let desk = world.desk();
    let before = world.standing();
    let standing = || &world.standing() - &before;
    let home = BTreeSet::from(["topic/both".to_owned(), "topic/home".to_owned()]);
    desk.write(SPEC, REGIONS);
    desk.run(&["plan", "--detailed-exitcode"]).exits(2).says("plan of 2 regions").says("2 pending");
    assert_eq!(standing(), BTreeSet::new());
    desk.run(&["apply", "--yes"]).exits(0).says("2 applied");
    assert_eq!(standing(), home);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0).says("all in sync");
    desk.run(&["plan", "--region", "eu-west-1", "--format", "json"]).is_empty_plan();
    desk.run(&["plan", "--region", "eu-west-2"]).exits(64).says("its regions are us-east-1, eu-west-1");

    desk.write(SPEC, &REGIONS.replace("Away", "Farther").replace("> 5", "> 6"));
    let plan = desk.run(&["plan", "--region", "eu-west-1", "--out", "away.plan", "--format", "json"]).exits(0);
    let changed = [("alarm/away", "update threshold"), ("topic/both", "update display_name")];
    let changed = changed.map(|(address, change)| (address.to_owned(), change.to_owned()));
    assert_eq!(plan.changes(), BTreeMap::from(changed), "{plan}");
    desk.run(&["plan", "--region", "us-east-1", "--format", "json"]).is_empty_plan();
    desk.run(&["apply", "away.plan", "--yes"]).exits(0).says("2 changed");
    desk.run(&["plan", "--detailed-exitcode"]).exits(0).says("all in sync");

    // What a region had is pruned there, and a name that both have is kept where it is wanted.
    desk.write(SPEC, &(REGIONS.split("  eu-west-1:").next().unwrap_or_default().to_owned() + "  eu-west-1: {}\n"));
    desk.run(&["apply", "--yes", "--allow-deletes"]).exits(0).says("1 in sync, 1 applied");
    assert_eq!(standing(), home);
    desk.run(&["destroy", "--yes", "--region", "eu-west-1"]).exits(0);
    assert_eq!(standing(), home);

    desk.write(SPEC, REGIONS);
    desk.run(&["apply", "--yes"]).exits(0);
    desk.run(&["destroy", "--yes"]).exits(0).says("all applied");
    assert_eq!(standing(), BTreeSet::new());
    desk.run(&["plan", "--region", "eu-west-1", "--detailed-exitcode"]).exits(2).says("2 to add");
}
