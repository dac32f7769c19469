//! When an alarm is raised: threshold, operator, M out of N, missing data, window.

use super::Alarm;
use super::series::SeriesForm;
use crate::model::duration::format_seconds;
use crate::model::node::parse_number;
use crate::model::problem::nearest;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Layers, Node, SpannedName};
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::comparison::{BandSide, Comparison, OPERATORS};
use mlops_cloudwatch::missing::MissingData;
use mlops_cloudwatch::zone::{TimeZone, names};

/// `> 5`, `>= 0.5`, `< 1`, `<= 3`.
pub static COMPARISON: TextFormat = TextFormat {
    what: "a comparison such as \"> 5\"",
    check: |text| comparison(text).map(|_| ()).ok_or_else(|| "is not a comparison such as \"> 5\"".into()),
    pattern: Some(r"^\s*(>=|<=|>|<)\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$"),
};

static WALL_CLOCK: ObjectSchema = ObjectSchema {
    what: "a wall clock",
    doc: "A window that begins at the full minute, hour, day or week of a time zone.",
    keys: &[&[SchemaKey::new(
        "timezone",
        Shape::Text(64),
        "An IANA name such as America/New_York, or +05:30. Default: UTC.",
    )]],
};

static WINDOW: ObjectSchema = ObjectSchema {
    what: "an evaluation window",
    doc: "How the window of data moves.",
    keys: &[&[SchemaKey::required("wall_clock", Shape::Object(&WALL_CLOCK), "Aligned to the clock.")]],
};

pub static KEYS: [SchemaKey; 7] = [
    SchemaKey::new(
        "threshold",
        Shape::Either(&[Shape::Number, Shape::Format(&COMPARISON)]),
        "The number compared with: \"> 5\", \">= 5\", \"< 5\", \"<= 5\", or a number beside `comparison_operator`.",
    ),
    SchemaKey::new(
        "comparison_operator",
        Shape::OneOf(OPERATORS),
        "How the value is compared with the threshold; the last three are for anomaly bands.",
    ),
    SchemaKey::new(
        "evaluation_periods",
        Shape::Integer(1, i32::MAX as i64),
        "N: how many periods are looked at. Default: 1.",
    ),
    SchemaKey::new(
        "datapoints_to_alarm",
        Shape::Integer(1, i32::MAX as i64),
        "M: how many of them must be bad. Default: N.",
    ),
    SchemaKey::new(
        "treat_missing_data",
        Shape::OneOf(MissingData::WORDS),
        "What a period without data counts as. Default: missing (the alarm may say INSUFFICIENT_DATA).",
    ),
    SchemaKey::new(
        "evaluate_low_sample_count_percentile",
        Shape::OneOf(&["evaluate", "ignore"]),
        "Whether a percentile of few samples is judged. Default: evaluate.",
    ),
    SchemaKey::new(
        "evaluation_window",
        Shape::Either(&[Shape::OneOf(&["sliding"]), Shape::Object(&WINDOW)]),
        "sliding (the default), or {wall_clock: {timezone: …}}.",
    ),
];

/// The operator's API name and the number.
fn comparison(text: &str) -> Option<(&'static str, f64)> {
    let text = text.trim();
    Comparison::ALL.into_iter().find_map(|comparison| {
        // Of `>= 5`, what is left after `>` is no number.
        let number = parse_number(text.strip_prefix(comparison.symbol())?.trim())?;
        Some((comparison.word(), number))
    })
}

pub fn read(
    name: &SpannedName,
    layers: &Layers<'_>,
    form: Option<SeriesForm>,
    alarm: &mut Alarm,
    scope: &mut DeclarationScope<'_>,
) {
    let Some(form) = form else { return };
    if form == SeriesForm::PromQl {
        return;
    }
    let word = |key: &str| layers.text(key);
    let small = |key: &str| layers.get(key).and_then(Node::integer).and_then(|n| i32::try_from(n).ok());
    alarm.evaluation_periods = Some(small("evaluation_periods").unwrap_or(1));
    // An M that is inherited is for the N that it stands beside, not for a nearer one.
    let points = layers.group(&["datapoints_to_alarm", "evaluation_periods"]).get("datapoints_to_alarm");
    alarm.datapoints_to_alarm = points.and_then(Node::integer).and_then(|n| i32::try_from(n).ok());
    alarm.treat_missing_data = word("treat_missing_data");
    alarm.evaluate_low_sample_count_percentile = word("evaluate_low_sample_count_percentile");
    threshold(name, layers, form, alarm, scope);
    periods(layers, alarm, scope);
    window(layers, alarm, scope);
}

fn threshold(
    name: &SpannedName,
    layers: &Layers<'_>,
    form: SeriesForm,
    alarm: &mut Alarm,
    scope: &mut DeclarationScope<'_>,
) {
    if form == SeriesForm::Band {
        let operator = operator(layers, scope);
        band(layers, operator, alarm, scope);
    } else {
        (alarm.threshold, alarm.comparison_operator) = compared(name, layers, scope);
    }
}

