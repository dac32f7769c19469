//! Credentials of a program that a profile names (`credential_process`). One that hangs is ended, with whatever it has started,
//! and its failure is told once, not to every call anew.

use super::patience::WaitLimits;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_types::os_shim_internal::{Env, Fs};
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// More of what the program writes is not read.
const LONGEST: u64 = 64 << 10;
/// A failure stands for so long.
const NEXT_TRY: Duration = Duration::from_secs(30);

/// The credentials of a profile, where a program gives them: after those of the environment, unless the profile was named.
pub async fn of_profile(profile: Option<&str>, limits: WaitLimits) -> Option<CredentialsProviderChain> {
    let name = profile.map(|name| Cow::Owned(name.to_owned()));
    // A file that cannot be read is the SDK's to tell of.
    let set = aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), name).await.ok()?;
    let selected = set.selected_profile().to_owned();
    // What else names credentials in the profile wins (AWS SDKs reference guide, "Credential provider chain").
    let found = set.get_profile(&selected)?;
    let others =
        ["role_arn", "sso_session", "sso_start_url", "login_session", "aws_access_key_id", "web_identity_token_file"];
    if others.iter().any(|key| found.get(key).is_some()) {
        return None;
    }
    let program = ProcessCredentials {
        profile: selected,
        command: found.get("credential_process")?.to_owned(),
        patience: limits.credentials(),
        failed: Mutex::default(),
    };
    if profile.is_some() {
        // A profile that is named for this run wins over keys of the environment, as in the AWS CLI.
        return Some(CredentialsProviderChain::first_try("CredentialProcess", program));
    }
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new());
    Some(chain.or_else("CredentialProcess", program))
}

struct ProcessCredentials {
    profile: String,
    command: String,
    patience: Duration,
    failed: Mutex<Option<(Instant, String)>>,
}

/// What the program writes (AWS CLI user guide, "Sourcing credentials with an external process").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessOutput {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl ProvideCredentials for ProcessCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

impl ProcessCredentials {
    async fn provide(&self) -> provider::Result {
        // Whoever asks meanwhile waits for the same run of the program.
        let mut failed = self.failed.lock().await;
        if let Some((_, why)) = failed.as_ref().filter(|(at, _)| at.elapsed() < NEXT_TRY) {
            return Err(CredentialsError::provider_error(why.clone()));
        }
        let given = self.run().await.map_err(|why| format!("credential_process of profile {} {why}", self.profile));
        *failed = given.as_ref().err().map(|why| (Instant::now(), why.clone()));
        given.map_err(CredentialsError::provider_error)
    }

    async fn run(&self) -> Result<Credentials, String> {
        let mut command = shell(&self.command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("could not be started: {error}"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let whole = async { futures_util::join!(read(stdout), read(stderr), child.wait()) };
        let ended = tokio::time::timeout(self.patience, whole).await;
        let Ok((stdout, stderr, status)) = ended else {
            end(&mut child).await;
            return Err(format!("gave nothing in {} s and was ended", self.patience.as_secs()));
        };
        let status = status.map_err(|error| format!("was lost: {error}"))?;
        if !status.success() {
            let said = String::from_utf8_lossy(&stderr);
            return Err(format!("failed ({status}): {}", said.trim()));
        }
        credentials(&stdout)
    }
}

fn credentials(stdout: &[u8]) -> Result<Credentials, String> {
    // Never with what it wrote: that is secret.
    let unread = |what: &str| format!("wrote no credentials: {what}");
    let written: ProcessOutput = serde_json::from_slice(stdout).map_err(|error| unread(&format!("{error:#}")))?;
    if written.version != 1 {
        return Err(unread(&format!("its Version is {}, not 1", written.version)));
    }
    let expires = match &written.expiration {
        None => None,
        Some(text) => {
            let time = DateTime::from_str(text, Format::DateTimeWithOffset).ok();
            let time = time.and_then(|time| SystemTime::try_from(time).ok());
            Some(time.ok_or_else(|| unread("its Expiration is no time"))?)
        }
    };
    let ProcessOutput { access_key_id, secret_access_key, session_token, .. } = written;
    Ok(Credentials::new(access_key_id, secret_access_key, session_token, expires, "CredentialProcess"))
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        // What was written before it broke off is judged like the rest.
        let _ = pipe.take(LONGEST).read_to_end(&mut text).await;
    }
    text
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd.exe");
    shell.arg("/C").raw_arg(format!("\"{command}\""));
    shell
}

/// Ends the shell and, where the system tells them, all that it has started.
async fn end(child: &mut Child) {
    let started = child.id().map(descendants).unwrap_or_default();
    let _ = child.kill().await;
    if !started.is_empty() {
        let ids = started.iter().map(u32::to_string);
        // Some may have ended by themselves, which kill complains of.
        let _ = Command::new("kill").arg("-9").args(ids).stderr(Stdio::null()).status().await;
    }
}

/// The processes below a process (Linux: proc(5), `/proc/PID/task/TID/children`).
fn descendants(id: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let children: Vec<u32> = children.split_whitespace().filter_map(|id| id.parse().ok()).collect();
    children.iter().copied().chain(children.iter().flat_map(|id| descendants(*id))).collect()
}

impl fmt::Debug for ProcessCredentials {
    /// Without the command, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessCredentials").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn program(command: &str) -> ProcessCredentials {
        let patience = Duration::from_millis(600);
        ProcessCredentials { profile: "lab".into(), command: command.into(), patience, failed: Mutex::default() }
    }

    #[tokio::test]
    async fn what_the_program_writes_is_taken() {
        let json = r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00+01:00"}"#;
        let given = program(&format!("echo '{json}'")).provide_credentials().await.unwrap();
        assert_eq!((given.access_key_id(), given.session_token()), ("AKIA", Some("t")));
        assert!(given.expiry().is_some_and(|at| at > SystemTime::now()) && given.account_id().is_none());
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("pid");
        let hangs = program(&format!("sh -c 'echo $$ > {}; sleep 60; true'; true", note.display()));
        let said = format!("{:?}", hangs.provide_credentials().await.unwrap_err());
        assert!(said.contains("credential_process of profile lab gave nothing in 0 s and was ended"), "{said}");
        let id = std::fs::read_to_string(note).unwrap();
        let command = || std::fs::read_to_string(format!("/proc/{}/cmdline", id.trim())).unwrap_or_default();
        // The kernel takes its time to end what was told to.
        for _ in 0..100 {
            if !command().contains("sleep") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!cfg!(target_os = "linux") || !command().contains("sleep"), "{}", command());
        let began = std::time::Instant::now();
        hangs.provide_credentials().await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(2), "the second to ask waited again");
    }

    #[tokio::test]
    async fn what_goes_wrong_is_said_without_what_it_wrote() {
        for (command, words) in [
            ("echo no >&2; exit 3", "no"),
            ("echo '{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"hunter2\"}'", "its Version is 2"),
            ("echo hunter2", "wrote no credentials"),
        ] {
            let said = format!("{:?}", program(command).provide_credentials().await.unwrap_err());
            assert!(said.contains(words) && !said.contains("hunter2"), "{command}: {said}");
        }
    }
}
