//! Profiles of the AWS configuration: found, and held against what they refer to, before anything is asked of AWS. Gives no
//! credentials itself.

use crate::model::problem::nearest;
use aws_config::profile::{Profile as Section, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_types::os_shim_internal::{Env, Fs};
use serde_json::Value;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The profile that a run goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// Its `ca_bundle`.
    pub ca_bundle: Option<String>,
    /// Where its credentials come from, and the profile that says so: another one where roles are assumed.
    pub source: CredentialSource,
    pub source_profile: String,
}

/// Where the credentials of a profile come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// IAM Identity Center: `aws sso login`.
    Sso,
    /// A session of the console: `aws login`.
    Login,
    /// Keys, a program, a web identity, or what the machine has.
    Other,
    /// The profile names none.
    Nothing,
}

/// A profile that cannot be used, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadProfile {
    what: String,
    pub remedy: String,
}

/// Where profiles are read from, and what is around them.
struct ProfileEnvironment {
    set: ProfileSet,
    /// For messages.
    files: String,
    home: Option<PathBuf>,
    now: SystemTime,
}

/// The names of the profiles that the files have; none where they cannot be read.
pub async fn profile_names() -> Vec<String> {
    let set = aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None).await;
    set.map(|set| set.profiles().map(str::to_owned).collect()).unwrap_or_default()
}

/// The profile that is named, by flag or AWS_PROFILE, or the default one. `None` where there is none and none is named. `matters`
/// says whether the credentials come from it.
pub async fn find(named: Option<&str>, matters: bool) -> Result<Option<Profile>, BadProfile> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let asked = named.map(str::to_owned).or_else(|| env("AWS_PROFILE"));
    let home = env("HOME").or_else(|| env("USERPROFILE")).map(PathBuf::from);
    let place = |variable: &str, usual: &str| match (env(variable), &home) {
        (Some(path), _) => PathBuf::from(path),
        (None, Some(home)) => home.join(usual),
        (None, None) => PathBuf::from(usual),
    };
    let files = [place("AWS_CONFIG_FILE", ".aws/config"), place("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")];
    let selected = asked.clone().map(Cow::Owned);
    let set = aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), selected).await;
    let files = named_files(&files);
    let set = set.map_err(|error| BadProfile {
        what: format!("the AWS configuration cannot be read ({files}): {error}"),
        remedy: "correct the file, or name another with AWS_CONFIG_FILE".to_owned(),
    })?;
    let name = asked.clone().unwrap_or_else(|| "default".to_owned());
    if asked.is_none() && set.get_profile(&name).is_none() {
        return Ok(None);
    }
    let around = ProfileEnvironment { set, files, home, now: SystemTime::now() };
    match around.resolve(&name) {
        Ok(profile) => Ok(Some(profile)),
        Err(bad) if matters => Err(bad),
        // Whatever is wrong with it, nothing but a setting was wanted of it.
        Err(_) => Ok(None),
    }
}

/// `~/.aws/config and ~/.aws/credentials`, with those that do not exist.
fn named_files(files: &[PathBuf]) -> String {
    let named = files.iter().map(|file| match file.exists() {
        true => file.display().to_string(),
        false => format!("{} (which does not exist)", file.display()),
    });
    named.collect::<Vec<_>>().join(" and ")
}

impl ProfileEnvironment {
    /// Goes from the profile over the roles that it assumes to where the first credentials come from, as the SDK does.
    fn resolve(&self, name: &str) -> Result<Profile, BadProfile> {
        let mut way: Vec<&str> = Vec::new();
        let mut next = name;
        let source = loop {
            let Some(section) = self.set.get_profile(next) else { return Err(self.missing(next, way.last().copied())) };
            if way.contains(&next) {
                let circle = way.iter().copied().chain([next]).collect::<Vec<_>>().join(" -> ");
                let what = format!("profile {name} cannot be used: its source_profiles go round in a circle: {circle}");
                return Err(
                    self.bad(what, "let one of them have credentials of its own (aws configure, aws sso login)")
                );
            }
            way.push(next);
            let has_keys = section.get("aws_access_key_id").is_some() && section.get("aws_secret_access_key").is_some();
            if way.len() > 1 && has_keys {
                break CredentialSource::Other;
            }
            if section.get("role_arn").is_none() || section.get("web_identity_token_file").is_some() {
                break self.first(section)?;
            }
            next = match (section.get("source_profile"), section.get("credential_source")) {
                (Some(source), None) if source == next => break self.first(section)?,
                (Some(source), None) => source,
                (None, Some(_)) => break CredentialSource::Other,
                (Some(_), Some(_)) => {
                    let what = format!(
                        "profile {next} has a source_profile and a credential_source, and only one is possible"
                    );
                    return Err(self.bad(what, "take one of them out"));
                }
                (None, None) => {
                    let what = format!("profile {next} assumes a role and does not say with whose credentials");
                    return Err(self.bad(what, "give it a source_profile or a credential_source"));
                }
            };
        };
        Ok(Profile {
            name: name.to_owned(),
            ca_bundle: self.set.get_profile(name).and_then(|section| section.get("ca_bundle")).map(str::to_owned),
            source,
            source_profile: way.last().map_or_else(|| name.to_owned(), |last| (*last).to_owned()),
        })
    }