/// The operator may come from a farther layer than a bare number.
fn operator(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Option<String> {
    let nearest = layers.group(&["threshold", "comparison_operator"]);
    if let (Some(node), Some(operator)) = (nearest.get("threshold"), nearest.get("comparison_operator"))
        && node.text().and_then(comparison).is_some()
    {
        let message = "`threshold` and `comparison_operator` both say how to compare";
        scope.problem(
            operator.span,
            message,
            "leave `comparison_operator` out, or write the threshold as a bare number",
        );
    }
    let sugar = layers.every("threshold").find_map(|node| comparison(node.text()?));
    match nearest.get("comparison_operator").and_then(Node::text) {
        Some(written) => Some(written.to_owned()),
        None => sugar.map(|(operator, _)| operator.to_owned()).or_else(|| layers.text("comparison_operator")),
    }
}

/// The number that an alarm of any kind compares with, and how.
pub fn compared(
    name: &SpannedName,
    layers: &Layers<'_>,
    scope: &mut DeclarationScope<'_>,
) -> (Option<f64>, Option<String>) {
    let operator = operator(layers, scope);
    let written = layers.get("threshold");
    let threshold = written.and_then(|node| node.number().or_else(|| Some(comparison(node.text()?)?.1)));
    if layers.lacks("threshold") {
        let message = format!("alarm `{name}` has no `threshold`");
        scope.problem(name.span, message, "write, for example, threshold: \"> 5\"");
    } else if operator.is_none() && threshold.is_some() && layers.lacks("comparison_operator") {
        let help = "write threshold: \"> 5\", or add a `comparison_operator` such as GreaterThanThreshold";
        scope.problem(layers.span(&["threshold"]), "the threshold does not say above or below", help);
    }
    if let Some(operator) = operator.as_deref().filter(|operator| BandSide::from_word(operator).is_some()) {
        let message = format!("`{operator}` is for anomaly bands, and this alarm has none");
        let help = format!("use one of {}, or add `anomaly`", Comparison::WORDS.join(", "));
        scope.problem(layers.span(&["comparison_operator", "threshold"]), message, help);
    }
    (threshold, operator)
}

fn band(layers: &Layers<'_>, operator: Option<String>, alarm: &mut Alarm, scope: &mut DeclarationScope<'_>) {
    if let Some(node) = layers.own("threshold") {
        let help = "the band is the threshold: leave it out, and widen or narrow the band instead";
        scope.problem(node.span, "an anomaly alarm takes no `threshold`", help);
        return;
    }
    // An operator that is inherited from the defaults is meant for the other alarms.
    let own = layers.own("comparison_operator").and_then(Node::text);
    if let Some(operator) = own.filter(|operator| Comparison::from_word(operator).is_some()) {
        let message = format!("`{operator}` compares with a number, and an anomaly alarm has a band");
        scope.problem(
            layers.span(&["comparison_operator"]),
            message,
            format!("use one of {}", BandSide::WORDS.join(", ")),
        );
    }
    let operator = operator.filter(|operator| BandSide::from_word(operator).is_some());
    alarm.comparison_operator = Some(operator.unwrap_or_else(|| BandSide::Outside.word().to_owned()));
}

fn periods(layers: &Layers<'_>, alarm: &Alarm, scope: &mut DeclarationScope<'_>) {
    let count = alarm.evaluation_periods.unwrap_or(1);
    if let Some(points) = alarm.datapoints_to_alarm.filter(|points| *points > count) {
        let message = format!("`datapoints_to_alarm` is {points}, more than the {count} of `evaluation_periods`");
        let help = "M out of N: at most as many bad datapoints as periods looked at";
        scope.problem(layers.span(&["datapoints_to_alarm", "evaluation_periods"]), message, help);
    }
    let Some(period) = alarm.definition().evaluation.period else { return };
    let total = i64::from(period) * i64::from(count);
    let insights = alarm.definition().insights().is_some();
    let (limit, help) = match period {
        _ if insights => (10_800, "a Metrics Insights query sees the last 3h only"),
        p if p < 3_600 => (86_400, "with a period under 1h, an alarm looks back 1d at most"),
        _ => (604_800, "an alarm looks back 7d at most"),
    };
    if total > limit {
        let message =
            format!("{count} periods of {} are longer than {}", format_seconds(period.into()), format_seconds(limit));
        scope.problem(layers.span(&["evaluation_periods", "period"]), message, help);
    }
}

fn window(layers: &Layers<'_>, alarm: &mut Alarm, scope: &mut DeclarationScope<'_>) {
    let Some(node) = layers.get("evaluation_window") else { return };
    let Some(clock) = node.get("wall_clock") else { return };
    let zone = clock.get("timezone");
    if let Some(zone) = zone.filter(|zone| zone.text().and_then(TimeZone::parse).is_none()) {
        let text = zone.text().unwrap_or_default();
        let help = nearest(text, names()).map(|name| format!("did you mean `{name}`?")).unwrap_or_else(|| {
            "write an IANA name such as America/New_York, or an offset such as +05:30 in steps of five minutes".into()
        });
        scope.problem(zone.span, format!("`{text}` is not a time zone"), help);
    }
    if let Some(period) =
        alarm.definition().evaluation.period.filter(|p| ![60, 300, 3_600, 86_400, 604_800].contains(p))
    {
        let message = format!("a wall-clock window cannot have a period of {}", format_seconds(period.into()));
        scope.problem(layers.span(&["period", "evaluation_window"]), message, "AWS allows 1m, 5m, 1h, 1d and 7d");
    }
    alarm.wall_clock_timezone = Some(zone.and_then(Node::text).unwrap_or("UTC").to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_comparisons() {
        assert_eq!(comparison("> 5"), Some(("GreaterThanThreshold", 5.0)));
        assert_eq!(comparison(">=0.5"), Some(("GreaterThanOrEqualToThreshold", 0.5)));
        assert_eq!(comparison(" < -1e3 "), Some(("LessThanThreshold", -1000.0)));
        assert_eq!(comparison("<= 3"), Some(("LessThanOrEqualToThreshold", 3.0)));
        for wrong in ["5", "> ", "=> 5", "> five", "> inf", "== 5", "> 5%"] {
            assert_eq!(comparison(wrong), None, "{wrong}");
        }
    }
}
