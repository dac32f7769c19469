//! Terraform configuration in JSON.
