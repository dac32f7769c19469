//! Handles for the members of a roster. A role is assumed once an account, whatever the number of its regions; connections,
//! and each target's pace, are shared by everything in a run.

use super::Shard;
use super::target::{AccessMethod, FleetTarget};
use crate::aws::{Aws, AwsSession, SessionOptions, pace::Pace};
use crate::model::Target;
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OnceCell, Semaphore};

/// Opens targets. Asks AWS nothing until the first call of a target, but once who the caller is, where that decides.
#[derive(Debug)]
pub struct TargetAccess {
    home: AwsSession,
    options: SessionOptions,
    /// For calls in the caller's own account.
    own: Aws,
    caller: OnceCell<String>,
    sessions: Mutex<HashMap<(String, AccessMethod), AwsSession>>,
    paces: Mutex<HashMap<Target, Pace>>,
    gate: Arc<Semaphore>,
}

/// Calls on their way at once, over all targets but for STS: connections are files, of which a process may have 256 on macOS, and
/// whoever listens has a queue of so many at most that are not connected yet.
const IN_FLIGHT: usize = 96;
/// What CloudTrail shows of a run over a roster.
const SESSION_NAME: &str = "mlopsctl";

impl TargetAccess {
    /// For whoever `options` names. `region` is where STS is asked, where the configuration names none.
    pub async fn open(options: SessionOptions, region: &str) -> Result<Self> {
        let home = AwsSession::open(options.clone()).await?;
        let own = home.target(Some(home.region().unwrap_or(region)))?;
        Ok(Self {
            home,
            options,
            own,
            caller: OnceCell::new(),
            sessions: Mutex::default(),
            paces: Mutex::default(),
            gate: Arc::new(Semaphore::new(IN_FLIGHT)),
        })
    }

    /// The same for one of so many parts that run at the same time: what they ask of the caller's own account - STS for roles,
    /// Organizations - has quotas that they share.
    pub fn sharing(mut self, shard: Shard) -> Self {
        // There is a part at least.
        self.own.pace = self.own.pace.shared_by(NonZeroU32::new(shard.of()).unwrap_or(NonZeroU32::MIN));
        self
    }

    /// The handles of a member.
    pub async fn aws(&self, member: &FleetTarget) -> Result<Aws> {
        let session = self.session(member).await?;
        let mut aws = session.target(Some(&member.target.region))?;
        aws.pace = self.pace(&member.target);
        aws.gate = Some(self.gate.clone());
        let reached = aws.target().await?;
        if reached != member.target {
            bail!("{} is in account {}, the roster says {}", way(member), reached.account, member.target.account);
        }
        Ok(aws)
    }

    /// The region of the configuration, where one is named.
    pub fn region(&self) -> Option<&str> {
        self.home.region()
    }

    /// What the run called so far is counted here.
    pub fn own(&self) -> &Aws {
        &self.own
    }

    fn pace(&self, target: &Target) -> Pace {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.entry(target.clone()).or_insert_with(|| self.own.pace.beside()).clone()
    }

    async fn session(&self, member: &FleetTarget) -> Result<AwsSession> {
        let key = (member.target.account.clone(), member.way.clone());
        if let Some(session) = self.sessions().get(&key) {
            return Ok(session.clone());
        }
        let session = match &member.way {
            AccessMethod::Usual { .. } if *self.caller().await? == member.target.account => self.home.clone(),
            AccessMethod::Profile(profile) => {
                let options = SessionOptions { profile: Some(profile.clone()), ..self.options.clone() };
                AwsSession::open(options).await.with_context(|| format!("profile {profile}"))?
            }
            way => match way.role(&member.target, SESSION_NAME) {
                Some(role) => self.home.assume(&self.own, role),
                None => self.home.clone(),
            },
        };
        // Somebody may have been faster, for another region of the account: there is one session.
        Ok(self.sessions().entry(key).or_insert(session).clone())
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<(String, AccessMethod), AwsSession>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose account the credentials are of that everything begins with.
    pub async fn caller(&self) -> Result<&String> {
        let account =
            self.caller.get_or_try_init(|| async { Ok::<_, crate::aws::AwsError>(self.own.target().await?.account) });
        account.await.context("could not find out whose the credentials are")
    }
}

fn way(member: &FleetTarget) -> String {
    match &member.way {
        AccessMethod::Profile(profile) => format!("profile {profile}"),
        _ => "the session".to_owned(),
    }
}
