//! Endpoints of SNS that hold a password (`https://user:password@host`): what SNS shows of them, and what it takes for an address.

/// What SNS shows for any password.
pub const STARS: &str = "****";

/// Returns an endpoint as SNS lists it: basic authentication is shown with `****` for the password.
pub fn listed(protocol: &str, endpoint: &str) -> String {
    match password(protocol, endpoint) {
        Some((at, password)) => format!("{}{STARS}{}", &endpoint[..at], &endpoint[at + password.len()..]),
        None => endpoint.to_owned(),
    }
}

/// Returns where the password of an http or https endpoint begins, and the password.
pub fn password<'a>(protocol: &str, endpoint: &'a str) -> Option<(usize, &'a str)> {
    let rest = endpoint.strip_prefix(protocol)?.strip_prefix("://")?;
    matches!(protocol, "http" | "https").then_some(())?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let user_info = &authority[..authority.rfind('@')?];
    let at = user_info.find(':')? + 1;
    let start = endpoint.len() - rest.len() + at;
    Some((start, &user_info[at..]))
}

/// Returns whether an endpoint is that of AWS's chat service (Amazon Q Developer in chat applications, before: AWS Chatbot). The service
/// subscribes it, confirms it, and ends it with its own configuration.
pub fn is_chatbot(protocol: &str, endpoint: &str) -> bool {
    let host = endpoint.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    protocol == "https" && host.is_some_and(|host| host == CHATBOT || host.ends_with(&format!(".{CHATBOT}")))
}

const CHATBOT: &str = "sns-api.chatbot.amazonaws.com";

/// Returns whether an endpoint of `http` or `https` is an address of that scheme: a host, a port that is one, and nothing that no address
/// holds (RFC 3986, appendix A). Braces, bars and carets are let pass: people write them, and SNS's documents do not forbid them.
pub fn is_web_address(protocol: &str, endpoint: &str) -> bool {
    let scheme = endpoint.strip_prefix(protocol).and_then(|rest| rest.strip_prefix("://"));
    let Some(rest) = scheme else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match place.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => (address, port),
        Some(_) => return false,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|n| n > 0));
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-_.:".contains(c));
    let foreign = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\`".contains(c);
    is_host && is_port && !rest.contains(foreign)
}
