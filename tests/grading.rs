//! The lab's rubric on a class of thirty in the sandbox: whoever did it right has full marks, and each of the typical mistakes is
//! named. Accounts are brought into their states by the program itself.

#[path = "support/mod.rs"]
mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use support::{Desk, example};

const REGION: &str = "us-east-1";

/// What a student did right: the lab.
const RIGHT: &str = r#"version: 1
stack: lab9
vars: { email: { required: true } }
topics:
  alerts:
    subscriptions: [{ protocol: email, endpoint: "${email}" }]
functions:
  mlops-service-lambda: { retention: 14d }
alarms:
  my-errors:
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: mlops-service-lambda }
    statistic: Sum
    period: 5m
    threshold: "> 5"
    treat_missing_data: notBreaching
    notify: { alarm: [alerts] }
"#;

/// One kind of student: what differs from the right spec, and what the program has to say of it. Each has two students.
struct Mistake {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    /// The mistake's name in the JSON.
    told: &'static str,
    /// Words of the remark.
    words: &'static str,
    total: f64,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "threshold 500",
        from: "> 5",
        to: "> 500",
        told: "threshold_too_high",
        words: "the threshold of `my-errors` is > 500, wanted 1 to 10 in 5m",
        total: 92.86,
    },
    Mistake {
        name: "every error",
        from: "> 5",
        to: ">= 1",
        told: "every_error",
        words: "`my-errors` fires every single time (>= 1), wanted 1 to 10 in 5m",
        total: 82.86,
    },
    Mistake {
        name: "another function",
        from: "{ FunctionName: mlops-service-lambda }",
        to: "{ FunctionName: other-fn }",
        told: "other_function",
        words: "an alarm on Errors exists (`my-errors`), but it watches Errors of other-fn",
        total: 40.0,
    },
    Mistake {
        name: "another metric",
        from: "metric_name: Errors",
        to: "metric_name: Invocations",
        told: "other_metric",
        words: "`my-errors` watches Invocations, not Errors",
        total: 40.0,
    },
    Mistake {
        name: "a day",
        from: "period: 5m",
        to: "period: 1d",
        told: "wrong_period",
        words: "the period of `my-errors` is 1d, wanted 1m to 15m",
        total: 92.86,
    },
    Mistake {
        name: "maximum",
        from: "statistic: Sum",
        to: "statistic: Maximum",
        told: "wrong_statistic",
        words: "the statistic of `my-errors` is Maximum, wanted Sum",
        total: 96.43,
    },
    Mistake {
        name: "no data",
        from: "treat_missing_data: notBreaching",
        to: "unit: Seconds",
        told: "no_data",
        words: "`my-errors` has no data: it is in INSUFFICIENT_DATA",
        total: 95.0,
    },
    Mistake {
        name: "actions disabled",
        from: "notify: {",
        to: "actions_enabled: false\n    notify: {",
        told: "actions_disabled",
        words: "the actions of `my-errors` are disabled",
        total: 93.33,
    },
    Mistake {
        name: "only OK",
        from: "notify: { alarm: [alerts] }",
        to: "notify: { ok: [alerts] }",
        told: "only_other_states",
        words: "`my-errors` notifies nobody when it goes into ALARM, only when it goes into OK",
        total: 93.33,
    },
    Mistake {
        name: "nobody subscribed",
        from: "    subscriptions: [{ protocol: email, endpoint: \"${email}\" }]\n",
        to: "    display_name: x\n",
        told: "nobody_subscribed",
        words: "nobody is subscribed to the topic alerts",
        total: 78.33,
    },
    Mistake {
        name: "policy",
        from: "  alerts:\n",
        to: "  alerts:\n    policy: { Version: \"2012-10-17\", Statement: [{ Sid: x, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: \"sns:Publish\", Resource: \"*\" }] }\n",
        told: "topic_refuses",
        words: "the policy of the topic alerts refuses CloudWatch",
        total: 88.33,
    },
    Mistake {
        name: "never expires",
        from: "functions:\n  mlops-service-lambda: { retention: 14d }\n",
        to: "",
        told: "never_expires",
        words: "the logs of /aws/lambda/mlops-service-lambda never expire, wanted 7 days to 30 days",
        total: 90.0,
    },
];

/// Two students a mistake, two in the wrong region, two who have not confirmed, and two who did it right.
struct Class {
    desk: Desk,
    accounts: usize,
    /// Everybody, as the instructor's roster has them.
    roster: String,
    /// Account to what is wrong there.
    made: BTreeMap<String, &'static str>,
}

impl Class {
    fn new() -> Self {
        let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
        Self { desk, accounts: 0, roster: "account,name,email,region,url\n".to_owned(), made: BTreeMap::new() }
    }

