//! What went wrong with a call, sorted by what can be done about it.

use super::ApiOperation;
use super::answer::Unbelievable;
use super::patience::WaitLimits;
use super::role::ASSUME;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// A failed AWS call. `code` is AWS's error code where AWS answered, else a word of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AwsError {
    pub op: ApiOperation,
    pub class: Class,
    pub code: String,
    pub message: String,
}

/// Sorted by what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Too many calls: wait and repeat.
    Throttled,
    /// AWS or the network failed; the call may have been applied. Repeat where that is safe.
    Transient,
    /// Somebody else was changing the same thing: repeat.
    Conflict,
    NotFound,
    AlreadyExists,
    /// Not allowed: a permission is missing.
    Denied,
    /// No credentials, expired or wrong ones, or a region that is not enabled.
    Credentials,
    /// A real quota of the account, e.g. the number of alarms.
    Limit,
    /// Stopped by the user before an answer came.
    Interrupted,
    /// AWS refused the request as it is.
    Refused,
    /// What answers is not AWS, or not about what was asked: nothing of it is believed.
    Unexpected,
}

/// What an error of the SDK was made of.
pub trait SdkErrorParts {
    /// The status of HTTP, where there is one.
    fn status(&self) -> Option<u16>;
}

impl SdkErrorParts for HttpResponse {
    fn status(&self) -> Option<u16> {
        Some(HttpResponse::status(self).as_u16())
    }
}

/// A frame of a stream.
impl SdkErrorParts for RawMessage {
    fn status(&self) -> Option<u16> {
        None
    }
}

const UNANSWERED: &str = "Unanswered";
const UNREACHABLE: &str = "Unreachable";
const HALF_WAY: &str = "HalfWay";
const TIMEOUT: &str = "Timeout";
const UNEXPECTED: &str = "UnexpectedAnswer";
const NO_CREDENTIALS: &str = "NoCredentials";
const NONE_FOUND: &str = "no credentials found: tried environment, profile, SSO, web identity, container, instance";
/// Ours: whoever has to sign in to have credentials has not, or the session is over.
const SIGNED_OUT: &str = "SignedOut";
/// Ours: whatever should have given credentials gave none, and says why.
const UNUSABLE: &str = "UnusableCredentials";
/// Ours: AWS calls the keys unknown, though they come from a role that was just assumed.
const REGION_NOT_ENABLED: &str = "RegionNotEnabled";
/// Ours: what STS says of the credentials does not agree with itself, with the region, or with what was asked for.
const UNEXPECTED_IDENTITY: &str = "UnexpectedIdentity";
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
/// Error codes that mean "slow down" (AWS SDK reference guide, retry behaviour).
const THROTTLES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "Throttled",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
];
const CONFLICTS: &[&str] = &[
    "OperationAbortedException",
    "ConcurrentModificationException",
    "ConcurrentAccess",
    "ConcurrentAccessException",
    "ConflictException",
    "StaleTag",
    "StaleTagException",
    "ResourceConflictException",
];
const EXISTING: &[&str] = &["ResourceAlreadyExistsException", "ResourceAlreadyExists", "EntityAlreadyExists"];
const MISSING: &[&str] = &[
    "ResourceNotFoundException",
    "ResourceNotFound",
    "NotFound",
    "NotFoundException",
    "TargetNotFoundException",
    "DashboardNotFoundError",
    "QueueDoesNotExist",
    "NonExistentQueue",
];
const LIMITS: &[&str] = &[
    "LimitExceeded",
    "LimitExceededException",
    "LimitExceededFault",
    "TopicLimitExceeded",
    "TopicLimitExceededException",
    "SubscriptionLimitExceeded",
    "FilterPolicyLimitExceeded",
    "TagLimitExceeded",
];
const DENIALS: &[&str] =
    &["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"];
const BAD_CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "AuthFailure",
    "OptInRequired",
    "RegionDisabledException",
    "RequestExpired",
    "RequestTimeTooSkewed",
];

