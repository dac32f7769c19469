//! Deploying into the sandbox's Lambda, through the real SDK.

use super::*;
use crate::aws::{AwsSession, SessionOptions};
use crate::sandbox::{ACCESS_KEY, SECRET_KEY, Sandbox, Weather};

async fn aws(sandbox: &Sandbox) -> Aws {
    let options = SessionOptions {
        region: Some("us-east-1".to_owned()),
        http: Some((sandbox.http_client(), ACCESS_KEY.to_owned(), SECRET_KEY.to_owned())),
        ..SessionOptions::default()
    };
    AwsSession::open(options).await.unwrap().target(None).unwrap()
}

fn wanted(name: &str) -> DesiredFunction {
    DesiredFunction {
        name: name.to_owned(),
        bundle: Bundle {
            zip: crate::deploy::bundle::zip("bootstrap", b"one").unwrap(),
            architecture: Architecture::X86_64,
        },
        role: Some("arn:aws:iam::123456789012:role/service".to_owned()),
        memory_mb: 512,
        timeout_s: 30,
        variables: BTreeMap::from([("ENVIRONMENT".to_owned(), "lab".to_owned())]),
        url: true,
        replace: false,
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_run_changes_nothing_and_a_change_changes_only_itself() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let aws = aws(&sandbox).await;
    let mut wanted = wanted("mine");
    let first = deploy(&aws, &wanted).await.unwrap();
    assert_eq!(first.changes, ["created", "url"]);
    assert_eq!(first.arn, "arn:aws:lambda:us-east-1:123456789012:function:mine");
    assert!(first.url.as_deref().is_some_and(|url| url.starts_with("https://")), "{first:?}");

    let again = deploy(&aws, &wanted).await.unwrap();
    assert_eq!((again.changes.as_slice(), &again.url), (&[][..], &first.url));

    wanted.memory_mb = 1_024;
    wanted.variables = BTreeMap::from([("LOG_LEVEL".to_owned(), "DEBUG".to_owned())]);
    wanted.role = None;
    assert_eq!(deploy(&aws, &wanted).await.unwrap().changes, ["configuration"]);
    let live = read(&aws, "mine").await.unwrap().unwrap();
    let environment = variables(&live);
    assert_eq!((environment["ENVIRONMENT"].as_str(), environment["LOG_LEVEL"].as_str()), ("lab", "DEBUG"));
    assert_eq!(live.role(), Some("arn:aws:iam::123456789012:role/service"), "its role stays");

    wanted.bundle.zip = crate::deploy::bundle::zip("bootstrap", b"two").unwrap();
    assert_eq!(deploy(&aws, &wanted).await.unwrap().changes, ["code"]);
    assert_eq!(deploy(&aws, &wanted).await.unwrap().changes, Vec::<&str>::new());
}

/// The sandbox begins with the course's own function, in Python.
#[tokio::test(start_paused = true)]
async fn somebody_elses_function_is_taken_over_only_when_asked() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let aws = aws(&sandbox).await;
    let mut wanted = wanted("mlops-service-lambda");
    wanted.url = false;
    let refused = deploy(&aws, &wanted).await.unwrap_err();
    assert!(refused.chain().any(|cause| cause.is::<Occupied>()), "{refused:#}");
    let untouched = read(&aws, "mlops-service-lambda").await.unwrap().unwrap();
    assert!(untouched.runtime().is_some_and(|runtime| runtime.as_str().starts_with("python")));
    wanted.replace = true;
    assert_eq!(deploy(&aws, &wanted).await.unwrap().changes, ["configuration", "code"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_function_needs_a_role() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let mut wanted = wanted("mine");
    wanted.role = None;
    let error = format!("{:#}", deploy(&aws(&sandbox).await, &wanted).await.unwrap_err());
    assert!(error.contains("--role"), "{error}");
}
