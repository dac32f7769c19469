//! Lambda through the real SDK client.

use super::SERVICE;
use crate::testing::{config, config_of};
use crate::{Sandbox, Weather};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Cors, Environment, FunctionCode, FunctionUrlAuthType, FunctionVersion, LastUpdateStatus, LoggingConfig, Runtime,
    State,
};

fn client() -> Client {
    Client::new(&config(&Sandbox::in_memory(Weather::default())))
}

async fn make(lambda: &Client, name: &str) {
    let code = FunctionCode::builder().zip_file(Blob::new(b"zip".to_vec())).build();
    let request = lambda.create_function().function_name(name).role("arn:aws:iam::123456789012:role/r");
    request.runtime(Runtime::Python313).handler("app.handler").code(code).send().await.unwrap();
}

#[tokio::test]
async fn every_account_and_region_begins_with_the_service() {
    let sandbox = Sandbox::in_memory(Weather::default());
    for (key, region) in [("210987654321", "eu-west-1"), ("123456789012", "us-east-1")] {
        let lambda = Client::new(&config_of(&sandbox, key, region));
        let found = lambda.get_function_configuration().function_name(SERVICE).send().await.unwrap();
        assert_eq!(found.function_arn(), Some(format!("arn:aws:lambda:{region}:{key}:function:{SERVICE}").as_str()));
        assert_eq!((found.memory_size(), found.timeout()), (Some(512), Some(30)));
        assert_eq!(found.runtime(), Some(&Runtime::Python311));
        let logging = found.logging_config().unwrap();
        assert_eq!(logging.log_group(), Some("/aws/lambda/mlops-service-lambda"));
        assert_eq!(found.state(), Some(&State::Active));
    }
}

#[tokio::test]
async fn a_function_lives_from_create_to_delete() {
    let lambda = client();
    let code = FunctionCode::builder().zip_file(Blob::new(b"zip".to_vec())).build();
    let made = lambda
        .create_function()
        .function_name("worker")
        .role("arn:aws:iam::123456789012:role/worker")
        .runtime(Runtime::Python313)
        .handler("app.handler")
        .code(code)
        .memory_size(256)
        .timeout(5)
        .logging_config(LoggingConfig::builder().log_group("/shared/logs").build())
        .tags("team", "ml")
        .send()
        .await
        .unwrap();
    assert_eq!(made.state(), Some(&State::Pending));
    for name in ["worker", "123456789012:function:worker", made.function_arn().unwrap(), "worker:$LATEST"] {
        let found = lambda.get_function().function_name(name).send().await.unwrap();
        let configuration = found.configuration().unwrap();
        assert_eq!((configuration.memory_size(), configuration.timeout()), (Some(256), Some(5)));
        assert_eq!(configuration.logging_config().unwrap().log_group(), Some("/shared/logs"));
        assert_eq!(configuration.state(), Some(&State::Active));
        assert_eq!(found.tags().unwrap()["team"], "ml");
        assert_eq!(found.code().unwrap().repository_type(), Some("S3"));
    }
    lambda.delete_function().function_name("worker").send().await.unwrap();
    let error = lambda.get_function().function_name("worker").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert_eq!(error.message(), Some("Function not found: arn:aws:lambda:us-east-1:123456789012:function:worker"));
    let error = lambda.delete_function().function_name("worker").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
}

#[tokio::test]
async fn refusals_have_lambdas_words() {
    let lambda = client();
    make(&lambda, "twice").await;
    let code = || FunctionCode::builder().zip_file(Blob::new(b"zip".to_vec())).build();
    let request = |name: &str, role: &str| {
        let request = lambda.create_function().function_name(name).role(role).code(code());
        request.runtime(Runtime::Python313).handler("app.handler")
    };
    let role = "arn:aws:iam::123456789012:role/r";
    for (request, code, message) in [
        (request("twice", role), "ResourceConflictException", "Function already exist: twice"),
        (request("no spaces", role), "ValidationException", "Value 'no spaces' at 'functionName'"),
        (request("f", "r1"), "ValidationException", "Value 'r1' at 'role'"),
        (request("f", role).memory_size(64), "ValidationException", "Value '64' at 'memorySize'"),
        (request("f", role).timeout(901), "ValidationException", "less than or equal to 900"),
        (
            lambda.create_function().function_name("f").role(role).code(code()),
            "InvalidParameterValueException",
            "Runtime and Handler are mandatory",
        ),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code));
        assert!(error.message().unwrap().contains(message), "{error:?}");
    }
    let elsewhere = "arn:aws:lambda:eu-west-1:123456789012:function:twice";
    let error = lambda.get_function().function_name(elsewhere).send().await.unwrap_err().into_service_error();
    let message = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')";
    assert_eq!(error.message(), Some(message));
    let error = lambda.get_function().function_name("twice").qualifier("7").send().await.unwrap_err();
    assert!(error.into_service_error().message().unwrap().ends_with("function:twice:7"));
}

