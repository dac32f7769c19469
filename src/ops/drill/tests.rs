//! Drills on the sandbox: a chain that holds, every way of breaking it that is named, and what is put back however it ends.

use super::*;
use crate::aws::interrupt::Interrupter;
use crate::model::filter_policy::MessageField;
use crate::ops::subscriptions::{Link, confirm};
use crate::pipeline::tests::world::{ACCOUNT, REGION, World, spec_of};
use crate::resources::alarm;
use crate::sandbox::Letter;
use mlops_cloudwatch::state::AlarmState;
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

const CHAIN: &str = r#"
topics:
  alerts:
    subscriptions:
      - { protocol: email, endpoint: ann@example.edu }
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: mlops-service-lambda }
    statistic: Sum
    period: 5m
    threshold: "> 5"
    notify: { alarm: [alerts], ok: [alerts] }
"#;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

const ASKING: DrillRequest = DrillRequest { real: false, receive: None, timeout: Duration::from_secs(5) };

/// The chain applied, and confirmed by whoever was asked.
async fn world(sections: &str) -> World {
    let world = World::fine();
    world.apply(&spec_of("drilled", sections)).await;
    confirm_all(&world).await;
    world
}

async fn confirm_all(world: &World) {
    let aws = world.aws().await;
    for letter in world.letters() {
        if let Some(token) = &letter.token {
            confirm(&aws, &Link::new(&letter.topic_arn, token).unwrap(), false).await.unwrap();
        }
    }
}

/// Everything that was sent, confirmations and notifications.
fn sent(world: &World) -> Vec<Letter> {
    world.sandbox.outbox(ACCOUNT, REGION).unwrap()
}

async fn drill(world: &World, names: &[&str], asking: DrillRequest) -> DrillReport {
    drill_with(&world.aws().await, names, asking).await
}

async fn drill_with(aws: &Aws, names: &[&str], asking: DrillRequest) -> DrillReport {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let survey = survey(aws, &names, now(), Above::Read).await.unwrap();
    run(aws, &survey, asking, &mut |_| {}).await.unwrap()
}

async fn state(world: &World, name: &str) -> String {
    let found = alarm::aws::describe(&world.aws().await, &[name.to_owned()]).await.unwrap();
    found[0].facts.alarm_state.clone().unwrap()
}