impl AwsError {
    pub fn new<E, R>(op: ApiOperation, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
        R: SdkErrorParts + fmt::Debug + 'static,
        SdkError<E, R>: StdError,
    {
        Self::of(op, &error)
    }

    pub fn of<E, R>(op: ApiOperation, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
        R: SdkErrorParts + fmt::Debug + 'static,
        SdkError<E, R>: StdError,
    {
        // What kept the credentials away was sorted where they come from.
        if let Some(own) = cause::<AwsError>(error) {
            return own.clone();
        }
        if let Some(why) = cause::<Unbelievable>(error) {
            return Self::unexpected(op, &why.to_string());
        }
        let status = error.raw_response().and_then(SdkErrorParts::status);
        let (class, code, message) = match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("").to_owned();
                // Shapes are written `ns#Code`, and query-compatible codes `AWS.SimpleQueueService.Code`.
                let short = code.rsplit(['#', '.']).next().unwrap_or_default();
                let message = service.err().message().map_or_else(|| chain(service.err()), str::to_owned);
                match (short, status) {
                    // Of something before AWS, which says it in its own form.
                    ("", Some(status)) => return Self::of_status(op, status, message),
                    (short, _) => (of_code(short), short.to_owned(), message),
                }
            }
            SdkError::TimeoutError(_) => (Class::Transient, TIMEOUT.to_owned(), "no answer in time".to_owned()),
            SdkError::ResponseError(_) => {
                let text = format!("the answer cannot be read: {}", chain(error));
                return Self::of_status(op, status.unwrap_or_default(), text);
            }
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
                (Class::Transient, UNREACHABLE.to_owned(), chain(error))
            }
            other => {
                let text = chain(other);
                if text.contains("no credentials found in chain") {
                    (Class::Credentials, NO_CREDENTIALS.to_owned(), NONE_FOUND.to_owned())
                } else if text.contains("credential") || text.contains("identity") {
                    (Class::Credentials, NO_CREDENTIALS.to_owned(), text)
                } else if matches!(other, SdkError::ConstructionFailure(_)) {
                    (Class::Refused, "InvalidRequest".to_owned(), text)
                } else {
                    (Class::Transient, UNREACHABLE.to_owned(), text)
                }
            }
        };
        Self { op, class, code, message }
    }

    /// An answer without an error code that could be read.
    fn of_status(op: ApiOperation, status: u16, message: String) -> Self {
        let class = match status {
            429 => Class::Throttled,
            500..=599 => Class::Transient,
            200..=299 => return Self::unexpected(op, &message),
            _ => Class::Refused,
        };
        Self { op, class, code: format!("HTTP {status}"), message }
    }

    /// What was answered cannot be true.
    pub fn unexpected(op: ApiOperation, what: &str) -> Self {
        let message = format!("unexpected answer: {what}");
        Self { op, class: Class::Unexpected, code: UNEXPECTED.to_owned(), message }
    }

    /// No whole answer in the time that there is for one.
    pub fn late(op: ApiOperation, limits: WaitLimits) -> Self {
        let message = format!("no whole answer in {} s", limits.attempt().as_secs());
        Self { op, class: Class::Transient, code: TIMEOUT.to_owned(), message }
    }

    /// Not sent, since nothing has answered for so long.
    pub fn silent(op: ApiOperation, deadline: Duration) -> Self {
        let message = format!("nothing was answered for {} s, so it was not sent", deadline.as_secs());
        Self { op, class: Class::Transient, code: TIMEOUT.to_owned(), message }
    }

    /// Whether there was no answer at all.
    pub fn is_unanswered(&self) -> bool {
        matches!(self.code.as_str(), TIMEOUT | UNREACHABLE | UNANSWERED | NO_CREDENTIALS)
    }

    /// Stopped by the user before it was sent.
    pub fn not_sent(op: ApiOperation) -> Self {
        let message = "interrupted before it was sent".to_owned();
        Self { op, class: Class::Interrupted, code: "Interrupted".to_owned(), message }
    }

    /// Stopped by the user while AWS had not answered.
    pub fn unanswered(op: ApiOperation) -> Self {
        let message = "interrupted before AWS answered; it may or may not have been applied".to_owned();
        Self { op, class: Class::Interrupted, code: UNANSWERED.to_owned(), message }
    }

    /// The same error of a change whose earlier calls were made: not sent is then not the same as not started.
    pub fn half_way(self) -> Self {
        if !self.was_not_sent() {
            return self;
        }
        Self { code: HALF_WAY.to_owned(), message: "interrupted half-way: run again to finish it".to_owned(), ..self }
    }

    /// Whether nothing of the change was ever sent.
    pub fn was_not_sent(&self) -> bool {
        self.class == Class::Interrupted && self.code != UNANSWERED && self.code != HALF_WAY
    }

    /// An answer of AssumeRole that is of no use.
    pub fn of_role(code: &str, message: &str) -> Self {
        Self { op: ASSUME, class: Class::Credentials, code: code.to_owned(), message: message.to_owned() }
    }

    /// An answer of STS that says nothing certain of whose the credentials are.
    pub fn of_identity(op: ApiOperation, what: &str) -> Self {
        let message = format!("it is not certain whose these credentials are: {what}");
        Self { op, class: Class::Credentials, code: UNEXPECTED_IDENTITY.to_owned(), message }
    }

    /// Nothing that could give credentials has any.
    pub fn no_credentials(op: ApiOperation, whose: &str) -> Self {
        let message = format!("{whose}{NONE_FOUND}");
        Self { op, class: Class::Credentials, code: NO_CREDENTIALS.to_owned(), message }
    }

    /// Whatever gives credentials could not be reached.
    pub fn unreachable(op: ApiOperation, why: &dyn StdError) -> Self {
        Self { op, class: Class::Transient, code: UNREACHABLE.to_owned(), message: chain(why) }
    }

    /// Somebody has to sign in again.
    pub fn signed_out(op: ApiOperation, why: &dyn StdError) -> Self {
        Self { op, class: Class::Credentials, code: SIGNED_OUT.to_owned(), message: chain(why) }
    }

    /// Whatever should give credentials gave none.
    pub fn unusable_credentials(op: ApiOperation, why: &dyn StdError) -> Self {
        Self { op, class: Class::Credentials, code: UNUSABLE.to_owned(), message: chain(why) }
    }

    /// Whether the credentials were right once.
    pub fn is_expired(&self) -> bool {
        EXPIRED.contains(&self.code.as_str())
    }

    /// The same error of a call that was signed with credentials that STS had just given: a region that is not enabled looks
    /// like unknown keys (IAM user guide, "Troubleshoot STS": regions that are disabled by default).
    pub fn of_known_keys(self, region: &str) -> Self {
        match self.code.as_str() {
            "InvalidClientTokenId" | "UnrecognizedClientException" | "AuthFailure" => {
                let message = format!("{region} is not enabled for the account: {}", self.message);
                Self { code: REGION_NOT_ENABLED.to_owned(), message, ..self }
            }
            _ => self,
        }
    }

    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> Option<String> {
        let ApiOperation(service, operation) = self.op;
        Some(match self.class {
            Class::Denied if self.op == ASSUME => role_remedy(&self.message).into(),
            Class::Throttled => "wait a minute and run again; what was done is kept".into(),
            Class::Transient => "check the network (and --endpoint-url), then run again; what was done is kept".into(),
            Class::Conflict => "somebody else is changing the same resource: run again when they are done".into(),
            Class::Denied => {
                let prefix = match service {
                    "tagging" => "tag",
                    service => service,
                };
                format!("allow the action {prefix}:{operation} in the IAM policy of this user or role")
            }
            Class::Credentials => credentials_remedy(&self.code).into(),
            Class::Limit => "ask AWS for a higher quota (Service Quotas), or delete what is not needed".into(),
            Class::Interrupted => "run again: it goes on where it stopped".into(),
            Class::Unexpected => {
                "check --endpoint-url, AWS_ENDPOINT_URL and proxies: what answers there is not AWS, or somebody changes its \
                 answers"
                    .into()
            }
            Class::NotFound | Class::AlreadyExists | Class::Refused => return None,
        })
    }

    pub fn is(&self, class: Class) -> bool {
        self.class == class
    }
}

