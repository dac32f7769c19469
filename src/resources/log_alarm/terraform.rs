//! A log alarm in Terraform configuration: there is none.

use crate::resources::mapping::ForeignForm;

pub static FORM: ForeignForm = ForeignForm::Lacking("the AWS provider has no resource for log alarms");
