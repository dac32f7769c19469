//! Addresses with a scheme in running text: where they begin and end, what of them may be shown, and their fingerprint. Parses no
//! more of them than that: what it does not understand it hides.

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::ops::Range;

/// Hexadecimal digits of a fingerprint: the address's own, then the check.
const OWN: usize = 8;
const CHECK: usize = 8;
pub const DIGITS: usize = OWN + CHECK;

/// Names of formats that look like addresses; nobody is asked there.
const NAMESPACES: [&str; 3] = [
    "http://www.w3.org/2000/svg",
    "https://json.schemastore.org/sarif-2.1.0.json",
    "https://json-schema.org/draft/2020-12/schema",
];

/// One address in a text.
#[derive(Debug)]
pub struct AddressInText<'a> {
    text: &'a str,
    scheme: &'a str,
    /// Between scheme and host: `://`, or how that was escaped.
    mark: &'a str,
    /// Up to and with the last `@` of the authority; empty where there is none.
    user: &'a str,
    host: &'a str,
    /// Everything behind host and port.
    rest: &'a str,
}

/// Returns the text with every address replaced that says more than its host.
pub fn replace(text: &str, by: impl Fn(&AddressInText<'_>) -> String) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some((range, address)) = next(text, at) {
        at = range.end;
        if address.is_bare() {
            continue;
        }
        if let Some(length) = address.hidden_before() {
            at = range.start + length;
            continue;
        }
        out.push_str(&text[done..range.start]);
        out.push_str(&by(&address));
        done = range.end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Returns the fingerprint by which a secret is named: 32 bits of SHA-256 that tell it from others, and 32 that tell a
/// fingerprint from any other text. Without salt, so that it is the same on every machine.
///
/// The password of an address is left out: SNS stars it in its answers, so that the address could not be recognised with it, and
/// passwords are short enough to be guessed from a digest.
pub fn fingerprint(secret: &str) -> String {
    let plain = match next(secret, 0) {
        Some((range, address)) if range.start == 0 && address.user.contains(':') => {
            let name = address.user.split(':').next().unwrap_or_default();
            Cow::Owned(format!("{}://{name}:****@{}{}", address.scheme, address.host, address.rest))
        }
        _ => Cow::Borrowed(secret),
    };
    checked(&digest("secret", &plain, OWN))
}

fn checked(own: &str) -> String {
    format!("{own}{}", digest("check", own, CHECK))
}

fn digest(of: &str, text: &str, digits: usize) -> String {
    let digest = Sha256::digest(format!("mlopsctl {of}\n{text}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..digits].to_owned()
}

/// Whether this is what [`fingerprint`] returns, and not a part of something secret that only looks like it.
pub fn is_fingerprint(text: &str) -> bool {
    text.len() == OWN + CHECK && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) && {
        let (own, _) = text.split_at(OWN);
        checked(own) == text
    }
}

impl AddressInText<'_> {
    /// `https://events.example.com/#1f3a9c42d0e7b586`.
    pub fn named(&self) -> String {
        let host = if self.host.is_empty() { "***" } else { self.host };
        format!("{}{}{host}/#{}", self.scheme, self.mark, fingerprint(self.text))
    }

    /// `https://***@events.example.com/****`, as long as it was.
    pub fn starred(&self) -> String {
        let stars = |text: &str| "*".repeat(text.chars().count());
        let user = self.user.strip_suffix('@').map(|name| format!("{}@", stars(name))).unwrap_or_default();
        let rest = self.rest.strip_prefix('/').map_or_else(|| stars(self.rest), |path| format!("/{}", stars(path)));
        format!("{}{}{user}{}{rest}", self.scheme, self.mark, self.host)
    }

    /// Whether there is nothing to hide.
    fn is_bare(&self) -> bool {
        // A path on this machine, as code scanning names a file.
        let local = self.scheme == "file" && self.user.is_empty() && self.host.is_empty() && self.rest.starts_with('/');
        local
            || NAMESPACES.contains(&self.text)
            || self.is_function()
            || (self.user.is_empty() && !self.host.is_empty() && matches!(self.rest, "" | "/"))
    }

    /// The URL of a function in the served sandbox, which is to be called: `http://127.0.0.1:4599/function-url/NAME/`.
    fn is_function(&self) -> bool {
        let local = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
        let name = self.rest.strip_prefix("/function-url/").map(|name| name.strip_suffix('/').unwrap_or(name));
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:".contains(&b));
        self.user.is_empty() && local.iter().any(|place| self.text.starts_with(place)) && name.is_some_and(is_name)
    }

    /// The length of what [`AddressInText::named`] or [`AddressInText::starred`] made before, where that is what stands here.
    fn hidden_before(&self) -> Option<usize> {
        let stars = |text: &str| text.bytes().all(|b| b == b'*');
        if stars(self.user.trim_end_matches('@')) && stars(self.rest.strip_prefix('/').unwrap_or(self.rest)) {
            return Some(self.text.len());
        }
        let behind = self.rest.strip_prefix("***").filter(|_| self.host.is_empty()).unwrap_or(self.rest);
        let print = behind.strip_prefix("/#").filter(|_| self.user.is_empty())?;
        let own = print.get(..OWN + CHECK)?;
        let more = print[OWN + CHECK..].starts_with(|c: char| c.is_alphanumeric());
        (is_fingerprint(own) && !more).then(|| self.text.len() - (print.len() - own.len()))
    }
}

/// The first address that begins at or behind a byte.
fn next(text: &str, from: usize) -> Option<(Range<usize>, AddressInText<'_>)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += bytes[at..].iter().position(|byte| matches!(byte, b':' | b'%'))?;
        let scheme =
            text[from..at].bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
        let Some(mark) = mark(&bytes[at..]).filter(|_| text[at - scheme..at].bytes().any(|b| b.is_ascii_alphabetic()))
        else {
            at += 1;
            continue;
        };
        let start = at - scheme;
        let host = at + mark;
        let end = end(text, host);
        if end == host {
            at = host;
            continue;
        }
        return Some((start..end, parts(&text[start..end], scheme, mark)));
    }
}

/// The length of `://`, also as JSON escapes it (`:\/\/`) and as a form does, once or several times (`%3A%2F%2F`, `%253A…`).
fn mark(bytes: &[u8]) -> Option<usize> {
    let colon = one(bytes, b':', "3a")?;
    let first = one(&bytes[colon..], b'/', "2f")?;
    let second = one(&bytes[colon + first..], b'/', "2f")?;
    Some(colon + first + second)
}

fn one(bytes: &[u8], plain: u8, code: &str) -> Option<usize> {
    match bytes {
        [first, ..] if *first == plain => Some(1),
        [b'\\', second, ..] if *second == plain => Some(2),
        [b'%', rest @ ..] => {
            let repeated = rest.chunks(2).take_while(|pair| *pair == b"25").count() * 2;
            let digits = rest.get(repeated..repeated + 2)?;
            digits.eq_ignore_ascii_case(code.as_bytes()).then_some(1 + repeated + 2)
        }
        _ => None,
    }
}

/// Where an address ends: at a space or at what no address holds (RFC 3986). Marks of punctuation at its end are the sentence's.
fn end(text: &str, host: usize) -> usize {
    let rest = &text[host..];
    let stops = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '`');
    let mut end = rest.find(stops).unwrap_or(rest.len());
    if rest[end..].starts_with('"') && rest[..end].ends_with('\\') {
        end -= 1;
    }
    let kept = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'']).len();
    // The bracket that closes an address of IPv6 is its own.
    let closes = rest.starts_with('[') && !rest[..kept].contains(']') && rest[kept..end].starts_with(']');
    host + kept + usize::from(closes)
}