/// AWS says the same of a role that is not there, one that trusts somebody else, and one that wants another external id; only
/// where the caller's own policy is the cause its message says so (IAM user guide, "Troubleshoot access denied error messages").
fn role_remedy(message: &str) -> &'static str {
    match message {
        m if m.contains("explicit deny") => "a policy forbids it: ask who administers the organization or the account",
        m if m.contains("identity-based policy") => {
            "allow the action sts:AssumeRole on this role in the IAM policy of whoever runs this"
        }
        _ => {
            "look in the account: is there a role of this name, does it trust whoever runs this, and does it ask for another \
             external id? AWS does not say which; --role or the roster's role and external_id name others"
        }
    }
}

fn credentials_remedy(code: &str) -> &'static str {
    match code {
        code if EXPIRED.contains(&code) => {
            "the credentials have expired: sign in again (aws sso login, or copy fresh keys from the lab's page)"
        }
        REGION_NOT_ENABLED => {
            "enable the region in the account (AWS Regions on its account page), or name another in the roster"
        }
        UNEXPECTED_IDENTITY => {
            "use credentials of the region's own partition, and check --endpoint-url and AWS_ENDPOINT_URL: what answers there is not AWS"
        }
        "OptInRequired" | "RegionDisabledException" => {
            "this region is not enabled for the account: enable it, or choose another --region"
        }
        SIGNED_OUT => "sign in with the command above, then run again",
        UNUSABLE => {
            "correct the profile or what the environment says of credentials, or name another profile with --profile"
        }
        NO_CREDENTIALS => {
            "give credentials: aws configure, aws sso login, AWS_ACCESS_KEY_ID, or --profile; or try --sandbox"
        }
        _ => "check the keys, the session token and the clock; a region that is not enabled looks the same",
    }
}

