//! A saved plan's file: written for its owner's eyes only, read with the secrets it does not hold put back in.

use super::args::SpecArgs;
use super::exit::Exit;
use super::failure::Failure;
use crate::aws::Aws;
use crate::fleet::{self, NotReplanned, Planned};
use crate::model::advice;
use crate::model::secret;
use crate::plan::Plan;
use crate::plan::saved::{FORMAT_VERSION, SavedPlan};
use anyhow::Context;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes the file whole or not at all.
pub fn save(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let saved = SavedPlan::new(plan, secret::hide);
    let text = format!("{:#}\n", serde_json::to_value(&saved)?);
    let beside = beside(path);
    let _ = fs::remove_file(&beside);
    let written =
        private(&beside).and_then(|mut file| file.write_all(text.as_bytes())).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    Ok(written.with_context(|| format!("could not save the plan to {}", path.display()))?)
}

/// A name in the same folder for what is not yet whole.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    path.with_file_name(name)
}

/// A new file that on Unix only its owner can read; elsewhere the folder decides.
fn private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

pub fn load(path: &Path) -> Result<SavedPlan, Failure> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read the plan {}", path.display()))?;
    let no_plan = |why: &str| {
        let what = format!("{} is not a plan that this mlopsctl can carry out: {why}", path.display());
        Failure::say(Exit::Stale, what, format!("make a new one: {}", advice::command("plan --out FILE")))
    };
    // The version first: a plan of another form need not have the parts of this one.
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| no_plan(&error.to_string()))?;
    let version = &value["format_version"];
    if *version != FORMAT_VERSION {
        return Err(no_plan(&format!("its format version is {version}, not {FORMAT_VERSION}")));
    }
    serde_json::from_value(value).map_err(|error| no_plan(&error.to_string()))
}

/// The plan, if what it touches still stands as it was. The spec is read only where the file lacks a secret.
pub async fn check(aws: &Aws, saved: &SavedPlan, spec: &SpecArgs) -> Result<Planned, Failure> {
    let plan = if saved.masked.is_empty() {
        saved.plan.clone()
    } else {
        let desired = spec.bind()?.desired(&saved.plan.target, &BTreeMap::new())?.resources;
        saved.restore(&desired).map_err(|missing| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{create, every_kind_of_change, plan};
    use crate::resources::{Resource, Subscription};

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
    fn a_plan_of_another_form_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "{}", "{\"format_version\": 99}", "[1]"] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(load(file.path()).unwrap_err().exit, Exit::Stale, "{text:?}");
        }
    }
}
