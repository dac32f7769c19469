//! Documents of Terraform as they are written, by the whole of the import.

use crate::import::{ImportSettings, ImportSource, ImportedSpec, write_import};
use serde_json::{Value, json};

fn import(document: &Value, settings: &ImportSettings) -> Result<ImportedSpec, String> {
    let source = ImportSource::of("it.json", format!("{document:#}")).unwrap();
    write_import(&source, None, settings).map_err(|error| error.to_string())
}

fn lost(imported: &ImportedSpec) -> Vec<String> {
    let words = |one: &crate::import::ImportOutcome| {
        let property = one.lost.property.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        format!("{}{property}: {}", one.lost.id, one.lost.why)
    };
    imported.not_carried.iter().map(words).collect()
}

fn state(resources: Value) -> Value {
    json!({ "version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x", "outputs": {}, "resources": resources })
}

fn resource(type_name: &str, name: &str, instances: Value) -> Value {
    json!({ "mode": "managed", "type": type_name, "name": name, "provider": "provider[\"x\"]", "instances": instances })
}

fn alarm(name: &str, region: &str) -> Value {
    json!({
        "alarm_name": name, "arn": format!("arn:aws:cloudwatch:{region}:210987654321:alarm:{name}"), "actions_enabled": true,
        "namespace": "AWS/Lambda", "metric_name": "Errors", "statistic": "Sum", "period": 300, "evaluation_periods": 1,
        "threshold": 0, "comparison_operator": "GreaterThanThreshold", "treat_missing_data": "missing",
        "alarm_actions": [format!("arn:aws:sns:{region}:210987654321:t")], "dimensions": { "FunctionName": "f" },
        "datapoints_to_alarm": 0, "unit": "", "metric_query": [], "threshold_metric_id": "",
    })
}

#[test]
fn a_state_says_where_it_is_and_what_each_is_called() {
    let mut topic = resource(
        "aws_sns_topic",
        "alerts",
        json!([{ "attributes": {
        "name": "t", "arn": "arn:aws:sns:eu-west-1:210987654321:t", "fifo_topic": false, "policy": "", "signature_version": 0,
        "lambda_success_feedback_sample_rate": 50,
    } }]),
    );
    topic["module"] = json!("module.a[\"x.module.y\"]");
    let document = state(json!([
        topic,
        resource(
            "aws_cloudwatch_metric_alarm",
            "errors",
            json!([
                { "index_key": "a\"b", "attributes": alarm("one", "eu-west-1") },
                { "index_key": 1, "status": "tainted", "attributes": alarm("two", "eu-west-1") },
                { "index_key": 2, "deposed": "0a1b2c3d", "attributes": alarm("three", "eu-west-1") },
                { "index_key": 3, "attributes_flat": { "alarm_name": "four" } },
            ])
        ),
        json!({ "mode": "data", "type": "aws_sns_topic", "name": "d", "instances": [{ "attributes": { "name": "no" } }] }),
        resource("aws_sns_platform_application", "p", json!([{ "attributes": { "name": "p" } }])),
        resource("aws_instance", "i", json!([{ "attributes": { "id": "i-1" } }])),
    ]));
    let imported = import(&document, &ImportSettings::default()).unwrap();
    assert_eq!((imported.target.account.as_str(), imported.target.region.as_str()), ("210987654321", "eu-west-1"));
    assert_eq!(
        lost(&imported),
        [
            "module.a[\"x.module.y\"].aws_sns_topic.alerts lambda_success_feedback_sample_rate: mlopsctl does not manage this property",
            "aws_cloudwatch_metric_alarm.errors[2]: Terraform has replaced it already and is about to delete it",
            "aws_cloudwatch_metric_alarm.errors[3]: its attributes are those of Terraform 0.11: terraform apply -refresh-only writes them anew",
            "aws_sns_platform_application.p: mlopsctl does not manage this type",
        ]
    );
    let sources: Vec<String> = imported.sources.iter().map(|(address, id)| format!("{address} {id}")).collect();
    assert_eq!(
        sources,
        [
            "topic/t module.a[\"x.module.y\"].aws_sns_topic.alerts",
            "alarm/one aws_cloudwatch_metric_alarm.errors[\"a\\\"b\"]",
            "alarm/two aws_cloudwatch_metric_alarm.errors[1]",
        ]
    );
    let text = &imported.written.text;
    assert!(text.contains("marked it as tainted") && text.contains("threshold: \"> 0\""), "{text}");
    assert_eq!((imported.notes.len(), imported.others.get("aws_instance")), (0, Some(&1)));
}

