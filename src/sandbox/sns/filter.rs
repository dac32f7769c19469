//! Subscription filter policies: what SNS accepts, and which messages a subscription with one gets.
//! Must not know subscriptions or the store.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::sandbox::policy::wildcard;
use serde_json::{Map, Value};

/// Keys of a policy, whatever their depth.
const MAX_KEYS: usize = 5;
/// Combinations of values, each counted by the depth of its key.
const MAX_COMBINATIONS: usize = 150;

/// A filter policy that SNS would accept.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPolicy(BTreeMap<String, Node>);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Object(BTreeMap<String, Node>),
    /// `$or`: at least one of the objects holds.
    Or(Vec<BTreeMap<String, Node>>),
    Any(Vec<Pattern>),
}

#[derive(Debug, Clone, PartialEq)]
enum Pattern {
    Exact(Value),
    Prefix(String),
    Suffix(String),
    EqualsIgnoreCase(String),
    Wildcard(String),
    AnythingBut(Vec<Pattern>),
    Numeric(Vec<(String, f64)>),
    Exists(bool),
    Cidr(IpAddr, u8),
}

impl FilterPolicy {
    /// Reads a policy; the error is SNS's sentence after `FilterPolicy: `.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("failed to parse JSON. {error}"))?;
        let Value::Object(fields) = value else {
            return Err("Filter policy must be a JSON object".into());
        };
        let fields = object(&fields)?;
        let (mut keys, mut combinations) = (0, 1);
        weigh(&fields, 1, &mut keys, &mut combinations);
        if keys > MAX_KEYS {
            return Err(format!("Filter policy can not have more than {MAX_KEYS} keys"));
        }
        if combinations > MAX_COMBINATIONS {
            return Err("Filter policy is too complex".into());
        }
        Ok(Self(fields))
    }

    /// `{}` is how a client takes a policy away.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key has keys below it, which only the scope `MessageBody` allows.
    pub fn is_nested(&self) -> bool {
        self.0.values().any(|node| matches!(node, Node::Object(_)))
    }

    /// Whether a message passes: `subject` is its body, or its attributes as an object of values.
    pub fn matches(&self, subject: &Value) -> bool {
        fields_hold(&self.0, Some(subject))
    }
}

fn weigh(fields: &BTreeMap<String, Node>, depth: usize, keys: &mut usize, product: &mut usize) {
    for node in fields.values() {
        match node {
            Node::Object(children) => weigh(children, depth + 1, keys, product),
            Node::Or(branches) => branches.iter().for_each(|b| weigh(b, depth, keys, product)),
            Node::Any(patterns) => {
                *keys += 1;
                *product = product.saturating_mul(patterns.len() * depth);
            }
        }
    }
}

fn object(fields: &Map<String, Value>) -> Result<BTreeMap<String, Node>, String> {
    let entry = |(key, value): (&String, &Value)| Ok((key.clone(), node(key, value)?));
    fields.iter().map(entry).collect()
}

fn node(key: &str, value: &Value) -> Result<Node, String> {
    match value {
        Value::Object(fields) => object(fields).map(Node::Object),
        Value::Array(items) if items.is_empty() => Err("Empty arrays are not allowed".into()),
        Value::Array(items) if key == "$or" => {
            let branch = |item: &Value| match item {
                Value::Object(fields) => object(fields),
                _ => Err("\"$or\" must be an array of objects".to_owned()),
            };
            items.iter().map(branch).collect::<Result<_, _>>().map(Node::Or)
        }
        Value::Array(items) => items.iter().map(pattern).collect::<Result<_, _>>().map(Node::Any),
        _ => Err(format!("\"{key}\" must be an object or an array")),
    }
}

