//! SNS lists the password of an endpoint as stars: it is the same subscription, and a changed password still gets through.

use super::world::{World, assert_complete, everything, lines, notes, spec_of, with};
use crate::spec;

const HOOK: &str = r#"
topics:
  alerts:
    subscriptions:
      - { protocol: https, endpoint: "https://sns:s3cret-pw@hooks.example.edu/aws" }
"#;
const LISTED: &str = "https://sns:****@hooks.example.edu/aws";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";

/// Endpoint and ARN of every subscription, as SNS lists them.
async fn listed(world: &World) -> Vec<(String, String)> {
    let answer = world.hands().await.sns.list_subscriptions_by_topic().topic_arn(TOPIC).send().await.unwrap();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    answer.subscriptions().iter().map(|one| (text(one.endpoint()), text(one.subscription_arn()))).collect()
}

/// The endpoints that stand, with their passwords.
fn endpoints(world: &World) -> Vec<String> {
    let contents = world.contents();
    let hooks = contents.iter().filter(|((table, _), _)| table == "sns-subscription");
    hooks.map(|(_, hook)| hook["endpoint"].as_str().unwrap().to_owned()).collect()
}

async fn confirm_all(world: &World) {
    let sns = &world.hands().await.sns;
    for letter in world.letters() {
        drop(sns.confirm_subscription().topic_arn(TOPIC).token(letter.token.unwrap()).send().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_starred_endpoint_is_in_sync_and_unsubscribed_once_it_is_gone_from_the_spec() {
    let spec = spec_of("hooks", HOOK);
    for confirmed in [false, true] {
        let world = World::fine();
        assert_complete(&world.apply(&spec).await);
        if confirmed {
            confirm_all(&world).await;
        }
        assert_eq!(listed(&world).await[0].0, LISTED);
        assert!(lines(&world.plan(&spec).await).is_empty());
        assert_complete(&world.apply(&spec).await);
        assert_eq!(world.letters().len(), 1, "nobody is asked twice");
        let without = spec_of("hooks", "topics: { alerts: }\n");
        let planned = world.plan(&without).await;
        if confirmed {
            assert_eq!(lines(&planned), [format!("- subscription/alerts/https/{LISTED}")]);
        }
        assert_complete(&world.apply(&without).await);
        assert_eq!(endpoints(&world).is_empty(), confirmed, "a pending one cannot be ended");
        assert!(lines(&world.plan(&without).await).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_password_is_subscribed_anew() {
    let spec = spec_of("hooks", HOOK);
    let changed = with(&spec, "s3cret-pw", "an0ther-pw");
    for confirmed in [true, false] {
        let world = World::fine();
        assert_complete(&world.apply(&spec).await);
        if confirmed {
            confirm_all(&world).await;
        }
        let planned = world.plan(&changed).await;
        let address = "subscription/alerts/https/https://sns:an0ther-pw@hooks.example.edu/aws";
        assert_eq!(lines(&planned), [format!("-/+ {address} password")]);
        let text = format!("{:?} {:?}", planned.plan.changes[1].fields, notes(&planned));
        assert!(!text.contains("s3cret"), "{text}");
        assert_complete(&world.apply_planned(&planned).await);
        let mut standing = endpoints(&world);
        standing.sort();
        let both = ["https://sns:an0ther-pw@hooks.example.edu/aws", "https://sns:s3cret-pw@hooks.example.edu/aws"];
        assert_eq!(standing, both[..if confirmed { 1 } else { 2 }], "a pending one cannot be ended: it expires");
        assert_eq!(world.letters().len(), 2);
        assert!(lines(&world.plan(&changed).await).is_empty());
        assert_complete(&world.apply(&changed).await);
        assert_eq!(world.letters().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn one_made_by_hand_is_adopted_as_it_is() {
    let world = World::fine();
    let sns = &world.hands().await.sns;
    sns.create_topic().name("alerts").send().await.unwrap();
    let subscribe = sns.subscribe().topic_arn(TOPIC).protocol("https");
    subscribe.endpoint("https://sns:s3cret-pw@hooks.example.edu/aws").send().await.unwrap();
    let spec = spec_of("hooks", HOOK);
    let planned = world.plan_with(&spec, &everything()).await;
    assert!(notes(&planned).iter().any(|note| note.contains("SNS shows no password")), "{:?}", notes(&planned));
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&spec).await).is_empty());
    assert_eq!(world.letters().len(), 1);
}

#[test]
fn what_sns_could_not_tell_apart_is_a_mistake() {
    let bind = |text: &str| {
        let spec = spec::parse("test.yaml", text).unwrap();
        spec.bind(&Default::default()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let spec = spec_of("hooks", HOOK);
    assert_eq!(bind(&spec), "");
    let line = "      - { protocol: https, endpoint: \"https://sns:s3cret-pw@hooks.example.edu/aws\" }\n";
    let twice = with(&spec, line, &format!("{line}{}", line.replace("s3cret-pw", "other")));
    assert!(bind(&twice).contains("in its password only"), "{}", bind(&twice));
    let other_user = with(&spec, line, &format!("{line}{}", line.replace("sns:s3cret-pw", "ops:s3cret-pw")));
    assert_eq!(bind(&other_user), "");
    assert!(bind(&with(&spec, "s3cret-pw", "****")).contains("what SNS shows for a password"));
}
