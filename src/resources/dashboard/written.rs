//! A dashboard -> `dashboards.<name>`: its body as AWS has it.

use super::Dashboard;
use crate::model::{SpecMap, SpecValue};
use crate::resources::written::tags;

pub fn written(dashboard: &Dashboard) -> SpecMap {
    SpecMap::default().put("body", SpecValue::json(&dashboard.body)).put_some("tags", tags(&dashboard.tags))
}
