//! Mute rules as a user meets them: they hold actions back, are pruned, adopted by consent alone, and left in place then.

use super::{Sandbox, World};

const ALARM: &str = "version: 1\nstack: quiet\nregion: us-east-1\nvars: { account: { default: none } }\nalarms:\n  errors: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\" }\n  slow: { namespace: AWS/Lambda, metric_name: Duration, statistic: Average, threshold: \"> 3000\" }\n";
const RULE: &str = "mute_rules:\n  always: { schedule: cron(* * * * *), duration: 1h, alarms: [\"*\"] }\n";
const SPEC: &str = "alarms.yaml";

#[test]
fn a_rule_mutes_and_is_pruned_before_its_alarms() {
    let world = Sandbox::new();
    let desk = world.desk();
    desk.write(SPEC, &(ALARM.to_owned() + RULE));
    desk.run(&["plan"]).exits(0).says("+ mute_rule/always").says("mutes 2 alarms, cron(* * * * *) for 1h, UTC");
    desk.run(&["apply", "--yes"]).exits(0).says("3 added");
    desk.run(&["status"]).exits(0).says("muted");

    // One alarm and the rule that names it go together, whatever the order of the file.
    let fewer = ALARM.replace(
        "slow: { namespace: AWS/Lambda, metric_name: Duration, statistic: Average, threshold: \"> 3000\" }",
        "",
    );
    desk.write(SPEC, &fewer);
    desk.run(&["apply", "--yes", "--allow-deletes"]).exits(0).says("2 destroyed");
    assert_eq!(world.standing(), ["alarm/errors".to_owned()].into());
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
}

#[test]
fn a_rule_that_exists_is_adopted_by_consent_and_left_in_place() {
    let world = Sandbox::new();
    let desk = world.desk();
    desk.write(SPEC, &(ALARM.to_owned() + RULE));
    desk.run(&["apply", "--yes"]).exits(0);
    world.disown();
    desk.run(&["apply", "--yes", "--adopt", "alarm/*"]).exits(8).says("mute_rule/always").says("no stack owns it");
    desk.write(SPEC, &(ALARM.to_owned() + &RULE.replace("1h", "2h")));
    desk.run(&["apply", "--yes", "--adopt"]).exits(0).says("3 adopted");
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    let standing = world.standing();
    desk.run(&["destroy", "--yes"]).exits(0).says("0 destroyed, 0 adopted, 3 no longer managed");
    assert_eq!(world.standing(), standing, "what existed before is not ours to delete");

    desk.write(SPEC, &(ALARM.replace("stack: quiet", "stack: other") + RULE));
    desk.run(&["apply", "--yes", "--adopt"]).exits(0).says("3 adopted");
    desk.write(SPEC, &(ALARM.to_owned() + RULE));
    desk.run(&["apply", "--yes", "--adopt"]).exits(8).says("belongs to stack \"other\"");
}
