//! Random accounts full of other people's things, random specs, consents, and runs of apply, prune and destroy, alone and over
//! a roster: whatever this program did not make is never deleted, and never changed beside what the spec declares of it. The
//! witness is what the sandbox has stored before and after each run, not the plan.

mod stored;

use self::stored::{declared, flat, plain, tags};
use super::random;
use super::world::{REGION, bound};
use crate::aws::{Aws, Interrupt, SessionOptions};
use crate::fleet::{AccessMethod, FleetRow, FleetTarget, RunLimits, TargetAccess, TargetState, run_all};
use crate::model::Target;
use crate::pipeline::{self, ApplyOptions, PlannedTarget, ReadBack, Select};
use crate::plan::{AddressPattern, Adoption, Consent};
use crate::resources::{Kind, mark};
use crate::sandbox::{self, Contents, Sandbox, Weather};
use fastrand::Rng;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Runs whose account is held against what it was; `MLOPSCTL_CASES` raises them.
const CASES: usize = 2_000;
/// Runs over one random world.
const RUNS: usize = 6;
const ROSTER: [&str; 3] = [sandbox::ACCOUNT, "210987654321", "310987654321"];
const STACK: &str = "walk";

/// What a group that the spec does not name any more has again as it was before this program's first change of it.
const GIVEN_BACK: [&str; 2] = ["retention", "kms_key_id"];

/// What happened, so that a world in which nothing ever does is no proof.
#[derive(Debug, Default)]
struct Seen {
    checked: usize,
    refused: usize,
    effective: usize,
    /// By table: what others made and a run changed because the spec names it.
    adopted: BTreeMap<String, usize>,
    /// What others made and lost our marks again.
    left_in_place: usize,
    /// What this program made and took away again.
    deleted: usize,
}

#[tokio::test(start_paused = true)]
async fn over_one_account_nothing_of_others_is_deleted_or_changed_beside_the_spec() {
    let seen = walks(cases() / 2, &ROSTER[..1], 1).await;
    assert!(seen.checked >= cases() / 2, "{seen:?}");
    enough_happened(&seen);
}

#[tokio::test(start_paused = true)]
async fn over_a_roster_nothing_of_others_is_deleted_or_changed_beside_the_spec() {
    let seen = walks(cases() / 2, &ROSTER, 2).await;
    assert!(seen.checked >= cases() / 2, "{seen:?}");
    enough_happened(&seen);
}

fn enough_happened(seen: &Seen) {
    let part = |n: usize| seen.checked / n;
    assert!(seen.effective > part(3) && seen.refused > part(50), "{seen:?}");
    assert!(seen.left_in_place > part(20) && seen.deleted > part(5), "{seen:?}");
    for table in ["alarms", "sns-topic", "logs-group"] {
        assert!(seen.adopted.get(table).is_some_and(|n| *n > part(100)), "{table}: {seen:?}");
    }
}

