//! A saved plan's file: written for its owner's eyes only, read with the secrets it does not hold put back in.

use super::args::SpecArgs;
use super::exit::Exit;
use super::failure::Failure;
use crate::aws::Aws;
use crate::fleet::{self, NotReplanned, Planned};
use crate::model::file::{self, Readers};
use crate::model::{advice, secret, visible};
use crate::plan::Plan;
use crate::plan::saved::{FORMAT_VERSION, SavedPlan};
use anyhow::Context;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

/// Bytes of a saved plan at most: a thousand times an ordinary one.
const MOST: u64 = 256 << 20;

/// Writes the file whole or not at all. Nothing but a plain file is taken, since nobody but its owner is to read it.
pub fn save(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let saved = SavedPlan::new(plan, secret::hide);
    let mut value = serde_json::to_value(&saved)?;
    let hide = |text: &str| Ok::<_, Infallible>(secret::hide_declared(text).into_owned());
    each_text(&mut value, &hide).unwrap_or_else(|never| match never {});
    let text = visible::escape_json(&format!("{value:#}\n")).into_owned();
    let written = file::replace(path, text.as_bytes(), Readers::Owner);
    Ok(written.with_context(|| format!("could not save the plan to {}", path.display()))?)
}

pub fn load(path: &Path) -> Result<SavedPlan, Failure> {
    let text = file::read_text(path, MOST).with_context(|| format!("could not read the plan {}", path.display()))?;
    let no_plan = |why: &str| {
        let what = format!("{} is not a plan that this mlopsctl can carry out: {why}", path.display());
        Failure::say(Exit::Stale, what, format!("make a new one: {}", advice::command("plan --out FILE")))
    };
    // The version first: a plan of another form need not have the parts of this one.
    let value: Value = serde_json::from_str(&text).map_err(|error| no_plan(&error.to_string()))?;
    let version = &value["format_version"];
    if *version != FORMAT_VERSION {
        return Err(no_plan(&format!("its format version is {version}, not {FORMAT_VERSION}")));
    }
    serde_json::from_value(value).map_err(|error| no_plan(&error.to_string()))
}

/// The plan, if what it touches still stands as it was. The spec is read only where the file lacks a secret.
pub async fn check(aws: &Aws, saved: &SavedPlan, spec: &SpecArgs) -> Result<Planned, Failure> {
    let mut value = serde_json::to_value(saved)?;
    let plan = if saved.masked.is_empty() && each_text(&mut value, &revealed).is_ok() {
        serde_json::from_value::<SavedPlan>(value)?.plan
    } else {
        // Binding the spec declares the values of its secret variables.
        let desired = spec.bind()?.desired(&saved.plan.target, &BTreeMap::new())?.resources;
        each_text(&mut value, &revealed).map_err(|unknown| {
            let what = format!("the saved plan hides the value {unknown}, and the spec has no variable of it");
            Failure::say(Exit::Stale, what, "name the spec and the variables that the plan was made with")
        })?;
        serde_json::from_value::<SavedPlan>(value)?.restore(&desired).map_err(|missing| {
            let names: Vec<String> = missing.iter().map(|address| format!("\n{address}")).collect();
            let what =
                format!("the saved plan holds no secrets, and the spec does not give those of:{}", names.concat());
            Failure::say(Exit::Stale, what, "name the spec and the variables that the plan was made with")
        })?
    };
    fleet::check_saved(aws, plan).await.map_err(|error| match error {
        NotReplanned::Failed(error) => Failure::from(error),
        NotReplanned::Stale(stale) => {
            let places: Vec<String> =
                stale.iter().map(|stale| format!("\n{}: {}", stale.address, stale.what)).collect();
            let what = format!("the saved plan is stale, so nothing was changed; different by now:{}", places.concat());
            Failure::say(Exit::Stale, what, format!("look at a new plan: {}", advice::command("plan --out FILE")))
        }
    })
}

fn revealed(text: &str) -> Result<String, String> {
    secret::reveal(text).map(Cow::into_owned).map_err(|fingerprint| format!("***#{fingerprint}"))
}

/// Changes every text of a JSON value, as far as none is an error.
fn each_text<E>(value: &mut Value, change: &impl Fn(&str) -> Result<String, E>) -> Result<(), E> {
    match value {
        Value::String(text) => *text = change(text)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| each_text(item, change))?,
        Value::Object(map) => map.values_mut().try_for_each(|item| each_text(item, change))?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{create, every_kind_of_change, plan};
    use crate::resources::{Resource, Subscription};
    use std::fs;

    #[test]
    fn what_is_saved_is_loaded_and_only_the_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        let plan = every_kind_of_change();
        fs::write(&path, "something else").unwrap();
        save(&path, &plan).unwrap();
        assert_eq!(load(&path).unwrap().plan, plan);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn no_secret_is_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        let secret = Resource::Subscription(Subscription::new("t", "https", "https://u:hunter2@example.edu"));
        save(&path, &plan(vec![create(secret)])).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains("hunter2"));
        assert_eq!(load(&path).unwrap().masked.len(), 1);
    }

    #[test]
    fn a_declared_value_is_in_no_field_of_a_saved_plan() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        let value = "declared-for-a-saved-plan";
        secret::declare(value);
        let mut saved = plan(vec![create(crate::report::testing::alarm("a", 5.0))]);
        if let Some(Resource::Alarm(alarm)) = &mut saved.changes[0].after {
            alarm.description = Some(format!("see {value}!"));
        }
        save(&path, &saved).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains(value));
        let mut read = serde_json::to_value(load(&path).unwrap()).unwrap();
        each_text(&mut read, &revealed).unwrap();
        assert_eq!(serde_json::from_value::<SavedPlan>(read).unwrap().plan, saved);
    }

    #[test]
    fn a_plan_of_another_form_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "{}", "{\"format_version\": 99}", "[1]"] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(load(file.path()).unwrap_err().exit, Exit::Stale, "{text:?}");
        }
    }
}