    /// Where a profile has its credentials from that assumes no role.
    fn first(&self, section: &Section) -> Result<CredentialSource, BadProfile> {
        let has = |key: &str| section.get(key).is_some();
        let sso = ["sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name"];
        Ok(match () {
            () if has("credential_source") || has("web_identity_token_file") => CredentialSource::Other,
            () if sso.into_iter().any(has) => {
                self.check_sso(section)?;
                CredentialSource::Sso
            }
            () if has("login_session") => CredentialSource::Login,
            () if has("credential_process") || has("aws_access_key_id") => CredentialSource::Other,
            () => CredentialSource::Nothing,
        })
    }

    /// AWS SDKs and tools reference guide, "IAM Identity Center credential provider".
    fn check_sso(&self, section: &Section) -> Result<(), BadProfile> {
        let name = section.name();
        let (session, url) = (section.get("sso_session"), section.get("sso_start_url"));
        let lacks = |what: &str, place: &str| {
            self.bad(format!("profile {name} cannot sign in: {place} has no {what}"), SSO_REMEDY)
        };
        let own = format!("the profile in {}", self.files);
        let key = match (session, url) {
            (Some(session), _) => {
                let Some(of_session) = self.set.sso_session(session) else {
                    let what =
                        format!("profile {name} names the sso-session {session}, which is not in {}", self.files);
                    let near = nearest(session, self.set.sso_sessions());
                    return Err(self.bad(
                        what,
                        near.map_or_else(|| SSO_REMEDY.to_owned(), |near| format!("did you mean {near}?")),
                    ));
                };
                for key in ["sso_start_url", "sso_region"] {
                    if section.get(key).is_some() {
                        let what = format!("profile {name} has a {key} beside its sso_session");
                        return Err(self.bad(what, format!("write it in [sso-session {session}] only")));
                    }
                    if of_session.get(key).is_none() {
                        return Err(lacks(key, &format!("[sso-session {session}]")));
                    }
                }
                session
            }
            (None, Some(url)) => {
                if section.get("sso_region").is_none() {
                    return Err(lacks("sso_region", &own));
                }
                url
            }
            (None, None) => return Err(lacks("sso_session", &own)),
        };
        for key in ["sso_account_id", "sso_role_name"] {
            if section.get(key).is_none() {
                return Err(lacks(key, &own));
            }
        }
        self.check_token(name, key)
    }

    /// The token that `aws sso login` leaves, by the SHA-1 of the session's name or the start URL.
    fn check_token(&self, name: &str, key: &str) -> Result<(), BadProfile> {
        use sha1::{Digest, Sha1};
        let Some(home) = &self.home else { return Ok(()) };
        let digest: String = Sha1::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = home.join(Path::new(".aws/sso/cache")).join(format!("{digest}.json"));
        let signed_out = |why: &str| {
            Err(self
                .bad(format!("profile {name} is not signed in: {why}"), format!("run: aws sso login --profile {name}")))
        };
        let Ok(text) = std::fs::read_to_string(&path) else { return signed_out("there is no SSO token of it") };
        let Ok(token) = serde_json::from_str::<Value>(&text) else { return signed_out("its SSO token cannot be read") };
        let end = token["expiresAt"].as_str().and_then(|end| DateTime::from_str(end, Format::DateTimeWithOffset).ok());
        let over = end.and_then(|end| SystemTime::try_from(end).ok()).is_some_and(|end| end <= self.now);
        // A session whose token can be renewed without anybody is renewed by the SDK.
        let renewable = token["refreshToken"].is_string() && token["clientSecret"].is_string();
        if over && !renewable { signed_out("its SSO token has expired") } else { Ok(()) }
    }

    fn missing(&self, name: &str, from: Option<&str>) -> BadProfile {
        let near = nearest(name, self.set.profiles());
        let what = match from {
            None => format!("there is no profile {name} in {}", self.files),
            Some(from) => format!("profile {from} has the source_profile {name}, which is not in {}", self.files),
        };
        let remedy = match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("make it (aws configure --profile {name}), or name another with --profile or AWS_PROFILE"),
        };
        self.bad(what, remedy)
    }

    fn bad(&self, what: String, remedy: impl Into<String>) -> BadProfile {
        BadProfile { what, remedy: remedy.into() }
    }
}

const SSO_REMEDY: &str = "set it up again: aws configure sso";

/// Who a profile of `aws login` asks for credentials: the AWS CLI, which renews them (AWS CLI user guide, "aws login", for tools
/// that do not read its cache).
pub fn login_command(profile: &str) -> Result<String, BadProfile> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+/:".contains(c);
    let what = format!("profile {profile} signs in by `aws login`, whose credentials the AWS CLI keeps");
    if profile.is_empty() || profile.starts_with('-') || !profile.chars().all(plain) {
        let remedy = "give the profile a name of letters, digits and . _ - only";
        return Err(BadProfile { what, remedy: remedy.to_owned() });
    }
    if !is_on_path(if cfg!(windows) { "aws.exe" } else { "aws" }) {
        let what = format!("{what}, and there is no program `aws` on the PATH");
        let remedy = "install the AWS CLI (2.32 or newer), or give keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(BadProfile { what, remedy: remedy.to_owned() });
    }
    Ok(format!("aws configure export-credentials --profile {profile} --format process"))
}

fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
