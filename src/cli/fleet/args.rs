//! What every command over a roster is asked with: the spec, the roster, and how AWS is reached. One list, one meaning.

use super::{Fleet, FleetArgs};
use crate::cli::CommandContext;
use crate::cli::args::SpecArgs;
use crate::cli::connect::ConnectArgs;
use crate::cli::failure::CliFailure;
use crate::spec::Spec;
use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct RosterArgs {
    #[command(flatten)]
    pub spec: SpecArgs,
    #[command(flatten)]
    pub fleet: FleetArgs,
    #[command(flatten)]
    pub connect: ConnectArgs,
}

impl RosterArgs {
    /// The fleet, where flags or the spec name a roster or several regions; `None` where the run is of one target.
    pub async fn open(
        &self,
        command: &str,
        spec: &Spec,
        run: &mut CommandContext<'_>,
    ) -> Result<Option<Fleet>, CliFailure> {
        self.fleet.open(command, spec, &self.spec, &self.connect, run).await
    }

    /// The same for commands that ask for one of the regions where the spec has several and no accounts.
    pub async fn open_roster(
        &self,
        command: &str,
        spec: &Spec,
        run: &mut CommandContext<'_>,
    ) -> Result<Option<Fleet>, CliFailure> {
        match self.fleet.is_named() || spec.has_accounts() {
            true => self.open(command, spec, run).await,
            false => self.fleet.nothing_alone().map(|()| None),
        }
    }
}
