//! `mlopsctl completions` and `mlopsctl man`: what shells and manuals know of the command line, made from it.

use super::exit::Exit;
use super::failure::CliFailure;
use super::help;
use super::output::Output;
use anyhow::Context;
use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

/// Prints the completions of a shell
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut help::tree(), "mlopsctl", &mut text);
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
