//! The formats that AWS speaks, by name. What they look like is the matter of `wire`.

/// The format of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WireProtocol {
    /// smithy rpc-v2-cbor.
    Cbor,
    /// AWS JSON; the version is `1.0` or `1.1`.
    Json(&'static str),
    /// A form in, XML out.
    Query,
    Rest,
}
