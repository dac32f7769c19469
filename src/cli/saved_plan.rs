//! A saved plan's file: written for its owner's eyes only, and authorised anew before anything of it is done.

use super::args::SpecArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::Aws;
use crate::model::file::{self, Readers};
use crate::model::{advice, secret, visible};
use crate::pipeline::{self, NotReplanned, PlannedTarget};
use crate::plan::Plan;
use crate::plan::saved::{Basis, FORMAT_VERSION, NoSavedPlan, SavedPlan};
use crate::spec::{self, BoundSpec};
use anyhow::Context;
use serde_json::Value;
use std::borrow::Cow;
use std::convert::Infallible;
use std::path::Path;

/// Bytes of a saved plan at most: a thousand times an ordinary one.
const MOST: u64 = 256 << 20;

/// Writes the file whole or not at all. Nothing but a plain file is taken, since nobody but its owner is to read it.
pub fn save(path: &Path, plan: &Plan, basis: Basis) -> Result<(), CliFailure> {
    let mut value = serde_json::to_value(SavedPlan::new(plan, basis, secret::hide))?;
    let hide = |text: &str| Ok::<_, Infallible>(secret::hide_declared(text).into_owned());
    each_text(&mut value, &hide).unwrap_or_else(|never| match never {});
    // Sealed as it is written: hidden.
    let hidden: SavedPlan = serde_json::from_value(value)?;
    let text = visible::escape_json(&format!("{:#}\n", hidden.sealed()?)).into_owned();
    let written = file::replace(path, text.as_bytes(), Readers::Owner);
    Ok(written.with_context(|| format!("could not save the plan to {}", path.display()))?)
}

pub fn load(path: &Path) -> Result<SavedPlan, CliFailure> {
    let text = file::read_text(path, MOST).with_context(|| format!("could not read the plan {}", path.display()))?;
    let no_plan = |why: &str| {
        let what = format!("{} is not a plan that this mlopsctl can carry out: {why}", path.display());
        CliFailure::say(
            Exit::Stale,
            what,
            format!("make a new one, with the flags of that one: {}", advice::command("plan … --out FILE")),
        )
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| no_plan(&error.to_string()))?;
    let saved = SavedPlan::opened(value).map_err(|error| match error {
        NoSavedPlan::Version(version) => no_plan(&format!("its format version is {version}, not {FORMAT_VERSION}")),
        NoSavedPlan::Unreadable(error) => no_plan(&error.to_string()),
        NoSavedPlan::Altered => refused(&format!("{} was changed after it was saved", path.display())),
    })?;
    let version = &saved.mlopsctl_version;
    if version != env!("CARGO_PKG_VERSION") {
        return Err(refused(&format!("{} was made by mlopsctl {version}, this is another one", path.display())));
    }
    Ok(saved)
}

fn new_plan() -> String {
    format!("look at a new plan, with the flags of that one: {}", advice::command("plan … --out FILE"))
}

fn refused(what: &str) -> CliFailure {
    CliFailure::say(Exit::Blocked, format!("{what}, so nothing was changed"), new_plan())
}

/// The spec that the plan is held against: the one that is named, else the one that the plan was made from. `None` where it is
/// consented to that there is none.
pub fn spec_of(saved: &SavedPlan, args: &SpecArgs, without_spec: bool) -> Result<Option<BoundSpec>, CliFailure> {
    if without_spec {
        return Ok(None);
    }
    let made_from = Path::new(&saved.basis.spec);
    let path = args.named().unwrap_or(made_from);
    if args.named().is_none() && !path.is_file() {
        let what =
            format!("the spec {} that the plan was made from is not here, so nothing was changed", path.display());
        let remedy =
            "run where it is, name it with --file, or add --without-spec: then the plan is held against AWS alone";
        return Err(CliFailure::say(Exit::Blocked, what, remedy));
    }
    let spec = spec::load(path)?;
    let mut values = saved.basis.variables.clone();
    values.retain(|name, _| spec.variables().iter().any(|variable| variable.name == *name));
    values.extend(args.values(&spec)?);
    let region = &saved.plan.target.region;
    let bound = spec.bind_in(region, &values)?.ok_or_else(|| {
        let what = format!(
            "the plan was made for {region}, and {} has no such region, so nothing was changed",
            path.display()
        );
        CliFailure::say(Exit::Blocked, what, new_plan())
    });
    bound.map(Some)
}

/// The plan made anew, if the saved one says the same.
pub async fn check(aws: &Aws, saved: &SavedPlan, spec: Option<&BoundSpec>) -> Result<PlannedTarget, CliFailure> {
    let mut value = serde_json::to_value(saved)?;
    // Binding the spec has declared the values of its secret variables.
    each_text(&mut value, &revealed).map_err(|unknown| {
        let what = format!("the saved plan hides the value {unknown}, and no variable of the spec has it");
        CliFailure::say(Exit::Blocked, what, "name the spec and the variables that the plan was made with")
    })?;
    let saved: SavedPlan = serde_json::from_value(value)?;
    pipeline::check_saved(aws, &saved, spec).await.map_err(|error| match error {
        NotReplanned::Failed(error) => CliFailure::from(error),
        NotReplanned::Elsewhere { made_for, reached } => {
            let what = format!(
                "the plan was made for {made_for}, but these credentials reach {reached}, so nothing was changed"
            );
            CliFailure::say(Exit::Blocked, what, "use the credentials and the region that the plan was made with")
        }
        NotReplanned::SecretsMissing(places) => {
            let what =
                format!("the saved plan holds no secrets, and there is no spec to give those of:{}", lines(places));
            CliFailure::say(Exit::Stale, what, "name the spec and the variables that the plan was made with")
        }
        NotReplanned::Stale(stale) => {
            let places = stale.iter().map(|stale| format!("{}: {}", stale.place, stale.what));
            let what = format!("the saved plan is stale, so nothing was changed; different by now:{}", lines(places));
            CliFailure::say(Exit::Stale, what, new_plan())
        }
        NotReplanned::Different(places) => {
            let from = if spec.is_some() { "what the spec asks for" } else { "what AWS makes of it" };
            let more = places.len().saturating_sub(MOST_DIFFERENCES);
            let more = (more > 0).then(|| format!("and {more} more"));
            let places = places.into_iter().take(MOST_DIFFERENCES).chain(more);
            let what =
                format!("the saved plan does not say {from}, so nothing was changed; it differs in:{}", lines(places));
            CliFailure::say(Exit::Blocked, what, new_plan())
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

/// More places in which a plan differs are only counted.
const MOST_DIFFERENCES: usize = 10;

fn lines(items: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    items.into_iter().map(|item| format!("\n{item}")).collect()
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
        save(&path, &plan, Basis::default()).unwrap();
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
        save(&path, &plan(vec![create(secret)]), Basis::default()).unwrap();
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
        save(&path, &saved, Basis::default()).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains(value));
        let mut read = serde_json::to_value(load(&path).unwrap()).unwrap();
        each_text(&mut read, &revealed).unwrap();
        assert_eq!(serde_json::from_value::<SavedPlan>(read).unwrap().plan, saved);
    }

    #[test]
    fn a_plan_of_another_form_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "{}", "{\"format_version\": 99}", "{\"format_version\": 1}", "[1]"] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(load(file.path()).unwrap_err().exit, Exit::Stale, "{text:?}");
        }
    }
}
