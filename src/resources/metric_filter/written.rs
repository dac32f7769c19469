//! A metric filter -> `metric_filters` of its log group, or of the file.

use super::{MetricFilter, ONE};
use crate::model::SpecMap;
use crate::resources::written::{WrittenPlace, texts};
use crate::resources::{Address, Kind};

pub fn written(filter: &MetricFilter) -> SpecMap {
    let mut fields = filter.emit_system_field_dimensions.clone();
    fields.sort();
    fields.dedup();
    SpecMap::default()
        .put("pattern", &filter.pattern)
        .put("metric_name", &filter.metric_name)
        .put("namespace", &filter.namespace)
        .put_some("value", Some(&filter.value).filter(|value| *value != ONE))
        .put_some("default_value", filter.default_value)
        .put_some("dimensions", texts(&filter.dimensions))
        .put_unless("None", "unit", filter.unit.as_deref())
        .put_some("apply_on_transformed_logs", filter.apply_on_transformed_logs.then_some(true))
        .put_unless("", "field_selection_criteria", filter.field_selection_criteria.as_deref())
        .put_some("emit_system_field_dimensions", Some(fields).filter(|fields| !fields.is_empty()))
}

pub fn place(filter: &MetricFilter) -> WrittenPlace {
    WrittenPlace::Parent {
        parent: Address::new(Kind::LogGroup, &filter.log_group),
        path: &["metric_filters"],
        name: Some(filter.name.clone()),
        alone: Some(SpecMap::default().put("log_group", &filter.log_group).put("name", &filter.name)),
    }
}