fn judged(report: &DrillReport, step: DrillStep) -> &JudgedStep {
    report.steps().find(|judged| judged.step == step).unwrap_or_else(|| panic!("no {step:?} in {report:#?}"))
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_holds_is_proven_and_put_back() {
    let world = world(CHAIN).await;
    let before = state(&world, "errors").await;
    let report = drill(&world, &["errors"], ASKING).await;
    for step in [DrillStep::State, DrillStep::Actions, DrillStep::Action, DrillStep::Subscriber] {
        assert_eq!(judged(&report, step).verdict, DrillVerdict::Verified, "{report:#?}");
    }
    assert_eq!(judged(&report, DrillStep::Message).verdict, DrillVerdict::NotTested);
    assert_eq!(state(&world, "errors").await, before);
    assert_eq!((report.left.as_slice(), report.interrupted), ([].as_slice(), false));
    // The one mail that everybody gets says that it is a drill.
    let mails = sent(&world);
    let is_drill = |body: &str| body.contains("Drill by mlopsctl, not an incident");
    assert!(mails.iter().any(|letter| letter.token.is_none() && is_drill(&letter.body)), "{mails:#?}");
}

/// A broken link of the chain, and what the drill has to say of it.
struct Break {
    what: &'static str,
    step: DrillStep,
    verdict: DrillVerdict,
    says: &'static str,
}

#[tokio::test(start_paused = true)]
async fn each_way_of_breaking_the_chain_is_named() {
    let breaks = [
        Break { what: "actions off", step: DrillStep::Actions, verdict: DrillVerdict::Failed, says: "switched off" },
        Break { what: "no actions", step: DrillStep::Actions, verdict: DrillVerdict::Failed, says: "no alarm actions" },
        Break {
            what: "muted",
            step: DrillStep::Actions,
            verdict: DrillVerdict::Failed,
            says: "muted by the alarm mute rule quiet",
        },
        Break {
            what: "topic gone",
            step: DrillStep::Action,
            verdict: DrillVerdict::Failed,
            says: "there is no topic alerts",
        },
        Break {
            what: "policy",
            step: DrillStep::Action,
            verdict: DrillVerdict::Failed,
            says: "does not let alarms publish",
        },
        Break { what: "key", step: DrillStep::Action, verdict: DrillVerdict::Failed, says: "alias/aws/sns" },
        Break {
            what: "nobody",
            step: DrillStep::Subscriber,
            verdict: DrillVerdict::Failed,
            says: "nobody is subscribed",
        },
        Break {
            what: "pending",
            step: DrillStep::Subscriber,
            verdict: DrillVerdict::Waiting,
            says: "pending: ann@example.edu",
        },
        Break {
            what: "lost",
            step: DrillStep::Subscriber,
            verdict: DrillVerdict::Failed,
            says: "everybody has unsubscribed: ann",
        },
        Break {
            what: "filtered",
            step: DrillStep::Subscriber,
            verdict: DrillVerdict::Failed,
            says: "filter policy of ann",
        },
        Break {
            what: "filtered by body",
            step: DrillStep::Subscriber,
            verdict: DrillVerdict::Failed,
            says: "filtered out: the filter policy of ann@example.edu drops the ALARM message of errors: never notified",
        },
        Break {
            what: "no alarm",
            step: DrillStep::State,
            verdict: DrillVerdict::Failed,
            says: "there is no such alarm",
        },
    ];
    for Break { what, step, verdict, says } in breaks {
        let world = broken(what).await;
        let before = if what == "no alarm" { String::new() } else { state(&world, "errors").await };
        let report = drill(&world, &["errors"], ASKING).await;
        let worst = report.steps().map(|judged| judged.verdict).max().unwrap();
        let named = report.steps().find(|judged| judged.verdict == worst).unwrap();
        assert_eq!((named.step, named.verdict), (step, verdict), "{what}: {report:#?}");
        assert!(named.text.contains(says), "{what}: {}", named.text);
        assert!(named.remedy.as_ref().is_some_and(|remedy| !remedy.is_empty()), "{what}: no mend");
        if what != "no alarm" {
            assert_eq!(state(&world, "errors").await, before, "{what}");
        }
    }
}

/// What is known before says the same of each break as a drill, fires nothing, and makes no more calls than the look before a drill.
#[tokio::test]
async fn a_look_ahead_names_what_a_drill_would_find() {
    for (what, end, step) in [
        ("nothing", "would come through", None),
        ("no actions", "would not come through", Some(DrillStep::Actions)),
        ("nobody", "would not come through", Some(DrillStep::Subscriber)),
        ("pending", "waits for a confirmation", Some(DrillStep::Subscriber)),
        ("filtered", "would not come through", Some(DrillStep::Subscriber)),
        ("no alarm", "would not come through", Some(DrillStep::State)),
    ] {
        let world = broken(what).await;
        let aws = world.aws().await;
        let survey = super::survey(&aws, &["errors".to_owned()], aws.clock.now(), Above::Read).await.unwrap();
        let foreseen = super::foresee(&survey);
        let text = crate::report::watch::drill::verdict(&foreseen);
        assert!(text.contains(end), "{what}: {text}");
        let named = foreseen.steps().max_by_key(|judged| judged.verdict).unwrap();
        assert_eq!(step, step.is_some().then_some(named.step), "{what}: {foreseen:#?}");
        assert!(foreseen.steps().all(|judged| judged.step != DrillStep::Message), "{what}");
        if what != "no alarm" {
            assert_ne!(state(&world, "errors").await, "ALARM", "{what}");
        }
    }
}

/// The chain, broken at one place by somebody else.
async fn broken(what: &str) -> World {
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:alerts");
    let sections = match what {
        "no actions" => CHAIN.replace("notify: { alarm: [alerts], ok: [alerts] }", "description: deaf"),
        "nobody" => CHAIN.replace("      - { protocol: email, endpoint: ann@example.edu }", "      []"),
        "filtered by body" => CHAIN.replace(
            "example.edu }",
            "example.edu, filter_policy: { NewStateValue: [alarm, OK] }, filter_policy_scope: MessageBody }",
        ),
        "filtered" => CHAIN.replace("example.edu }", "example.edu, filter_policy: { kind: [bad] } }"),
        _ => CHAIN.to_owned(),
    };
    let world = match what {
        "pending" => {
            let world = World::fine();
            world.apply(&spec_of("drilled", &sections)).await;
            world
        }
        _ => world(&sections).await,
    };
    let aws = world.aws().await;
    let set = |name: &'static str, value: String| {
        let request = aws.sns.set_topic_attributes().topic_arn(&topic).attribute_name(name);
        request.attribute_value(value).send()
    };
    match what {
        "actions off" => drop(aws.cloudwatch.disable_alarm_actions().alarm_names("errors").send().await.unwrap()),
        "topic gone" => drop(aws.sns.delete_topic().topic_arn(&topic).send().await.unwrap()),
        "policy" => {
            let statement = json!({
                "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sns:Publish", "Resource": topic,
            });
            set("Policy", json!({ "Statement": [statement] }).to_string()).await.unwrap();
        }
        "key" => drop(set("KmsMasterKeyId", "alias/aws/sns".to_owned()).await.unwrap()),
        "muted" => mute(&aws).await,
        "lost" => {
            let contents = world.contents();
            let lost = contents.iter().filter(|((table, _), _)| table == "sns-subscription");
            for ((table, key), value) in lost {
                let mut value = value.clone();
                value["unsubscribed"] = true.into();
                world.put_entity(table, key, &value);
            }
        }
        "no alarm" => drop(aws.cloudwatch.delete_alarms().alarm_names("errors").send().await.unwrap()),
        _ => {}
    }
    world
}

