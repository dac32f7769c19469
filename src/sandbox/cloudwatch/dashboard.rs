//! Dashboards: put, get, list, delete. An account has one of a name, whatever the region: they are kept in the partition's first region,
//! where their tags are, too.

use super::put::shared::tags as check_tags;
use super::{Nothing, constraint, invalid_next_token, required};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::tags::{self, Tag};
use crate::wire::{Timestamp, WireRequest};
use mlops_model::Arn;
use mlops_model::dashboard::{self, BodyProblem};
use serde::{Deserialize, Serialize};

const TABLE: &str = "dashboards";
/// The type of a dashboard in the tagging API.
pub const KIND: &str = "cloudwatch:dashboard";
/// ListDashboards gives so many on one page.
const PAGE: usize = 1_000;

/// A dashboard in the store.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct StoredDashboard {
    /// As it was sent, letter by letter.
    body: String,
    last_modified: Timestamp,
}

pub fn arn(tx: &Tx, name: &str) -> String {
    tx.global_arn("cloudwatch", &format!("dashboard/{name}"))
}

pub fn exists(tx: &Tx, name: &str) -> Result<bool, Fault> {
    Ok(tx.get::<StoredDashboard>(TABLE, name)?.is_some())
}

/// Whether a request is about a dashboard, be it about its tags.
pub fn is_meant(request: &WireRequest) -> bool {
    let is_tagged = || {
        let members = request.input.as_map().into_iter().flatten();
        let arn = members.into_iter().find(|(key, _)| key.as_text() == Some("ResourceARN"));
        let arn = arn.and_then(|(_, arn)| arn.as_text()).and_then(Arn::parse);
        arn.is_some_and(|arn| arn.region.is_empty() && arn.resource.starts_with("dashboard/"))
    };
    match request.operation.as_str() {
        "PutDashboard" | "GetDashboard" | "ListDashboards" | "DeleteDashboards" => true,
        "TagResource" | "UntagResource" | "ListTagsForResource" => is_tagged(),
        _ => false,
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutDashboard {
    dashboard_name: Option<String>,
    dashboard_body: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DashboardValidation {
    dashboard_validation_messages: Vec<DashboardMessage>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DashboardMessage {
    data_path: String,
    message: String,
}

pub fn put_dashboard(input: PutDashboard, tx: &mut Tx) -> Result<DashboardValidation, Fault> {
    let name = required("dashboardName", input.dashboard_name)?;
    let body = required("dashboardBody", input.dashboard_body)?;
    if !dashboard::is_name(&name) {
        return Err(invalid(
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
        ));
    }
    check_tags(&input.tags)?;
    let parsed =
        serde_json::from_str(&body).map_err(|_| invalid("The field DashboardBody must be a valid JSON object"))?;
    let problems = dashboard::check(&parsed);
    if !problems.is_empty() {
        return Err(refused(&problems));
    }
    // Tags of an update are passed over (PutDashboard).
    if !exists(tx, &name)? {
        let arn = arn(tx, &name);
        tags::set(tx, KIND, &arn, tags::from_list(input.tags))?;
    }
    tx.put(TABLE, &name, &StoredDashboard { body, last_modified: tx.now() })?;
    Ok(DashboardValidation { dashboard_validation_messages: Vec::new() })
}

fn refused(problems: &[BodyProblem]) -> Fault {
    let said: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    invalid(format!(
        "The dashboard body is invalid, there are {} validation errors: {}",
        problems.len(),
        said.join("; ")
    ))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("DashboardInvalidInputError", message).query_code("InvalidParameterInput")
}

fn missing(name: &str) -> Fault {
    Fault::sender("DashboardNotFoundError", format!("Dashboard {name} does not exist"))
        .query_code("ResourceNotFound")
        .status(404)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDashboard {
    dashboard_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribedDashboard {
    dashboard_arn: String,
    dashboard_body: String,
    dashboard_name: String,
}

pub fn get_dashboard(input: GetDashboard, tx: &mut Tx) -> Result<DescribedDashboard, Fault> {
    let name = input.dashboard_name;
    let stored = tx.get::<StoredDashboard>(TABLE, &name)?.ok_or_else(|| missing(&name))?;
    Ok(DescribedDashboard { dashboard_arn: arn(tx, &name), dashboard_body: stored.body, dashboard_name: name })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteDashboards {
    dashboard_names: Vec<String>,
}

/// Deletes those that exist; where one does not, says so after the others are gone.
pub fn delete_dashboards(input: DeleteDashboards, tx: &mut Tx) -> Result<Nothing, Fault> {
    let names = input.dashboard_names;
    if names.is_empty() || names.len() > 100 {
        return Err(constraint(
            "dashboardNames",
            format_args!("[{}]", names.join(", ")),
            "have length between 1 and 100",
        ));
    }
    if let [only] = names.as_slice()
        && !exists(tx, only)?
    {
        return Err(missing(only));
    }
    for name in &names {
        tx.delete(TABLE, name);
        let arn = arn(tx, name);
        tags::forget(tx, &arn)?;
    }
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDashboards {
    dashboard_name_prefix: Option<String>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedDashboards {
    dashboard_entries: Vec<DashboardEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DashboardEntry {
    dashboard_name: String,
    dashboard_arn: String,
    last_modified: Timestamp,
    size: usize,
}

pub fn list_dashboards(input: ListDashboards, tx: &mut Tx) -> Result<ListedDashboards, Fault> {
    let prefix = input.dashboard_name_prefix.unwrap_or_default();
    let mut found = Vec::new();
    for (name, stored) in tx.list_prefix::<StoredDashboard>(TABLE, &prefix)? {
        let entry = DashboardEntry {
            dashboard_arn: arn(tx, &name),
            dashboard_name: name.clone(),
            last_modified: stored.last_modified,
            size: stored.body.len(),
        };
        found.push((name, entry));
    }
    let (dashboard_entries, next_token) =
        page(tx, found, Order::Scattered, input.next_token.as_deref(), PAGE, invalid_next_token)?;
    Ok(ListedDashboards { dashboard_entries, next_token })
}
