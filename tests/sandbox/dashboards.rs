//! Dashboards as a user meets them: over a roster with several regions of an account, drawn before they exist, and as pages.

use super::{Sandbox, World};

const SPEC: &str = "version: 1\nstack: boards\nvars: { account: { default: none } }\nalarms:\n  errors: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\" }\ndashboards: { lab: auto }\n";

#[test]
fn two_regions_of_an_account_do_not_write_the_same_dashboard_in_turn() {
    let world = Sandbox::new();
    let desk = world.desk();
    desk.write("alarms.yaml", SPEC);
    desk.write("roster.csv", &format!("account,regions\n{},us-east-1 eu-west-1\n", world.account()));
    let run = |words: &[&str]| desk.run(&[words, &["--accounts", "roster.csv"]].concat());
    run(&["apply", "--yes"]).exits(0).says("2 applied");
    run(&["plan", "--detailed-exitcode"]).exits(0).says("2 in sync");
    // The first one that the roster names.
    let shown = desk.run(&["dashboard", "--region", "eu-west-1", "--live", "--body"]).exits(0);
    assert!(shown.stdout.contains("us-east-1") && !shown.stdout.contains("eu-west-1"), "{shown}");
    run(&["destroy", "--yes"]).exits(0);
    desk.run(&["dashboard", "--region", "eu-west-1", "--live"]).exits(1).says("there is no dashboard lab");
}

#[test]
fn a_dashboard_is_drawn_before_it_exists() {
    let world = Sandbox::new();
    let desk = world.desk();
    desk.write("alarms.yaml", &SPEC.replace("vars:", "region: us-east-1\nvars:"));
    desk.run(&["dashboard", "lab", "--html", "lab.html"]).exits(0).says("dashboard/lab").says("errors  does not exist");
    let page = desk.read("lab.html");
    assert!(page.contains("class=\"widget states p0\"") && page.contains(".p0{grid-column:1/span 24"), "{page}");
    desk.run(&["dashboard", "lob"]).exits(64).says("did you mean").says("lab");
    desk.run(&["dashboard", "--live"]).exits(1).says("there is no dashboard lab");
    desk.run(&["apply", "--yes"]).exits(0).says("2 added");
    desk.run(&["dashboard", "--live"]).exits(0).says("errors  INSUFFICIENT_DATA");
    desk.run(&["dashboard", "--body"]).exits(0).says("\"widgets\"");
    desk.write(
        "alarms.yaml",
        "version: 1\nstack: boards\nregion: us-east-1\nvars: { account: { default: none } }\nalarms: {}\n",
    );
    desk.run(&["dashboard"]).exits(64).says("declares no dashboard");
}
