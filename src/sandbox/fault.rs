//! An error as AWS answers it. A fault says what the caller did or met; it never carries a Rust error of ours.

use super::protocol::WireProtocol;

/// An error answer: AWS's code and message, who is to blame, and the HTTP status.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The error's shape name, e.g. `ResourceNotFoundException`.
    pub code: String,
    /// The code of the older query protocol where it differs from the shape's name (`LimitExceededFault` is `LimitExceeded`).
    pub query_code: Option<&'static str>,
    pub message: String,
    /// True where the caller is to blame (`Sender`), false for `Receiver`.
    pub sender: bool,
    pub status: u16,
}

impl Fault {
    /// The caller's mistake: status 400.
    pub fn sender(code: impl Into<String>, message: impl Into<String>) -> Self {
        Fault { code: code.into(), query_code: None, message: message.into(), sender: true, status: 400 }
    }

    /// The service's own failure: status 500, which SDKs retry.
    pub fn receiver(code: impl Into<String>, message: impl Into<String>) -> Self {
        Fault { code: code.into(), query_code: None, message: message.into(), sender: false, status: 500 }
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Names the code that query-compatible services send beside the shape's name.
    pub fn query_code(mut self, code: &'static str) -> Self {
        self.query_code = Some(code);
        self
    }

    /// Code and blame as the older query protocol names them, for clients that ask for it beside a newer one.
    pub fn query_error(&self) -> String {
        let code = self.query_code.unwrap_or(&self.code);
        format!("{code};{}", if self.sender { "Sender" } else { "Receiver" })
    }

    /// `ValidationError`, the code CloudWatch uses for most bad parameters.
    pub fn validation(message: impl Into<String>) -> Self {
        Fault::sender("ValidationError", message)
    }

    /// What AWS answers to an operation that it has not; here with those that there are.
    pub fn unknown_operation(operation: &str, known: &[&str]) -> Self {
        let known = known.join(", ");
        let message = format!("The sandbox does not know the operation {operation}; it knows {known}");
        Fault::sender("UnknownOperationException", message)
    }

    /// A state file that holds something this version cannot read.
    pub fn corrupt(what: &str, error: impl std::fmt::Display) -> Self {
        Fault::receiver("InternalFailure", format!("the sandbox's state of {what} cannot be read: {error}"))
    }

    /// What AWS answers when a request quota is exhausted; Lambda and the query services have words of their own.
    pub fn throttled(service: &str, protocol: WireProtocol) -> Self {
        match (service, protocol) {
            ("lambda", _) => Fault::sender("TooManyRequestsException", "Rate exceeded").status(429),
            ("sns", WireProtocol::Query) => Fault::sender("ThrottlingException", "Rate exceeded"),
            (_, WireProtocol::Query) => Fault::sender("Throttling", "Rate exceeded"),
            _ => Fault::sender("ThrottlingException", "Rate exceeded").query_code("Throttling"),
        }
    }

    /// The caller's policy does not allow it; SNS has a word of its own.
    pub fn denied(service: &str, user: &str, action: &str) -> Self {
        let code = match service {
            "sns" => "AuthorizationError",
            "monitoring" | "sts" => "AccessDenied",
            _ => "AccessDeniedException",
        };
        let message = format!(
            "User: {user} is not authorized to perform: {action} because no identity-based policy allows the {action} action"
        );
        Fault::sender(code, message).status(403)
    }

    /// Temporary credentials are over.
    pub fn expired(service: &str) -> Self {
        let code = if is_query(service) { "ExpiredToken" } else { "ExpiredTokenException" };
        Fault::sender(code, "The security token included in the request is expired").status(403)
    }

    /// The time in the signature is more than five minutes off.
    pub fn skewed(service: &str) -> Self {
        let code = if is_query(service) { "SignatureDoesNotMatch" } else { "InvalidSignatureException" };
        let message =
            "Signature expired: 20260101T000000Z is now earlier than 20260101T003000Z (20260101T003500Z - 5 min.)";
        Fault::sender(code, message).status(403)
    }

    /// Keys that nobody has.
    pub fn unknown_keys(service: &str) -> Self {
        let code = if is_query(service) { "InvalidClientTokenId" } else { "UnrecognizedClientException" };
        Fault::sender(code, "The security token included in the request is invalid.").status(403)
    }

    /// A failure inside AWS, applied to nothing.
    pub fn internal(service: &str) -> Self {
        let code = if service == "lambda" { "ServiceException" } else { "InternalFailure" };
        Fault::receiver(code, "The request processing has failed because of an unknown error, exception or failure.")
    }
}

/// Whether a service speaks AWS's older words.
fn is_query(service: &str) -> bool {
    matches!(service, "sns" | "sts")
}
