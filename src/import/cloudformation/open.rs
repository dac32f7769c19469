//! Values that nobody has given: each is a text of its own, which stands where a spec can have a variable, and nowhere else.

use crate::model::Target;
use crate::spec::OpenParameter;
use serde_json::Value;

/// Properties that can be a variable of a spec; `*` is a place in a list.
const PLACES: &[&str] = &[
    "AlarmActions.*",
    "OKActions.*",
    "InsufficientDataActions.*",
    "AlarmDescription",
    "Description",
    "DisplayName",
    "KmsMasterKeyId",
    "KmsKeyId",
    "Dimensions.*.Value",
    "Metrics.*.MetricStat.Metric.Dimensions.*.Value",
    "Endpoint",
    "Subscription.*.Endpoint",
    "Tags.*.Value",
];

/// The texts that stand for values.
#[derive(Debug, Default)]
pub struct OpenTexts {
    /// How each begins; the template has it nowhere.
    stem: String,
    texts: Vec<OpenText>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct OpenText {
    token: String,
    name: String,
    description: String,
    secret: bool,
    /// A secret that was given: it stands in the file of the variables' values alone.
    value: Option<String>,
    /// What to do about it.
    missing: String,
}

impl OpenText {
    /// Why a value that depends on it is not known.
    pub fn missing(&self) -> String {
        self.missing.clone()
    }
}

/// What is open about a value.
#[derive(Debug)]
pub struct OpenReason<'a> {
    /// What the variable is best called.
    pub name: &'a str,
    pub description: String,
    pub secret: bool,
    pub value: Option<String>,
    pub missing: String,
}

impl OpenTexts {
    pub fn of(template: &str) -> Self {
        let mut stem = "openvalue".to_owned();
        while template.contains(&stem) && stem.len() < 40 {
            stem.push('q');
        }
        Self { stem, texts: Vec::new() }
    }

    /// A text for a value that is not known.
    pub fn text(&mut self, reason: OpenReason<'_>) -> String {
        let name = variable_name(reason.name);
        if let Some(known) = self.texts.iter().find(|known| known.name == name && known.missing == reason.missing) {
            return known.token.clone();
        }
        let token = format!("{}{}x", self.stem, self.texts.len());
        let OpenReason { description, secret, value, missing, .. } = reason;
        let description = description.chars().map(|c| if c.is_control() { ' ' } else { c }).take(600).collect();
        self.texts.push(OpenText { token: token.clone(), name, description, secret, value, missing });
        token
    }

    /// The first of them that a text holds.
    pub fn in_text(&self, text: &str) -> Option<&OpenText> {
        let at = text.find(&self.stem).filter(|_| !self.texts.is_empty())?;
        self.texts.iter().find(|open| text[at..].starts_with(&open.token))
    }

    /// A property's value with its dynamic references as open texts.
    ///
    /// # Errors
    /// Where the property has to be known.
    pub fn settle(&mut self, value: Value, path: &str) -> Result<Value, String> {
        match value {
            Value::String(text) => {
                let text = if text.contains("{{resolve:") { self.resolved(&text) } else { text };
                match self.in_text(&text) {
                    Some(open) if !is_place(path) => Err(open.missing()),
                    // `$` and a variable behind it would be a text.
                    Some(open) if text.contains(&format!("${}", self.stem)) => Err(open.missing()),
                    _ => Ok(Value::String(text)),
                }
            }
            Value::Array(items) => {
                let item = |(at, item)| self.settle(item, &super::value::join(path, &format!("{at}")));
                items.into_iter().enumerate().map(item).collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(members) => {
                let mut settled = serde_json::Map::new();
                for (key, value) in members {
                    let inside = super::value::join(path, &key);
                    settled.insert(key, self.settle(value, &inside)?);
                }
                Ok(Value::Object(settled))
            }
            other => Ok(other),
        }
    }

    /// `{{resolve:ssm:NAME}}`: what AWS would put there is not in the template.
    fn resolved(&mut self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            let Some((reference, behind)) = after.split_once("}}") else { break };
            let (service, name) = reference.split_once(':').unwrap_or((reference, ""));
            out += before;
            out += &self.text(OpenReason {
                // Behind the name is a version.
                name: name.split(':').next().unwrap_or_default().rsplit('/').next().unwrap_or_default(),
                description: format!("The value of {{{{resolve:{reference}}}}}"),
                secret: service != "ssm",
                value: None,
                missing: format!("it is {{{{resolve:{reference}}}}}, which only AWS knows"),
            });
            rest = behind;
        }
        out + rest
    }