fn of_code(code: &str) -> Class {
    let among = |list: &[&str]| list.contains(&code);
    if among(THROTTLES) {
        Class::Throttled
    } else if among(CONFLICTS) {
        Class::Conflict
    } else if among(EXISTING) {
        Class::AlreadyExists
    } else if among(MISSING) {
        Class::NotFound
    } else if among(LIMITS) {
        Class::Limit
    } else if among(DENIALS) {
        Class::Denied
    } else if among(BAD_CREDENTIALS) {
        Class::Credentials
    } else if code.starts_with("Internal") || code.starts_with("ServiceUnavailable") || code == "ServiceException" {
        Class::Transient
    } else {
        Class::Refused
    }
}

/// The first cause of this type.
pub fn cause<'a, C: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a C> {
    let mut error = Some(error);
    while let Some(found) = error {
        if let Some(cause) = found.downcast_ref::<C>() {
            return Some(cause);
        }
        error = found.source();
    }
    None
}

/// An error and its causes in one line, each said once.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.op, self.message)?;
        if self.code.is_empty() || self.message.contains(&self.code) { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_to_do() {
        for (code, class) in [
            ("ThrottlingException", Class::Throttled),
            ("LimitExceeded", Class::Limit),
            ("OperationAbortedException", Class::Conflict),
            ("InternalFailure", Class::Transient),
            ("NotFound", Class::NotFound),
            ("ValidationError", Class::Refused),
            ("ExpiredTokenException", Class::Credentials),
        ] {
            assert_eq!(of_code(code), class, "{code}");
        }
    }
}