/// What a filter policy asks of a message that is not known beforehand is not tested, and what matches is proven.
#[tokio::test(start_paused = true)]
async fn a_filter_policy_is_worked_out_against_the_message() {
    for (policy, verdict, says) in [
        ("{ NewStateValue: [ALARM] }", DrillVerdict::Verified, "1 confirmed: ann@example.edu"),
        (
            "{ AlarmName: [{ prefix: err }], Trigger: { Namespace: [AWS/Lambda] } }",
            DrillVerdict::Verified,
            "1 confirmed",
        ),
        ("{ NewStateReason: [{ prefix: Threshold }] }", DrillVerdict::NotTested, "not tested: ann@example.edu"),
    ] {
        let with = format!("example.edu, filter_policy: {policy}, filter_policy_scope: MessageBody }}");
        let world = world(&CHAIN.replace("example.edu }", &with)).await;
        let report = drill(&world, &["errors"], ASKING).await;
        let judged = judged(&report, DrillStep::Subscriber);
        assert!(judged.verdict == verdict && judged.text.contains(says), "{policy}: {judged:?}");
    }
}

/// The message that the simulated CloudWatch publishes is the one that filter policies are held against.
#[tokio::test(start_paused = true)]
async fn the_published_message_is_the_one_that_policies_are_held_against() {
    let world = world(CHAIN).await;
    let aws = world.aws().await;
    let found = alarm::aws::describe(&aws, &["errors".to_owned()]).await.unwrap();
    drill(&world, &["errors"], ASKING).await;
    let entry = world
        .contents()
        .into_iter()
        .find(|((table, _), value)| table.contains("history") && value.to_string().contains("publishedMessage"));
    let text = entry.map(|(_, value)| value.to_string()).expect("the history has the message");
    let known =
        crate::resources::notification::body(&found[0].resource, &Target::new(ACCOUNT, REGION), AlarmState::Alarm);
    let Some(MessageField::Object(fields)) = known else { panic!("an alarm has a message") };
    for name in fields.keys() {
        let may_be_absent = matches!(fields[name], MessageField::Unknown);
        assert!(may_be_absent || text.contains(name.as_str()), "the published message has no {name}: {text}");
    }
}

