//! The only writer of stdout, stderr and files: results on stdout, progress, notes and errors on stderr. Everything goes through
//! `report::mask`, whatever made it. A reader that has gone away (a closed pipe) is no error.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::model::file;
use crate::report::failure::{self, FailureFormat};
use crate::report::json::{Diagnostic, FailedRun};
use crate::report::{RenderOptions, mask};
use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use tokio::sync::oneshot;

/// When to colour; `auto` asks the terminal, NO_COLOR, CLICOLOR and CLICOLOR_FORCE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// The flags every command has.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct OutputArgs {
    /// When to colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true, help_heading = "Output")]
    pub color: Color,
    /// Also what does not change, all fields, and every AWS call counted
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    pub verbose: bool,
    /// No progress and no notes; results and errors only
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
}

pub struct Output {
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
    /// For stdout.
    pub look: RenderOptions,
    /// For stderr.
    pub side: RenderOptions,
    quiet: bool,
    /// Whether there was a result, so that a failure after it needs no body.
    has_result: bool,
}

impl Output {
    pub fn new(args: OutputArgs) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let choose = |auto: ColorChoice| match args.color {
            Color::Auto => auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let (out, err) = (choose(AutoStream::choice(&stdout)), choose(AutoStream::choice(&stderr)));
        let look = |choice: ColorChoice, terminal: bool| RenderOptions {
            colour: choice != ColorChoice::Never,
            width: columns(terminal),
            verbose: args.verbose,
        };
        Self {
            look: look(out, stdout.is_terminal()),
            side: look(err, stderr.is_terminal()),
            stdout: AutoStream::new(stdout, out),
            stderr: AutoStream::new(stderr, err),
            quiet: args.quiet,
            has_result: false,
        }
    }

    /// Ends a run that failed: the words on stderr, and, where there was no result yet, a body in the format that was asked for.
    pub fn fail(&mut self, failure: &CliFailure, asked: Option<FailureFormat>) -> Exit {
        self.complain(&failure.to_string());
        if let Some(format) = asked.filter(|_| !self.has_result) {
            // The failure itself says more than that its body could not be written.
            let _ = self.body(format, failure.exit, &failure.diagnostics());
        }
        failure.exit
    }

    /// Why there is no result, on stdout, in the format that was asked for.
    pub fn body(&mut self, format: FailureFormat, exit: Exit, diagnostics: &[Diagnostic]) -> Result<(), CliFailure> {
        let text = failure::body(format, &FailedRun { code: exit.word(), exit_code: exit.code(), diagnostics });
        if format == FailureFormat::Github { self.annotations(&text) } else { self.result(&text) }
    }

    /// A result, on stdout.
    pub fn result(&mut self, text: &str) -> Result<(), CliFailure> {
        self.put(&mask::printed(text))
    }

    /// A result that is made while it is written, in pieces that end with a line.
    pub fn result_by(
        &mut self,
        make: impl FnOnce(&mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>,
    ) -> Result<(), CliFailure> {
        self.has_result = true;
        match mask::through_writer(&mut self.stdout, make).and_then(|()| self.stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("could not write the result to stdout").map_err(CliFailure::from)
            }
            _ => Ok(()),
        }
    }

    /// Annotations, on stdout: the only lines that are orders to a CI system. Their texts are made fit by who writes them.
    pub fn annotations(&mut self, text: &str) -> Result<(), CliFailure> {
        self.put(&mask::text(text))
    }

    /// The mail of the sandbox, on stdout, with links that can be used.
    pub fn mailbox(&mut self, text: &str) -> Result<(), CliFailure> {
        self.put(&mask::mailbox(text))
    }

    /// A document for another program, on stdout: with addresses as they are, without values of secret variables.
    pub fn document(&mut self, text: &str) -> Result<(), CliFailure> {
        self.put(&mask::foreign_document(text))
    }

