//! One sandbox, one spec, and the runs of a user over them.

use crate::apply::{Event, Outcome, Report};
use crate::aws::{Aws, Interrupt, Options, Session};
use crate::fleet::{self, Planned, Select};
use crate::plan::{Action, Consent};
use crate::sandbox::{self, Contents, Letter, Sandbox, Weather};
use crate::spec::{self, Bound};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

pub use crate::sandbox::ACCOUNT;
pub const REGION: &str = "us-east-1";

/// The sandbox under one account and region.
pub struct World {
    pub sandbox: Sandbox,
    session: OnceCell<Session>,
}

pub const LAB: &str = include_str!("../../../examples/lab.yaml");
pub const FIFTY: &str = include_str!("../../../examples/fifty-functions.yaml");

/// A spec with the variable that the examples ask for.
pub fn bound(text: &str) -> Bound {
    let values = BTreeMap::from([("email".to_owned(), "ann@example.edu".to_owned())]);
    let spec = spec::parse("test.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    spec.bind(&values).unwrap_or_else(|error| panic!("{error}"))
}

impl World {
    pub fn new(weather: Weather) -> Self {
        Self::on(Sandbox::in_memory(weather))
    }

    fn on(sandbox: Sandbox) -> Self {
        Self { sandbox, session: OnceCell::new() }
    }

    pub fn fine() -> Self {
        Self::new(Weather::default())
    }

    /// The same state under other weather; what happens there does not happen here.
    pub fn fork(&self, weather: Weather) -> Self {
        Self::on(self.sandbox.fork(weather))
    }

    /// Everything that stands, by table and key.
    pub fn contents(&self) -> Contents {
        self.sandbox.entities(ACCOUNT, REGION)
    }

    pub fn put_entity(&self, table: &str, key: &str, value: &serde_json::Value) {
        self.sandbox.put_entity(ACCOUNT, REGION, table, key, value);
    }

    /// Every mail that went out, the first first.
    pub fn letters(&self) -> Vec<Letter> {
        self.sandbox.outbox(ACCOUNT, REGION).unwrap()
    }

    /// Fresh handles, as a new process has them.
    pub async fn aws(&self) -> Aws {
        self.session.get_or_init(|| self.open(Interrupt::never())).await.target(None).unwrap()
    }

    pub async fn aws_with(&self, interrupt: Interrupt) -> Aws {
        self.open(interrupt).await.target(None).unwrap()
    }

    async fn open(&self, interrupt: Interrupt) -> Session {
        let http = (self.sandbox.http_client(), sandbox::ACCESS_KEY.to_owned(), sandbox::SECRET_KEY.to_owned());
        let options = Options {
            region: Some(REGION.to_owned()),
            http: Some(http),
            interrupt: Some(interrupt),
            ..Options::default()
        };
        Session::open(options).await.unwrap()
    }

    pub async fn plan(&self, text: &str) -> Planned {
        self.plan_with(text, &Consent::default()).await
    }

    pub async fn plan_with(&self, text: &str, consent: &Consent) -> Planned {
        fleet::plan(&self.aws().await, &bound(text), &Select::default(), consent).await.unwrap()
    }

    /// Plan and apply, with everything consented to.
    pub async fn apply(&self, text: &str) -> Report {
        self.run(text).await.1
    }

    pub async fn run(&self, text: &str) -> (Planned, Report) {
        self.try_run(text).await.unwrap()
    }

    /// A run may be unable to read what it needs.
    pub async fn try_run(&self, text: &str) -> anyhow::Result<(Planned, Report)> {
        let aws = self.aws().await;
        let planned = fleet::plan(&aws, &bound(text), &Select::default(), &everything()).await?;
        let report = fleet::apply(&aws, &planned, &mut |_: Event| {}).await?;
        Ok((planned, report))
    }

    pub async fn apply_planned(&self, planned: &Planned) -> Report {
        fleet::apply(&self.aws().await, planned, &mut |_: Event| {}).await.unwrap()
    }

    pub async fn destroy(&self, text: &str) -> Report {
        let aws = self.aws().await;
        let planned = fleet::plan_destroy(&aws, &bound(text), &Select::default(), &everything()).await.unwrap();
        fleet::apply(&aws, &planned, &mut |_: Event| {}).await.unwrap()
    }
}

pub fn everything() -> Consent {
    Consent { adopt: true, deletes: true, data_loss: true }
}

/// What a plan would do, one line a change: `~ alarm/x threshold`.
pub fn lines(planned: &Planned) -> Vec<String> {
    let line = |change: &crate::plan::Change| {
        let fields: Vec<&str> = change.fields.iter().map(|f| f.field.as_str()).collect();
        format!("{} {} {}", change.action.symbol(), change.address, fields.join(" ")).trim_end().to_owned()
    };
    planned.plan.effective().map(line).collect()
}

pub fn count(planned: &Planned, action: Action) -> usize {
    planned.plan.changes.iter().filter(|change| change.action == action).count()
}

/// Panics with every failure of a report.
pub fn assert_complete(report: &Report) {
    let failures = failures(report);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What was not done, or does not stand as it should.
pub fn failures(report: &Report) -> Vec<String> {
    let undone = report.results.iter().filter(|r| r.outcome != Outcome::Done);
    let undone = undone.map(|r| format!("{}: {:?}", r.address, r.outcome));
    let differing = report.verified.iter().flat_map(|v| &v.differing);
    undone.chain(differing.map(|(address, how)| format!("{address}: {how}"))).collect()
}
