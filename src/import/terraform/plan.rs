//! What `terraform show -json` prints: of a state its values, of a plan what will be there once it is applied.

use super::instance::{TerraformInstance, lost};
use super::{TerraformFile, address, sensitive};
use crate::model::node::Node;
use crate::resources::terraform;
use std::collections::BTreeMap;

/// Modules in modules; Terraform itself has no limit.
const DEEPEST: usize = 30;

/// Of a state.
pub fn shown(root: &Node) -> TerraformFile<'_> {
    let mut file = TerraformFile::default();
    if let Some(module) = root.get("values").and_then(|values| values.get("root_module")) {
        walk(module, None, &BTreeMap::new(), DEEPEST, &mut file);
    }
    file
}

/// Of a plan.
pub fn file(root: &Node) -> TerraformFile<'_> {
    let mut file = TerraformFile::default();
    let mut unknown = BTreeMap::new();
    let mut made = 0;
    for change in root.get("resource_changes").map(Node::items).unwrap_or_default() {
        let text = |key: &str| change.get(key).and_then(Node::text).unwrap_or_default();
        let actions: Vec<&str> = actions(change);
        if change.get("deposed").is_some() || text("mode") != "managed" {
            continue;
        }
        let is_ours = terraform::kinds_of(text("type")).next().is_some();
        match actions.as_slice() {
            ["delete"] if is_ours => {
                file.not_carried.push(lost(text("address"), text("type"), change.span, "the plan deletes it"));
            }
            ["forget"] if is_ours => {
                let why = "the plan takes it out of Terraform's hands: import the state from before";
                file.not_carried.push(lost(text("address"), text("type"), change.span, why));
            }
            ["create"] if is_ours => made += 1,
            _ => {}
        }
        if let Some(after) = change.get("change").and_then(|change| change.get("after_unknown")) {
            unknown.insert(text("address"), after);
        }
    }
    let configuration = root.get("configuration");
    let module = configuration.and_then(|configuration| configuration.get("root_module"));
    if let Some(values) = root.get("planned_values").and_then(|values| values.get("root_module")) {
        walk(values, module, &unknown, DEEPEST, &mut file);
    }
    file.region = configuration.and_then(provider_region).map(str::to_owned);
    if made > 0 {
        let verb = if made == 1 { "is" } else { "are" };
        file.notes.push(format!("{made} of these {verb} not made before the plan is applied"));
    }
    if root.get("errored").and_then(Node::boolean) == Some(true) {
        file.notes.push("Terraform could not finish this plan: it may lack resources".to_owned());
    }
    file
}

fn actions(change: &Node) -> Vec<&str> {
    let actions = change.get("change").and_then(|change| change.get("actions"));
    actions.map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect()
}

/// The region of the provider that has no alias, where it is written out.
fn provider_region(configuration: &Node) -> Option<&str> {
    let provider = configuration.get("provider_config")?.get("aws")?;
    provider.get("expressions")?.get("region")?.get("constant_value")?.text()
}

fn walk<'n>(
    module: &'n Node,
    configuration: Option<&'n Node>,
    unknown: &BTreeMap<&str, &'n Node>,
    deepest: usize,
    file: &mut TerraformFile<'n>,
) {
    let declared = configuration.and_then(|module| module.get("resources")).map(Node::items).unwrap_or_default();
    for resource in module.get("resources").map(Node::items).unwrap_or_default() {
        let text = |key: &str| resource.get(key).and_then(Node::text).unwrap_or_default();
        let Some(attributes) = resource.get("values").filter(|_| text("mode") == "managed") else { continue };
        if resource.get("deposed_key").is_some() {
            continue;
        }
        let is_it = |own: &&Node| {
            let same = |key: &str| own.get(key).and_then(Node::text) == Some(text(key));
            same("mode") && same("type") && same("name")
        };
        let tainted = resource.get("tainted").and_then(Node::boolean) == Some(true);
        let remarks = tainted.then(|| "Terraform has marked it as tainted: it was about to replace it".to_owned());
        file.instances.push(TerraformInstance {
            address: text("address").to_owned(),
            type_name: text("type").to_owned(),
            span: resource.span,
            provider: text("provider_name"),
            attributes,
            unknown: unknown.get(text("address")).copied(),
            expressions: declared.iter().find(is_it).and_then(|own| own.get("expressions")),
            sensitive: sensitive::of_values(resource.get("sensitive_values")),
            remarks: remarks.into_iter().collect(),
        });
    }
    let Some(deeper) = deepest.checked_sub(1) else { return };
    for child in module.get("child_modules").map(Node::items).unwrap_or_default() {
        let address = child.get("address").and_then(Node::text).unwrap_or_default();
        let call = address::modules(address)
            .last()
            .and_then(|name| configuration?.get("module_calls")?.get(name)?.get("module"));
        walk(child, call, unknown, deeper, file);
    }
}