#[test]
fn several_regions_ask_which_one() {
    let document = state(json!([resource(
        "aws_cloudwatch_metric_alarm",
        "e",
        json!([
            { "index_key": 0, "attributes": alarm("one", "eu-west-1") },
            { "index_key": 1, "attributes": alarm("two", "us-east-1") },
            { "index_key": 2, "attributes": alarm("three", "us-east-1") },
        ])
    )]));
    let error = import(&document, &ImportSettings::default()).unwrap_err();
    assert!(error.contains("eu-west-1 (1), us-east-1 (2)") && error.contains("--region us-east-1"), "{error}");
    let settings = ImportSettings { region: Some("us-east-1".to_owned()), ..ImportSettings::default() };
    let imported = import(&document, &settings).unwrap();
    assert_eq!(imported.sources.len(), 2);
    assert_eq!(
        lost(&imported),
        ["aws_cloudwatch_metric_alarm.e[0]: it is in eu-west-1: import the file once more with --region eu-west-1"]
    );
}

/// A plan of a module with a topic that is not made yet and alarms that notify it, one of which watches what is not made either.
fn plan() -> Value {
    let values = |name: &str, dimensions: Value| {
        let mut values = alarm(name, "eu-west-1");
        values["alarm_actions"] = Value::Null;
        values["arn"] = Value::Null;
        values["dimensions"] = dimensions;
        values
    };
    let planned = |name: &str, values: Value| {
        json!({
            "address": format!("module.m[0].aws_cloudwatch_metric_alarm.{name}"), "mode": "managed", "name": name,
            "type": "aws_cloudwatch_metric_alarm", "provider_name": "registry.opentofu.org/hashicorp/aws", "values": values,
        })
    };
    let change = |address: &str, type_name: &str, actions: Value, unknown: Value| {
        json!({
            "address": address, "mode": "managed", "type": type_name, "change": { "actions": actions, "after_unknown": unknown },
        })
    };
    let expressions = |name: &str| {
        json!({
            "mode": "managed", "type": "aws_cloudwatch_metric_alarm", "name": name,
            "expressions": { "alarm_actions": { "references": ["aws_sns_topic.t.arn", "aws_sns_topic.t"] }, "dimensions": {} },
        })
    };
    let alarm_type = "aws_cloudwatch_metric_alarm";
    json!({
        "format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": { "root_module": { "child_modules": [{ "address": "module.m[0]", "resources": [
            planned("known", values("known", json!({ "FunctionName": "f" }))),
            planned("blind", values("blind", json!({ "FunctionName": "f" }))),
        ] }] } },
        "resource_changes": [
            change("module.m[0].aws_cloudwatch_metric_alarm.known", alarm_type, json!(["create"]),
                json!({ "arn": true, "id": true, "evaluation_interval": true, "alarm_actions": true, "dimensions": {} })),
            change("module.m[0].aws_cloudwatch_metric_alarm.blind", alarm_type, json!(["create"]),
                json!({ "arn": true, "alarm_actions": [true], "dimensions": { "LoadBalancer": true } })),
            change("aws_cloudwatch_metric_alarm.gone", alarm_type, json!(["delete"]), json!({})),
            change("aws_cloudwatch_metric_alarm.let_go", alarm_type, json!(["forget"]), json!({})),
            change("aws_instance.gone", "aws_instance", json!(["delete"]), json!({})),
        ],
        "configuration": {
            "provider_config": { "aws": { "expressions": { "region": { "constant_value": "eu-west-1" } } } },
            "root_module": { "module_calls": { "m": { "module": { "resources": [expressions("known"), expressions("blind")] } } } },
        },
    })
}

#[test]
fn what_a_plan_does_not_know_is_named() {
    let imported = import(&plan(), &ImportSettings::default()).unwrap();
    let refers = "it is not known before the plan is applied: it refers to aws_sns_topic.t.arn";
    let mut lost = lost(&imported);
    lost.sort();
    assert_eq!(
        lost,
        [
            "aws_cloudwatch_metric_alarm.gone: the plan deletes it".to_owned(),
            "aws_cloudwatch_metric_alarm.let_go: the plan takes it out of Terraform's hands: import the state from before".to_owned(),
            "module.m[0].aws_cloudwatch_metric_alarm.blind: the resource is not carried over, since its dimensions.LoadBalancer \
             is not known: it is not known before the plan is applied"
                .to_owned(),
            format!("module.m[0].aws_cloudwatch_metric_alarm.known alarm_actions: {refers}"),
        ]
    );
    assert_eq!(imported.sources.len(), 1);
    assert_eq!(imported.target.region, "eu-west-1");
    assert_eq!(
        imported.notes,
        [
            "2 of these are not made before the plan is applied",
            "nothing in the file says which account it is about: 123456789012 is assumed (--account)",
        ]
    );
}

