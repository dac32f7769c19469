//! A Lambda function as the control plane keeps it: what CreateFunction accepts, what answers show.
//! Pure; must not know the store or the wire.

use aws_smithy_types::base64;
use mlops_model::{Partition, Target};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The function a fresh account already has, so that a newcomer has something to watch.
pub const SERVICE: &str = "mlops-service-lambda";

/// What a function can be named by, as Lambda's refusals quote it.
pub const NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";

/// Memory in MB, and run time in seconds, that Lambda allows.
const MEMORY: std::ops::RangeInclusive<i32> = 128..=10_240;
const TIMEOUT: std::ops::RangeInclusive<i32> = 1..=900;

/// The body of CreateFunction.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateFunction {
    pub function_name: Option<String>,
    pub code: Option<Code>,
    pub package_type: Option<String>,
    pub architectures: Option<Vec<String>>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub settings: FunctionSettings,
}

/// What can be set at creation and changed later.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FunctionSettings {
    pub role: Option<String>,
    pub runtime: Option<String>,
    pub handler: Option<String>,
    pub description: Option<String>,
    pub timeout: Option<i32>,
    pub memory_size: Option<i32>,
    pub environment: Option<FunctionEnvironment>,
    pub ephemeral_storage: Option<EphemeralStorage>,
    pub logging_config: Option<LoggingConfig>,
    pub tracing_config: Option<TracingConfig>,
    #[serde(rename = "KMSKeyArn")]
    pub kms_key_arn: Option<String>,
}

/// Where code comes from. It is measured, never opened: it need not even be an archive.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Code {
    /// Base64.
    pub zip_file: Option<String>,
    pub s3_bucket: Option<String>,
    pub s3_key: Option<String>,
    pub image_uri: Option<String>,
}

