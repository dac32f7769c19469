//! The real program against its own sandbox, as a newcomer runs it: the journeys of every endpoint, every form of alarm that
//! only the sandbox keeps, and the lab itself. The sandbox's file is the witness: what the program did not write is not there.

mod dashboards;
#[path = "../journeys/mod.rs"]
mod journeys;
mod lab;
mod metric_filters;
mod mute_rules;
mod muting;
mod post;
#[path = "../support/mod.rs"]
mod support;

use journeys::{EVERYWHERE, SANDBOX, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use support::{Desk, example};

const FILE: &str = "sandbox.json";

struct Sandbox(Desk);

impl Sandbox {
    fn new() -> Self {
        Self(Desk::new().with(&["--sandbox=sandbox.json", "--var", "account=123456789012"]))
    }

    /// Table and key -> value, of the home region: the file is a journal, the last line on a key holds.
    fn entities(&self) -> BTreeMap<(String, String), Value> {
        let Ok(text) = std::fs::read_to_string(self.0.path(FILE)) else { return BTreeMap::new() };
        let mut entities = BTreeMap::new();
        for line in text.lines().skip(1) {
            let line: Value = serde_json::from_str(line).expect("each line is JSON");
            let part = |at: usize| line["key"][at].as_str().expect("a text").to_owned();
            if part(1) == journeys::AWAY {
                continue;
            }
            match &line["value"] {
                Value::Null => entities.remove(&(part(2), part(3))),
                value => entities.insert((part(2), part(3)), value.clone()),
            };
        }
        entities
    }

    /// Another hand than the program's: the file's text.
    fn rewrite(&self, change: impl Fn(&str) -> String) {
        self.0.write(FILE, &change(&self.0.read(FILE)));
    }

    fn mails(&self) -> usize {
        self.0.confirmations()
    }
}

impl World for Sandbox {
    fn desk(&self) -> &Desk {
        &self.0
    }

    fn account(&self) -> &'static str {
        "123456789012"
    }

    fn standing(&self) -> BTreeSet<String> {
        let all = self.entities();
        // A detector that nobody has set anything of is what an alarm implies; the others are known by their alarm.
        let detectors = all.iter().filter(|((table, _), value)| {
            table == "anomaly_detectors" && !value["Configuration"]["MetricTimezone"].is_null()
        });
        let learns = |alarm: &Value, stat: &Value| {
            let queries = alarm["configuration"]["Metrics"].as_array();
            queries.is_some_and(|queries| queries.iter().any(|query| query["MetricStat"]["Stat"] == *stat))
        };
        let detectors: Vec<String> = detectors
            .flat_map(|(_, value)| {
                let stat = &value["SingleMetricAnomalyDetector"]["Stat"];
                let alarms = all.iter().filter(|((table, _), alarm)| table == "alarms" && learns(alarm, stat));
                alarms.map(|((_, name), _)| format!("anomaly_detector/{name}")).collect::<Vec<_>>()
            })
            .collect();
        let entities = all.into_iter().filter_map(|((table, key), value)| {
            let kind = match table.as_str() {
                "alarms" if value["kind"] == "CompositeAlarm" => "composite_alarm",
                "alarms" if value["kind"] == "LogAlarm" => "log_alarm",
                "alarms" => "alarm",
                "sns-topic" => "topic",
                "logs-group" => "log_group",
                "logs-metric-filter" => "metric_filter",
                "alarm_mute_rules" => "mute_rule",
                "dashboards" => "dashboard",
                _ => return None,
            };
            Some(format!("{kind}/{key}"))
        });
        entities.chain(detectors).collect()
    }

    fn disown(&self) {
        self.rewrite(|text| text.replace("\"mlopsctl:", "\"formerly:"));
    }

    fn subscribe_by_hand(&self, topic: &str) {
        let spec = format!(
            "version: 1\nstack: hand\nregion: us-east-1\nvars: {{ account: {{ required: true, description: of the queue }} }}\n\
             topics:\n  {topic}:\n    subscriptions: [{{ protocol: sqs, endpoint: \"arn:aws:sqs:us-east-1:${{account}}:theirs\" }}]\n"
        );
        self.0.write("hand.yaml", &spec);
        self.0.run(&["apply", "--yes", "--file", "hand.yaml"]).exits(0);
        self.disown();
    }

    fn subscribers(&self, topic: &str) -> BTreeSet<String> {
        let of = |((table, _), value): ((String, String), Value)| {
            let under = value["topic_arn"].as_str().is_some_and(|arn| arn.ends_with(&format!(":{topic}")));
            let word = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
            let confirmed = table == "sns-subscription" && value["confirmed"] == true;
            (under && confirmed).then(|| format!("{} {}", word("protocol"), word("endpoint")))
        };
        self.entities().into_iter().filter_map(of).collect()
    }

    fn set_threshold(&self, threshold: f64) {
        let field = |threshold: f64| format!("\"Threshold\":{threshold:?}");
        let from = field(self.threshold());
        self.rewrite(|text| {
            let is_errors = |line: &str| line.contains("\"alarms\",\"errors\"");
            let line =
                |line: &str| if is_errors(line) { line.replace(&from, &field(threshold)) } else { line.to_owned() };
            text.lines().map(|text| line(text) + "\n").collect()
        });
    }

    fn threshold(&self) -> f64 {
        let alarm = &self.entities()[&("alarms".to_owned(), "errors".to_owned())];
        alarm["configuration"]["Threshold"].as_f64().expect("it has a threshold")
    }
}

