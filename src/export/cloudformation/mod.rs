//! CloudFormation templates: one, or a parent with children where one would be too large; and the input of StackSets.

mod nested;
mod stackset;
mod template;

pub use stackset::{StackSetAccount, TemplatePlace, stack_set};
pub use template::TemplateLimits;

use super::assemble::Assembly;
use super::draft::Engine;
use super::{ExportColumn, ExportNote, ExportRow, camel};
use std::collections::{BTreeMap, BTreeSet};
use template::StackTemplate;

/// CloudFormation user guide, "CloudFormation quotas": the bytes of a template in a request, and in S3; resources; parameters.
pub const LIMITS: TemplateLimits =
    TemplateLimits { inline: 51_200, stored: 1_000_000, resources: 500, parameters: 200 };

const ENGINE: Engine = Engine { form: |facts| facts.cloudformation, name: logical_id };

/// What an export becomes: one template, or a parent and its children by their names.
#[derive(Debug)]
pub struct TemplateSet {
    pub root: StackTemplate,
    pub children: BTreeMap<String, StackTemplate>,
    pub notes: Vec<ExportNote>,
}

/// Makes the templates of a stack.
///
/// # Errors
/// Where rows differ in more than values, or there is more than templates can hold, in words.
pub fn templates(
    rows: &[ExportRow<'_>],
    columns: &[ExportColumn],
    limits: TemplateLimits,
) -> Result<TemplateSet, String> {
    let assembly = Assembly::new(rows, columns, ENGINE)?;
    let stack = rows.first().map(|row| row.desired.stack.as_str()).unwrap_or_default();
    let all: BTreeSet<&str> = assembly.resources().iter().map(|one| one.id.as_str()).collect();
    let whole = template::template(stack, &assembly.notes, assembly.document(&all)?);
    let fits = whole.parameters.len() <= limits.parameters
        && all.len() <= limits.resources
        && whole.document.to_string().len() <= limits.stored;
    let (root, children) = if fits { (whole, BTreeMap::new()) } else { nested::split(stack, &assembly, limits)? };
    Ok(TemplateSet { root, children, notes: assembly.notes.clone() })
}

/// The longest words of a logical ID, which has 255 characters at most.
const LONGEST_WORDS: usize = 200;

/// A logical ID: letters and digits, the kind's last.
fn logical_id(words: &str, kind: &str) -> String {
    let words = camel(words, LONGEST_WORDS);
    let begins = words.starts_with(|c: char| c.is_ascii_alphabetic());
    let kind = camel(kind, LONGEST_WORDS);
    let words = words.strip_suffix(&kind).filter(|rest| !rest.is_empty()).unwrap_or(&words);
    if begins { format!("{words}{kind}") } else { format!("{kind}{words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_logical_ids() {
        for (words, kind, id) in [
            ("mlops-lambda-high-errors", "alarm", "MlopsLambdaHighErrorsAlarm"),
            ("/aws/lambda/x", "log_group", "AwsLambdaXLogGroup"),
            ("5xx", "alarm", "Alarm5xx"),
            ("äöü", "mute_rule", "MuteRule"),
            ("too-many-alarm", "alarm", "TooManyAlarm"),
            ("Alarm", "alarm", "AlarmAlarm"),
        ] {
            assert_eq!(logical_id(words, kind), id, "{words}");
        }
    }
}