/// Mutes `errors` for some hours.
pub async fn mute(aws: &Aws) {
    use aws_sdk_cloudwatch::types::{MuteTargets, Rule, Schedule};
    use aws_smithy_types::DateTime;
    use aws_smithy_types::date_time::Format;
    let start = DateTime::from_secs(now() - 3_600).fmt(Format::DateTime).unwrap();
    let schedule = Schedule::builder().expression(format!("at({})", &start[..16])).duration("PT4H").build();
    let rule = aws.cloudwatch.put_alarm_mute_rule().name("quiet").rule(Rule::builder().schedule(schedule).build());
    rule.mute_targets(MuteTargets::builder().alarm_names("errors").build()).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_woken_is_known_before_also_by_the_alarms_above() {
    let above = r#"
composite_alarms:
  any: { alarm_rule: "ALARM(errors)", notify: bosses }
"#;
    let topics = "topics:\n  bosses: { subscriptions: [{ protocol: email, endpoint: boss@example.edu }] }\n";
    let sections = CHAIN.replace("topics:\n", topics) + above;
    let world = world(&sections).await;
    let aws = world.aws().await;
    let survey = survey(&aws, &["errors".to_owned()], now(), Above::Read).await.unwrap();
    let woken: Vec<String> =
        survey.woken().iter().map(|w| format!("{} by {}", w.endpoint, w.alarms.iter().next().unwrap())).collect();
    assert_eq!(woken, ["ann@example.edu by errors", "boss@example.edu by any"]);
    assert!(sent(&world).iter().all(|letter| letter.token.is_some()), "nobody was told of anything yet");
    let report = drill(&world, &["errors", "any"], ASKING).await;
    assert_eq!(report.count(DrillVerdict::Failed), 0, "{report:#?}");
    let any = report.alarms.iter().find(|alarm| alarm.alarm == "any").unwrap();
    assert!(any.notes[0].contains("composite"), "{any:#?}");
    assert_ne!(state(&world, "any").await, "ALARM");
    assert_ne!(state(&world, "errors").await, "ALARM");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_is_in_alarm_is_left_alone() {
    let world = world(CHAIN).await;
    let aws = world.aws().await;
    let request = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value("ALARM".into());
    request.state_reason("Threshold Crossed").send().await.unwrap();
    let mails = sent(&world).len();
    let report = drill(&world, &["errors"], ASKING).await;
    assert_eq!(judged(&report, DrillStep::State).verdict, DrillVerdict::NotTested);
    assert_eq!((state(&world, "errors").await.as_str(), sent(&world).len()), ("ALARM", mails));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_drill_puts_everything_back() {
    let world = world(CHAIN).await;
    let before = state(&world, "errors").await;
    let (interrupter, interrupt) = Interrupter::new();
    let aws = world.aws_with(interrupt).await;
    let survey = survey(&aws, &["errors".to_owned()], now(), Above::Read).await.unwrap();
    let mut interrupting = |event: DrillEvent<'_>| {
        if matches!(event, DrillEvent::Fired(_)) {
            interrupter.interrupt();
        }
    };
    let report = run(&aws, &survey, ASKING, &mut interrupting).await.unwrap();
    assert!(report.interrupted && report.left.is_empty(), "{report:#?}");
    assert_eq!(state(&world, "errors").await, before);
}

/// CloudWatch looked at the alarm meanwhile and found something: that is no drill's to take back.
#[tokio::test(start_paused = true)]
async fn a_true_alarm_in_the_midst_of_a_drill_stays() {
    let world = world(CHAIN).await;
    let aws = world.aws().await;
    let survey = survey(&aws, &["errors".to_owned()], now(), Above::Read).await.unwrap();
    let phase = [&survey.alarms[0]];
    let mark = DrillRun::new(now(), Duration::ZERO, 1);
    let fired = fire::fire(&aws, &phase, &mark, &mut |_| {}).await;
    for (state, reason) in [("OK", "one point"), ("ALARM", "Threshold Crossed: 6 > 5")] {
        let request = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value(state.into());
        request.state_reason(reason).send().await.unwrap();
    }
    assert_eq!(fire::put_back(&aws, &fired, &mark, &mut |_| {}).await, []);
    assert_eq!(state(&world, "errors").await, "ALARM");
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_drill_left_is_put_back_by_the_next_one() {
    let world = world(CHAIN).await;
    let aws = world.aws().await;
    let fired = |mark: DrillRun| {
        let reason = mark.reason("OK");
        let request = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value("ALARM".into());
        request.state_reason(reason).send()
    };
    // One that may still be under way is left alone, but for --clean.
    fired(DrillRun::new(now(), Duration::from_secs(30), 1)).await.unwrap();
    let looked = survey(&aws, &["errors".to_owned()], now(), Above::Read).await.unwrap();
    assert!(leftovers::clean_expired(&aws, &looked, now()).await.is_nothing());
    assert_eq!(state(&world, "errors").await, "ALARM");
    assert_eq!(clean(&aws, &looked).await.alarms, ["errors"]);
    assert_eq!(state(&world, "errors").await, "OK");
    // One that should be over is cleaned up, and then the alarm is fired anew.
    fired(DrillRun::new(now() - 10_000, Duration::from_secs(30), 1)).await.unwrap();
    let report = drill(&world, &["errors"], ASKING).await;
    assert_eq!(state(&world, "errors").await, "OK", "{report:#?}");
}

/// The queues and subscriptions of drills that there are.
async fn traces(world: &World) -> Vec<String> {
    let aws = world.aws().await;
    let queues = aws.sqs.list_queues().queue_name_prefix("mlopsctl-drill-").send().await.unwrap();
    let listed = aws.sns.list_subscriptions().send().await.unwrap();
    let endpoints = listed.subscriptions().iter().filter_map(|s| s.endpoint());
    let own = endpoints.filter(|endpoint| chain::is_of_a_drill(endpoint)).map(str::to_owned);
    queues.queue_urls().iter().cloned().chain(own).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_that_really_arrived_is_shown_and_nothing_stays() {
    let world = world(CHAIN).await;
    let asking = DrillRequest { receive: Some(DeliveryChannel::Sqs), ..ASKING };
    let report = drill(&world, &["errors"], asking).await;
    assert_eq!(judged(&report, DrillStep::Message).verdict, DrillVerdict::Verified, "{report:#?}");
    let [message] = report.alarms[0].messages.as_slice() else { panic!("{report:#?}") };
    assert_eq!((message.topic.as_str(), &message.body["NewStateValue"]), ("alerts", &json!("ALARM")));
    assert!(message.reason.contains(report.id.as_deref().unwrap()), "{message:?}");
    assert_eq!(traces(&world).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_leaves_no_queue_and_no_subscription_wherever_it_comes() {
    for moment in ["receiving", "fired", "arrived"] {
        let world = world(CHAIN).await;
        let before = state(&world, "errors").await;
        let (interrupter, interrupt) = Interrupter::new();
        let aws = world.aws_with(interrupt).await;
        let survey = survey(&aws, &["errors".to_owned()], now(), Above::Read).await.unwrap();
        let asking = DrillRequest { receive: Some(DeliveryChannel::Sqs), ..ASKING };
        let mut interrupting = |event: DrillEvent<'_>| {
            let at = match event {
                DrillEvent::Receiving { .. } => "receiving",
                DrillEvent::Fired(_) => "fired",
                DrillEvent::Arrived { .. } => "arrived",
                _ => "",
            };
            if at == moment {
                interrupter.interrupt();
            }
        };
        let report = run(&aws, &survey, asking, &mut interrupting).await.unwrap();
        assert!(report.interrupted && report.left.is_empty(), "{moment}: {report:#?}");
        assert_eq!((state(&world, "errors").await, traces(&world).await), (before, vec![]), "{moment}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_a_killed_drill_left_is_taken_away() {
    let world = world(CHAIN).await;
    let aws = world.aws().await;
    let looked = survey(&aws, &["errors".to_owned()], now(), Above::Read).await.unwrap();
    let (over, running) = (DrillRun::new(now() - 10_000, Duration::ZERO, 1), DrillRun::new(now(), Duration::ZERO, 1));
    for mark in [&over, &running] {
        drop(Receiver::open(&aws, &looked, DeliveryChannel::Sqs, mark).await.unwrap());
    }
    assert_eq!(traces(&world).await.len(), 4);
    drill(&world, &["errors"], ASKING).await;
    let left = traces(&world).await;
    assert!(
        left.len() == 2 && left.iter().all(|trace| DrillRun::of_name(trace).as_ref() == Some(&running)),
        "{left:?}"
    );
    assert_eq!(clean(&aws, &looked).await.queues.len(), 1);
    assert_eq!(traces(&world).await, Vec::<String>::new());
}