#[test]
fn every_kind_lives_a_whole_life() {
    journeys::a_whole_life(&Sandbox::new(), EVERYWHERE);
}

#[test]
fn every_form_lives_a_whole_life() {
    journeys::a_whole_life(&Sandbox::new(), SANDBOX);
}

#[test]
fn what_nobody_owns_is_adopted_by_consent() {
    journeys::adoption(&Sandbox::new());
}

#[test]
fn subscriptions_of_others_outlive_an_adopting_stack() {
    journeys::others_subscriptions(&Sandbox::new());
}

#[test]
fn what_another_stack_owns_stays() {
    journeys::a_foreign_owner(&Sandbox::new());
}

#[test]
fn what_the_spec_lost_is_pruned() {
    journeys::pruning_topics(&Sandbox::new());
    journeys::pruning(&Sandbox::new());
}

#[test]
fn a_stale_plan_is_refused() {
    journeys::a_stale_plan(&Sandbox::new());
}

#[test]
fn nothing_is_done_without_a_yes() {
    journeys::nobody_to_ask(&Sandbox::new());
}

#[test]
fn one_file_is_of_several_regions() {
    journeys::several_regions(&Sandbox::new());
}

/// The one command of the README, and what has to come after it.
#[test]
fn the_lab() {
    let sandbox = Sandbox(Desk::new().with(&["--sandbox=sandbox.json", "--var", "email=you@example.edu"]));
    let desk = &sandbox.0;
    let lab = std::fs::read_to_string(example("../alarms.yaml")).expect("the lab is shipped");
    desk.write("alarms.yaml", &lab);
    desk.run(&["apply", "--yes"]).exits(0).says("you@example.edu has to confirm");
    assert_eq!(sandbox.mails(), 1);
    desk.run(&["apply", "--yes"]).exits(0).says("No changes");
    desk.run(&["apply", "--yes", "--require-confirmed"]).exits(7).says("you@example.edu has not confirmed");
    assert_eq!(sandbox.mails(), 1, "nobody is asked twice");
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
    desk.write("alarms.yaml", &lab.replace("threshold: \"> 5\"", "threshold: \"> 6\""));
    let plan = desk.run(&["plan", "--format", "json"]).exits(0);
    let changes = BTreeMap::from([("alarm/mlops-lambda-high-errors".to_owned(), "update threshold".to_owned())]);
    assert_eq!(plan.changes(), changes, "{plan}");
    desk.run(&["plan", "--detailed-exitcode"]).exits(2).says("threshold: 5 -> 6");
    // The function's log group existed before: it is left in place, its logs stay.
    desk.run(&["destroy", "--yes"]).exits(0);
    let left: BTreeSet<String> = sandbox.standing().into_iter().filter(|a| !a.starts_with("log_group/")).collect();
    assert_eq!(left, BTreeSet::new());
}

/// In bad weather, faults and lost answers in a tenth of all calls, the end is the same and nobody gets a second mail.
#[test]
fn bad_weather_changes_nothing_but_the_time() {
    for seed in 1..=8 {
        let weather = format!("fault-500=0.05,fault-reset-before=0.05,fault-reset-after=0.05,seed={seed}");
        let sandbox = Sandbox(Desk::new().with(&["--sandbox=sandbox.json", "--var", "email=you@example.edu"]));
        let file = example("lab.yaml");
        let apply = ["apply", "--yes", "--file", file.to_str().expect("UTF-8"), "--sandbox-faults", &weather];
        sandbox.0.run(&apply).exits(0).says("7 of 7 verified");
        let plan = ["plan", "--format", "json", "--file", file.to_str().expect("UTF-8")];
        sandbox.0.run(&plan).is_empty_plan();
        assert_eq!(sandbox.mails(), 1, "seed {seed}");
    }
}
