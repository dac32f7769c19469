//! Credentials that a machine, a container or a pod is given: stand-ins of the endpoints that hand them out, after AWS's documents, which
//! every AWS SDK asks. None of them is asked by name of ours: the environment says where they are, as on those machines.

use crate::front::{Front, Request};
use crate::{Served, configured};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What an instance proves with each request that it asked for a session before (EC2 user guide, "Use IMDSv2").
const SESSION: &str = "session-of-the-test";
const ROLE: &str = "lab-runner";

/// Credentials as the endpoints write them. A key of twelve digits is the account's in the sandbox.
fn credentials(key: &str, lifetime: Duration) -> String {
    let until = timestamp(SystemTime::now() + lifetime);
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-01T00:00:00Z","RoleArn":"arn:aws:iam::123456789012:role/{ROLE}","AccessKeyId":"{key}","SecretAccessKey":"s","Token":"t","Expiration":"{until}"}}"#
    )
}

fn timestamp(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let at = aws_smithy_types::DateTime::from_secs(seconds.try_into().expect("small"));
    at.fmt(aws_smithy_types::date_time::Format::DateTime).expect("a date")
}

const HOUR: Duration = Duration::from_secs(3_600);

/// The metadata of an instance: version 2 of its protocol alone, as new instances have it.
fn instance() -> Front {
    Front::answering(|request: &Request| match request.line.as_str() {
        "PUT /latest/api/token HTTP/1.1" if request.header("x-aws-ec2-metadata-token-ttl-seconds").is_some() => {
            (200, SESSION.to_owned())
        }
        _ if request.header("x-aws-ec2-metadata-token") != Some(SESSION) => (401, String::new()),
        line if line.starts_with("GET /latest/meta-data/iam/security-credentials/ ") => (200, ROLE.to_owned()),
        line if line.starts_with(&format!("GET /latest/meta-data/iam/security-credentials/{ROLE} ")) => {
            (200, credentials("444455556666", HOUR))
        }
        "GET /latest/meta-data/placement/region HTTP/1.1" => (200, "us-east-1".to_owned()),
        _ => (404, String::new()),
    })
}

/// The agent of EKS Pod Identity and of ECS: it wants what stands in the pod's token file.
fn container(token: &'static str, answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Front {
    let asked = Mutex::new(0);
    Front::answering(move |request: &Request| match request.header("authorization") {
        Some(given) if given == token && request.line.starts_with("GET /v1/credentials ") => {
            let mut asked = asked.lock().expect("no test panics in here");
            *asked += 1;
            (200, answer(*asked))
        }
        _ => (403, r#"{"code":"AccessDenied","message":"a wrong token"}"#.to_owned()),
    })
}

#[test]
fn an_instance_gives_the_credentials_of_its_role() {
    let (served, metadata) = (Served::start(), instance());
    let desk = served.desk().env("AWS_EC2_METADATA_DISABLED", "false");
    let desk = desk.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url());
    assert!(desk.run(&["plan"]).exits(0).stdout.contains("444455556666"));
    let seen = metadata.seen();
    assert!(seen.iter().any(|line| line.starts_with("PUT /latest/api/token")), "{seen:?}");
    // A profile may name the instance as the source of its role.
    let config = "[profile lab]\nrole_arn = arn:aws:iam::777788889999:role/R\ncredential_source = Ec2InstanceMetadata\nregion = us-east-1\n";
    let desk = configured(served.desk(), config).env("AWS_EC2_METADATA_DISABLED", "false");
    let desk = desk.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url());
    assert!(desk.run(&["plan", "--profile", "lab"]).exits(0).stdout.contains("777788889999"));
}

#[test]
fn a_pod_gives_its_credentials_for_its_token() {
    let served = Served::start();
    let agent = container("token-of-the-pod", |_| credentials("444455556666", HOUR));
    let pod = |token: &str| {
        let desk = served.desk();
        desk.write("token", token);
        let file = desk.path("token").display().to_string();
        let desk = desk.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials", agent.url()));
        desk.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file)
    };
    assert!(pod("token-of-the-pod").run(&["plan"]).exits(0).stdout.contains("444455556666"));
    pod("another").run(&["plan"]).exits(4).says("StatusCode(403)");
    let lost = pod("token-of-the-pod").env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "lost");
    lost.run(&["plan"]).exits(4).says("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is lost: ");
}

/// Roles of a roster by a role of a profile by the credentials of a pod: each link is assumed by the one before.
#[test]
fn roles_of_a_roster_are_assumed_by_an_assumed_role() {
    let served = Served::start();
    let agent = container("t", |_| credentials("444455556666", HOUR));
    let config = "[profile hub]\nrole_arn = arn:aws:iam::777788889999:role/Hub\ncredential_source = EcsContainer\nregion = us-east-1\n";
    let desk = configured(served.desk(), config).with(&["--profile", "hub"]);
    desk.write("roster.csv", "account,region\n111122223333,us-east-1\n222233334444,us-east-1\n");
    let desk = desk.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials", agent.url()));
    let desk = desk.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t");
    let ran = desk.run(&["apply", "--yes", "--accounts", "roster.csv", "--format", "json"]).exits(0);
    let rows = ran.json()["rows"].as_array().map_or(0, Vec::len);
    assert_eq!(rows, 2, "{ran}");
}

/// Calls of a long run are signed with what the endpoint gives by then: credentials that end are asked for again before they do.
#[test]
fn credentials_that_end_during_a_run_are_asked_for_again() {
    let served = Served::start();
    // The SDK renews what ends within ten seconds: with the next call.
    let agent = container("t", |asked| match asked {
        1 => credentials("ASIAFIRST", Duration::from_secs(5)),
        _ => credentials("ASIASECOND", HOUR),
    });
    let recorder = Front::recording(served.port, |request| {
        let signed = request.header("authorization").and_then(|signed| signed.split("Credential=").nth(1));
        signed.and_then(|signed| signed.split('/').next()).unwrap_or("unsigned").to_owned()
    });
    let desk = served.desk().env("AWS_ENDPOINT_URL", &recorder.url());
    let rows: String = (0..4).map(|n| format!("{},us-east-1\n", 300_000_000_000_u64 + n)).collect();
    desk.write("roster.csv", &format!("account,region\n{rows}"));
    let desk = desk.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials", agent.url()));
    let desk = desk.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t");
    let run = ["apply", "--yes", "--accounts", "roster.csv", "--concurrency", "1", "--no-backtest"];
    desk.run(&run).exits(0);
    let keys = recorder.seen();
    let of = |key: &str| keys.iter().filter(|seen| *seen == key).count();
    assert!(of("ASIAFIRST") > 0 && of("ASIASECOND") > 0, "{keys:?}");
    let first_new = keys.iter().position(|key| key == "ASIASECOND").expect("it is there");
    assert!(
        !keys[first_new..].contains(&"ASIAFIRST".to_owned()),
        "nothing is signed with old ones afterwards: {keys:?}"
    );
    assert_eq!(agent.seen().len(), 2, "asked for twice");
}
