//! What alarms of every kind have in common in Terraform configuration.

use crate::resources::mapping::{PropertyForm, PropertyMap};

pub static ACTIONS: [PropertyMap; 6] = [
    PropertyMap::new("actions.enabled", "actions_enabled", PropertyForm::Flag { absent: true }),
    PropertyMap::texts("actions.alarm", "alarm_actions"),
    PropertyMap::texts("actions.ok", "ok_actions"),
    PropertyMap::texts("actions.insufficient_data", "insufficient_data_actions"),
    PropertyMap::lacking("actions.tags_propagation", "the provider has no such argument"),
    PropertyMap::new("tags", "tags", PropertyForm::Map),
];
