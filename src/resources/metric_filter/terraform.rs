//! A metric filter in Terraform configuration: aws_cloudwatch_log_metric_filter.

use crate::model::Target;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;
use serde_json::Value;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_cloudwatch_log_metric_filter",
    tables: &[&FILTER, &COMPUTED],
    part: None,
    split: None,
    names: &["log_group_name"],
    before_parent: false,
}]);

const NO_ARGUMENT: &str = "the provider has no such argument";

static FILTER: [PropertyMap; 12] = [
    PropertyMap::text("log_group", "log_group_name"),
    PropertyMap::text("name", "name"),
    PropertyMap::text("pattern", "pattern").always(),
    PropertyMap::text("metric_name", "metric_transformation.name"),
    PropertyMap::text("namespace", "metric_transformation.namespace"),
    PropertyMap::text("value", "metric_transformation.value"),
    PropertyMap::converted("default_value", "metric_transformation.default_value", as_text, from_text),
    PropertyMap::new("dimensions", "metric_transformation.dimensions", PropertyForm::Map),
    PropertyMap::text("unit", "metric_transformation.unit"),
    PropertyMap::flag("apply_on_transformed_logs", "apply_on_transformed_logs"),
    PropertyMap::lacking("field_selection_criteria", NO_ARGUMENT),
    PropertyMap::lacking("emit_system_field_dimensions", NO_ARGUMENT),
];

/// The provider takes the number as a text.
fn as_text(number: &Value, _: &Target) -> Option<Value> {
    Some(number.as_f64()?.to_string().into())
}

fn from_text(text: &Value, _: &Target) -> Option<Value> {
    match text {
        Value::String(text) => text.parse::<f64>().ok().map(Value::from),
        number => number.as_f64().map(Value::from),
    }
}
