//! A state, version 4: `resources[].instances[].attributes`.

use super::instance::{TerraformInstance, lost};
use super::{TerraformFile, address, is_near, sensitive};
use crate::import::item::NotCarried;
use crate::model::node::Node;
use crate::resources::terraform;

/// Reads what a state holds. What it has only looked up is none of it.
pub fn file(root: &Node) -> TerraformFile<'_> {
    let mut file = TerraformFile::default();
    for resource in root.get("resources").map(Node::items).unwrap_or_default() {
        let text = |key: &str| resource.get(key).and_then(Node::text).unwrap_or_default();
        let (type_name, name) = (text("type"), text("name"));
        if text("mode") != "managed" || type_name.is_empty() {
            continue;
        }
        for instance in resource.get("instances").map(Node::items).unwrap_or_default() {
            let address = address::of(text("module"), type_name, name, instance.get("index_key"));
            match taken(instance) {
                Ok(attributes) => {
                    let tainted = instance.get("status").and_then(Node::text) == Some("tainted");
                    let remarks =
                        tainted.then(|| "Terraform has marked it as tainted: it was about to replace it".to_owned());
                    file.instances.push(TerraformInstance {
                        address,
                        type_name: type_name.to_owned(),
                        span: instance.span,
                        provider: text("provider"),
                        attributes,
                        unknown: None,
                        expressions: None,
                        sensitive: sensitive::of_state(instance),
                        remarks: remarks.into_iter().collect(),
                    });
                }
                Err(why) => file.not_carried.extend(said(&address, type_name, instance, why)),
            }
        }
    }
    file
}

/// The attributes of an instance, or why it is none that could be imported.
fn taken(instance: &Node) -> Result<&Node, &'static str> {
    if instance.get("deposed").is_some() {
        return Err("Terraform has replaced it already and is about to delete it");
    }
    if instance.get("attributes_flat").is_some() {
        return Err("its attributes are those of Terraform 0.11: terraform apply -refresh-only writes them anew");
    }
    instance.get("attributes").filter(|attributes| !attributes.entries().is_empty()).ok_or("it has no attributes")
}

/// Of what mlopsctl has nothing to do with nothing is said.
fn said(address: &str, type_name: &str, instance: &Node, why: &str) -> Option<NotCarried> {
    let is_said = is_near(type_name) || terraform::kinds_of(type_name).next().is_some();
    is_said.then(|| lost(address, type_name, instance.span, why))
}
