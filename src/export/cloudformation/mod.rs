//! CloudFormation templates: one, or a parent with children where one would be too large; and the input of StackSets.

mod nested;
mod stackset;
mod template;

pub use stackset::{StackSetAccount, TemplatePlace, stack_set};
pub use template::{TemplateLimits, TemplateSet, templates};

use super::camel;
use super::draft::Engine;

/// CloudFormation user guide, "CloudFormation quotas": the bytes of a template in a request, and in S3; resources; parameters.
pub const LIMITS: TemplateLimits =
    TemplateLimits { inline: 51_200, stored: 1_000_000, resources: 500, parameters: 200 };

const ENGINE: Engine = Engine { form: |facts| facts.cloudformation, name: logical_id };

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
