//! What is around the program: profiles, proxies, certificates, and who the credentials really are of. The served sandbox stands
//! behind all of it.

mod front;
mod given;
#[path = "../support/mod.rs"]
mod support;

use front::Front;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::OnceLock;
use support::Desk;

const SPEC: &str = "version: 1
stack: acct
region: us-east-1
alarms:
  errs:
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: mlops-service-lambda }
    statistic: Sum
    threshold: \"> 5\"
";

/// A sandbox of this test's own; it ends with it.
struct Served {
    process: Child,
    port: u16,
    _desk: Desk,
}

impl Served {
    fn start() -> Self {
        let desk = Desk::new();
        let mut process = desk.start(&["sandbox", "serve", "--port", "0", "--sandbox", "sandbox.json"]);
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped")).read_line(&mut line).expect("it says where it is");
        let port = line
            .split_once("http://127.0.0.1:")
            .and_then(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok());
        Self { process, port: port.unwrap_or_else(|| panic!("{line}")), _desk: desk }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A folder with the spec, whose runs reach this sandbox.
    fn desk(&self) -> Desk {
        let desk = Desk::new().env("AWS_ENDPOINT_URL", &self.url());
        desk.write("alarms.yaml", SPEC);
        desk
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn keys(desk: Desk) -> Desk {
    desk.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x")
}

fn configured(desk: Desk, config: &str) -> Desk {
    std::fs::create_dir_all(desk.path(".aws")).expect("a folder");
    desk.write(".aws/config", config);
    desk
}

fn authority() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/surroundings/ca.pem")
}

fn authority_text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| authority().to_string_lossy().into_owned())
}

/// AWS_ACCOUNT_ID, `aws_account_id` and AccountId of a credential_process choose endpoints. Who one is says STS.
#[test]
fn no_hint_is_an_identity() {
    let served = Served::start();
    let only = SPEC.replace("alarms:", "allowed_accounts: [\"444455556666\"]\nalarms:");
    let process = r#"{"Version":1,"AccessKeyId":"x","SecretAccessKey":"x","AccountId":"444455556666"}"#;
    let written = "[profile lab]\naws_access_key_id = x\naws_secret_access_key = x\naws_account_id = 444455556666\n";
    let desks = [
        keys(served.desk()).env("AWS_ACCOUNT_ID", "444455556666"),
        configured(served.desk(), written).with(&["--profile", "lab"]),
        configured(served.desk(), &format!("[profile lab]\ncredential_process = echo '{process}'\n")).env("AWS_PROFILE", "lab"),
        configured(
            served.desk(),
            "[profile lab]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"x\",\"SecretAccessKey\":\"x\"}'\naws_account_id = 444455556666\n",
        )
        .with(&["--profile", "lab"]),
    ];
    for desk in desks {
        desk.write("alarms.yaml", &only);
        desk.run(&["apply", "--yes"]).exits(8).says("account 123456789012 is not among the spec's allowed_accounts");
        desk.write("alarms.yaml", SPEC);
        let plan = desk.run(&["plan", "--format", "json"]).exits(0);
        assert!(plan.stdout.contains("123456789012") && !plan.stdout.contains("444455556666"), "{plan}");
        assert_eq!(plan.changes().len(), 1, "nothing was made: {plan}");
    }
}

/// As in the AWS CLI, a profile that is named for the run wins over keys of the environment.
#[test]
fn a_named_profile_wins_over_keys_of_the_environment() {
    let served = Served::start();
    let profile = "[profile lab]\naws_access_key_id = 444455556666\naws_secret_access_key = x\n";
    let desk = configured(keys(served.desk()), profile);
    assert!(desk.run(&["plan", "--profile", "lab"]).exits(0).stdout.contains("444455556666"));
    let desk = desk.env("AWS_PROFILE", "lab");
    assert!(desk.run(&["plan"]).exits(0).stdout.contains("123456789012"));
}

#[test]
fn proxies_of_either_case_are_gone_by() {
    let served = Served::start();
    for (variable, endpoint, line) in [
        ("HTTP_PROXY", "http://aws.test", "POST http://aws.test/"),
        ("http_proxy", "http://aws.test", "POST http://aws.test/"),
        ("ALL_PROXY", "http://aws.test", "POST http://aws.test/"),
        ("HTTPS_PROXY", "https://aws.test", "CONNECT aws.test:443"),
        ("https_proxy", "https://aws.test", "CONNECT aws.test:443"),
    ] {
        let tls = Front::tls(served.port);
        let proxy = Front::proxy(served.port, tls.port);
        let desk = keys(served.desk()).env("AWS_ENDPOINT_URL", endpoint).env("AWS_CA_BUNDLE", authority_text());
        let desk = desk.env(variable, &format!("http://u:p@127.0.0.1:{}", proxy.port));
        desk.run(&["plan", "--no-backtest"]).exits(0);
        let seen = proxy.seen();
        assert!(!seen.is_empty() && seen.iter().all(|seen| seen.starts_with(line)), "{variable}: {seen:?}");
        assert!(seen.iter().all(|seen| seen.ends_with("(u:p)")), "{variable}: {seen:?}");
        assert_eq!(tls.seen().is_empty(), endpoint.starts_with("http:"), "{variable}");
    }
}

