//! Amazon Resource Names, taken apart. Building them is `Target::arn`.

/// The six parts of `arn:partition:service:region:account:resource`, borrowed from the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` where the text is not an ARN: fewer than six parts, or an empty partition, service or resource.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        let whole = !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty();
        whole.then_some(arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_arn_apart_and_keeps_colons_of_the_resource() {
        let arn = Arn::parse("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a:b").unwrap();
        assert_eq!((arn.service, arn.resource), ("cloudwatch", "alarm:a:b"));
    }

    #[test]
    fn refuses_what_is_no_arn() {
        for text in ["", "arn", "arn:aws:sns", "arn:aws:sns:r:a:", "PendingConfirmation", "arn::sns:r:a:x"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