fn parts(text: &str, scheme: usize, mark: usize) -> AddressInText<'_> {
    let (scheme, after) = text.split_at(scheme);
    let (mark, after) = after.split_at(mark);
    let authority = after.find(['/', '?', '#', '\\']).unwrap_or(after.len());
    let user = after[..authority].rfind('@').map_or(0, |at| at + 1);
    let (user, after) = after.split_at(user);
    let authority = &after[..authority - user.len()];
    let name = match authority.strip_prefix('[') {
        Some(inside) => match inside.find(']') {
            Some(close) if inside[..close].chars().all(|c| c.is_ascii_hexdigit() || ":.".contains(c)) => close + 2,
            _ => 0,
        },
        None => authority.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).unwrap_or(authority.len()),
    };
    let port = authority[name..].strip_prefix(':').filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let host = match port.and_then(|port| port.parse::<u16>().ok().map(|_| port)) {
        Some(port) if name > 0 => name + 1 + port.len(),
        _ => name,
    };
    // What goes on in another way is not understood: it may be a user's name or a cut-off password.
    let host = if ends_authority(&after[host..]) { host } else { 0 };
    let (host, rest) = after.split_at(host);
    AddressInText { text, scheme, mark, user, host, rest }
}

/// Whether the authority ends here: with the text, a path, a query or a fragment, escaped or not, or what [`AddressInText::starred`] made.
fn ends_authority(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    let coded = [(b'/', "2f"), (b'?', "3f"), (b'#', "23")];
    rest.is_empty() || rest.starts_with('*') || coded.iter().any(|(plain, code)| one(bytes, *plain, code).is_some())
}