fn pattern(value: &Value) -> Result<Pattern, String> {
    match value {
        Value::Array(_) => Err("Match value must be String, number, true, false, or null".to_owned()),
        Value::Object(fields) => {
            let mut entries = fields.iter();
            match (entries.next(), entries.next()) {
                (Some((operator, operand)), None) => operation(operator, operand),
                (None, _) => Err("Empty objects are not allowed".into()),
                _ => Err("Only one key allowed in match expression".into()),
            }
        }
        plain => Ok(Pattern::Exact(plain.clone())),
    }
}

fn operation(operator: &str, operand: &Value) -> Result<Pattern, String> {
    let text = || match operand {
        Value::String(text) => Ok(text.clone()),
        _ => Err(format!("{operator} match pattern must be a string")),
    };
    match operator {
        "prefix" => text().map(Pattern::Prefix),
        "suffix" => text().map(Pattern::Suffix),
        "equals-ignore-case" => text().map(Pattern::EqualsIgnoreCase),
        "wildcard" => text().map(Pattern::Wildcard),
        "exists" => match operand {
            Value::Bool(wanted) => Ok(Pattern::Exists(*wanted)),
            _ => Err("exists match pattern must be either true or false.".into()),
        },
        "anything-but" => anything_but(operand).map(Pattern::AnythingBut),
        "numeric" => numeric(operand).map(Pattern::Numeric),
        "cidr" => match operand {
            Value::String(text) => cidr(text),
            _ => Err("prefix match pattern must be a string".into()),
        },
        unknown => Err(format!("Unrecognized match type {unknown}")),
    }
}

fn anything_but(operand: &Value) -> Result<Vec<Pattern>, String> {
    match operand {
        Value::Array(items) if items.is_empty() => Err("Empty arrays are not allowed".into()),
        Value::Array(items) => Ok(items.iter().cloned().map(Pattern::Exact).collect()),
        Value::Object(fields) => {
            let allowed = |(operator, operand): (&String, &Value)| match operator.as_str() {
                "prefix" | "wildcard" => operation(operator, operand),
                other => Err(format!("Unsupported anything-but pattern: {other}")),
            };
            fields.iter().map(allowed).collect()
        }
        plain => Ok(vec![Pattern::Exact(plain.clone())]),
    }
}

/// `["=", n]`, one bound, or a lower and then an upper bound.
fn numeric(operand: &Value) -> Result<Vec<(String, f64)>, String> {
    let Value::Array(items) = operand else {
        return Err("Value of numeric must be an array.".into());
    };
    if items.is_empty() {
        return Err("Invalid member in numeric match: ]".into());
    }
    let mut bounds: Vec<(String, f64)> = Vec::new();
    for pair in items.chunks(2) {
        let Value::String(operator) = &pair[0] else {
            return Err(match bounds.is_empty() {
                true => format!("Invalid member in numeric match: {}", pair[0]),
                false => format!("Bad value in numeric range: {}", pair[0]),
            });
        };
        match (bounds.as_slice(), operator.as_str()) {
            ([], "=" | "<" | "<=" | ">" | ">=") => {}
            ([], other) => return Err(format!("Unrecognized numeric range operator: {other}")),
            ([(first, _)], "<" | "<=") if first.starts_with('>') => {}
            ([(first, _)], other) if first.starts_with('>') => {
                return Err(format!("Bad numeric range operator: {other}"));
            }
            ([_], _) => return Err("Too many elements in numeric expression".into()),
            _ => return Err("Too many terms in numeric range expression".into()),
        }
        let named = if operator == "=" { "equals" } else { operator };
        let Some(number) = pair.get(1).and_then(Value::as_f64) else {
            return Err(format!("Value of {named} must be numeric"));
        };
        bounds.push((operator.clone(), number));
    }
    match bounds.as_slice() {
        [(_, bottom), (_, top)] if bottom >= top => Err("Bottom must be less than top".into()),
        _ => Ok(bounds),
    }
}

