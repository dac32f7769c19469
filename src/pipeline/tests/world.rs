//! One sandbox, one spec, and the runs of a user over them.

use crate::apply::{ApplyEvent, ApplyOutcome, ApplyReport};
use crate::aws::{Aws, AwsSession, Interrupt, SessionOptions};
use crate::pipeline::{self, PlannedTarget, Select};
use crate::plan::{Adoption, Blocked, Consent, Note};
use crate::resources::Address;
use crate::sandbox::{self, Contents, Letter, Sandbox, Weather};
use crate::spec::{self, BoundSpec};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::OnceCell;

pub use crate::sandbox::ACCOUNT;
pub const REGION: &str = "us-east-1";

/// The sandbox under one account and region.
pub struct World {
    pub sandbox: Sandbox,
    region: String,
    session: OnceCell<AwsSession>,
    hands: OnceCell<Aws>,
}

pub const LAB: &str = include_str!("../../../examples/lab.yaml");
pub const FIFTY: &str = include_str!("../../../examples/fifty-functions.yaml");

/// One resource of each kind, and a subscription whose attributes can be read at once.
pub const EACH: &str = r#"
version: 1
stack: each
region: us-east-1
topics:
  alerts:
    display_name: Alerts
    subscriptions:
      - { protocol: email, endpoint: ann@example.edu }
      - { protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:123456789012:inbox", raw_message_delivery: true }
log_groups:
  /app/web: { retention: 14d }
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    statistic: Sum
    threshold: "> 5"
    notify: alerts
composite_alarms:
  any: { alarm_rule: "ALARM(errors)", notify: alerts }
"#;

/// The text with one place changed; panics where there is no such place.
pub fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "there is no {from:?}");
    text.replace(from, to)
}

/// A spec of the stack with these sections.
pub fn spec_of(stack: &str, sections: &str) -> String {
    format!("version: 1\nstack: {stack}\nregion: {REGION}\n{sections}")
}

/// A spec with a value for every variable that has none.
pub fn bound(text: &str) -> BoundSpec {
    let spec = spec::parse("test.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    let open = spec.variables().iter().filter(|variable| variable.default.is_none());
    let values = open.map(|variable| (variable.name.clone(), "ann@example.edu".to_owned()));
    let values: BTreeMap<String, String> = values.collect();
    spec.bind(&values).unwrap_or_else(|error| panic!("{error}"))
}

impl World {
    /// Begins with a whole minute: alarms are evaluated as minutes pass, and what happens in a run must not hang on the second it began at.
    pub fn new(weather: Weather) -> Self {
        let sandbox = Sandbox::in_memory(weather);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        sandbox.begin_at(i64::try_from(now / 60 * 60).unwrap() * 1_000).unwrap();
        Self::on(sandbox)
    }

    fn on(sandbox: Sandbox) -> Self {
        Self { sandbox, region: REGION.to_owned(), session: OnceCell::new(), hands: OnceCell::new() }
    }

    pub fn in_region(self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self }
    }

    /// Another region of the same account.
    pub fn beside(&self, region: &str) -> Self {
        Self::on(self.sandbox.clone()).in_region(region)
    }

    pub fn fine() -> Self {
        Self::new(Weather::default())
    }

    /// The same state under other weather; what happens there does not happen here.
    pub fn fork(&self, weather: Weather) -> Self {
        Self::on(self.sandbox.fork(weather))
    }

    /// Everything that stands, by table and key, but not what changes as time passes: the states of alarms.
    pub fn contents(&self) -> Contents {
        let mut contents = self.sandbox.entities(ACCOUNT, &self.region);
        contents.retain(|(table, _), _| !["alarm_clock", "alarm_held"].contains(&table.as_str()));
        for ((table, _), value) in &mut contents {
            if let Some(alarm) = value.as_object_mut().filter(|_| table == "alarms") {
                alarm.remove("state");
            }
        }
        contents
    }

    pub fn put_entity(&self, table: &str, key: &str, value: &serde_json::Value) {
        self.sandbox.put_entity(ACCOUNT, &self.region, table, key, value);
    }

    /// Every mail that asked somebody to confirm, the first first.
    pub fn letters(&self) -> Vec<Letter> {
        let letters = self.sandbox.outbox(ACCOUNT, &self.region).unwrap().into_iter();
        letters.filter(Letter::is_confirmation).collect()
    }

    /// Fresh handles, as a new process has them.
    pub async fn aws(&self) -> Aws {
        self.session.get_or_init(|| self.open(Interrupt::never())).await.target(None).unwrap()
    }

    /// What somebody else works with, at the console or with another tool.
    pub async fn hands(&self) -> &Aws {
        self.hands.get_or_init(|| self.aws()).await
    }

    pub async fn aws_with(&self, interrupt: Interrupt) -> Aws {
        self.open(interrupt).await.target(None).unwrap()
    }

    async fn open(&self, interrupt: Interrupt) -> AwsSession {
        let http = (self.sandbox.http_client(), sandbox::ACCESS_KEY.to_owned(), sandbox::SECRET_KEY.to_owned());
        let options = SessionOptions {
            region: Some(self.region.clone()),
            http: Some(http),
            interrupt: Some(interrupt),
            ..SessionOptions::default()
        };
        AwsSession::open(options).await.unwrap()
    }

    pub async fn plan(&self, text: &str) -> PlannedTarget {
        self.plan_with(text, &Consent::default()).await
    }

    pub async fn plan_with(&self, text: &str, consent: &Consent) -> PlannedTarget {
        pipeline::plan(&self.aws().await, &bound(text), &Select::default(), consent).await.unwrap()
    }

    /// A plan that is limited to some addresses.
    pub async fn plan_only(&self, text: &str, targets: &[&str]) -> PlannedTarget {
        pipeline::plan(&self.aws().await, &bound(text), &select(targets), &everything()).await.unwrap()
    }

    /// Plan and apply, with everything consented to.
    pub async fn apply(&self, text: &str) -> ApplyReport {
        self.run(text).await.1
    }

    pub async fn run(&self, text: &str) -> (PlannedTarget, ApplyReport) {
        self.try_run(text).await.unwrap()
    }

    /// A run may be unable to read what it needs.
    pub async fn try_run(&self, text: &str) -> anyhow::Result<(PlannedTarget, ApplyReport)> {
        let aws = self.aws().await;
        let planned = pipeline::plan(&aws, &bound(text), &Select::default(), &everything()).await?;
        let report = pipeline::apply(&aws, &planned.plan, &mut |_: ApplyEvent| {}).await?;
        Ok((planned, report))
    }

    pub async fn apply_planned(&self, planned: &PlannedTarget) -> ApplyReport {
        pipeline::apply(&self.aws().await, &planned.plan, &mut |_: ApplyEvent| {}).await.unwrap()
    }

    pub async fn plan_destroy(&self, text: &str, targets: &[&str]) -> PlannedTarget {
        pipeline::plan_destroy(&self.aws().await, &bound(text), &select(targets), &everything()).await.unwrap()
    }

    pub async fn destroy(&self, text: &str) -> ApplyReport {
        let planned = self.plan_destroy(text, &[]).await;
        self.apply_planned(&planned).await
    }

    /// A Lambda function like the sandbox's own.
    pub fn add_function(&self, name: &str) {
        const TABLE: &str = "lambda-function";
        let mut function = self.contents()[&(TABLE.to_owned(), "mlops-service-lambda".to_owned())].clone();
        function["FunctionName"] = name.into();
        function["LoggingConfig"]["LogGroup"] = format!("/aws/lambda/{name}").into();
        self.put_entity(TABLE, name, &function);
    }
}

