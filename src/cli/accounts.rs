//! `mlopsctl accounts list`: the accounts of an organization as a roster. Only reads.

use super::CommandContext;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::AwsError;
use crate::fleet::organization::{self, OrganizationMember, Which};
use crate::report::accounts;
use clap::{Args, Subcommand, ValueEnum};

/// Lists the accounts of an AWS organization as a roster
#[derive(Debug, Clone, Args)]
pub struct AccountsArgs {
    #[command(subcommand)]
    command: AccountsCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum AccountsCommand {
    List(AccountsListArgs),
}

/// Lists the active accounts of your AWS organization as a roster, for --accounts
///
/// Needs credentials of the management account, or of one that may list accounts for it.
#[derive(Debug, Clone, Args)]
struct AccountsListArgs {
    /// Only accounts of this unit or root, and of the units below it
    #[arg(long = "ou", value_name = "ID", value_parser = unit)]
    unit: Option<String>,
    /// Only accounts with this tag; repeatable, all of them have to be there
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Also accounts that are suspended or being closed, with a column that says so
    #[arg(long)]
    all: bool,
    /// How the roster is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    format: RosterFormat,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum RosterFormat {
    /// A roster for spreadsheets
    #[default]
    Csv,
    /// A roster to write on
    Yaml,
    /// For programs, and a roster as well
    Json,
    /// For people
    Table,
}

/// The ID of an organizational unit or of the root.
pub fn unit(text: &str) -> Result<String, String> {
    let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match text.starts_with("ou-") || text.starts_with("r-") {
        true if text.chars().all(right) => Ok(text.to_owned()),
        _ => Err("write the id of a unit or of the root, e.g. ou-a1b2-3c4d5e6f or r-a1b2".to_owned()),
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl AccountsArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let AccountsCommand::List(args) = &self.command;
        args.run(run).await
    }
}

impl AccountsListArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        // Organizations answers from one place for the whole partition: which region is asked does not matter.
        let aws = self.connect.open(Some("us-east-1"), &run.signals, run.output).await?;
        let which = Which { unit: self.unit.clone(), tags: self.tags.clone(), inactive: self.all };
        let members: Vec<OrganizationMember> = organization::members(&aws, &which).await.map_err(explained)?;
        run.output.result(&match self.format {
            RosterFormat::Csv => accounts::roster_csv(&members, self.all),
            RosterFormat::Yaml => accounts::roster_yaml(&members, self.all),
            RosterFormat::Json => accounts::roster_json(&members, self.all),
            RosterFormat::Table => accounts::roster_table(&members, &run.output.look.clone()),
        })?;
        if members.is_empty() {
            run.output.say("no account is listed: another --ou or --tag, or --all for those that are not active?");
        }
        Ok(Exit::Success)
    }
}

/// Organizations' own refusals, each with what to do.
fn explained(error: AwsError) -> CliFailure {
    let manager = "use credentials of the organization's management account, or of a delegated administrator";
    match error.code.as_str() {
        "AWSOrganizationsNotInUseException" => CliFailure::say(
            Exit::Denied,
            "this account is in no AWS organization",
            format!("{manager}, or write the roster by hand"),
        ),
        "AccessDeniedException" => {
            let remedy = format!("{manager}; its policy has to allow {}:{}", error.op.0, error.op.1);
            CliFailure::say(Exit::Denied, format!("this account may not list the organization: {error}"), remedy)
        }
        "ParentNotFoundException" => CliFailure::say(
            Exit::Usage,
            "--ou: the organization has no such unit",
            "see AWS Organizations > AWS accounts for its id",
        ),
        _ => CliFailure::from(error),
    }
}
