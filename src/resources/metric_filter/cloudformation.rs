//! A metric filter in templates: AWS::Logs::MetricFilter.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::Logs::MetricFilter",
    tables: &[&FILTER],
    part: None,
    split: None,
    names: &["LogGroupName"],
    before_parent: false,
}]);

static FILTER: [PropertyMap; 12] = [
    PropertyMap::text("log_group", "LogGroupName"),
    PropertyMap::text("name", "FilterName"),
    // The schema requires it; empty is every line.
    PropertyMap::text("pattern", "FilterPattern").always(),
    PropertyMap::text("metric_name", "MetricTransformations.0.MetricName"),
    PropertyMap::text("namespace", "MetricTransformations.0.MetricNamespace"),
    PropertyMap::text("value", "MetricTransformations.0.MetricValue"),
    PropertyMap::number("default_value", "MetricTransformations.0.DefaultValue"),
    PropertyMap::new("dimensions", "MetricTransformations.0.Dimensions", PropertyForm::Pairs("Key", "Value")),
    PropertyMap::text("unit", "MetricTransformations.0.Unit"),
    PropertyMap::flag("apply_on_transformed_logs", "ApplyOnTransformedLogs"),
    PropertyMap::text("field_selection_criteria", "FieldSelectionCriteria"),
    PropertyMap::texts("emit_system_field_dimensions", "EmitSystemFieldDimensions"),
];
