//! Metric math in a spec, as far as it can be checked without AWS: its grammar, the ids and functions it names, what alarms cannot use.
//! What the words and functions mean is `mlops_cloudwatch::math`; here they become problems with a place in the spec.

use super::insights;
use crate::model::problem::{nearest, nearest_or_all};
use crate::model::{Node, SpecProblem};
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::math::{self, Expr, calls, function_names, ids, is_function, is_insights};

/// Holds an expression against the ids there are; what is wrong goes to the scope.
pub fn check(node: &Node, known: &[&str], scope: &mut DeclarationScope<'_>) {
    let Some(text) = node.text() else { return };
    if text.trim().is_empty() {
        scope.problem(node.span, "the expression is empty", "AWS allows 1 to 2048 characters");
        return;
    }
    for (at, id) in ids(text).filter(|(_, id)| !known.contains(id)) {
        let span = node.part(at, at + id.len());
        let problem = SpecProblem::new(span, format!("the expression names `{id}`, which is no id under `metrics`"));
        let help = nearest_or_all(id, known.iter().copied(), "the ids are")
            .unwrap_or_else(|| format!("add it: metrics: {{ {id}: {{ … }} }}"));
        scope.problems.push(problem.help(help));
    }
    if is_insights(text) {
        if let Some(fault) = insights::fault(text) {
            scope.problem(node.part(fault.start, fault.end), fault.message, fault.help);
        }
        return;
    }
    let mut unknown = false;
    for (at, name) in calls(text) {
        let span = node.part(at, at + name.len());
        if name.eq_ignore_ascii_case("SEARCH") {
            scope.problem(span, "an alarm cannot use SEARCH", "AWS allows it on dashboards only: name the metrics");
        } else if !is_function(name) {
            unknown = true;
            let problem = SpecProblem::new(span, format!("metric math has no function `{name}`"));
            let help = nearest(name, function_names()).map(|name| format!("did you mean `{name}`?"));
            let all = || format!("the functions are: {}", function_names().collect::<Vec<_>>().join(", "));
            scope.problems.push(problem.help(help.unwrap_or_else(all)));
        }
    }
    match math::parse(text) {
        Err(fault) => {
            let length = text[fault.at.min(text.len())..].chars().next().map_or(1, char::len_utf8);
            let span = node.part(fault.at, fault.at + length);
            scope.problem(span, fault.message, "check the operators, parentheses and quotes of the expression");
        }
        Ok(_) if unknown => {}
        Ok(expr) => {
            capital_ids(&expr, node, text, scope);
            let mut wrong = Vec::new();
            math::miscounted(&expr, &mut wrong);
            for (name, message) in wrong {
                let call = calls(text).find(|(_, call)| *call == name);
                let span = call.map_or(node.span, |(at, name)| node.part(at, at + name.len()));
                scope.problem(span, message, "see the CloudWatch user guide, \"Functions supported for metric math\"");
            }
        }
    }
}

/// Refuses what stands where an id belongs and can be none: ids begin with a small letter.
fn capital_ids(expr: &Expr, node: &Node, text: &str, scope: &mut DeclarationScope<'_>) {
    if let Expr::Id(id) = expr
        && !id.starts_with(|c: char| c.is_ascii_lowercase())
    {
        let at = text.find(id.as_str()).unwrap_or_default();
        let message = format!("`{id}` is neither an id nor a function");
        scope.problem(node.part(at, at + id.len()), message, "ids under `metrics` begin with a small letter");
    }
    expr.parts().into_iter().for_each(|part| capital_ids(part, node, text, scope));
}