fn cases() -> usize {
    std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

async fn walks(cases: usize, accounts: &[&str], seed: u64) -> Seen {
    let mut seen = Seen::default();
    for walk in 0..cases.div_ceil(RUNS * accounts.len()) {
        let mut rng = Rng::with_seed(seed << 32 | walk as u64);
        let estate = Estate::new(accounts, walk as u64).await;
        for member in &estate.members {
            settle(&estate.access.aws(member).await.unwrap(), &estate, member, &mut rng).await;
        }
        let theirs =
            estate.members.iter().map(|member| Theirs { target: member.target.clone(), made: estate.contents(member) });
        let mut theirs: Vec<Theirs> = theirs.collect();
        let mut spec = random::spec(&mut rng, STACK);
        for run in 0..RUNS {
            let destroy = run == RUNS - 1 || rng.u8(..5) == 0;
            let consent = consent(&mut rng, &spec);
            let before: Vec<Contents> = estate.members.iter().map(|member| estate.contents(member)).collect();
            let states = if accounts.len() == 1 {
                estate.alone(&spec.to_string(), destroy, &consent).await
            } else {
                estate.roster(&spec.to_string(), destroy, &consent).await
            };
            for (n, state) in states.into_iter().enumerate() {
                let (member, label) = (&estate.members[n], format!("walk {walk}, run {run}, account {n}"));
                let case = Case { spec: &spec, destroy, consent: &consent, state, label: &label };
                let after = estate.contents(member);
                let touched = theirs[n].check(&before[n], &after, &case);
                seen.count(&before[n], &after, &theirs[n], state, touched);
                meanwhile(&estate, member, &mut theirs[n], &mut rng).await;
            }
            if rng.bool() {
                // Some other spec, or the same with a section less.
                spec = if rng.bool() { random::spec(&mut rng, STACK) } else { less(&mut rng, &spec) };
            }
        }
    }
    seen
}

/// What is consented to: never the loss of data, nor the deletion of what was adopted.
fn consent(rng: &mut Rng, spec: &Value) -> Consent {
    let names: &[&str] = rng.choice([&[][..], &["*/*"], &["alarm/*", "topic/alerts"]]).unwrap_or_default();
    // A name that means nothing is a mistake.
    let has = |section: &str| spec[section].as_object().is_some_and(|section| !section.is_empty());
    let means = |name: &str| match name {
        "alarm/*" => has("alarms"),
        "topic/alerts" => spec["topics"].get("alerts").is_some(),
        _ => ["topics", "alarms", "log_groups"].iter().any(|section| has(section)),
    };
    let named = names.iter().filter(|name| means(name)).filter_map(|name| AddressPattern::parse(name)).collect();
    Consent { adopt: Adoption { unowned: rng.u8(..5) > 0, named }, deletes: true, ..Consent::default() }
}

fn less(rng: &mut Rng, spec: &Value) -> Value {
    let mut less = spec.clone();
    if let Some(section) = rng.choice(["topics", "external_topics", "alarms", "composite_alarms", "log_groups"]) {
        less[section] = json!({});
    }
    // What named a thing of that section would not bind any more.
    if less["topics"] != spec["topics"] || less["external_topics"] != spec["external_topics"] {
        less = json!({ "version": 1, "stack": STACK, "region": REGION, "log_groups": spec["log_groups"] });
    } else if less["alarms"] != spec["alarms"] {
        less["composite_alarms"] = json!({});
    }
    if less["alarms"] != spec["alarms"] || less["composite_alarms"] != spec["composite_alarms"] {
        less["mute_rules"] = json!({});
    }
    less
}

/// Some accounts on one sandbox.
struct Estate {
    sandbox: Sandbox,
    access: TargetAccess,
    members: Vec<FleetTarget>,
}

impl Estate {
    async fn new(accounts: &[&str], seed: u64) -> Self {
        let sandbox = Sandbox::in_memory(Weather { seed, ..Weather::default() });
        let http = (sandbox.http_client(), sandbox::ACCESS_KEY.to_owned(), sandbox::SECRET_KEY.to_owned());
        let options = SessionOptions { http: Some(http), ..SessionOptions::default() };
        let member = |account: &&str| FleetTarget {
            target: Target::new(*account, REGION),
            way: AccessMethod::Usual { external_id: None },
            columns: BTreeMap::new(),
            keeps_account: true,
        };
        let members = accounts.iter().map(member).collect();
        Self { access: TargetAccess::open(options, REGION).await.unwrap(), members, sandbox }
    }

    /// Everything that stands, but not what changes as time passes.
    fn contents(&self, member: &FleetTarget) -> Contents {
        let mut contents = self.sandbox.entities(&member.target.account, REGION);
        contents.retain(|(table, _), _| {
            ["alarms", "sns-topic", "sns-subscription", "logs-group", "tags"].contains(&table.as_str())
        });
        for value in contents.values_mut().filter_map(Value::as_object_mut) {
            value.retain(|key, _| {
                !["state", "configuration_updated", "subscriptions_deleted", "stored_bytes"].contains(&key.as_str())
            });
        }
        contents
    }

    async fn plan(&self, aws: &Aws, spec: &str, destroy: bool, consent: &Consent) -> PlannedTarget {
        let (bound, all) = (bound(spec), Select::default());
        match destroy {
            true => pipeline::plan_destroy(aws, &bound, &all, consent).await.unwrap(),
            false => pipeline::plan(aws, &bound, &all, consent).await.unwrap(),
        }
    }

    /// As `apply` and `destroy` do it for one account.
    async fn alone(&self, spec: &str, destroy: bool, consent: &Consent) -> Vec<TargetState> {
        let aws = self.access.aws(&self.members[0]).await.unwrap();
        let planned = self.plan(&aws, spec, destroy, consent).await;
        if planned.plan.refusals().next().is_some() {
            return vec![TargetState::Blocked];
        }
        let report = pipeline::apply(&aws, &planned.plan, &mut |_| {}).await.unwrap();
        vec![if report.results.is_empty() { TargetState::InSync } else { TargetState::Applied }]
    }

    /// As they do it over a roster: all plans, then all that is not blocked.
    async fn roster(&self, spec: &str, destroy: bool, consent: &Consent) -> Vec<TargetState> {
        let limits = RunLimits { concurrency: 8, max_failures: None, interrupt: Interrupt::never() };
        let plans = RefCell::new(BTreeMap::new());
        let plan = async |member: &FleetTarget| {
            let planned = self.plan(&self.access.aws(member).await.unwrap(), spec, destroy, consent).await;
            let row = FleetRow::of_plan(member, &planned);
            if !row.drift.is_empty() && row.state != TargetState::Blocked {
                plans.borrow_mut().insert(row.target.clone(), planned.plan);
            }
            row
        };
        let rows = run_all(&self.members, &limits, plan, &mut |_| {}).await;
        let apply = async |member: &FleetTarget| {
            let row = rows.iter().find(|row| row.target == member.target).unwrap().clone();
            let plan = plans.borrow_mut().remove(&member.target);
            let Some(plan) = plan else { return row };
            let aws = self.access.aws(member).await.unwrap();
            row.applied(
                &pipeline::carry_out(
                    &aws,
                    &plan,
                    ApplyOptions { read_back: ReadBack::Nothing, mute: None },
                    &mut |_| {},
                )
                .await
                .unwrap(),
            )
        };
        run_all(&self.members, &limits, apply, &mut |_| {}).await.into_iter().map(|row| row.state).collect()
    }
}

/// Things of every kind under names that specs want, and under some that they never do, of owners of every sort.
async fn settle(aws: &Aws, estate: &Estate, member: &FleetTarget, rng: &mut Rng) {
    use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
    let target = &member.target;
    for name in ["alerts", "orders", "theirs", random::EXTERNAL.0] {
        if name == random::EXTERNAL.0 || rng.u8(..3) > 0 {
            let arn = target.arn("sns", name);
            let (key, value) = random_tag(rng);
            let tag = aws_sdk_sns::types::Tag::builder().key(key).value(value).build().unwrap();
            aws.sns.create_topic().name(name).tags(tag).send().await.unwrap();
            let set = aws.sns.set_topic_attributes().topic_arn(&arn).attribute_name("DisplayName");
            set.attribute_value("theirs").send().await.unwrap();
            for who in ["ann", "ben", "theirs"] {
                if rng.bool() {
                    let mail =
                        aws.sns.subscribe().topic_arn(&arn).protocol("email").endpoint(format!("{who}@example.edu"));
                    mail.send().await.unwrap();
                }
            }
            if rng.bool() {
                let queue = target.arn("sqs", rng.choice(["inbox", "theirs"]).unwrap_or_default());
                aws.sns.subscribe().topic_arn(&arn).protocol("sqs").endpoint(queue).send().await.unwrap();
            }
            of_cloudformation(estate, target, &arn, rng);
        }
    }
    let letters = estate.sandbox.outbox(&target.account, REGION).unwrap().into_iter();
    for letter in letters.filter(|letter| letter.token.is_some()) {
        if rng.bool() {
            let confirm = aws.sns.confirm_subscription().topic_arn(letter.topic_arn).set_token(letter.token);
            confirm.send().await.unwrap();
        }
    }
    for name in ["theirs", "errors", "slow", "busy", "idle"] {
        if name == "theirs" || rng.u8(..3) == 0 {
            let put = aws.cloudwatch.put_metric_alarm().alarm_name(name).metric_name("Theirs").namespace("Theirs");
            let put = put.statistic(Statistic::Maximum).period(60).evaluation_periods(2).threshold(99.0);
            let put = put.comparison_operator(ComparisonOperator::GreaterThanThreshold).tags(alarm_tag(rng));
            put.alarm_actions(target.arn("sns", "alerts")).send().await.unwrap();
            of_cloudformation(estate, target, &target.arn("cloudwatch", format_args!("alarm:{name}")), rng);
        }
    }
    for name in ["both", "any", "theirs-too"] {
        if rng.u8(..3) == 0 {
            let put = aws.cloudwatch.put_composite_alarm().alarm_name(name).alarm_rule("ALARM(theirs)");
            put.tags(alarm_tag(rng)).send().await.unwrap();
            of_cloudformation(estate, target, &target.arn("cloudwatch", format_args!("alarm:{name}")), rng);
        }
    }
    for name in ["/app/web", "/app/jobs", "/theirs"] {
        if rng.bool() {
            let (key, value) = random_tag(rng);
            aws.logs.create_log_group().log_group_name(name).tags(key, value).send().await.unwrap();
            if rng.bool() {
                let days = rng.choice([3, 90]).unwrap_or(3);
                aws.logs.put_retention_policy().log_group_name(name).retention_in_days(days).send().await.unwrap();
            }
            of_cloudformation(estate, target, &target.arn("logs", format_args!("log-group:{name}")), rng);
        }
    }
}

/// A tag of nobody's, of another tool's, or (rarely, for it refuses the whole run) another stack's.
fn random_tag(rng: &mut Rng) -> (&'static str, &'static str) {
    match rng.u8(..40) {
        0 => (mark::STACK, "somebody"),
        1..4 => ("ManagedBy", "terraform"),
        _ => ("owner", "ann"),
    }
}

fn alarm_tag(rng: &mut Rng) -> aws_sdk_cloudwatch::types::Tag {
    let (key, value) = random_tag(rng);
    aws_sdk_cloudwatch::types::Tag::builder().key(key).value(value).build()
}

/// The tag that only CloudFormation can set.
fn of_cloudformation(estate: &Estate, target: &Target, arn: &str, rng: &mut Rng) {
    if rng.u8(..8) == 0 {
        let key = ("tags".to_owned(), arn.to_owned());
        let mut entry = estate.sandbox.entities(&target.account, REGION)[&key].clone();
        entry["versions"][0]["tags"]["aws:cloudformation:stack-name"] = json!("prod");
        estate.sandbox.put_entity(&target.account, REGION, "tags", arn, &entry);
    }
}

/// Between two runs others go on: they subscribe to what is there, this program's topics among it, and make more.
async fn meanwhile(estate: &Estate, member: &FleetTarget, theirs: &mut Theirs, rng: &mut Rng) {
    use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
    let (aws, before) = (estate.access.aws(member).await.unwrap(), estate.contents(member));
    let target = &member.target;
    let topics: Vec<&String> = before.keys().filter(|(table, _)| table == "sns-topic").map(|(_, name)| name).collect();
    if let Some(topic) = rng.choice(topics).filter(|name| !name.ends_with(".fifo"))
        && rng.bool()
    {
        let queue = target.arn("sqs", format_args!("theirs-{}", rng.u8(..9)));
        let subscribe = aws.sns.subscribe().topic_arn(target.arn("sns", topic)).protocol("sqs").endpoint(queue);
        drop(subscribe.send().await);
    }
    let free = |table: &str, name: &str| !before.contains_key(&(table.to_owned(), name.to_owned()));
    let name = rng.choice(["errors", "slow", "odd"]).unwrap_or_default();
    if free("alarms", name) && rng.u8(..3) == 0 {
        let put = aws.cloudwatch.put_metric_alarm().alarm_name(name).metric_name("Later").namespace("Theirs");
        let put = put.statistic(Statistic::Maximum).period(60).evaluation_periods(2).threshold(99.0);
        let put = put.comparison_operator(ComparisonOperator::GreaterThanThreshold).tags(alarm_tag(rng));
        put.send().await.unwrap();
    }
    let name = rng.choice(["/app/web", "/app/jobs"]).unwrap_or_default();
    if free("logs-group", name) && rng.u8(..3) == 0 {
        aws.logs.create_log_group().log_group_name(name).send().await.unwrap();
    }
    let is_new = |key: &Key| !before.contains_key(key);
    theirs.made.extend(estate.contents(member).into_iter().filter(|(key, _)| is_new(key)));
}

/// What others made in one account, as they made it.
struct Theirs {
    target: Target,
    made: Contents,
}

/// One run over one account.
struct Case<'a> {
    spec: &'a Value,
    destroy: bool,
    consent: &'a Consent,
    state: TargetState,
    label: &'a str,
}

