//! What another hand has set of a topic, a subscription and a log group stays, where the spec does not name it; and a subscription
//! whose password SNS stars in its answers, which ministack does not: a proxy before it does.

use crate::server::Ministack;
use crate::{Account, texts};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

const NAMES_ONLY: &str = r#"
version: 1
stack: names
region: us-east-1
vars: { account: { description: Whose queue it is, required: true } }
topics:
  alerts: { subscriptions: [{ protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:${account}:alarms" }] }
log_groups: { /their/app: }
"#;

/// Everything that is configured of what the spec names, as botocore reads it.
fn configured(account: &Account) -> Value {
    let topic = account.topics().into_iter().find(|arn| arn.ends_with(":alerts"));
    let attributes = topic.map(|arn| {
        let own = account.call("sns", "get_topic_attributes", &json!({ "TopicArn": arn }))["Attributes"].take();
        let list = account.call("sns", "list_subscriptions_by_topic", &json!({ "TopicArn": arn }));
        let subscriptions = texts(&list["Subscriptions"], "SubscriptionArn").into_iter().map(|arn| {
            account.call("sns", "get_subscription_attributes", &json!({ "SubscriptionArn": arn }))["Attributes"].take()
        });
        json!({ "topic": own, "subscriptions": subscriptions.collect::<Vec<_>>() })
    });
    json!({ "sns": attributes, "groups": account.log_groups() })
}

#[test]
fn what_the_spec_does_not_name_stays() {
    let account = Account::new();
    let arn = format!("arn:aws:sns:us-east-1:{}:alerts", account.number);
    account.call("sns", "create_topic", &json!({ "Name": "alerts" }));
    for (name, value) in [
        ("DisplayName", "Theirs"),
        ("KmsMasterKeyId", "alias/theirs"),
        ("SignatureVersion", "2"),
        ("TracingConfig", "Active"),
        ("DeliveryPolicy", r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":7}}}"#),
        ("LambdaFailureFeedbackRoleArn", "arn:aws:iam::123456789012:role/feedback"),
        ("Policy", r#"{"Statement":[{"Sid":"theirs","Effect":"Allow","Principal":"*","Action":"sns:Publish"}]}"#),
    ] {
        let set = json!({ "TopicArn": arn, "AttributeName": name, "AttributeValue": value });
        account.call("sns", "set_topic_attributes", &set);
    }
    let queue = format!("arn:aws:sqs:us-east-1:{}:alarms", account.number);
    let attributes = json!({ "RawMessageDelivery": "true", "FilterPolicy": r#"{"severity":["high"]}"# });
    let subscribe = json!({ "TopicArn": arn, "Protocol": "sqs", "Endpoint": queue, "Attributes": attributes });
    account.call("sns", "subscribe", &subscribe);
    let key = format!("arn:aws:kms:us-east-1:{}:key/theirs", account.number);
    account.call("logs", "create_log_group", &json!({ "logGroupName": "/their/app", "kmsKeyId": key }));
    account.call("logs", "put_retention_policy", &json!({ "logGroupName": "/their/app", "retentionInDays": 90 }));
    let before = configured(&account);
    assert_eq!(before["groups"][0]["kmsKeyId"], json!(key), "{before}");
    assert_eq!(before["sns"]["topic"]["DisplayName"], "Theirs", "{before}");

    let desk = &account.desk;
    desk.write("alarms.yaml", NAMES_ONLY);
    desk.run(&["apply", "--yes", "--adopt"]).exits(0).says("3 adopted");
    assert_eq!(configured(&account), before);
    desk.run(&["plan", "--format", "json"]).is_empty_plan();

    // One more attribute of each is named: the others still stay.
    let sets = NAMES_ONLY
        .replace("alerts: {", "alerts: { display_name: Ours,")
        .replace("alarms\" }", "alarms\", filter_policy: { severity: [low] } }")
        .replace("/their/app:", "/their/app: { retention: 30d }");
    desk.write("alarms.yaml", &sets);
    desk.run(&["apply", "--yes"]).exits(0).says("3 changed");
    let mut expected = before.clone();
    expected["sns"]["topic"]["DisplayName"] = "Ours".into();
    expected["sns"]["subscriptions"][0]["FilterPolicy"] = r#"{"severity":["low"]}"#.into();
    expected["groups"][0]["retentionInDays"] = 30.into();
    assert_eq!(configured(&account), expected);

    // The group was there before: it gets back what was changed, and nothing else of it is touched.
    desk.run(&["destroy", "--yes"]).exits(0);
    assert_eq!(configured(&account)["groups"], before["groups"]);
}

#[test]
fn a_starred_password_is_in_sync_and_goes_with_its_line() {
    let account = Account::new();
    let proxy = starring_proxy(&Ministack::shared().endpoint);
    let desk = desk_behind(&account, proxy);
    let hook = "https://sns:s3cret-pw@hooks.example.edu/aws";
    let spec = format!(
        "version: 1\nstack: hooks\nregion: us-east-1\nvars: {{ account: {{ description: unused, required: true }} }}\n\
         topics:\n  alerts:\n    subscriptions:\n      - {{ protocol: https, endpoint: \"{hook}\" }}\n"
    );
    desk.write("alarms.yaml", &spec);
    desk.run(&["apply", "--yes"]).exits(0).says("2 added");
    assert_eq!(account.subscriptions("alerts"), [format!("https {hook}")], "the password itself was subscribed");
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    desk.run(&["apply", "--yes"]).exits(0).says("No changes");
    assert_eq!(account.subscriptions("alerts").len(), 1, "nobody is subscribed again");
    let tags = account.call("sns", "list_tags_for_resource", &json!({ "ResourceArn": account.topics()[0] }));
    assert!(!tags.to_string().contains("s3cret"), "{tags}");

    desk.write("alarms.yaml", &spec.replace("s3cret-pw", "an0ther-pw"));
    let plan = desk.run(&["plan", "--format", "json"]).exits(0);
    let actions: Vec<String> = plan.changes().into_values().collect();
    assert_eq!(actions, ["replace"], "{plan}");
    assert!(!plan.stdout.contains("an0ther") && !plan.stdout.contains("s3cret"), "{plan}");
    desk.run(&["apply", "--yes"]).exits(0);
    assert_eq!(account.subscriptions("alerts"), [format!("https {}", hook.replace("s3cret-pw", "an0ther-pw"))]);

    desk.write("alarms.yaml", &spec);
    desk.run(&["apply", "--yes"]).exits(0);
    let without = spec.split("    subscriptions:").next().unwrap_or_default().replace("alerts:", "alerts: {}");
    desk.write("alarms.yaml", &without);
    desk.run(&["apply", "--yes", "--allow-deletes"]).exits(0).says("1 destroyed");
    assert_eq!(account.subscriptions("alerts"), [String::new(); 0]);
}

fn desk_behind(account: &Account, proxy: SocketAddr) -> crate::support::Desk {
    let desk = crate::support::Desk::new();
    let desk = desk.env("AWS_ACCESS_KEY_ID", &account.number).env("AWS_SECRET_ACCESS_KEY", "none");
    let variable = format!("account={}", account.number);
    desk.with(&["--endpoint-url", &format!("http://{proxy}"), "--var", &variable])
}

/// Passes everything on to `upstream`, and shows in its answers every password of `https://sns:…@` as SNS does.
fn starring_proxy(upstream: &str) -> SocketAddr {
    let upstream = upstream.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let upstream = upstream.clone();
            std::thread::spawn(move || pass_on(client, &upstream).expect("both sides are there"));
        }
    });
    address
}

/// One request on a connection; HTTP/1.0 towards the server, so that its answer ends with the connection.
fn pass_on(client: TcpStream, upstream: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "connection" => continue,
            _ => {}
        }
        let end = line.trim().is_empty();
        head += &line.replace("HTTP/1.1\r\n", "HTTP/1.0\r\n");
        if end {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(head.as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let (head, body) = answer.split_at(split);
    let body = match std::str::from_utf8(body) {
        Ok(text) => starred(text).into_bytes(),
        Err(_) => body.to_vec(),
    };
    let head = String::from_utf8_lossy(head);
    let kept = head.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        !line.is_empty() && !["content-length", "connection", "transfer-encoding"].contains(&name.as_str())
    });
    let head: String = kept.map(|line| format!("{line}\r\n")).collect();
    let mut client = client;
    write!(client, "{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    client.write_all(&body)
}

fn starred(text: &str) -> String {
    const BEFORE: &str = "https://sns:";
    let mut parts = text.split(BEFORE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.find('@').map_or(part, |at| &part[at..]);
        text + BEFORE + "****" + rest
    })
}