fn cidr(text: &str) -> Result<Pattern, String> {
    let Some((address, bits)) = text.split_once('/') else {
        return Err("Malformed CIDR, one '/' required".into());
    };
    let bits = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer")?;
    let address: IpAddr = address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
    let widest = if address.is_ipv4() { 32 } else { 128 };
    if bits > widest {
        return Err(format!("Malformed CIDR, mask bits must be at most {widest}"));
    }
    Ok(Pattern::Cidr(address, bits))
}

fn fields_hold(fields: &BTreeMap<String, Node>, subject: Option<&Value>) -> bool {
    match subject {
        Some(Value::Array(items)) => items.iter().any(|item| fields_hold(fields, Some(item))),
        subject => fields.iter().all(|(key, node)| {
            let below = || subject.and_then(|subject| subject.get(key));
            match node {
                Node::Object(children) => fields_hold(children, below()),
                Node::Or(branches) => branches.iter().any(|branch| fields_hold(branch, subject)),
                Node::Any(patterns) => {
                    let mut leaves = Vec::new();
                    flatten(below(), &mut leaves);
                    patterns.iter().any(|pattern| pattern.holds(&leaves))
                }
            }
        }),
    }
}

fn flatten<'a>(value: Option<&'a Value>, leaves: &mut Vec<&'a Value>) {
    match value {
        None | Some(Value::Object(_)) => {}
        Some(Value::Array(items)) => items.iter().for_each(|item| flatten(Some(item), leaves)),
        Some(leaf) => leaves.push(leaf),
    }
}

impl Pattern {
    fn holds(&self, leaves: &[&Value]) -> bool {
        match self {
            Self::Exists(wanted) => *wanted != leaves.is_empty(),
            _ => leaves.iter().any(|leaf| self.holds_for(leaf)),
        }
    }

    fn holds_for(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Exact(wanted) => match (wanted.as_f64(), leaf.as_f64()) {
                (Some(wanted), Some(number)) => wanted == number,
                _ => wanted == leaf,
            },
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix.as_str())),
            Self::EqualsIgnoreCase(other) => text.is_some_and(|text| text.to_lowercase() == other.to_lowercase()),
            Self::Wildcard(glob) => text.is_some_and(|text| wildcard(glob, text)),
            Self::AnythingBut(refused) => !refused.iter().any(|pattern| pattern.holds_for(leaf)),
            Self::Numeric(bounds) => leaf.as_f64().is_some_and(|number| {
                bounds.iter().all(|(operator, bound)| match operator.as_str() {
                    "<" => number < *bound,
                    "<=" => number <= *bound,
                    ">" => number > *bound,
                    ">=" => number >= *bound,
                    _ => number == *bound,
                })
            }),
            Self::Cidr(network, bits) => {
                text.and_then(|text| text.parse().ok()).is_some_and(|address| in_network(address, *network, *bits))
            }
            Self::Exists(wanted) => *wanted,
        }
    }
}

