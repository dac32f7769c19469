//! A dashboard in templates: AWS::CloudWatch::Dashboard.

use crate::resources::any_alarm::cloudformation::TAGS;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::CloudWatch::Dashboard",
    tables: &[&DASHBOARD, &TAGS],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static DASHBOARD: [PropertyMap; 2] = [
    PropertyMap::text("name", "DashboardName"),
    PropertyMap::new("body", "DashboardBody", PropertyForm::Document { as_text: true }),
];