type Key = (String, String);

impl Theirs {
    fn has(&self, key: &Key) -> bool {
        self.made.contains_key(key)
    }

    /// Holds all that others made against what it was before the run; returns what was changed.
    fn check(&self, before: &Contents, after: &Contents, case: &Case<'_>) -> Vec<Key> {
        let Case { label, .. } = case;
        let told = |key: &Key| format!("{label}: {key:?}, {:?}, destroy {}\n{}", case.consent, case.destroy, case.spec);
        if case.state == TargetState::Blocked {
            assert_eq!(before, after, "{label}: what is refused is not done\n{}", case.spec);
        }
        let mut changed = Vec::new();
        for key in self.made.keys() {
            let Some(was) = before.get(key) else { panic!("{} was gone before", told(key)) };
            let Some(is) = after.get(key) else { panic!("{} was deleted", told(key)) };
            if was == is {
                continue;
            }
            changed.push(key.clone());
            match key.0.as_str() {
                "tags" => self.check_tags(key, was, is, case, &told),
                _ => {
                    assert_eq!(was["created"], is["created"], "{}: deleted and made again", told(key));
                    self.check_fields(key, (was, is), before, case, &told);
                }
            }
        }
        changed
    }

    /// Others' tags stay, unless the spec declares the same key; only our marks come and go.
    fn check_tags(&self, key: &Key, was: &Value, is: &Value, case: &Case<'_>, told: &dyn Fn(&Key) -> String) {
        let (was, is) = (tags(was), tags(is));
        let declared = case.spec.to_string();
        for (name, value) in was.iter().filter(|(name, _)| !mark::is_mark(name)) {
            let may_change = !case.destroy && declared.contains(&format!("{name:?}:"));
            assert!(is.get(name) == Some(value) || may_change, "{}: tag {name} of {was:?} in {is:?}", told(key));
        }
        for name in is.keys().filter(|name| !was.contains_key(*name) && !mark::is_mark(name)) {
            assert!(!case.destroy && declared.contains(&format!("{name:?}:")), "{}: tag {name} is new", told(key));
        }
        let foreign = was.get(mark::STACK).filter(|stack| *stack != STACK);
        assert!(foreign.is_none() || was == is, "{}: of another stack", told(key));
        if case.destroy && case.state != TargetState::Blocked {
            assert!(!is.keys().any(|name| mark::is_mark(name)), "{}: marks are left: {is:?}", told(key));
        }
    }