fn in_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => (u128::from(a.to_bits()), u128::from(n.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(n)) => (a.to_bits(), n.to_bits(), 128),
        _ => return false,
    };
    let host = width - u32::from(bits);
    address.checked_shr(host).unwrap_or(0) == network.checked_shr(host).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn passes(policy: Value, message: Value) -> bool {
        FilterPolicy::parse(&policy.to_string()).expect("a good policy").matches(&message)
    }

    #[test]
    fn refuses_what_sns_refuses_in_its_words() {
        for (policy, sentence) in [
            (r#"{"key":[["value"]]}"#, "Match value must be String, number, true, false, or null"),
            (r#"{"key":[{"wrong-operator":true}]}"#, "Unrecognized match type wrong-operator"),
            (r#"{"key":[{"suffix":"a","prefix":"b"}]}"#, "Only one key allowed in match expression"),
            (r#"{"key":[]}"#, "Empty arrays are not allowed"),
            (r#"{"key":[{"suffix":100}]}"#, "suffix match pattern must be a string"),
            (r#"{"key":{"suffix":"value"}}"#, r#""suffix" must be an object or an array"#),
            (r#"{"key":"value"}"#, r#""key" must be an object or an array"#),
            (r#"{"key":[{"cidr":"10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
            (r#"{"key":[{"cidr":"xx.11/8"}]}"#, "Nonstandard IP address: xx.11"),
            (r#"{"key":[{"cidr":"10.0.0.0/a"}]}"#, "Malformed CIDR, mask bits must be an integer"),
            (r#"{"key":[{"numeric":[]}]}"#, "Invalid member in numeric match: ]"),
            (r#"{"key":[{"numeric":[1,"<="]}]}"#, "Invalid member in numeric match: 1"),
            (r#"{"key":[{"numeric":["="," 0"]}]}"#, "Value of equals must be numeric"),
            (r#"{"key":[{"numeric":["<",100,">",10]}]}"#, "Too many elements in numeric expression"),
            (r#"{"key":[{"numeric":[">=",1,">",2]}]}"#, "Bad numeric range operator: >"),
            (r#"{"key":[{"numeric":[">",3,"<",1]}]}"#, "Bottom must be less than top"),
            (r#"{"key":[{"numeric":[">",20,30]}]}"#, "Bad value in numeric range: 30"),
            (r#"{"key":[{"numeric":[">",20,"<",30,"<",50]}]}"#, "Too many terms in numeric range expression"),
            (r#"{"key":[{"exists":"no"}]}"#, "exists match pattern must be either true or false."),
            (r#"{"key":[{"anything-but":{"suffix":"test"}}]}"#, "Unsupported anything-but pattern: suffix"),
            (r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#, "Filter policy can not have more than 5 keys"),
        ] {
            assert_eq!(FilterPolicy::parse(policy).unwrap_err(), sentence, "{policy}");
        }
        let values: Vec<u32> = (0..151).collect();
        let complex = json!({ "key": values }).to_string();
        assert_eq!(FilterPolicy::parse(&complex).unwrap_err(), "Filter policy is too complex");
        assert!(FilterPolicy::parse("{invalid").unwrap_err().starts_with("failed to parse JSON."));
    }

    #[test]
    fn passes_what_the_policy_asks_for() {
        let attributes = json!({ "store": ["shop"], "price": [12.5], "from": ["10.1.2.3"] });
        for (policy, expected) in [
            (json!({ "store": ["shop"] }), true),
            (json!({ "store": ["other"] }), false),
            (json!({ "store": [{ "prefix": "sh" }], "price": [{ "numeric": ["=", 12.5] }] }), true),
            (json!({ "store": [{ "suffix": "sh" }] }), false),
            (json!({ "store": [{ "equals-ignore-case": "SHOP" }] }), true),
            (json!({ "store": [{ "wildcard": "s*o*" }] }), true),
            (json!({ "store": [{ "wildcard": "s*x" }] }), false),
            (json!({ "store": [{ "anything-but": ["shop", "other"] }] }), false),
            (json!({ "store": [{ "anything-but": { "prefix": "x" } }] }), true),
            (json!({ "price": [{ "numeric": [">", 0, "<=", 12.5] }] }), true),
            (json!({ "price": [{ "numeric": ["<", 0] }] }), false),
            (json!({ "from": [{ "cidr": "10.1.0.0/16" }] }), true),
            (json!({ "from": [{ "cidr": "10.2.0.0/16" }] }), false),
            (json!({ "absent": [{ "exists": false }] }), true),
            (json!({ "absent": ["shop"] }), false),
            (json!({ "$or": [{ "store": ["no"] }, { "price": [12.5] }] }), true),
            (json!({}), true),
        ] {
            assert_eq!(passes(policy.clone(), attributes.clone()), expected, "{policy}");
        }
        let body = json!({ "Trigger": { "Dimensions": [{ "value": "f" }, { "value": "g" }] } });
        assert!(passes(json!({ "Trigger": { "Dimensions": { "value": ["g"] } } }), body.clone()));
        assert!(!passes(json!({ "Trigger": { "Dimensions": { "value": ["h"] } } }), body));
    }
}
