//! Who calls: account and region out of a SigV4 signature, and keys that name their account. Signatures are not verified.

/// The account of the default credentials.
pub const ACCOUNT: &str = "123456789012";
/// The access key the command line signs with in the sandbox.
pub const ACCESS_KEY: &str = "AKIASANDBOX000000001";
/// Any secret does: signatures are not verified.
pub const SECRET_KEY: &str = "sandbox-secret";

/// Temporary keys are `ASIA`, the account, and this.
const TEMPORARY_SUFFIX: &str = "TEMP";

/// What the credential scope of a signed request says.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    pub access_key: String,
    pub account: String,
    pub region: String,
    /// The signing name, e.g. `monitoring`.
    pub service: String,
}

/// Reads an `Authorization: AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...` header.
pub fn caller(authorization: &str) -> Option<Caller> {
    let scope = authorization.split("Credential=").nth(1)?;
    let mut parts = scope.split([',', ' ']).next()?.split('/');
    let access_key = parts.next()?.to_owned();
    let region = parts.nth(1)?.to_owned();
    let service = parts.next()?.to_owned();
    let account = account_of(&access_key).to_owned();
    Some(Caller { access_key, account, region, service })
}

/// The account an access key belongs to: the key itself when it is twelve digits, what a temporary key names, else [`ACCOUNT`].
pub fn account_of(access_key: &str) -> &str {
    if is_account(access_key) {
        return access_key;
    }
    match access_key.strip_prefix("ASIA").and_then(|rest| rest.get(..12)) {
        Some(account) if is_account(account) => account,
        _ => ACCOUNT,
    }
}

/// An access key that names its account, as AssumeRole hands out.
pub fn temporary_key(account: &str) -> String {
    format!("ASIA{account}{TEMPORARY_SUFFIX}")
}

pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_account() {
        assert_eq!(account_of(ACCESS_KEY), ACCOUNT);
        assert_eq!(account_of("210987654321"), "210987654321");
        assert_eq!(account_of(&temporary_key("210987654321")), "210987654321");
        assert_eq!(account_of("ASIAQWERTY"), ACCOUNT);
    }

    #[test]
    fn the_scope_of_a_signature_is_read() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIDX/20261122/eu-west-1/monitoring/aws4_request, SignedHeaders=host, Signature=00";
        let caller = caller(header).unwrap();
        assert_eq!((caller.region.as_str(), caller.service.as_str()), ("eu-west-1", "monitoring"));
        assert!(super::caller("Bearer token").is_none());
    }
}
