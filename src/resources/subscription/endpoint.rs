//! Endpoints that SNS shows in another way than they are given: a password (`https://user:password@host`) with stars, a telephone number as
//! `+` and digits. What is compared is what SNS shows.

use super::Subscription;
use crate::model::endpoint;

impl Subscription {
    /// Returns the endpoint as SNS lists it: basic authentication is shown with `****` for the password.
    pub fn listed_endpoint(&self) -> String {
        endpoint::listed(&self.protocol, &self.endpoint)
    }

    /// Returns whether what SNS lists may be this subscription.
    pub fn is_listed_as(&self, protocol: &str, endpoint: &str) -> bool {
        self.protocol == protocol && (self.endpoint == endpoint || self.listed_endpoint() == endpoint)
    }

    /// Returns where the password of an http or https endpoint begins, and the password.
    pub fn password(&self) -> Option<(usize, &str)> {
        endpoint::password(&self.protocol, &self.endpoint)
    }
}

/// Returns a telephone number as SNS keeps it, `+` and digits. It takes one without the `+`, too, which it adds, and one with single
/// `-`, `.` or `/` between the digits. `None` of what is no number in the form E.164.
pub fn telephone(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.strip_prefix('+').unwrap_or(text).split(['-', '.', '/']).collect();
    let digits = parts.concat();
    let good = parts.iter().all(|part| !part.is_empty())
        && (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    good.then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_plus_and_digits() {
        for text in ["+12065550100", "12065550100", "1-206-555-0100", "+1.206.555.0100", "+1/206/5550100"] {
            assert_eq!(telephone(text).as_deref(), Some("+12065550100"), "{text}");
        }
        for text in [
            "",
            "+",
            "0206555010",
            "+0206555010",
            "+15--551234567",
            "+15551234567.",
            "/+15551234567",
            "+1 206 555 0100",
            "1206555010012345",
            "911",
            "x12065550100",
        ] {
            assert_eq!(telephone(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_password_is_starred() {
        for (protocol, endpoint, listed) in [
            // The first is SNS's own answer, as a public report of Terraform's quotes it.
            ("https", "https://username:password@example.com/myroute", "https://username:****@example.com/myroute"),
            ("http", "http://u:p:w@x.edu:8080?a=b@c", "http://u:****@x.edu:8080?a=b@c"),
            ("https", "https://u:p@w@x.edu", "https://u:****@x.edu"),
            ("https", "https://u:@x.edu", "https://u:****@x.edu"),
            ("https", "https://u:****@x.edu", "https://u:****@x.edu"),
            ("https", "https://user@x.edu/", "https://user@x.edu/"),
            ("https", "https://x.edu:443/a:b@c", "https://x.edu:443/a:b@c"),
            ("email", "a:b@x.edu", "a:b@x.edu"),
            ("sqs", "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:us-east-1:123456789012:q"),
        ] {
            let subscription = Subscription::new("t", protocol, endpoint);
            assert_eq!(subscription.listed_endpoint(), listed);
            assert!(subscription.is_listed_as(protocol, listed) && subscription.is_listed_as(protocol, endpoint));
        }
        let subscription = Subscription::new("t", "https", "https://u:p@x.edu");
        assert!(
            !subscription.is_listed_as("https", "https://u:q@x.edu")
                && !subscription.is_listed_as("http", "https://u:p@x.edu")
        );
    }
}