    /// As the writer takes them: those that stand in the properties, each as it stands there.
    pub fn parameters(&self, target: &Target) -> Vec<OpenParameter> {
        let mut all = Vec::new();
        for open in &self.texts {
            let forms = FORMS.iter().map(|form| form(&open.token, target));
            for placeholder in forms.chain([open.token.clone()]) {
                all.push(OpenParameter {
                    placeholder,
                    name: open.name.clone(),
                    description: open.description.clone(),
                    secret: open.secret,
                    value: open.value.clone(),
                });
            }
        }
        all
    }

    /// Gives what stands for a whole value the form that its property asks for.
    pub fn shape(&self, properties: &mut Value, target: &Target) {
        for key in ["AlarmActions", "OKActions", "InsufficientDataActions"] {
            let list = properties.get_mut(key).and_then(Value::as_array_mut);
            list.into_iter().flatten().for_each(|item| self.shape_one(item, target, topic));
        }
        self.shape_endpoint(properties, target);
        let list = properties.get_mut("Subscription").and_then(Value::as_array_mut);
        list.into_iter().flatten().for_each(|item| self.shape_endpoint(item, target));
    }

    fn shape_endpoint(&self, subscription: &mut Value, target: &Target) {
        let form = match subscription.get("Protocol").and_then(Value::as_str) {
            Some("email" | "email-json") => email,
            Some("http") => http,
            Some("https") => https,
            Some("sms") => phone,
            Some("sqs") => queue,
            Some("lambda") => function,
            _ => return,
        };
        if let Some(endpoint) = subscription.get_mut("Endpoint") {
            self.shape_one(endpoint, target, form);
        }
    }

    fn shape_one(&self, value: &mut Value, target: &Target, form: OpenForm) {
        let is_whole = value.as_str().is_some_and(|text| self.texts.iter().any(|open| open.token == text));
        if let Some(text) = value.as_str().filter(|_| is_whole) {
            *value = form(text, target).into();
        }
    }
}

/// A form that a property asks for.
type OpenForm = fn(&str, &Target) -> String;

const FORMS: &[OpenForm] = &[topic, email, http, https, phone, queue, function];

fn topic(token: &str, target: &Target) -> String {
    target.arn("sns", format!("{token}-topic"))
}

fn email(token: &str, _: &Target) -> String {
    format!("{token}@example.com")
}

fn http(token: &str, _: &Target) -> String {
    format!("http://{token}.example.com/")
}

fn https(token: &str, _: &Target) -> String {
    format!("https://{token}.example.com/")
}

fn phone(token: &str, _: &Target) -> String {
    let digits: String = token.chars().filter(char::is_ascii_digit).collect();
    format!("+1555{digits:0>7}")
}

fn queue(token: &str, target: &Target) -> String {
    target.arn("sqs", format!("{token}-queue"))
}

fn function(token: &str, target: &Target) -> String {
    target.arn("lambda", format!("function:{token}-function"))
}

fn is_place(path: &str) -> bool {
    let matches = |place: &&str| {
        let mut parts = path.split('.');
        let fits = place.split('.').all(|wanted| match parts.next() {
            Some(part) if wanted == "*" => part.bytes().all(|b| b.is_ascii_digit()),
            part => part == Some(wanted),
        });
        fits && parts.next().is_none()
    };
    PLACES.iter().any(matches)
}

/// A name that a variable can have.
fn variable_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(60) {
        match c {
            c if c.is_ascii_uppercase() => {
                // `AlarmEMail` is `alarm_email`.
                if name.ends_with(|before: char| before.is_ascii_lowercase() || before.is_ascii_digit()) {
                    name.push('_');
                }
                name.push(c.to_ascii_lowercase());
            }
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name.to_owned() } else { format!("value_{name}") }
}