    fn check_fields(
        &self,
        key: &Key,
        (was, is): (&Value, &Value),
        before: &Contents,
        case: &Case<'_>,
        told: &dyn Fn(&Key) -> String,
    ) {
        let Some((address, declared)) = declared(key, was, case.spec).filter(|_| !case.destroy) else {
            // Not named any more: all that may happen is that what the spec changed becomes what it was before us.
            let restored = key.0 == "logs-group" && {
                let mut restored = was.clone();
                for field in GIVEN_BACK {
                    restored[field] = self.made[key][field].clone();
                }
                *is == restored
            };
            assert!(restored, "{}: {was}\nbecame {is}", told(key));
            return;
        };
        let tags = address.arn(&self.target).and_then(|arn| before.get(&("tags".to_owned(), arn))).map(tags);
        let tags = tags.unwrap_or_default();
        let ours = tags.get(mark::STACK).is_some_and(|stack| stack == STACK);
        let tools = tags.keys().any(|name| name.starts_with("aws:") || name == "ManagedBy");
        let by_itself = matches!(address.kind, Kind::LogGroup | Kind::Subscription | Kind::ExternalSubscription);
        let adopt = &case.consent.adopt;
        let consented = if tools { adopt.names(&address) } else { by_itself || adopt.covers_unowned(&address) };
        assert!(ours || consented, "{}: without consent {was}\nbecame {is}", told(key));
        // Alarms are replaced as a whole by AWS, so of an alarm that the spec names everything is declared.
        if !matches!(address.kind, Kind::Alarm | Kind::CompositeAlarm) {
            let keys = |value: &Value| {
                value.as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect::<BTreeSet<_>>()
            };
            let (was, is) = (flat(was), flat(is));
            let made = &self.made[key];
            for name in keys(&was).union(&keys(&is)).filter(|name| was[name.as_str()] != is[name.as_str()]) {
                let is_given_back = GIVEN_BACK.contains(&name.as_str()) && is[name.as_str()] == made[name.as_str()];
                assert!(
                    declared.contains(&plain(name)) || is_given_back,
                    "{}: undeclared {name}: {} became {}",
                    told(key),
                    was[name.as_str()],
                    is[name.as_str()]
                );
            }
        }
    }
}

impl Seen {
    fn count(&mut self, before: &Contents, after: &Contents, theirs: &Theirs, state: TargetState, touched: Vec<Key>) {
        self.checked += 1;
        self.refused += usize::from(state == TargetState::Blocked);
        self.effective += usize::from(before != after);
        self.deleted +=
            before.keys().filter(|key| key.0 != "tags" && !theirs.has(key) && !after.contains_key(*key)).count();
        let marked = |contents: &Contents, key: &Key| {
            contents.get(key).is_some_and(|entry| tags(entry).contains_key(mark::STACK))
        };
        for key in touched {
            if key.0 == "tags" && marked(before, &key) && !marked(after, &key) {
                self.left_in_place += 1;
            }
            *self.adopted.entry(key.0).or_default() += 1;
        }
    }
}
