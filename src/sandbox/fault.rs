//! An error as AWS answers it. A fault says what the caller did or met; it never carries a Rust error of ours.

use super::wire::Protocol;

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

    pub fn unknown_operation(operation: &str) -> Self {
        Fault::sender("UnknownOperationException", format!("The sandbox does not know the operation {operation}"))
    }

    /// A state file that holds something this version cannot read.
    pub fn corrupt(what: &str, error: impl std::fmt::Display) -> Self {
        Fault::receiver("InternalFailure", format!("the sandbox's state of {what} cannot be read: {error}"))
    }

    /// What AWS answers when a request quota is exhausted; Lambda and the query services have words of their own.
    pub fn throttled(service: &str, protocol: Protocol) -> Self {
        match (service, protocol) {
            ("lambda", _) => Fault::sender("TooManyRequestsException", "Rate exceeded").status(429),
            ("sns", Protocol::Query) => Fault::sender("ThrottlingException", "Rate exceeded"),
            (_, Protocol::Query) => Fault::sender("Throttling", "Rate exceeded"),
            _ => Fault::sender("ThrottlingException", "Rate exceeded").query_code("Throttling"),
        }
    }

    /// A failure inside AWS, applied to nothing.
    pub fn internal(service: &str) -> Self {
        let code = if service == "lambda" { "ServiceException" } else { "InternalFailure" };
        Fault::receiver(code, "The request processing has failed because of an unknown error, exception or failure.")
    }
}
