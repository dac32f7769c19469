//! The form of a region's name, for the spec and its roster.

use crate::model::shape::TextFormat;

pub static REGION: TextFormat = TextFormat {
    what: "an AWS region such as us-east-1",
    check: |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        let right = match parts.as_slice() {
            [words @ .., number] => {
                (2..=3).contains(&words.len()) && words.iter().all(word) && matches!(number.as_bytes(), [b'0'..=b'9'])
            }
            [] => false,
        };
        if right { Ok(()) } else { Err("is not a region".into()) }
    },
    pattern: Some("^[a-z]+(-[a-z]+){1,2}-[0-9]$"),
};
