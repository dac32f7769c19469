//! A Lambda function as the control plane keeps it: what CreateFunction accepts, what answers show.
//! Pure; must not know the store or the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The function a fresh account already has, so that a newcomer has something to watch.
pub const SERVICE: &str = "mlops-service-lambda";

/// What a function can be named by, as Lambda's refusals quote it.
pub const NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";

/// Memory in MB, and run time in seconds, that Lambda allows.
const MEMORY: std::ops::RangeInclusive<i32> = 128..=10_240;
const TIMEOUT: std::ops::RangeInclusive<i32> = 1..=900;

/// The body of CreateFunction. Code is looked at only to tell that there is some.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateFunction {
    pub function_name: Option<String>,
    pub role: Option<String>,
    pub runtime: Option<String>,
    pub handler: Option<String>,
    pub code: Option<Code>,
    pub description: Option<String>,
    pub timeout: Option<i32>,
    pub memory_size: Option<i32>,
    pub package_type: Option<String>,
    pub architectures: Option<Vec<String>>,
    pub environment: Option<Environment>,
    pub ephemeral_storage: Option<EphemeralStorage>,
    pub logging_config: Option<LoggingConfig>,
    pub tracing_config: Option<TracingConfig>,
    #[serde(rename = "KMSKeyArn")]
    pub kms_key_arn: Option<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Code {
    pub zip_file: Option<serde::de::IgnoredAny>,
    pub s3_bucket: Option<String>,
    pub image_uri: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Environment {
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EphemeralStorage {
    /// Size of `/tmp`, MB.
    pub size: i32,
}

/// Where and how a function logs; `log_group` is not always `/aws/lambda/NAME`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoggingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_log_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_log_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TracingConfig {
    pub mode: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnapStart {
    pub apply_on: String,
    pub optimization_status: String,
}

/// A FunctionConfiguration, kept as it is answered. Memory in MB, timeout in seconds, code in bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Function {
    pub function_name: String,
    pub function_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    pub role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    pub code_size: i64,
    pub description: String,
    pub timeout: i32,
    pub memory_size: i32,
    pub last_modified: String,
    pub code_sha256: String,
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    #[serde(rename = "KMSKeyArn", skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
    pub tracing_config: TracingConfig,
    pub revision_id: String,
    /// The state and its reason are left out of lists, as Lambda does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_status: Option<String>,
    pub package_type: String,
    pub architectures: Vec<String>,
    pub ephemeral_storage: EphemeralStorage,
    pub snap_start: SnapStart,
    pub logging_config: LoggingConfig,
}

/// What a new function gets from the place and the moment it is made in.
#[derive(Debug)]
pub struct Birth<'a> {
    pub account: &'a str,
    pub region: &'a str,
    /// Lambda's own form of time: `2026-01-31T12:00:00.000+0000`.
    pub modified: String,
    pub revision: String,
    pub code_sha256: String,
}

