//! The rule of a composite alarm.

/// One form per meaning: white space outside quotes is a single space.
pub fn canonical(rule: &str) -> String {
    let mut quoted = false;
    let mut out = String::with_capacity(rule.len());
    for c in rule.trim().chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The names or ARNs of the alarms a rule mentions.
pub fn alarms(rule: &str) -> Vec<String> {
    rule.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
