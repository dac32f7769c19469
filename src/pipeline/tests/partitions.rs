//! Every region in its partition: made, in sync, and no ARN of another one taken.

use super::world::{World, assert_complete, lines, notes};
use crate::model::partition::PARTITIONS;
use crate::model::{Partition, Target};
use crate::spec;
use std::collections::BTreeMap;

fn spec_in(region: &str, partition: &str) -> String {
    format!(
        r#"
version: 1
stack: parts
region: {region}
topics:
  alerts:
    kms_master_key_id: "arn:{partition}:kms:{region}:123456789012:key/1"
    subscriptions:
      - protocol: sqs
        endpoint: "arn:{partition}:sqs:{region}:123456789012:q"
        redrive_policy: {{ deadLetterTargetArn: "arn:{partition}:sqs:{region}:123456789012:dead" }}
log_groups: {{ /app: {{ retention: 14d, kms_key_id: "arn:{partition}:kms:{region}:123456789012:key/1" }} }}
alarms:
  a: {{ namespace: AWS/Lambda, metric_name: Errors, dimensions: {{ FunctionName: mlops-service-lambda }}, statistic: Sum, threshold: "> 5", notify: alerts }}
  b: {{ namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: "> 5", alarm_actions: ["arn:{partition}:sns:{region}:123456789012:other"] }}
composite_alarms:
  c: {{ alarm_rule: "ALARM(a)", notify: alerts }}
"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_spec_comes_true_in_every_region_of_every_partition() {
    let known: BTreeMap<String, (String, Vec<String>)> =
        serde_json::from_str(include_str!("../../../tests/partitions.json")).unwrap();
    for (partition, (suffix, regions)) in &known {
        for region in regions.iter().filter(|region| !region.ends_with("-global")) {
            let world = World::fine().in_region(region);
            let text = spec_in(region, partition);
            let arn = Target::new("123456789012", region).arn("sns", "alerts");
            assert!(arn.starts_with(&format!("arn:{partition}:sns:{region}:")), "{arn}");
            assert_complete(&world.apply(&text).await);
            let planned = world.plan(&text).await;
            assert!(lines(&planned).is_empty(), "{region}: {:?}", lines(&planned));
            assert!(notes(&planned).is_empty(), "{region}: {:?}", notes(&planned));
            let state = format!("{:?}", world.contents());
            let others = PARTITIONS.iter().filter(|other| other.id != partition);
            assert!(
                others.into_iter().all(|other| !state.contains(&format!("arn:{}:", other.id))),
                "{region}: {state}"
            );
            let mail = text
                .replace("protocol: sqs", "protocol: email")
                .replace(&format!("\"arn:{partition}:sqs:{region}:123456789012:q\""), "a@b.edu");
            let mail = mail.lines().filter(|line| !line.contains("redrive_policy")).collect::<Vec<_>>().join("\n");
            assert_complete(&world.apply(&mail).await);
            let letters = world.letters();
            assert!(letters[0].body.contains(&format!("https://sns.{region}.{suffix}/")), "{letters:?}");
            assert_complete(&world.destroy(&mail).await);
        }
    }
}

#[test]
fn an_arn_of_another_partition_is_refused_in_words() {
    let problems = |text: &str| {
        let spec = spec::parse("test.yaml", text).unwrap();
        spec.bind(&BTreeMap::new()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (region, own, other) in
        [("cn-north-1", "aws-cn", "aws"), ("us-east-1", "aws", "aws-us-gov"), ("us-iso-east-1", "aws-iso", "aws-iso-b")]
    {
        let right = spec_in(region, own);
        assert_eq!(problems(&right), "");
        let wrong = problems(&spec_in(region, other));
        let words = format!("this ARN is of the partition {other}, but {region} is in {own}");
        assert_eq!(wrong.matches(&words).count(), 5, "{wrong}");
        assert!(wrong.contains(&format!("begins with arn:{own}:")), "{wrong}");
        assert_eq!(Partition::of_region(region).id, own);
        // Which region it will be is not known: nothing is refused before it is.
        let nowhere = right.replace(&format!("region: {region}\n"), "");
        assert_eq!(problems(&nowhere), "");
    }
}
