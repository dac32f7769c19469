//! Findings as SARIF 2.1.0, for code scanning (OASIS, "Static Analysis Results Interchange Format").

use super::{Linted, id, said};
use crate::lint::{LintFinding, LintRule, RULES, Severity};
use crate::report::finding_ids::FindingIds;
use crate::report::json::Diagnostic;
use crate::report::mask;
use serde_json::{Value, json};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Where the documentation is read; empty where the package names no repository.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One log with one run, ending in a line feed. Findings that a comment keeps quiet are in it as suppressed.
pub fn report(linted: &Linted<'_>) -> String {
    let ids = linted.ids();
    let quiet = linted.report.suppressed.iter().map(|quiet| {
        let mut value = result(&quiet.finding, linted, &ids);
        value["suppressions"] = json!([{ "kind": "inSource", "justification": quiet.reason }]);
        value
    });
    let results = linted.report.findings.iter().map(|finding| result(finding, linted, &ids)).chain(quiet);
    log(json!({ "results": results.collect::<Vec<_>>() }))
}

/// A log of a run that failed: no results, and why there are none as notifications of its invocation (SARIF 2.1.0, 3.20.21).
pub fn failure(diagnostics: &[Diagnostic]) -> String {
    let notification = |diagnostic: &Diagnostic| {
        let text = match &diagnostic.detail {
            Some(detail) => format!("{}. {detail}", diagnostic.summary),
            None => diagnostic.summary.clone(),
        };
        let mut value = json!({ "level": "error", "message": { "text": mask::text(&text) } });
        if let Some(file) = &diagnostic.file {
            let mut location = json!({ "artifactLocation": { "uri": uri(file) } });
            if let (Some(line), Some(column)) = (diagnostic.line, diagnostic.column) {
                location["region"] = json!({ "startLine": line, "startColumn": column });
            }
            value["locations"] = json!([{ "physicalLocation": location }]);
        }
        value
    };
    let notifications: Vec<Value> = diagnostics.iter().map(notification).collect();
    log(json!({
        "results": [],
        "invocations": [{ "executionSuccessful": false, "toolExecutionNotifications": notifications }],
    }))
}

/// One log with one run of these members beside those that every run has.
fn log(mut run: Value) -> String {
    run["tool"] = json!({ "driver": driver(REPOSITORY) });
    run["columnKind"] = "unicodeCodePoints".into();
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    mask::document(log)
}

fn driver(repository: &str) -> Value {
    let mut driver = json!({
        "name": "mlopsctl",
        "version": VERSION,
        "semanticVersion": VERSION,
        "rules": RULES.iter().map(|rule| described(rule, repository)).collect::<Vec<_>>(),
    });
    if let Some(address) = documentation(repository, "lint.md") {
        driver["informationUri"] = address.into();
    }
    driver
}

/// The address of a page in the repository, as it was at this version.
fn documentation(repository: &str, page: &str) -> Option<String> {
    let repository = repository.trim_end_matches('/');
    (!repository.is_empty()).then(|| format!("{repository}/blob/v{VERSION}/docs/{page}"))
}

fn described(rule: &LintRule, repository: &str) -> Value {
    let mut value = json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.summary, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.level) },
    });
    if let Some(address) = documentation(repository, &format!("lint/{}.md", rule.id)) {
        value["helpUri"] = address.into();
    }
    value
}

fn result(finding: &LintFinding, linted: &Linted<'_>, ids: &FindingIds<'_>) -> Value {
    let place = linted.source.position(finding.span);
    let location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(linted.source.name) },
            "region": { "startLine": place.line, "startColumn": place.column, "endColumn": place.end },
        },
        "logicalLocations": finding.address.iter().map(|address| json!({ "fullyQualifiedName": address })).collect::<Vec<_>>(),
    });
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.level),
        "message": { "text": said(finding) },
        "locations": [location],
        "partialFingerprints": { "mlopsctl/v2": id(finding, ids) },
    });
    if let Some(index) = RULES.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = index.into();
    }
    result
}

fn level(level: Severity) -> &'static str {
    match level {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

/// A path as a relative or `file:` URI: bytes that a URI does not take are escaped.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let escaped: String =
        path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    if escaped.starts_with('/') { format!("file://{escaped}") } else { escaped.trim_start_matches("./").to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_the_address_of_its_page_where_the_repository_is_known() {
        let driver = driver("https://example.edu/mlopsctl/");
        let base = format!("https://example.edu/mlopsctl/blob/v{VERSION}/docs");
        assert_eq!(driver["informationUri"], format!("{base}/lint.md"));
        for (described, rule) in driver["rules"].as_array().unwrap().iter().zip(RULES) {
            assert_eq!(described["helpUri"], format!("{base}/lint/{}.md", rule.id));
            let page = format!("{}/docs/lint/{}.md", env!("CARGO_MANIFEST_DIR"), rule.id);
            assert!(std::path::Path::new(&page).exists(), "{page}");
        }
        let unknown = super::driver("");
        assert!(unknown.get("informationUri").is_none() && unknown["rules"][0].get("helpUri").is_none());
    }
}
