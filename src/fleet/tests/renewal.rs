//! Roles of other accounts: assumed once, renewed while a run goes on, and what it means when that fails.

use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat, SessionOptions};
use crate::fleet::{AccessMethod, FleetRow, FleetTarget, TargetAccess, TargetState};
use crate::model::Target;
use crate::pipeline::tests::world::{EACH, REGION, bound, everything};
use crate::pipeline::{self, Select};
use crate::sandbox::{self, Sandbox, Weather};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

const THERE: &str = "210987654321";

struct Class9 {
    sandbox: Sandbox,
    access: TargetAccess,
}

async fn class(weather: &str) -> Class9 {
    let sandbox = Sandbox::in_memory(weather.parse::<Weather>().unwrap());
    let http = (sandbox.http_client(), sandbox::ACCESS_KEY.to_owned(), sandbox::SECRET_KEY.to_owned());
    let options = SessionOptions { http: Some(http), ..SessionOptions::default() };
    Class9 { access: TargetAccess::open(options, REGION).await.unwrap(), sandbox }
}

fn member(account: &str, region: &str) -> FleetTarget {
    let way = AccessMethod::Role { name: "Teacher".to_owned(), external_id: None };
    FleetTarget { target: Target::new(account, region), way, columns: BTreeMap::new(), keeps_account: true }
}

impl Class9 {
    async fn aws(&self) -> Aws {
        self.access.aws(&member(THERE, REGION)).await.unwrap()
    }

    fn calls(&self, operation: &str) -> u64 {
        self.sandbox.stats().by_operation.get(operation).map_or(0, |counts| counts.calls)
    }

    fn assumed(&self) -> u64 {
        self.calls("sts:AssumeRole")
    }
}

async fn read(aws: &Aws) -> Result<(), AwsError> {
    let call = || aws.cloudwatch.describe_alarms().send();
    aws.call(ApiOperation("cloudwatch", "DescribeAlarms"), Repeat::Safe, call).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn an_accounts_role_is_assumed_once_whatever_its_regions_and_calls() {
    let class = class("latency=40ms").await;
    let regions = ["us-east-1", "eu-west-1", "ap-south-1"].map(|region| member(THERE, region));
    let opened = join_all(regions.iter().map(|member| class.access.aws(member))).await;
    for aws in opened {
        let aws = aws.unwrap();
        join_all((0..5).map(|_| read(&aws))).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    }
    assert_eq!(class.assumed(), 1);
    assert_eq!(class.calls("sts:GetCallerIdentity"), 0, "the roster says whose it is");
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_account_needs_no_role() {
    let class = class("").await;
    let usual = AccessMethod::Usual { external_id: None };
    let own = FleetTarget { way: usual.clone(), ..member(sandbox::ACCOUNT, REGION) };
    read(&class.access.aws(&own).await.unwrap()).await.unwrap();
    assert_eq!(class.assumed(), 0);
    let other = FleetTarget { way: usual, ..member(THERE, REGION) };
    read(&class.access.aws(&other).await.unwrap()).await.unwrap();
    assert_eq!(class.assumed(), 1);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_renewed_before_they_end() {
    let class = class("token-life=60s").await;
    let aws = class.aws().await;
    for second in 0..600 {
        read(&aws).await.unwrap_or_else(|error| panic!("after {second} s: {error}"));
        sleep(Duration::from_secs(1)).await;
    }
    assert!((10..=15).contains(&class.assumed()), "{} in ten minutes", class.assumed());
    assert_eq!(class.calls("monitoring:DescribeAlarms"), 600, "none was refused and repeated");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_aws_calls_expired_is_renewed_whatever_the_clock_says() {
    let class = class("token-life=60s").await;
    let aws = class.aws().await;
    read(&aws).await.unwrap();
    // AWS's clock goes on by itself.
    class.sandbox.advance(Duration::from_secs(90)).unwrap();
    read(&aws).await.unwrap();
    assert_eq!(class.assumed(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again_while_the_token_holds() {
    let class = class(&format!("token-life=100s,role-ends={THERE}:70s")).await;
    let aws = class.aws().await;
    for _ in 0..99 {
        read(&aws).await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(2)).await;
    let error = read(&aws).await.unwrap_err();
    assert_eq!(error.class, Class::Denied);
    assert!(error.message.contains("have ended and could not be renewed"), "{error}");
    assert!(error.remedy().unwrap().contains("does it trust whoever runs this"), "{:?}", error.remedy());
}

/// In the middle of an apply: what was made stays, what is left fails, and each says why.
#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_renewed_fails_only_what_is_left() {
    let alarms: String = (0..30).fold(EACH.to_owned(), |text, n| {
        text.replace("composite_alarms:", &format!(
            "  a{n}: {{ namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\" }}\ncomposite_alarms:"
        ))
    });
    let class = class(&format!("latency=40ms,quotas=aws,token-life=5s,role-ends={THERE}:3s")).await;
    let aws = class.aws().await;
    let planned = pipeline::plan(&aws, &bound(&alarms), &Select::default(), &everything()).await.unwrap();
    let report = pipeline::apply(&aws, &planned.plan, &mut |_| {}).await.unwrap();
    let row = FleetRow::of_plan(&member(THERE, REGION), &planned).applied(&report);
    assert_eq!(row.state, TargetState::Partial);
    let made = row.applied.unwrap().add;
    assert!((10..30).contains(&made), "{made} of {}", report.results.len());
    assert_eq!(made + row.drift.len(), report.results.len(), "what was not made is what is left");
    assert!(!row.failed.is_empty());
    let words = serde_json::to_string(&row.failed).unwrap();
    assert!(words.contains("could not be renewed"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_there_is_asked_for_once_and_told_once() {
    let class = class(&format!("no-role={THERE}")).await;
    let error = class.access.aws(&member(THERE, REGION)).await.unwrap_err();
    let known = error.downcast_ref::<AwsError>().unwrap();
    assert!(known.message.contains("arn:aws:iam::210987654321:role/Teacher could not be assumed"), "{known}");
    assert_eq!(class.assumed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_not_enabled_is_told_from_wrong_keys() {
    let class = class(&format!("no-region={THERE}:{REGION}")).await;
    let aws = class.aws().await;
    let error = pipeline::plan(&aws, &bound(EACH), &Select::default(), &everything()).await.unwrap_err();
    let known = error.downcast_ref::<AwsError>().unwrap();
    assert!(known.message.starts_with("us-east-1 is not enabled for the account"), "{known}");
}
