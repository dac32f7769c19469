//! What a browser finds: a page that says what this is, and the links in the mails of SNS. Links need no signature, here as at AWS.

use super::plain;
use crate::Sandbox;
use crate::accounts::temporary_key;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response, StatusCode, Uri};
use std::collections::BTreeMap;

/// The page of a path, if it has one.
pub async fn page(sandbox: &Sandbox, base: &str, uri: &Uri) -> Option<Response<SdkBody>> {
    let query = uri.query().unwrap_or_default();
    let mut given: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let action = match (uri.path(), given.remove("Action").as_deref()) {
        ("/confirmation.html", _) | ("/", Some("ConfirmSubscription")) => "ConfirmSubscription",
        ("/unsubscribe.html", _) | ("/", Some("Unsubscribe")) => "Unsubscribe",
        ("/", None) => return Some(plain(StatusCode::OK, about(base))),
        _ => return None,
    };
    let arn = given.get("TopicArn").or(given.get("SubscriptionArn"))?;
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    given.retain(|name, _| ["TopicArn", "Token", "SubscriptionArn"].contains(&name.as_str()));
    let form = format!("Action={action}&Version=2010-03-31");
    let form = form_urlencoded::Serializer::new(form).extend_pairs(&given).finish();
    let scope = format!("AWS4-HMAC-SHA256 Credential={}/0/{region}/sns/aws4_request", temporary_key(&account));
    let request = Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", scope)
        .body(SdkBody::from(form))
        .ok()?;
    let answer = sandbox.answer_http(request).await.ok()?;
    let done = if action == "Unsubscribe" { "The subscription has ended." } else { "Subscription confirmed!" };
    Some(match answer.status() {
        StatusCode::OK => plain(StatusCode::OK, done),
        status => plain(status, "This link does not lead to a subscription that waits; see mlopsctl sandbox mail"),
    })
}

fn about(base: &str) -> String {
    format!(
        "The sandbox of mlopsctl: an AWS for trying things out. Simulated AWS: no real account is used, and nothing is safe to keep here.\n\n\
         It is asked as AWS is, by any client, with any keys:\n  aws --endpoint-url {base} cloudwatch describe-alarms\n\n\
         A key of twelve digits is the account; others are account 123456789012. Services: cloudwatch, logs, sns, sqs, lambda, sts, \
         resourcegroupstaggingapi.\nFunctions with a URL: {base}/function-url/NAME/ or .../REGION:NAME/ or .../ACCOUNT:REGION:NAME/"
    )
}
