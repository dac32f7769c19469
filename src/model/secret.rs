//! Finds the secrets in texts that people see: passwords of URLs, values of query strings, tokens in paths. It goes by
//! shape, so it rather finds too much.

use std::ops::Range;

/// Where the secrets are, in bytes, in order.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(scheme) = text[at..].find("://") {
        let start = at + scheme + 3;
        let url = &text[start..];
        let end = url.find(|c: char| c.is_whitespace() || "\"'`<>,{}|^\\".contains(c)).unwrap_or(url.len());
        in_url(&url[..end], start, &mut found);
        at = start + end;
    }
    found
}

/// The text with as many asterisks instead of its secrets, so that columns stay.
pub fn mask(text: &str) -> String {
    replace(text, |secret| "*".repeat(secret.chars().count()))
}

/// The text with `***` instead of its secrets, so that not even their length is told.
pub fn hide(text: &str) -> String {
    replace(text, |_| "***".to_owned())
}

fn replace(text: &str, by: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for secret in find(text) {
        out.push_str(&text[at..secret.start]);
        out.push_str(&by(&text[secret.clone()]));
        at = secret.end;
    }
    out.push_str(&text[at..]);
    out
}

/// Of what follows `://` and begins at byte `start`.
fn in_url(url: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut push = |range: Range<usize>| {
        if !range.is_empty() {
            found.push(start + range.start..start + range.end);
        }
    };
    let authority_end = url.find(['/', '?', '#']).unwrap_or(url.len());
    if let Some(at) = url[..authority_end].rfind('@') {
        push(0..at);
    }
    let path_end = url[authority_end..].find(['?', '#']).map_or(url.len(), |n| authority_end + n);
    for (from, segment) in parts(url, authority_end..path_end, '/') {
        if is_token(segment) {
            push(from..from + segment.len());
        }
    }
    let query = path_end..url[path_end..].find('#').map_or(url.len(), |n| path_end + n);
    for (from, pair) in parts(url, (query.start + 1).min(query.end)..query.end, '&') {
        let value = pair.find('=').map_or(0, |n| n + 1);
        push(from + value..from + pair.len());
    }
    let fragment = &url[query.end..];
    if is_token(fragment.trim_start_matches('#')) {
        push(query.end + 1..url.len());
    }
}

/// The parts of a range between separators, each with where it begins.
fn parts(text: &str, range: Range<usize>, separator: char) -> impl Iterator<Item = (usize, &str)> {
    let mut at = range.start;
    text[range].split(separator).map(move |part| {
        let from = at;
        at += part.len() + separator.len_utf8();
        (from, part)
    })
}

/// Long, letters and digits mixed: the shape of webhook keys, signatures and UUIDs.
fn is_token(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~+%=:".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    text.len() >= 20 && text.chars().all(allowed) && digits >= 3 && letters >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_are_hidden() {
        for (text, hidden) in [
            ("https://user:hunter2@example.edu/hook", "https://***@example.edu/hook"),
            ("https://a@b@example.edu", "https://***@example.edu"),
            ("see https://h.io/x?Token=abc&n=#top now", "see https://h.io/x?Token=***&n=#top now"),
            (
                "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue",
                "https://events.pagerduty.com/integration/***/enqueue",
            ),
            ("postgres://u:p@db/x, http://u:p@h?bare", "postgres://***@db/x, http://***@h?***"),
            ("https://h.io/#9f86d081884c7d659a2feaa0c55ad015", "https://h.io/#***"),
        ] {
            assert_eq!(hide(text), hidden);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "",
            "://",
            "a?token=1",
            "you@example.edu",
            "arn:aws:sns:us-east-1:123456789012:mlops-lambda-alerts",
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#top",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    #[test]
    fn masking_keeps_columns() {
        for (text, masked) in [
            ("https://user:pass@x.edu/a?token=abc&b#f!", "https://*********@x.edu/a?token=***&*#f!"),
            ("see https://x.edu/a and a@b.edu", "see https://x.edu/a and a@b.edu"),
            ("`http://é:ü@x` http://y?k=v.", "`http://***@x` http://y?k=**"),
        ] {
            assert_eq!(mask(text), masked);
            assert_eq!(mask(text).chars().count(), text.chars().count());
        }
    }
}
