//! The life of subscriptions on the sandbox: listed, waited for, asked again, confirmed and locked.

use super::*;
use crate::pipeline::tests::world::{World, spec_of};

use std::time::Duration;

const TOPICS: &str = r#"
topics:
  alerts:
    subscriptions:
      - { protocol: email, endpoint: ann@example.edu }
      - { protocol: email, endpoint: bob@example.edu, filter_policy: { kind: [a] } }
  quiet:
"#;

async fn applied() -> (World, Aws, Target, BTreeMap<Address, Resource>) {
    let world = World::fine();
    let (planned, _) = world.run(&spec_of("watched", TOPICS)).await;
    let aws = world.aws().await;
    let target = aws.target().await.unwrap();
    (world, aws, target, planned.desired)
}

fn states(all: &StackSubscriptions) -> Vec<(&str, SubscriptionState, bool)> {
    all.rows.iter().map(|row| (row.endpoint.as_str(), row.state, row.wanted)).collect()
}

/// The token of the last mail to somebody.
fn token(world: &World, endpoint: &str) -> Link {
    let letters = world.letters();
    let letter = letters.iter().rev().find(|letter| letter.endpoint == endpoint && letter.token.is_some()).unwrap();
    Link::new(&letter.topic_arn, letter.token.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn every_state_is_told_apart_with_one_call_a_topic() {
    let (world, aws, target, mut desired) = applied().await;
    let arn = target.arn("sns", "alerts");
    confirm(&aws, &token(&world, "ann@example.edu"), false).await.unwrap();
    subscription::aws::subscribe(&aws, &arn, &Subscription::new("alerts", "email", "eve@example.edu")).await.unwrap();
    let zoe = Resource::Subscription(Subscription::new("alerts", "email", "zoe@example.edu"));
    desired.insert(zoe.address(), zoe);
    let fresh = world.aws().await;
    // The counts are of the whole session.
    let listed = |aws: &Aws| aws.calls().get("sns:ListSubscriptionsByTopic").map_or(0, |count| count.calls);
    let before = listed(&fresh);
    let all = read(&fresh, "watched", &target, &desired).await.unwrap();
    assert_eq!(
        states(&all),
        [
            ("ann@example.edu", SubscriptionState::Confirmed, true),
            ("bob@example.edu", SubscriptionState::Pending, true),
            ("eve@example.edu", SubscriptionState::Pending, false),
            ("zoe@example.edu", SubscriptionState::Missing, true),
        ]
    );
    assert_eq!(listed(&fresh) - before, 2);
    let open: Vec<&str> = all.open().map(|row| row.endpoint.as_str()).collect();
    assert_eq!(open, ["bob@example.edu", "eve@example.edu", "zoe@example.edu"]);
}

#[tokio::test]
async fn another_mail_goes_only_to_whom_it_is_asked_for_and_keeps_their_filter() {
    let (world, aws, target, desired) = applied().await;
    let all = read(&aws, "watched", &target, &desired).await.unwrap();
    let bob = all.rows.iter().find(|row| row.endpoint == "bob@example.edu").unwrap();
    let mails = |who: &str| world.letters().iter().filter(|letter| letter.endpoint == who).count();
    assert_eq!((mails("ann@example.edu"), mails("bob@example.edu")), (1, 1));
    resend(&aws, &target, bob, &desired).await.unwrap();
    assert_eq!((mails("ann@example.edu"), mails("bob@example.edu")), (1, 2));
    // SNS refuses the same endpoint with other attributes: the spec's have to go with it.
    let error = resend(&aws, &target, bob, &BTreeMap::new()).await;
    assert!(error.is_err() || mails("bob@example.edu") == 3);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_last_confirmation() {
    let (world, aws, target, desired) = applied().await;
    let mut told = Vec::new();
    let mut tell = |waited: Waited<'_>| match waited {
        Waited::Begun(all) => assert_eq!(all.count(SubscriptionState::Pending), 2),
        Waited::Changed(row) => told.push((row.endpoint.clone(), row.state)),
        Waited::Missed(error) => panic!("{error}"),
    };
    let waiting = wait(&aws, "watched", &target, &desired, Duration::from_secs(600), &mut tell);
    let hand = async {
        let hands = world.aws().await;
        for who in ["bob@example.edu", "ann@example.edu"] {
            tokio::time::sleep(Duration::from_secs(60)).await;
            confirm(&hands, &token(&world, who), false).await.unwrap();
        }
    };
    let begun = tokio::time::Instant::now();
    let (all, ()) = futures_util::join!(waiting, hand);
    let all = all.unwrap();
    assert_eq!(all.open().count(), 0);
    assert!(begun.elapsed() < Duration::from_secs(145), "{:?}", begun.elapsed());
    assert_eq!(
        told,
        [
            ("bob@example.edu".to_owned(), SubscriptionState::Confirmed),
            ("ann@example.edu".to_owned(), SubscriptionState::Confirmed)
        ]
    );
    assert!(aws.calls()["sns:ListSubscriptionsByTopic"].calls < 20, "{:?}", aws.calls());
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_when_the_time_is_out_or_nobody_can_confirm() {
    let (_world, aws, target, mut desired) = applied().await;
    let begun = tokio::time::Instant::now();
    let all = wait(&aws, "watched", &target, &desired, Duration::from_secs(30), &mut |_| {}).await.unwrap();
    assert_eq!(all.open().count(), 2);
    assert_eq!(begun.elapsed().as_secs(), 30);
    // What nobody has asked for is not waited for.
    desired.retain(|address, _| address.name.starts_with("quiet"));
    let zoe = Resource::Subscription(Subscription::new("quiet", "email", "zoe@example.edu"));
    desired.insert(zoe.address(), zoe);
    let begun = tokio::time::Instant::now();
    let all = wait(&aws, "watched", &target, &desired, Duration::from_secs(30), &mut |_| {}).await.unwrap();
    assert_eq!(states(&all), [("zoe@example.edu", SubscriptionState::Missing, true)]);
    assert_eq!(begun.elapsed().as_secs(), 0);
}

#[tokio::test]
async fn a_lock_counts_for_whoever_confirms_first() {
    let (world, aws, _, _) = applied().await;
    let locked = confirm(&aws, &token(&world, "ann@example.edu"), true).await.unwrap();
    assert_eq!(locked.locked, Some(true));
    let open = confirm(&aws, &token(&world, "bob@example.edu"), false).await.unwrap();
    assert_eq!(open.locked, None);
    let again = confirm(&aws, &token(&world, "bob@example.edu"), false).await.unwrap();
    assert_eq!(again.subscription_arn, open.subscription_arn, "the link may be clicked twice");
    let wrong = Link::new(&Target::new("123456789012", "us-east-1").arn("sns", "alerts"), "none").unwrap();
    let refused = confirm(&aws, &wrong, false).await.unwrap_err();
    assert!(refused.message.contains("Token"), "{refused}");
}
