//! What may stand in an account of a roster, declared once for files, the spec and its schema.

use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::spec::region::REGION;

pub static ACCOUNT_ID: TextFormat = TextFormat {
    what: "an account id: twelve digits, such as 012345678901",
    check: |text| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let plain = digits == text.len();
        match text {
            _ if plain && digits == 12 => Ok(()),
            _ if plain && (8..12).contains(&digits) => {
                Err(format!("has {digits} digits: spreadsheets drop zeros in front; is it {text:0>12}?"))
            }
            text if digits == 12 && text.chars().all(|c| c.is_ascii_digit() || "- '".contains(c)) => {
                Err("is written without anything between or around its digits".into())
            }
            text if text.to_ascii_lowercase().contains("e+") => {
                Err("is a number as spreadsheets shorten it, and its last digits are lost: make the column a text"
                    .into())
            }
            text if text.strip_suffix(".0").is_some_and(|id| id.len() <= 12 && digits == id.len() + 1) => {
                Err("is a number with a fraction: keep the column a text".into())
            }
            _ => Err("is not an account id".into()),
        }
    },
    pattern: Some("^[0-9]{12}$"),
};

/// IAM API reference, CreateRole: RoleName and Path.
static ROLE: TextFormat = TextFormat {
    what: "the name of a role, with its path if it has one, such as teaching/Deployer",
    check: |text| {
        let name = text.rsplit('/').next().unwrap_or_default();
        let right = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
        match text {
            text if text.starts_with("arn:") => {
                Err("is an ARN: the role's name is enough, the account is known".into())
            }
            _ if name.is_empty() || name.len() > 64 || text.len() > 512 || !text.chars().all(right) => {
                Err("cannot name a role".into())
            }
            _ => Ok(()),
        }
    },
    pattern: Some("^([A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]{1,64}$"),
};

/// STS API reference, AssumeRole: ExternalId.
static EXTERNAL_ID: TextFormat = TextFormat {
    what: "a text of 2 to 1224 letters, digits and + = , . @ : / - _",
    check: |text| {
        let right = |c: char| c.is_ascii_alphanumeric() || "+=,.@:/_-".contains(c);
        if (2..=1224).contains(&text.len()) && text.chars().all(right) {
            Ok(())
        } else {
            Err("is not an external id".into())
        }
    },
    pattern: Some("^[A-Za-z0-9+=,.@:/_-]{2,1224}$"),
};

pub static ACCOUNT: ObjectSchema = ObjectSchema {
    what: "an account",
    doc: "An account of the roster. Any further key is a value of the variable of that name, or just a column of reports.",
    keys: &[&[
        SchemaKey::required("account", Shape::Format(&ACCOUNT_ID), "Its id, twelve digits."),
        SchemaKey::new(
            "role",
            Shape::Format(&ROLE),
            "The role that is assumed in it. Default: the one of --role, else OrganizationAccountAccessRole.",
        ),
        SchemaKey::new(
            "external_id",
            Shape::Format(&EXTERNAL_ID),
            "The external id that the role's trust policy asks for.",
        ),
        SchemaKey::new("region", Shape::Format(&REGION), "Where the spec is applied. Default: the region of the spec."),
        SchemaKey::new("regions", Shape::List(&Shape::Format(&REGION)), "The same, for several."),
        SchemaKey::new(
            "profile",
            Shape::Text(256),
            "A profile of the AWS configuration that reaches the account; no role is assumed then.",
        ),
    ]],
};

/// An account with its further keys.
pub static ENTRY: Shape = Shape::Open(&ACCOUNT, &Shape::Text(10_240));