#[test]
fn what_no_proxy_names_is_reached_directly() {
    let served = Served::start();
    // Port 9 is `discard`: nobody listens there.
    let nowhere = || keys(served.desk()).env("HTTP_PROXY", "http://u:hunter2@127.0.0.1:9");
    let ran = nowhere().run(&["plan", "--no-backtest"]).exits(75).says("by the proxy http://127.0.0.1:9 (HTTP_PROXY)");
    assert!(!ran.stderr.contains("hunter2"), "{ran}");
    for (name, rules) in [("NO_PROXY", "127.0.0.1"), ("no_proxy", "example.edu, 127.0.0.0/8"), ("NO_PROXY", "*")] {
        nowhere().env(name, rules).run(&["plan", "--no-backtest"]).exits(0);
    }
}

#[test]
fn only_the_authorities_of_the_bundle_are_trusted() {
    let served = Served::start();
    let tls = Front::tls(served.port);
    let proxy = Front::proxy(served.port, tls.port);
    let way = || keys(served.desk()).env("AWS_ENDPOINT_URL", "https://aws.test").env("HTTPS_PROXY", &proxy.url());
    way().run(&["plan", "--no-backtest"]).exits(75).says("certificate");
    assert_eq!(tls.seen(), Vec::<String>::new());
    way().env("AWS_CA_BUNDLE", authority_text()).run(&["plan", "--no-backtest"]).exits(0);
    let profile = format!("[profile lab]\nca_bundle = {}\n", authority_text());
    configured(way(), &profile).run(&["plan", "--no-backtest", "--profile", "lab"]).exits(0);
    way().env("AWS_CA_BUNDLE", "none.pem").run(&["plan"]).exits(64).says("AWS_CA_BUNDLE: none.pem: No such file");
    let desk = way().env("AWS_CA_BUNDLE", "alarms.yaml");
    desk.run(&["plan"]).exits(64).says("alarms.yaml: it holds no certificate");
    keys(served.desk())
        .env("HTTPS_PROXY", "socks5://p:1")
        .run(&["plan"])
        .exits(64)
        .says("HTTPS_PROXY")
        .says("not socks5");
}

#[test]
fn traffic_goes_by_the_proxy_too() {
    let served = Served::start();
    let tls = Front::tls(served.port);
    let proxy = Front::proxy(served.port, tls.port);
    let desk = Desk::new().env("HTTP_PROXY", &proxy.url()).env("HTTPS_PROXY", &proxy.url());
    let desk = desk.env("AWS_CA_BUNDLE", authority_text());
    for url in ["http://service.test", "https://service.test"] {
        desk.run(&["traffic", "--url", url, "-n", "1", "--rate", "10"]);
    }
    let seen = proxy.seen();
    assert!(seen.iter().any(|line| line.contains("http://service.test/")), "{seen:?}");
    assert!(seen.iter().any(|line| line == "CONNECT service.test:443 HTTP/1.1"), "{seen:?}");
    assert!(!tls.seen().is_empty(), "the certificate was trusted");
}

/// The link of a mail is confirmed by a call of AWS like any other.
#[test]
fn confirming_goes_by_the_proxy() {
    let served = Served::start();
    let proxy = Front::proxy(served.port, served.port);
    let desk = keys(served.desk()).env("AWS_ENDPOINT_URL", "http://aws.test").env("HTTP_PROXY", &proxy.url());
    let link = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:123456789012:t\
                &Token=abc";
    let ran = desk.run(&["subscriptions", "confirm", "--url", link]);
    assert!(!proxy.seen().is_empty(), "{ran}");
}

/// Profiles that cannot be used, and what is said of them.
const BAD: &[(&str, &str, &[&str])] = &[
    ("[profile lab]\nregion = us-east-1\n", "lap", &["there is no profile lap in", ".aws/config", "did you mean lab?"]),
    ("", "lab", &["there is no profile lab in", "aws configure --profile lab"]),
    (
        "[profile lab]\nrole_arn = arn:aws:iam::444455556666:role/R\nsource_profile = bse\n[profile base]\nregion = x\n",
        "lab",
        &["profile lab has the source_profile bse, which is not in", "did you mean base?"],
    ),
    (
        "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = a\n",
        "a",
        &["a circle: a -> b -> a"],
    ),
    ("[profile lab]\nrole_arn = arn:aws:iam::1:role/R\n", "lab", &["does not say with whose credentials"]),
    (
        "[profile lab]\nsso_session = crop\nsso_account_id = 123456789012\nsso_role_name = R\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n",
        "lab",
        &["profile lab names the sso-session crop, which is not in", "did you mean corp?"],
    ),
    (
        "[profile lab]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n[sso-session corp]\nsso_region = us-east-1\n",
        "lab",
        &["[sso-session corp] has no sso_start_url", "aws configure sso"],
    ),
    (
        "[profile lab]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n",
        "lab",
        &["profile lab is not signed in", "run: aws sso login --profile lab"],
    ),
    (
        "[profile lab]\nlogin_session = arn:aws:iam::123456789012:user/me\n",
        "lab",
        &["profile lab signs in by `aws login`", "no program `aws` on the PATH"],
    ),
    ("[profile lab\n", "lab", &["the AWS configuration cannot be read", ".aws/config"]),
];