#[tokio::test]
async fn lists_come_in_pages_without_state() {
    let lambda = client();
    for n in 0..70 {
        make(&lambda, &format!("f{n}")).await;
    }
    let first = lambda.list_functions().send().await.unwrap();
    assert_eq!(first.functions().len(), 50);
    let second = lambda.list_functions().marker(first.next_marker().unwrap()).send().await.unwrap();
    assert_eq!((second.functions().len(), second.next_marker()), (21, None));
    let mut names: Vec<_> =
        first.functions().iter().chain(second.functions()).flat_map(|f| f.function_name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 71);
    assert!(first.functions().iter().all(|function| function.state().is_none()));
    let versions = lambda.list_functions().function_version(FunctionVersion::All).send().await.unwrap();
    assert!(versions.functions()[0].function_arn().unwrap().ends_with(":$LATEST"));
    let settings = lambda.get_account_settings().send().await.unwrap();
    assert_eq!(settings.account_usage().unwrap().function_count(), 71);
    assert_eq!(settings.account_limit().unwrap().concurrent_executions(), 1000);
}

#[tokio::test]
async fn functions_are_updated_in_part_and_only_from_the_revision_seen() {
    let lambda = client();
    make(&lambda, "f").await;
    let before = lambda.get_function_configuration().function_name("f").send().await.unwrap();
    let update = || lambda.update_function_configuration().function_name("f");
    let environment = Environment::builder().variables("A", "1").build();
    let request = update().memory_size(1024).environment(environment).revision_id(before.revision_id().unwrap());
    let updating = request.clone().send().await.unwrap();
    assert_eq!(updating.last_update_status(), Some(&LastUpdateStatus::InProgress));
    let after = lambda.get_function_configuration().function_name("f").send().await.unwrap();
    assert_eq!((after.memory_size(), after.timeout(), after.handler()), (Some(1024), Some(3), Some("app.handler")));
    assert_eq!(after.environment().unwrap().variables().unwrap()["A"], "1");
    assert_eq!(after.last_update_status(), Some(&LastUpdateStatus::Successful));
    assert!(request.send().await.unwrap_err().into_service_error().is_precondition_failed_exception());
    let error = update().timeout(0).send().await.unwrap_err().into_service_error();
    assert!(error.message().unwrap().contains("Value '0' at 'timeout'"));

    let code = || lambda.update_function_code().function_name("f").zip_file(Blob::new(b"other".to_vec()));
    let dry = code().dry_run(true).send().await.unwrap();
    // printf other | sha256sum | xxd -r -p | base64
    assert_eq!(dry.code_sha256(), Some("2SmKENGwc1g33EvYXaxkGw887yekfl1TpU8vP1svz/o="));
    let unchanged = lambda.get_function_configuration().function_name("f").send().await.unwrap();
    assert_eq!(unchanged.code_sha256(), before.code_sha256());
    code().send().await.unwrap();
    let changed = lambda.get_function_configuration().function_name("f").send().await.unwrap();
    assert_eq!((changed.code_sha256(), changed.code_size()), (dry.code_sha256(), 5));
}

#[tokio::test]
async fn a_function_has_one_url_and_a_policy() {
    let lambda = client();
    make(&lambda, "f").await;
    let error = lambda.get_function_url_config().function_name("f").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
    let create = || lambda.create_function_url_config().function_name("f").auth_type(FunctionUrlAuthType::None);
    let cors = Cors::builder().allow_origins("*").max_age(60).build();
    let made = create().cors(cors.clone()).send().await.unwrap();
    assert!(made.function_url().ends_with(".lambda-url.us-east-1.on.aws/"));
    assert!(create().send().await.unwrap_err().into_service_error().is_resource_conflict_exception());
    let update = lambda.update_function_url_config().function_name("f").auth_type(FunctionUrlAuthType::AwsIam);
    update.send().await.unwrap();
    let found = lambda.get_function_url_config().function_name("f").send().await.unwrap();
    assert_eq!((found.auth_type(), found.cors()), (&FunctionUrlAuthType::AwsIam, Some(&cors)));
    assert_eq!(found.function_url(), made.function_url());

    let permit = lambda.add_permission().function_name("f").statement_id("url").principal("*");
    let permit = permit.action("lambda:InvokeFunctionUrl").function_url_auth_type(FunctionUrlAuthType::None);
    permit.clone().send().await.unwrap();
    assert!(permit.send().await.unwrap_err().into_service_error().is_resource_conflict_exception());
    let policy = || lambda.get_policy().function_name("f").send();
    let text = policy().await.unwrap().policy.unwrap();
    let statement = &serde_json::from_str::<serde_json::Value>(&text).unwrap()["Statement"][0];
    assert_eq!(statement["Condition"]["StringEquals"]["lambda:FunctionUrlAuthType"], "NONE");
    lambda.remove_permission().function_name("f").statement_id("url").send().await.unwrap();
    assert!(policy().await.unwrap_err().into_service_error().is_resource_not_found_exception());
    lambda.delete_function().function_name("f").send().await.unwrap();
    make(&lambda, "f").await;
    create().send().await.expect("the URL went with its function");
    lambda.delete_function_url_config().function_name("f").send().await.unwrap();
}
