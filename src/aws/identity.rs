//! Whose credentials these are: only what STS answers, and only where its account, its ARN and the region's partition agree. Local
//! hints (AWS_ACCOUNT_ID, a profile's `aws_account_id`, AccountId of a credential_process) choose endpoints; they are no identity.

use super::{ApiOperation, AwsError};
use crate::model::{Arn, Target};

pub const CALLER: ApiOperation = ApiOperation("sts", "GetCallerIdentity");

/// The account of an answer of GetCallerIdentity (STS API reference: `Account` and `Arn`, of a user, the root, a role's session or
/// a federated user).
pub fn of_caller(account: Option<&str>, arn: Option<&str>, region: &str) -> Result<String, AwsError> {
    let account = account.unwrap_or_default();
    if !is_account(account) {
        return Err(AwsError::of_identity(CALLER, &format!("{account:?} is no account: it has to be 12 digits")));
    }
    let named = principal(CALLER, arn.unwrap_or_default(), &["iam", "sts"], Target::new(account, region).partition())?;
    if named != account {
        let what = format!("the account is {account}, the ARN says {named}");
        return Err(AwsError::of_identity(CALLER, &what));
    }
    Ok(named)
}

/// Returns the account of a principal's ARN.
pub fn principal(op: ApiOperation, text: &str, services: &[&str], partition: &str) -> Result<String, AwsError> {
    let wrong = |what: String| AwsError::of_identity(op, &what);
    let arn = Arn::parse(text).filter(|arn| arn.region.is_empty() && services.contains(&arn.service));
    let Some(arn) = arn.filter(|arn| is_account(arn.account)) else {
        return Err(wrong(format!("{text:?} is not the ARN of a user or role")));
    };
    if arn.partition != partition {
        return Err(wrong(format!("{text} is of partition {}, the region is of {partition}", arn.partition)));
    }
    Ok(arn.account.to_owned())
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Class;

    const ACCOUNT: &str = "123456789012";

    #[test]
    fn every_kind_of_principal_is_known() {
        for rest in ["iam::123456789012:user/a/b", "iam::123456789012:root", "sts::123456789012:federated-user/x"] {
            let arn = format!("arn:aws:{rest}");
            assert_eq!(of_caller(Some(ACCOUNT), Some(&arn), "us-east-1").as_deref(), Ok(ACCOUNT), "{arn}");
        }
        for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws", "eu-west-3")] {
            let arn = format!("arn:{partition}:sts::{ACCOUNT}:assumed-role/Lab/me");
            assert_eq!(of_caller(Some(ACCOUNT), Some(&arn), region).as_deref(), Ok(ACCOUNT), "{arn}");
        }
    }

    #[test]
    fn an_answer_that_does_not_agree_with_itself_is_no_identity() {
        let user = format!("arn:aws:iam::{ACCOUNT}:user/a");
        for (account, arn, region) in [
            ("", user.as_str(), "us-east-1"),
            ("12345678901", user.as_str(), "us-east-1"),
            ("12345678901२", user.as_str(), "us-east-1"),
            (ACCOUNT, "", "us-east-1"),
            (ACCOUNT, "arn:aws:iam::123456789012:", "us-east-1"),
            (ACCOUNT, "arn:aws:iam::210987654321:user/a", "us-east-1"),
            (ACCOUNT, "arn:aws:sns:us-east-1:123456789012:topic", "us-east-1"),
            (ACCOUNT, user.as_str(), "cn-north-1"),
            (ACCOUNT, "arn:aws-us-gov:iam::123456789012:user/a", "us-east-1"),
            (ACCOUNT, "arn:aws-evil:iam::123456789012:user/a", "us-east-1"),
        ] {
            let error = of_caller(Some(account), Some(arn), region).unwrap_err();
            assert!(error.is(Class::Credentials) && error.remedy().is_some(), "{account} {arn} {region}");
        }
        assert!(of_caller(None, None, "us-east-1").is_err());
    }
}
