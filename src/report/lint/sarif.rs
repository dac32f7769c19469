//! Findings as SARIF 2.1.0, for code scanning (OASIS, "Static Analysis Results Interchange Format").

use super::{Linted, said};
use crate::lint::{LintFinding, LintRule, RULES, Severity};
use crate::report::json::Diagnostic;
use crate::report::mask;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One log with one run, ending in a line feed. Findings that a comment keeps quiet are in it as suppressed.
pub fn report(linted: &Linted<'_>) -> String {
    let quiet = linted.report.suppressed.iter().map(|quiet| {
        let mut value = result(&quiet.finding, linted);
        value["suppressions"] = json!([{ "kind": "inSource", "justification": quiet.reason }]);
        value
    });
    let results = linted.report.findings.iter().map(|finding| result(finding, linted)).chain(quiet);
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
    run["tool"] = json!({ "driver": {
        "name": "mlopsctl",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": RULES.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
    }});
    run["columnKind"] = "unicodeCodePoints".into();
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    mask::document(log)
}

fn described(rule: &LintRule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.summary, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.level) },
    })
}

fn result(finding: &LintFinding, linted: &Linted<'_>) -> Value {
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
        "partialFingerprints": { "mlopsctl/v1": fingerprint(finding) },
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

/// The same for a finding that has only moved to another line.
fn fingerprint(finding: &LintFinding) -> String {
    let about = finding.address.as_ref().map(ToString::to_string).unwrap_or_default();
    let digest = Sha256::digest(format!("{}\n{about}\n{}", finding.rule, finding.message));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A path as a relative or `file:` URI: bytes that a URI does not take are escaped.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let escaped: String =
        path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    if escaped.starts_with('/') { format!("file://{escaped}") } else { escaped.trim_start_matches("./").to_owned() }
}