    /// Two more students who did this.
    fn two(&mut self, name: &'static str, spec: &str, region: &str, confirms: bool) {
        let mut theirs = "account,name,email,region\n".to_owned();
        for _ in 0..2 {
            self.accounts += 1;
            let n = self.accounts;
            let (account, mail) = (format!("0911111111{n:02}"), format!("student{n}@example.edu"));
            theirs += &format!("{account},Student {n},{mail},{region}\n");
            self.roster += &format!("{account},Student {n},{mail},{REGION},\n");
            self.made.insert(account, name);
        }
        self.desk.write("theirs.csv", &theirs);
        self.desk.write("spec.yaml", spec);
        self.desk.run(&["apply", "--yes", "--file", "spec.yaml", "--accounts", "theirs.csv"]).exits(0);
        if confirms {
            self.desk.run(&["sandbox", "confirm", "--all"]).exits(0);
        }
    }

    /// Thirty students, and time for their alarms to be evaluated.
    fn whole() -> Self {
        let mut class = Self::new();
        class.two("nothing", RIGHT, REGION, true);
        for mistake in MISTAKES {
            assert_eq!(RIGHT.matches(mistake.from).count(), 1, "{}", mistake.name);
            class.two(mistake.name, &RIGHT.replace(mistake.from, mistake.to), REGION, true);
        }
        class.two("wrong region", RIGHT, "eu-west-1", true);
        // The last, so that nobody confirms for them.
        class.two("not confirmed", RIGHT, REGION, false);
        class.desk.write("roster.csv", &class.roster);
        class.desk.run(&["sandbox", "advance", "20m"]).exits(0);
        class
    }

    fn check(&self, more: &[&str]) -> support::Ran {
        let rubric = example("grading/lab-rubric.yaml");
        let rubric = rubric.to_str().expect("UTF-8");
        self.desk.run(&[&["check", "--accounts", "roster.csv", "--rubric", rubric], more].concat())
    }
}

fn students(book: &Value) -> impl Iterator<Item = &Value> {
    book["students"].as_array().into_iter().flatten()
}