impl Code {
    /// Size in bytes and the hash that Lambda shows, base64 of SHA-256. Of code that lies elsewhere only the name is known.
    pub fn measure(&self) -> Result<(i64, String), StateReason> {
        let named = |size, name: String| Ok((size, hash(name.as_bytes())));
        match self {
            Code { zip_file: Some(text), .. } => {
                let broken = "Could not unzip uploaded file. Please check your file, then try to upload again.";
                let bytes = base64::decode(text).map_err(|_| StateReason::parameter(broken))?;
                Ok((bytes.len().try_into().unwrap_or(i64::MAX), hash(&bytes)))
            }
            Code { s3_bucket: Some(bucket), s3_key: Some(key), .. } => named(1_048_576, format!("{bucket}/{key}")),
            Code { image_uri: Some(uri), .. } => named(0, uri.clone()),
            _ => Err(StateReason::parameter("Please provide a source for function code.")),
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    base64::encode(Sha256::digest(bytes))
}

/// An error's code and message.
#[derive(Debug)]
pub struct StateReason(pub &'static str, pub String);

impl StateReason {
    fn parameter(message: &str) -> Self {
        Self("InvalidParameterValueException", message.into())
    }

    pub fn constraint(value: &str, field: &str, rule: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must {rule}"
        );
        Self("ValidationException", message)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FunctionEnvironment {
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
pub struct StoredFunction {
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
    pub environment: Option<FunctionEnvironment>,
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
    pub code_size: i64,
    pub code_sha256: String,
}

impl CreateFunction {
    /// Everything Lambda refuses before it makes anything.
    pub fn check(&self) -> Result<(), StateReason> {
        let name = self.function_name.as_deref().unwrap_or_default();
        if !is_name(name) {
            let rule = format!("satisfy regular expression pattern: {NAME_PATTERN}");
            return Err(StateReason::constraint(name, "functionName", &rule));
        }
        if name.len() > 64 {
            let StateReason(_, message) =
                StateReason::constraint(name, "functionName", "have length less than or equal to 64");
            return Err(StateReason::parameter(&message));
        }
        if self.settings.role.is_none() {
            return Err(StateReason::constraint("null", "role", "not be null"));
        }
        self.settings.check()?;
        let image = self.package_type.as_deref() == Some("Image");
        if !image && (self.settings.runtime.is_none() || self.settings.handler.is_none()) {
            let message =
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
            return Err(StateReason::parameter(message));
        }
        match self.code {
            Some(_) => Ok(()),
            None => Err(StateReason::constraint("null", "code", "not be null")),
        }
    }

    /// The function as it stands once it has been made; [`Self::check`] has passed.
    pub fn into_function(self, birth: Birth<'_>) -> StoredFunction {
        let name = self.function_name.unwrap_or_default();
        let mut function = StoredFunction {
            function_arn: arn(birth.account, birth.region, &name),
            runtime: None,
            role: String::new(),
            handler: None,
            code_size: birth.code_size,
            description: String::new(),
            timeout: 3,
            memory_size: 128,
            last_modified: birth.modified,
            code_sha256: birth.code_sha256,
            version: "$LATEST".into(),
            environment: None,
            kms_key_arn: None,
            tracing_config: TracingConfig { mode: "PassThrough".into() },
            revision_id: birth.revision,
            state: Some("Active".into()),
            state_reason: None,
            state_reason_code: None,
            last_update_status: Some("Successful".into()),
            package_type: self.package_type.unwrap_or_else(|| "Zip".into()),
            architectures: self.architectures.unwrap_or_else(|| vec!["x86_64".into()]),
            ephemeral_storage: EphemeralStorage { size: 512 },
            snap_start: SnapStart { apply_on: "None".into(), optimization_status: "Off".into() },
            logging_config: LoggingConfig::default(),
            function_name: name,
        };
        function.set(self.settings);
        function
    }
}

impl FunctionSettings {
    /// What Lambda refuses of the values alone.
    pub fn check(&self) -> Result<(), StateReason> {
        if let Some(role) = self.role.as_deref().filter(|role| !is_role(role)) {
            let rule =
                r"satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
            return Err(StateReason::constraint(role, "role", rule));
        }
        if let Some(memory) = self.memory_size.filter(|memory| !MEMORY.contains(memory)) {
            return Err(StateReason::constraint(&memory.to_string(), "memorySize", &bound(memory, &MEMORY)));
        }
        match self.timeout.filter(|timeout| !TIMEOUT.contains(timeout)) {
            Some(timeout) => Err(StateReason::constraint(&timeout.to_string(), "timeout", &bound(timeout, &TIMEOUT))),
            None => Ok(()),
        }
    }
}

impl StoredFunction {
    /// Takes over what is given and leaves the rest.
    pub fn set(&mut self, settings: FunctionSettings) {
        fn put<T>(slot: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *slot = given;
            }
        }
        put(&mut self.role, settings.role);
        put(&mut self.description, settings.description);
        put(&mut self.timeout, settings.timeout);
        put(&mut self.memory_size, settings.memory_size);
        put(&mut self.ephemeral_storage, settings.ephemeral_storage);
        put(&mut self.tracing_config, settings.tracing_config);
        put(&mut self.logging_config, settings.logging_config);
        self.runtime = settings.runtime.or(self.runtime.take());
        self.handler = settings.handler.or(self.handler.take());
        self.environment = settings.environment.or(self.environment.take());
        self.kms_key_arn = settings.kms_key_arn.or(self.kms_key_arn.take()).filter(|key| !key.is_empty());
        let logging = &mut self.logging_config;
        logging.log_format.get_or_insert_with(|| "Text".into());
        logging.log_group.get_or_insert_with(|| default_log_group(&self.function_name));
    }

    /// The function of the lab, deployed some weeks ago.
    pub fn service(account: &str, region: &str) -> Self {
        let settings = FunctionSettings {
            role: Some(format!("arn:{}:iam::{account}:role/{SERVICE}-role", Partition::of_region(region).id)),
            runtime: Some("python3.11".into()),
            handler: Some("app.lambda_handler".into()),
            description: Some("Serves the model's predictions".into()),
            timeout: Some(30),
            memory_size: Some(512),
            ..FunctionSettings::default()
        };
        let request = CreateFunction { function_name: Some(SERVICE.into()), settings, ..CreateFunction::default() };
        request.into_function(Birth {
            account,
            region,
            modified: "2026-10-01T09:30:00.000+0000".into(),
            revision: "5f3c1a52-7e0b-4d67-9d0e-2f6b8a1c4e90".into(),
            code_size: 18_874_368,
            code_sha256: hash(SERVICE.as_bytes()),
        })
    }

    /// As CreateFunction answers: made, but not ready in the same moment.
    pub fn being_created(mut self) -> Self {
        self.state = Some("Pending".into());
        self.state_reason = Some("The function is being created.".into());
        self.state_reason_code = Some("Creating".into());
        self.last_update_status = None;
        self
    }

    /// As the update calls answer: changed, but not everywhere in the same moment.
    pub fn being_updated(mut self) -> Self {
        self.last_update_status = Some("InProgress".into());
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
    Target::new(account, region).arn("lambda", format_args!("function:{name}"))
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