impl CreateFunction {
    /// Everything Lambda refuses before it makes anything: the code of the error and its message.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let invalid = |message: String| Err(("ValidationException", message));
        let constraint = |value: &str, field: &str, rule: &str| {
            format!(
                "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must {rule}"
            )
        };
        let name = self.function_name.as_deref().unwrap_or_default();
        if !is_name(name) {
            let rule = format!("satisfy regular expression pattern: {NAME_PATTERN}");
            return invalid(constraint(name, "functionName", &rule));
        }
        if name.len() > 64 {
            let rule = "have length less than or equal to 64";
            let message = constraint(name, "functionName", rule);
            return Err(("InvalidParameterValueException", message));
        }
        let role = self.role.as_deref().unwrap_or_default();
        if !is_role(role) {
            let rule =
                r"satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
            return invalid(constraint(role, "role", rule));
        }
        if let Some(memory) = self.memory_size.filter(|memory| !MEMORY.contains(memory)) {
            return invalid(constraint(&memory.to_string(), "memorySize", &bound(memory, &MEMORY)));
        }
        if let Some(timeout) = self.timeout.filter(|timeout| !TIMEOUT.contains(timeout)) {
            return invalid(constraint(&timeout.to_string(), "timeout", &bound(timeout, &TIMEOUT)));
        }
        let Some(code) = &self.code else {
            return invalid("1 validation error detected: Value null at 'code' failed to satisfy constraint: Member must not be null".into());
        };
        let parameter = |message: &str| Err(("InvalidParameterValueException", message.to_owned()));
        if code.zip_file.is_none() && code.s3_bucket.is_none() && code.image_uri.is_none() {
            return parameter("Please provide a source for function code.");
        }
        let image = self.package_type.as_deref() == Some("Image");
        if !image && (self.runtime.is_none() || self.handler.is_none()) {
            return parameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            );
        }
        Ok(())
    }

    /// The function as it stands once it has been made; [`Self::check`] has passed.
    pub fn into_function(self, birth: Birth<'_>) -> Function {
        let name = self.function_name.unwrap_or_default();
        let mut logging = self.logging_config.unwrap_or_default();
        logging.log_format.get_or_insert_with(|| "Text".into());
        logging.log_group.get_or_insert_with(|| default_log_group(&name));
        Function {
            function_arn: arn(birth.account, birth.region, &name),
            runtime: self.runtime,
            role: self.role.unwrap_or_default(),
            handler: self.handler,
            code_size: 2_048,
            description: self.description.unwrap_or_default(),
            timeout: self.timeout.unwrap_or(3),
            memory_size: self.memory_size.unwrap_or(128),
            last_modified: birth.modified,
            code_sha256: birth.code_sha256,
            version: "$LATEST".into(),
            environment: self.environment,
            kms_key_arn: self.kms_key_arn,
            tracing_config: self.tracing_config.unwrap_or_else(|| TracingConfig { mode: "PassThrough".into() }),
            revision_id: birth.revision,
            state: Some("Active".into()),
            state_reason: None,
            state_reason_code: None,
            last_update_status: Some("Successful".into()),
            package_type: self.package_type.unwrap_or_else(|| "Zip".into()),
            architectures: self.architectures.unwrap_or_else(|| vec!["x86_64".into()]),
            ephemeral_storage: self.ephemeral_storage.unwrap_or(EphemeralStorage { size: 512 }),
            snap_start: SnapStart { apply_on: "None".into(), optimization_status: "Off".into() },
            logging_config: logging,
            function_name: name,
        }
    }
}

impl Function {
    /// The function of the lab, deployed some weeks ago.
    pub fn service(account: &str, region: &str) -> Self {
        let request = CreateFunction {
            function_name: Some(SERVICE.into()),
            role: Some(format!("arn:aws:iam::{account}:role/{SERVICE}-role")),
            runtime: Some("python3.11".into()),
            handler: Some("app.lambda_handler".into()),
            code: None,
            description: Some("Serves the model's predictions".into()),
            timeout: Some(30),
            memory_size: Some(512),
            package_type: None,
            architectures: None,
            environment: None,
            ephemeral_storage: None,
            logging_config: None,
            tracing_config: None,
            kms_key_arn: None,
            tags: BTreeMap::new(),
        };
        let mut function = request.into_function(Birth {
            account,
            region,
            modified: "2026-10-01T09:30:00.000+0000".into(),
            revision: "5f3c1a52-7e0b-4d67-9d0e-2f6b8a1c4e90".into(),
            code_sha256: "vJ0yqOe9pUkvW8H5nq3mB2rT6xYcD1fLsA7gKiZ4uQE=".into(),
        });
        function.code_size = 18_874_368;
        function
    }

    /// As CreateFunction answers: made, but not ready in the same moment.
    pub fn being_created(mut self) -> Self {
        self.state = Some("Pending".into());
        self.state_reason = Some("The function is being created.".into());
        self.state_reason_code = Some("Creating".into());
        self.last_update_status = None;
        self
    }

    /// As ListFunctions shows it.
    pub fn in_list(mut self) -> Self {
        self.state = None;
        self.state_reason = None;
        self.state_reason_code = None;
        self.last_update_status = None;
        self
    }
}

/// The log group Lambda writes to when nobody says otherwise.
pub fn default_log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

pub fn arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{account}:function:{name}")
}

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_role(role: &str) -> bool {
    let mut parts = role.splitn(6, ':');
    let (arn, aws, iam) = (parts.next(), parts.next(), parts.next());
    let (region, account, path) = (parts.next(), parts.next(), parts.next());
    arn == Some("arn")
        && aws.is_some_and(|partition| partition.starts_with("aws"))
        && iam == Some("iam")
        && region == Some("")
        && account.is_some_and(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))
        && path.is_some_and(|path| path.len() > 5 && path.starts_with("role/"))
}

fn bound(value: i32, range: &std::ops::RangeInclusive<i32>) -> String {
    match value < *range.start() {
        true => format!("have value greater than or equal to {}", range.start()),
        false => format!("have value less than or equal to {}", range.end()),
    }
}