#[test]
fn a_profile_that_cannot_be_used_is_told_in_words() {
    for (config, name, words) in BAD {
        let desk = configured(Desk::new(), config).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        desk.write("alarms.yaml", SPEC);
        for ran in [desk.run(&["plan", "--profile", name]), {
            let desk = configured(Desk::new(), config).env("AWS_PROFILE", name);
            desk.write("alarms.yaml", SPEC);
            desk.run(&["plan"])
        }] {
            words.iter().fold(ran.exits(4), |ran, word| ran.says(word));
        }
    }
    let desk = Desk::new().env("AWS_CONFIG_FILE", "none.ini");
    desk.write("alarms.yaml", SPEC);
    desk.run(&["plan", "--profile", "lab"]).exits(4).says("none.ini (which does not exist)");
}

#[test]
fn a_session_that_is_over_is_told_before_anything_is_asked() {
    let config = "[profile lab]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = R\n";
    let desk = configured(Desk::new(), config);
    desk.write("alarms.yaml", SPEC);
    std::fs::create_dir_all(desk.path(".aws/sso/cache")).expect("a folder");
    let token = r#"{"startUrl":"https://x.awsapps.com/start","region":"us-east-1","accessToken":"t","expiresAt":"2020-01-01T00:00:00Z"}"#;
    let sha1 = {
        use sha1::{Digest, Sha1};
        let digest = Sha1::digest(b"https://x.awsapps.com/start");
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    desk.write(&format!(".aws/sso/cache/{sha1}.json"), token);
    let ran = desk.run(&["plan", "--profile", "lab"]).exits(4);
    ran.says("its SSO token has expired").says("run: aws sso login --profile lab");
}

const ROLE: &str = "[profile base]\naws_access_key_id = x\naws_secret_access_key = x\n[profile lab]\nrole_arn = arn:aws:iam::444455556666:role/R\nsource_profile = base\nregion = us-east-1\n";

#[test]
fn a_role_of_a_profile_is_assumed_denied_or_out_of_reach() {
    let served = Served::start();
    let desk = configured(served.desk(), ROLE);
    assert!(desk.run(&["plan", "--profile", "lab"]).exits(0).stdout.contains("444455556666"));
    let denying = Front::denying();
    let desk = configured(served.desk(), ROLE).env("AWS_ENDPOINT_URL", &denying.url());
    let ran = desk.run(&["plan", "--profile", "lab"]).exits(4);
    ran.says("profile lab: its role could not be assumed")
        .says("not authorized")
        .says("does it trust whoever runs this");
    let desk = configured(served.desk(), ROLE).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let ran = desk.run(&["plan", "--profile", "lab"]).exits(75).says("profile lab: its role could not be assumed");
    assert!(!ran.stderr.contains("no credentials"), "{ran}");
    let desk = configured(served.desk(), ROLE).env("AWS_ENDPOINT_URL", "https://aws.test");
    let desk = desk.env("HTTPS_PROXY", "http://127.0.0.1:9");
    desk.run(&["plan", "--profile", "lab"]).exits(75).says("by the proxy http://127.0.0.1:9 (HTTPS_PROXY)");
}

/// The AWS CLI has the credentials of `aws login` and renews them: a program of its name stands in for it.
#[cfg(unix)]
#[test]
fn profiles_of_aws_login_work_by_the_aws_cli() {
    use std::os::unix::fs::PermissionsExt;
    let served = Served::start();
    let config = "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/me\nregion = us-east-1\n[profile lab]\nrole_arn = arn:aws:iam::444455556666:role/R\nsource_profile = console\n";
    let script =
        "#!/bin/sh\n[ \"$*\" = 'configure export-credentials --profile console --format process' ] || exit 9\n";
    let given = r#"{"Version":1,"AccessKeyId":"x","SecretAccessKey":"x","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
    let with_program = |rest: &str| {
        let desk = configured(served.desk(), config);
        std::fs::create_dir_all(desk.path("bin")).expect("a folder");
        desk.write("bin/aws", &format!("{script}{rest}\n"));
        std::fs::set_permissions(desk.path("bin/aws"), std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let path = format!("{}:/usr/bin:/bin", desk.path("bin").display());
        desk.env("PATH", &path)
    };
    let desk = with_program(&format!("echo '{given}'"));
    assert!(desk.run(&["plan", "--profile", "console"]).exits(0).stdout.contains("123456789012"));
    assert!(desk.run(&["plan", "--profile", "lab"]).exits(0).stdout.contains("444455556666"));
    assert!(desk.env("AWS_PROFILE", "lab").run(&["plan"]).exits(0).stdout.contains("444455556666"));
    let desk = with_program("echo 'Your session has expired' >&2; exit 255");
    let ran = desk.run(&["plan", "--profile", "console"]).exits(4).says("Your session has expired");
    ran.says("aws login --profile console");
}