#[test]
fn what_is_shown_of_a_state_is_a_state() {
    let mut document = plan();
    let values = document["planned_values"]["root_module"]["child_modules"][0]["resources"].clone();
    document = json!({ "format_version": "1.0", "terraform_version": "1.9.0", "values": { "root_module": { "resources": values } } });
    let imported = import(&document, &ImportSettings::default()).unwrap();
    assert_eq!((imported.sources.len(), lost(&imported).len()), (2, 0));
    let empty = import(&json!({ "format_version": "1.0" }), &ImportSettings::default()).unwrap();
    assert_eq!(empty.sources.len(), 0);
}

#[test]
fn what_is_none_says_what_to_do() {
    for (document, words) in [
        (json!({ "version": 3, "terraform_version": "0.11.1", "modules": [] }), "Terraform 0.11 or older"),
        (json!({ "serial": 1, "encrypted_data": "x", "encryption_version": "v0" }), "tofu show -json"),
        (json!({ "resource": { "aws_sns_topic": {} } }), "terraform show -json"),
        (json!({ "@level": "info", "@message": "x" }), "terraform plan -out plan"),
        (json!({ "format_version": "1.0", "provider_schemas": {} }), "no file of an engine"),
    ] {
        let error = import(&document, &ImportSettings::default()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_terraform_keeps_secret_no_spec_shows() {
    let mut secret = alarm("one", "eu-west-1");
    secret["alarm_description"] = json!("call 555-hidden");
    secret["tags"] = json!({ "pin": "1234-hidden" });
    let path = |name: &str| json!([{ "type": "get_attr", "value": name }]);
    let document = state(json!([resource(
        "aws_cloudwatch_metric_alarm",
        "e",
        json!([
            { "index_key": 0, "attributes": secret, "sensitive_attributes": [path("alarm_description"), path("tags"), path("tags_all")] },
            { "index_key": 1, "attributes": alarm("two", "eu-west-1"), "sensitive_attributes": [path("threshold")] },
        ])
    )]));
    let imported = import(&document, &ImportSettings::default()).unwrap();
    assert!(!imported.written.text.contains("hidden"), "{}", imported.written.text);
    let [variable] = imported.written.variables.as_slice() else { panic!("{:?}", imported.written.variables) };
    assert_eq!((variable.open.secret, variable.given.as_deref()), (true, Some("call 555-hidden")));
    let why = "Terraform keeps it secret, and a spec would show it";
    let mut lost = lost(&imported);
    lost.sort();
    assert_eq!(
        lost,
        [
            format!("aws_cloudwatch_metric_alarm.e[0] tags: {why}"),
            format!(
                "aws_cloudwatch_metric_alarm.e[1]: the resource is not carried over, since its threshold is not known: {why}"
            ),
        ]
    );
    let mut shown = plan();
    shown["planned_values"]["root_module"]["child_modules"][0]["resources"][0]["sensitive_values"] =
        json!({ "alarm_description": true, "tags": {}, "alarm_actions": [false] });
    shown["planned_values"]["root_module"]["child_modules"][0]["resources"][0]["values"]["alarm_description"] =
        json!("hidden");
    let imported = import(&shown, &ImportSettings::default()).unwrap();
    assert!(
        !imported.written.text.contains("hidden") && imported.written.variables.len() == 1,
        "{}",
        imported.written.text
    );
}

/// A state whose topic keeps its policy apart, as most modules do.
#[test]
fn a_policy_of_its_own_is_the_topics() {
    let arn = "arn:aws:sns:eu-west-1:210987654321:t";
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}"#;
    let document = state(json!([
        resource(
            "aws_sns_topic_policy",
            "p",
            json!([{ "attributes": { "arn": arn, "id": arn, "owner": "210987654321", "policy": policy } }])
        ),
        resource("aws_sns_topic", "t", json!([{ "attributes": { "name": "t", "arn": arn, "policy": "" } }])),
        resource(
            "aws_sns_topic_subscription",
            "s",
            json!([{ "attributes": {
            "topic_arn": arn, "protocol": "email", "endpoint": "a@b.edu", "arn": format!("{arn}:1"), "pending_confirmation": true,
            "confirmation_timeout_in_minutes": 1, "filter_policy": "", "filter_policy_scope": "MessageAttributes",
        } }])
        ),
    ]));
    let imported = import(&document, &ImportSettings::default()).unwrap();
    assert_eq!(lost(&imported), Vec::<String>::new());
    assert!(imported.written.text.contains("cloudwatch.amazonaws.com"), "{}", imported.written.text);
    assert!(!imported.written.text.contains("a@b.edu"));
    assert_eq!(imported.counts.whole, 3);
}
