//! A saved plan's file: written for its owner's eyes only, and authorised anew before anything of it is done.

use super::args::SpecArgs;
use super::exit::Exit;
use super::failure::Failure;
use crate::aws::Aws;
use crate::fleet::{self, NotReplanned, Planned};
use crate::model::secret;
use crate::plan::Plan;
use crate::plan::saved::{Basis, FORMAT_VERSION, NoSavedPlan, SavedPlan};
use crate::spec::{self, Bound};
use anyhow::Context;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes the file whole or not at all.
pub fn save(path: &Path, plan: &Plan, basis: Basis) -> Result<(), Failure> {
    let saved = SavedPlan::new(plan, basis, secret::hide);
    let text = format!("{:#}\n", saved.sealed()?);
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
        Failure::say(Exit::Stale, what, "make a new one: mlopsctl plan --out FILE")
    };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| no_plan(&error.to_string()))?;
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

const NEW_PLAN: &str = "look at a new plan: mlopsctl plan --out FILE";

fn refused(what: &str) -> Failure {
    Failure::say(Exit::Blocked, format!("{what}, so nothing was changed"), NEW_PLAN)
}

/// The spec that the plan is held against: the one that is named, else the one that the plan was made from. `None` where it is
/// consented to that there is none.
pub fn spec_of(saved: &SavedPlan, args: &SpecArgs, without_spec: bool) -> Result<Option<Bound>, Failure> {
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
        return Err(Failure::say(Exit::Blocked, what, remedy));
    }
    let spec = spec::load(path)?;
    let mut values = saved.basis.variables.clone();
    values.retain(|name, _| spec.variables().iter().any(|variable| variable.name == *name));
    values.extend(args.values(&spec)?);
    Ok(Some(spec.bind(&values)?))
}

/// The plan made anew, if the saved one says the same.
pub async fn check(aws: &Aws, saved: &SavedPlan, spec: Option<&Bound>) -> Result<Planned, Failure> {
    fleet::check_saved(aws, saved, spec).await.map_err(|error| match error {
        NotReplanned::Failed(error) => Failure::from(error),
        NotReplanned::Elsewhere { made_for, reached } => {
            let what = format!(
                "the plan was made for {made_for}, but these credentials reach {reached}, so nothing was changed"
            );
            Failure::say(Exit::Blocked, what, "use the credentials and the region that the plan was made with")
        }
        NotReplanned::SecretsMissing(places) => {
            let what =
                format!("the saved plan holds no secrets, and there is no spec to give those of:{}", lines(places));
            Failure::say(Exit::Stale, what, "name the spec and the variables that the plan was made with")
        }
        NotReplanned::Stale(stale) => {
            let places = stale.iter().map(|stale| format!("{}: {}", stale.place, stale.what));
            let what = format!("the saved plan is stale, so nothing was changed; different by now:{}", lines(places));
            Failure::say(Exit::Stale, what, NEW_PLAN)
        }
        NotReplanned::Different(places) => {
            let from = if spec.is_some() { "what the spec asks for" } else { "what AWS makes of it" };
            let more = places.len().saturating_sub(MOST_DIFFERENCES);
            let more = (more > 0).then(|| format!("and {more} more"));
            let places = places.into_iter().take(MOST_DIFFERENCES).chain(more);
            let what =
                format!("the saved plan does not say {from}, so nothing was changed; it differs in:{}", lines(places));
            Failure::say(Exit::Blocked, what, NEW_PLAN)
        }
    })
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
    fn a_plan_of_another_form_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "{}", "{\"format_version\": 99}", "{\"format_version\": 1}", "[1]"] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(load(file.path()).unwrap_err().exit, Exit::Stale, "{text:?}");
        }
    }
}
