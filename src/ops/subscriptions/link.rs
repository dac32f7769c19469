//! The link of a confirmation mail, taken apart. Asks nobody.

use crate::model::Arn;

/// What ConfirmSubscription needs, out of the link that SNS sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub topic_arn: String,
    pub token: String,
    /// Whom the mail was sent to, where the link says so.
    pub endpoint: Option<String>,
}

/// Why a text is no link to confirm with; the sentence says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NotALink {
    pub what: String,
    pub remedy: &'static str,
}

const COPY_WHOLE: &str = "copy the whole address behind \"Confirm subscription\" in the mail, in quotation marks";

impl Link {
    /// Reads `https://sns.REGION.amazonaws.com/confirmation.html?TopicArn=...&Token=...&Endpoint=...` of a mail, or the
    /// `SubscribeURL` of a post (`?Action=ConfirmSubscription&TopicArn=...&Token=...`). The host is not looked at: an emulator
    /// has its own.
    pub fn parse(text: &str) -> Result<Self, NotALink> {
        let text = text.trim().trim_matches(['<', '>', '"', '\'']);
        let refuse = |what: &str, remedy| Err(NotALink { what: what.to_owned(), remedy });
        let Some((address, query)) = text.split_once('?') else {
            return refuse("the link has no query, so no token is in it", COPY_WHOLE);
        };
        // A mail program may have left the entities of the HTML in it.
        let query = query.split('#').next().unwrap_or_default().replace("&amp;", "&");
        let (mut topic_arn, mut token, mut endpoint, mut subscription) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "TopicArn" => topic_arn = Some(value.into_owned()),
                "Token" => token = Some(value.into_owned()),
                "Endpoint" => endpoint = Some(value.into_owned()),
                "SubscriptionArn" => subscription = Some(value.into_owned()),
                _ => {}
            }
        }
        if address.ends_with("/unsubscribe.html") || (subscription.is_some() && token.is_none()) {
            let remedy = "the link to confirm is in the mail \"AWS Notification - Subscription Confirmation\"";
            return refuse("this is the link that ends a subscription, and was not used", remedy);
        }
        match (topic_arn, token.filter(|token| !token.is_empty())) {
            (Some(topic_arn), Some(token)) => Self::new(&topic_arn, &token).map(|link| Self { endpoint, ..link }),
            (None, _) => refuse("the link names no topic (TopicArn)", COPY_WHOLE),
            (_, None) => refuse("the link holds no token (Token): it was cut off", COPY_WHOLE),
        }
    }

    /// Of a token and the ARN of its topic.
    pub fn new(topic_arn: &str, token: &str) -> Result<Self, NotALink> {
        let is_topic = Arn::parse(topic_arn).is_some_and(|arn| arn.service == "sns" && !arn.region.is_empty());
        if !is_topic {
            let what = format!("{topic_arn:?} is not the ARN of a topic");
            return Err(NotALink { what, remedy: COPY_WHOLE });
        }
        Ok(Self { topic_arn: topic_arn.to_owned(), token: token.to_owned(), endpoint: None })
    }

    /// Where the topic stands: a token is good there only.
    pub fn region(&self) -> &str {
        Arn::parse(&self.topic_arn).map_or("", |arn| arn.region)
    }

    pub fn topic(&self) -> &str {
        Arn::parse(&self.topic_arn).map_or("", |arn| arn.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:alerts";

    #[test]
    fn links_of_mails_and_posts_are_read() {
        let mail = format!(
            "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={ARN}&Token=23a7&Endpoint=a%2Bb%40x.edu"
        );
        let link = Link::parse(&mail).unwrap();
        assert_eq!((link.token.as_str(), link.region(), link.topic()), ("23a7", "eu-west-1", "alerts"));
        assert_eq!(link.endpoint.as_deref(), Some("a+b@x.edu"));
        let encoded = ARN.replace(':', "%3A");
        let post = format!("<http://localhost:4566/?Action=ConfirmSubscription&amp;TopicArn={encoded}&amp;Token=9>\n");
        assert_eq!(Link::parse(&post).unwrap(), Link { endpoint: None, token: "9".into(), ..link });
    }

    #[test]
    fn what_is_wrong_with_a_link_is_said() {
        for (text, says) in [
            ("23a7", "no query"),
            ("https://sns.eu-west-1.amazonaws.com/confirmation.html?Token=23a7", "no topic"),
            (&format!("https://x/confirmation.html?TopicArn={ARN}&Token="), "cut off"),
            ("https://x/confirmation.html?TopicArn=alerts&Token=1", "not the ARN of a topic"),
            (&format!("https://x/unsubscribe.html?SubscriptionArn={ARN}:1&Endpoint=a@x.edu"), "ends a subscription"),
        ] {
            let refused = Link::parse(text).unwrap_err();
            assert!(refused.what.contains(says), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC*") {
            let _ = Link::parse(&text);
        }
    }
}