/// Every remark of a student: mistake and words.
fn remarks(student: &Value) -> Vec<(String, String)> {
    let items = student["items"].as_array().into_iter().flatten();
    let remarks = items.flat_map(|item| item["remarks"].as_array().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    remarks.map(|remark| (text(&remark["mistake"]), text(&remark["what"]))).collect()
}

#[test]
fn a_class_of_thirty_with_its_mistakes() {
    let class = Class::whole();
    assert_eq!(class.accounts, 30);
    let book = class.check(&["--format", "json"]).exits(0).json();
    assert_eq!(students(&book).count(), 30);
    let mut seen = BTreeMap::new();
    for student in students(&book) {
        let account = student["target"]["account"].as_str().expect("an account");
        let made = class.made[account];
        let (total, remarks) = (student["total"].as_f64().expect("a total"), remarks(student));
        assert_eq!(student["possible"], 100.0, "no address is given, so /health is not asked");
        let (told, words, points) = match made {
            "nothing" => {
                assert_eq!((total, remarks.len()), (100.0, 0), "{student:#}");
                *seen.entry(made).or_insert(0) += 1;
                continue;
            }
            "wrong region" => {
                ("wrong_region", "in eu-west-1 there is such an alarm (`my-errors`): the wrong region", 5.0)
            }
            "not confirmed" => ("unconfirmed", "has not confirmed the subscription to alerts", 85.83),
            made => {
                let mistake = MISTAKES.iter().find(|mistake| mistake.name == made).expect("a known one");
                (mistake.told, mistake.words, mistake.total)
            }
        };
        let named = remarks.iter().any(|(mistake, what)| mistake == told && what.contains(words));
        assert!(named, "{made}: {told} ({words}) is not among {remarks:#?}");
        assert!((total - points).abs() < 0.01, "{made}: {total} points, not {points}: {remarks:#?}");
        *seen.entry(made).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 15);
    assert!(seen.values().all(|students| *students == 2), "{seen:?}");

    // The same in every format, and the exit codes.
    let shown = class.check(&["--details"]).exits(0);
    for mistake in MISTAKES {
        assert!(flat(&shown.stdout).contains(mistake.words), "{}: {shown}", mistake.name);
    }
    assert!(shown.stdout.ends_with("Grades: 2 full, 28 partial, 0 without points, 0 not known.\n"), "{shown}");
    let folded = class.check(&[]).exits(0);
    assert!(folded.stdout.lines().count() <= 60, "{folded}");
    assert!(folded.stdout.ends_with("Grades: 2 full, 28 partial, 0 without points, 0 not known.\n"), "{folded}");
    let folded =
        folded.says("Marks: 90 to 100 %: 16, 80 to 89 %: 6, ").says("2 students: the period is wrong (alarm) -> fix: ");
    let kind =
        "2 students: the alarm watches another function (alarm, notifies, traffic, advice) -> fix: let `my-errors`";
    assert!(flat(&folded.stdout).contains(kind) && !folded.stdout.contains("! alarm: "), "{folded}");
    class.check(&["--fail-below", "60"]).exits(3);
    class.check(&["--fail-below", "5"]).exits(0);
    let reports = ["--report", "g.csv", "--report", "g.html", "--report", "g.md", "--report", "g.xml", "--quiet"];
    class.check(&reports).exits(0);
    let grades = class.desk.read("g.csv");
    assert_eq!(grades.lines().count(), 31);
    let head = "account,region,email,name,topic,mail,alarm,notifies,traffic,retention,advice,health,total,possible,unknown,percent,complete,remarks";
    assert!(grades.starts_with(head), "{grades}");
    assert!(
        grades
            .contains("091111111101,us-east-1,student1@example.edu,Student 1,10,15,25,20,10,10,10,,100,100,0,100,yes,")
    );
    let page = class.desk.read("g.html");
    assert!(page.contains("Student 30") && page.contains("the wrong region"));
    assert_eq!(class.desk.read("g.xml").matches("<testsuite ").count(), 30);
    assert!(class.desk.read("g.md").len() <= 65_000);
    if let Ok(folder) = std::env::var("MLOPSCTL_KEEP_REPORTS") {
        std::fs::copy(class.desk.path("g.html"), std::path::Path::new(&folder).join("grades.html")).expect("copied");
    }

    // Nothing was written by any of it.
    let before = configured(&class.desk);
    class.check(&["--quiet"]).exits(0);
    assert_eq!(configured(&class.desk), before);
}

/// What the sandbox keeps, without what it evaluates by itself while time passes, whoever looks.
fn configured(desk: &Desk) -> BTreeMap<String, Value> {
    let mut kept = BTreeMap::new();
    for line in desk.read("sandbox.json").lines().skip(1) {
        let mut entry: Value = serde_json::from_str(line).expect("a line of JSON");
        let is_of_time = ["alarm_clock", "alarm_history"].iter().any(|table| entry["key"][2] == **table);
        if let Some(alarm) = entry["value"].as_object_mut() {
            alarm.remove("state");
        }
        if !is_of_time {
            kept.insert(entry["key"].to_string(), entry["value"].take());
        }
    }
    assert!(kept.len() > 30, "{kept:?}");
    kept
}

/// A student, on the own account: every item with what is missing; then nothing is.
#[test]
fn a_student_sees_the_same() {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    let rubric = example("grading/lab-rubric.yaml");
    let check = ["check", "--rubric", rubric.to_str().expect("UTF-8"), "--var", "email=you@example.edu"];
    let empty = desk.run(&check).exits(0);
    empty
        .says("there is no SNS topic in us-east-1")
        .says("no alarm watches Errors of mlops-service-lambda")
        .says("fix: create an alarm in us-east-1 on the metric Errors of mlops-service-lambda");
    desk.write("alarms.yaml", RIGHT);
    desk.run(&["apply", "--yes", "--var", "email=you@example.edu"]).exits(0);
    desk.run(&["sandbox", "confirm", "--all"]).exits(0);
    desk.run(&["sandbox", "advance", "20m"]).exits(0);
    desk.run(&check).exits(0).says("100 of 100 points, 100 %");
}

/// What cannot be read is not known: it costs nobody points, and the run says so.
#[test]
fn an_account_that_cannot_be_reached_is_not_known() {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    desk.write(
        "roster.csv",
        "account,name,email,region\n091111111101,Ada,ada@example.edu,us-east-1\n091111111102,Bob,,us-east-1\n",
    );
    let rubric = example("grading/lab-rubric.yaml");
    let check = ["check", "--accounts", "roster.csv", "--rubric", rubric.to_str().expect("UTF-8"), "--format", "json"];
    let book = desk.run(&check).exits(5).json();
    let of = |name: &str| students(&book).find(|student| student["columns"]["name"] == name).expect("a student");
    assert_eq!((&of("Ada")["complete"], &of("Ada")["possible"]), (&true.into(), &100.into()));
    assert_eq!(
        (&of("Bob")["complete"], &of("Bob")["possible"], &of("Bob")["unknown"]),
        (&false.into(), &serde_json::Value::Null, &110.into())
    );
    let why = of("Bob")["failure"]["message"].as_str().expect("why");
    assert!(why.contains("variable `email`") && why.contains("has no value"), "{why}");
}

/// Faults of the network in a tenth of all calls change no grade.
#[test]
fn bad_weather_changes_no_grade() {
    let mut class = Class::new();
    class.two("nothing", RIGHT, REGION, true);
    class.two("threshold 500", &RIGHT.replace("> 5", "> 500"), REGION, true);
    class.desk.write("roster.csv", &class.roster);
    class.desk.run(&["sandbox", "advance", "20m"]).exits(0);
    let fine = class.check(&["--format", "csv"]).exits(0).stdout;
    let weather = ["--format", "csv", "--sandbox-faults", "fault-500=0.05,fault-reset-before=0.05,seed=3"];
    assert_eq!(class.check(&weather).exits(0).stdout, fine);
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
