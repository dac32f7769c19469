//! A dashboard in Terraform configuration: aws_cloudwatch_dashboard. It takes no tags, so a plan knows no dashboard of Terraform's as
//! this stack's.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_cloudwatch_dashboard",
    tables: &[&DASHBOARD, &COMPUTED],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static DASHBOARD: [PropertyMap; 4] = [
    PropertyMap::text("name", "dashboard_name"),
    PropertyMap::new("body", "dashboard_body", PropertyForm::Document { as_text: true }),
    PropertyMap::lacking("tags", "the provider takes no tags of dashboards, so plan asks to adopt it"),
    PropertyMap::silent("dashboard_arn"),
];