    fn put(&mut self, text: &str) -> Result<(), CliFailure> {
        self.has_result |= !text.is_empty();
        match self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("could not write the result to stdout").map_err(CliFailure::from)
            }
            _ => Ok(()),
        }
    }

    /// Progress or a note, on stderr, unless `--quiet`. Nothing else can be done where stderr does not take it.
    pub fn say(&mut self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// An error, on stderr.
    pub fn complain(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "{}", mask::printed(text.trim_end_matches('\n')));
    }

    /// For a note beside whatever is being written, of something that goes on at the same time.
    pub fn beside(&self) -> Beside {
        Beside { is_quiet: self.quiet }
    }

    /// Whether a moving progress bar can be seen: a terminal that can move its cursor, and no CI that records it.
    pub fn can_animate(&self) -> bool {
        !self.quiet && io::stderr().is_terminal() && std::env::var_os("CI").is_none() && !is_dumb()
    }

    /// Whether a full-screen view can be shown, and keys be read.
    pub fn can_take_the_screen(&self) -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb()
    }

    /// Whether somebody reads at a terminal that only takes line after line.
    pub fn is_plain_terminal(&self) -> bool {
        io::stdout().is_terminal() && is_dumb()
    }

    /// Whether somebody can be asked.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks; anything but `y` or `yes` is a no.
    pub async fn ask(&mut self, question: &str) -> bool {
        let answer = self.ask_value(&format!("{question} [y/N] ")).await;
        matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// Asks for a line; empty at the end of input. It is awaited in a thread of its own, so that signals still work.
    pub async fn ask_value(&mut self, prompt: &str) -> String {
        let _ = write!(self.stderr, "{}", mask::printed(prompt));
        let _ = self.stderr.flush();
        let (sender, answer) = oneshot::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line);
            let _ = sender.send(read.map(|_| line).unwrap_or_default());
        });
        answer.await.unwrap_or_default()
    }
}

/// Notes of what goes on beside a command.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    is_quiet: bool,
}

impl Beside {
    /// A note on stderr, unless `--quiet`; above a progress bar it has a line of its own.
    pub fn say(self, text: &str) {
        if !self.is_quiet {
            let _ = writeln!(io::stderr().lock(), "{}", mask::printed(text));
        }
    }
}

/// Writes a text to a file that somebody named: whole or not at all, a link replaced and not followed. A pipe that is read, such
/// as `/dev/stdout`, is written to as it is.
pub fn write_file(path: &Path, text: &str) -> Result<(), CliFailure> {
    let written = file::replace_or_stream(path, mask::printed(text).as_bytes());
    Ok(written.with_context(|| format!("could not write {}", path.display()))?)
}

/// The same of a text that is made while it is written, in pieces that end with a line. `mark`: bytes in front that say what it is.
pub fn write_file_by(
    path: &Path,
    mark: &[u8],
    make: impl FnOnce(&mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>,
) -> Result<(), CliFailure> {
    let written = file::replace_or_stream_by(path, |file| {
        file.write_all(mark)?;
        mask::through_writer(file, make)
    });
    Ok(written.with_context(|| format!("could not write {}", path.display()))?)
}

/// Writes a document for another program to a file, as `write_file` does, with addresses as they are.
pub fn write_document(path: &Path, text: &str) -> Result<(), CliFailure> {
    let written = file::replace_or_stream(path, mask::foreign_document(text).as_bytes());
    Ok(written.with_context(|| format!("could not write {}", path.display()))?)
}

/// Whether the terminal cannot move its cursor, as some editors' cannot.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The width that COLUMNS says, else the terminal's, else that of a file. At least 40.
pub fn columns(terminal: bool) -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|said| said.parse::<usize>().ok()).filter(|said| *said > 0);
    let seen = terminal_size::terminal_size().filter(|_| terminal).map(|(width, _)| usize::from(width.0));
    said.or(seen).map_or(RenderOptions::PLAIN.width, |columns| columns.max(40))
}
