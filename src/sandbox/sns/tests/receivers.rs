//! What the people behind the endpoints get and do.

use super::{EMAIL, Place};
use crate::{ACCOUNT, Delivery};

#[tokio::test]
async fn the_link_in_a_mail_confirms_and_the_one_at_its_foot_ends() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    let arn = place.subscribe(&topic, "email", EMAIL).await;
    assert_eq!(place.topic_attributes(&topic).await["SubscriptionsPending"], "1");
    let letter = place.outbox().remove(0);
    let link = letter.confirmation_link().unwrap();
    let token = letter.token.clone().unwrap();
    assert_eq!(
        link,
        format!(
            "https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A{ACCOUNT}%3Aalerts\
             &Token={token}&Endpoint=you%40example.edu"
        )
    );
    assert!(letter.body.contains(&link), "{}", letter.body);

    let click = |endpoint: Option<&str>| place.sandbox.confirm(ACCOUNT, "us-east-1", endpoint).unwrap();
    assert!(click(Some("other@example.edu")).is_empty());
    assert_eq!(click(None).len(), 1);
    assert!(click(None).is_empty(), "it is confirmed");
    let counts = place.topic_attributes(&topic).await;
    assert_eq!((&*counts["SubscriptionsPending"], &*counts["SubscriptionsConfirmed"]), ("0", "1"));
    assert_eq!(place.subscription(&arn).await["ConfirmationWasAuthenticated"], "false");
    place.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    assert!(place.outbox().last().unwrap().body.contains("/unsubscribe.html?SubscriptionArn="));

    let leave = || place.sandbox.unsubscribe(ACCOUNT, "us-east-1", EMAIL).unwrap();
    assert!(leave()[0].done);
    assert_eq!(place.listed(&topic).await[0].0, "Deleted");
    let arn = place.subscribe(&topic, "email", EMAIL).await;
    let token = place.outbox().pop().unwrap().token.unwrap();
    place.confirm(&topic, &token).await.unwrap();
    assert!(!leave()[0].done, "it was confirmed by somebody with credentials");
    assert!(place.listed(&topic).await.iter().any(|(listed, ..)| *listed == arn));
}

#[tokio::test]
async fn posts_wait_for_somebody_who_sends_them() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    place.subscribe(&topic, "http", "http://127.0.0.1:20001/hook").await;
    place.subscribe(&topic, "lambda", "arn:aws:lambda:us-east-1:123456789012:function:f").await;
    let posts = || place.sandbox.posts(ACCOUNT, "us-east-1").unwrap();
    let (key, letter) = posts().remove(0);
    let body = super::parsed(&letter.body);
    assert_eq!((&body["Type"], &body["TopicArn"]), (&"SubscriptionConfirmation".into(), &topic.as_str().into()));
    assert_eq!(body["Token"].as_str(), letter.token.as_deref());
    place.sandbox.posted(ACCOUNT, "us-east-1", &key, &Delivery::Arrived).unwrap();
    assert!(posts().is_empty());
    place.confirm(&topic, &letter.token.unwrap()).await.unwrap();
    place.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    assert_eq!(posts().len(), 1);
    let failed = |letter: &crate::Letter| matches!(letter.delivery, Delivery::Failed(_));
    assert_eq!(place.outbox().iter().filter(|letter| failed(letter)).count(), 1, "no function is run for a topic");
}