fn select(targets: &[&str]) -> Select {
    Select(targets.iter().map(|target| Address::parse(target).unwrap()).collect())
}

/// Every note of a plan with the address it belongs to: `alarm/x: text`.
pub fn notes(planned: &PlannedTarget) -> Vec<String> {
    let of = |(address, note): (Option<&Address>, &Note)| match address {
        Some(address) => format!("{address}: {}", note.text),
        None => note.text.clone(),
    };
    planned.plan.all_notes().map(of).collect()
}

/// Why a plan is blocked, with the address it belongs to.
pub fn refusals(planned: &PlannedTarget) -> Vec<String> {
    let of = |(address, blocked): (Option<&Address>, &Blocked)| match address {
        Some(address) => format!("{address}: {}", blocked.reason),
        None => blocked.reason.clone(),
    };
    planned.plan.refusals().map(of).collect()
}

pub fn everything() -> Consent {
    let adopt = Adoption { unowned: true, named: Vec::new() };
    Consent { adopt, deletes: true, data_loss: true, delete_adopted: false, unknown_loss: true }
}

/// What a plan would do, one line a change: `~ alarm/x threshold`.
pub fn lines(planned: &PlannedTarget) -> Vec<String> {
    let line = |change: &crate::plan::PlannedChange| {
        let fields: Vec<&str> = change.fields.iter().map(|f| f.field.as_str()).collect();
        format!("{} {} {}", change.action.symbol(), change.address, fields.join(" ")).trim_end().to_owned()
    };
    planned.plan.effective().map(line).collect()
}

/// Panics with every failure of a report.
pub fn assert_complete(report: &ApplyReport) {
    let failures = failures(report);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What was not done, or does not stand as it should.
pub fn failures(report: &ApplyReport) -> Vec<String> {
    let undone = report.results.iter().filter(|r| r.outcome != ApplyOutcome::Done);
    let undone = undone.map(|r| format!("{}: {:?}", r.address, r.outcome));
    let differing = report.verified.iter().flat_map(|v| &v.differing);
    undone.chain(differing.map(|(address, how)| format!("{address}: {how}"))).collect()
}
