//! `mlopsctl completions` and `mlopsctl man`: what shells and manuals know of the command line, made from it.

use super::complete;
use super::exit::Exit;
use super::failure::CliFailure;
use super::help;
use super::output::Output;
use anyhow::Context;
use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;
use std::path::PathBuf;

/// Prints the completions of a shell
///
/// They ask the program itself: they know the alarms, topics and functions of the
/// spec, the rules of lint and the profiles, and still fit after an update.
/// To install them:
///
///   bash        mlopsctl completions bash > ~/.local/share/bash-completion/completions/mlopsctl
///   zsh         mlopsctl completions zsh > ~/.zfunc/_mlopsctl
///               (with fpath+=~/.zfunc before compinit in ~/.zshrc)
///   fish        mlopsctl completions fish > ~/.config/fish/completions/mlopsctl.fish
///   powershell  mlopsctl completions powershell >> $PROFILE
///   elvish      mlopsctl completions elvish >> ~/.config/elvish/rc.elv
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let mut text = Vec::new();
        let shells = Shells::builtins();
        let shell = self.shell.to_string();
        let completer = shells.completer(&shell).with_context(|| format!("{shell} has no completions"))?;
        let name = "mlopsctl";
        completer
            .write_registration(complete::VARIABLE, name, name, name, &mut text)
            .context("could not write them")?;
        output.result(&String::from_utf8_lossy(&text))?;
        Ok(Exit::Success)
    }
}

/// Prints the manual page, or writes one page a command
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Write mlopsctl.1, mlopsctl-plan.1, … into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl ManArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        match &self.dir {
            Some(dir) => {
                std::fs::create_dir_all(dir)
                    .and_then(|()| clap_mangen::generate_to(help::tree(), dir))
                    .with_context(|| format!("could not write the manual pages to {}", dir.display()))?;
            }
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(help::tree()).render(&mut page).context("could not write the manual page")?;
                output.result(&String::from_utf8_lossy(&page))?;
            }
        }
        Ok(Exit::Success)
    }
}
