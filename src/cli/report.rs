//! `mlopsctl report`: what a run over many targets found, shown again in any format, and the reports of shards joined to one.

use super::args::OutputFormat;
use super::exit::Exit;
use super::failure::CliFailure;
use super::output::{Output, write_file, write_file_by};
use super::{report_grades, report_parts};
use crate::fleet::{FleetReport, FleetRow, Merge, Merged, NoReport, TargetState};
use crate::grade::{GradeBook, Student};
use crate::model::file;
use crate::report::{RenderOptions, fleet, grade};
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use std::io;
use std::path::{Path, PathBuf};

/// Shows and joins saved reports of runs over a roster
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum ReportCommand {
    /// Joins the reports of the shards of one run, or of a run and its --retry-failed
    ///
    /// Command, stack and roster size have to be the same. Where two files report different things of a target, the row of a
    /// --retry-failed counts instead of the one it repeats, whatever the order of the files; anything else is refused. Ends with
    /// 5 when a target failed or is in none of the files. A folder means all the parts that --report DIR/ wrote there; a part
    /// that is missing is named. Grade books of check are joined as well: who could be read counts before who could not.
    Merge(MergeArgs),
    /// Shows a saved report in another format
    Show(ReportShowArgs),
}

#[derive(Debug, Clone, Args)]
struct MergeArgs {
    /// Reports that --report FILE.json wrote, also of check, or folders of --report DIR/
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    written: WrittenArgs,
}

#[derive(Debug, Clone, Args)]
struct ReportShowArgs {
    /// A report that --report FILE.json wrote; - reads it from standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    written: WrittenArgs,
}

#[derive(Debug, Clone, Args)]
struct WrittenArgs {
    /// How it is written; without it, as the name of --out says
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<ReportFormat>,
    /// Write it to FILE instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
}

/// How a report of many targets is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    #[default]
    Table,
    /// For programs, and to be merged, shown or run again
    Json,
    /// For a pull-request comment
    Markdown,
    /// For spreadsheets and grade books
    Csv,
    /// One page that needs nothing else
    Html,
    /// For CI: one test case a target
    Junit,
}

/// How a command that can be over many targets writes its result.
#[derive(Debug, Clone, Copy, Args)]
pub struct ReportFormatArgs {
    /// How the result is written; csv, html and junit are for several accounts
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    pub format: ReportFormat,
}

impl ReportFormatArgs {
    /// Of a run over one target.
    ///
    /// # Errors
    /// Where the format is one of reports of many targets only.
    pub fn alone(self) -> Result<OutputFormat, CliFailure> {
        match self.format {
            ReportFormat::Table => Ok(OutputFormat::Table),
            ReportFormat::Json => Ok(OutputFormat::Json),
            ReportFormat::Markdown => Ok(OutputFormat::Markdown),
            ReportFormat::Csv | ReportFormat::Html | ReportFormat::Junit => {
                let what = "--format csv, html and junit are for several accounts, and there is no roster";
                Err(CliFailure::say(Exit::Usage, what, "name one with --accounts, or use table, json or markdown"))
            }
        }
    }
}

impl ReportFormat {
    /// By the ending of a file's name.
    ///
    /// # Errors
    /// Where the ending says nothing, with those that do.
    pub fn of(path: &Path) -> Result<Self, CliFailure> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        Ok(match ending.as_str() {
            "txt" => ReportFormat::Table,
            "json" => ReportFormat::Json,
            "md" | "markdown" => ReportFormat::Markdown,
            "csv" => ReportFormat::Csv,
            "html" | "htm" => ReportFormat::Html,
            "xml" => ReportFormat::Junit,
            _ => {
                let what = format!("{}: its ending does not say how the report is to be written", path.display());
                return Err(CliFailure::say(
                    Exit::Usage,
                    what,
                    "end it with .json, .csv, .html, .md, .xml (JUnit) or .txt",
                ));
            }
        })
    }

    /// The report in this format, ending in a line feed, in pieces that are handed on as they are made.
    pub fn write(
        self,
        report: &FleetReport,
        look: &RenderOptions,
        put: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            ReportFormat::Table => put(&fleet::text::text(report, look)),
            ReportFormat::Json => fleet::json::write(report, put),
            ReportFormat::Markdown => put(&fleet::markdown::markdown(report)),
            ReportFormat::Csv => fleet::csv::write(report, put),
            ReportFormat::Html => put(&fleet::html::html(report)),
            ReportFormat::Junit => fleet::junit::write(report, put),
        }
    }

    /// A grade book in this format; `details`: also of a large class all that each student has to mend.
    pub fn book(self, book: &GradeBook, details: bool, look: &RenderOptions) -> String {
        match self {
            ReportFormat::Table => grade::text::text(book, details, look),
            ReportFormat::Json => grade::json::json(book),
            ReportFormat::Markdown => grade::markdown::markdown(book),
            ReportFormat::Csv => grade::csv::csv(book),
            ReportFormat::Html => grade::html::html(book),
            ReportFormat::Junit => grade::junit::junit(book),
        }
    }
}

impl ReportArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        match &self.command {
            ReportCommand::Merge(args) => args.run(output),
            ReportCommand::Show(args) => {
                let found = match load(&args.file) {
                    Err(refused) => return args.written.grades(std::slice::from_ref(&args.file), refused, output),
                    found => found?,
                };
                args.written.write(&found, output)?;
                Ok(Exit::Success)
            }
        }
    }
}

impl MergeArgs {
    fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let mut files = Vec::new();
        for path in &self.files {
            if !report_parts::is_folder(path) {
                files.push(path.clone());
                continue;
            }
            let parts = report_parts::parts(path)?;
            if parts.is_empty() {
                return Err(report_parts::is_empty(path));
            }
            files.extend(report_parts::files(path, &parts));
        }
        // clap asks for a file at least.
        let Merged { report, missing } = match load_merged(&files) {
            Ok(Some(merged)) => merged,
            Ok(None) => return Ok(Exit::Success),
            Err(refused) => return self.written.grades(&files, refused, output),
        };
        self.written.write(&report, output)?;
        for part in &missing {
            output.complain(&format!("error: part {part} is missing: its run ended before it could report\n  fix: run it again with --shard {part}"));
        }
        let whole = if report.missing() > 0 { Exit::Partial } else { Exit::Success };
        // What is missing can be had by running again, whatever the others say.
        Ok(if missing.is_empty() { exit(&report.rows, whole) } else { Exit::Partial })
    }
}

impl WrittenArgs {
    fn write(&self, report: &FleetReport, output: &mut Output) -> Result<(), CliFailure> {
        let Some(path) = &self.out else {
            let (format, look) = (self.format.unwrap_or_default(), output.look);
            return output.result_by(|put| format.write(report, &look, put));
        };
        let format = self.format.map_or_else(|| ReportFormat::of(path), Ok)?;
        save(path, format, report)?;
        output.say(&format!("written: {}", path.display()));
        Ok(())
    }

    /// Files that are no reports of a run over a roster, and why: they may be grade books.
    fn grades(&self, files: &[PathBuf], refused: CliFailure, output: &mut Output) -> Result<Exit, CliFailure> {
        let Some(book) = report_grades::merged(files)? else { return Err(refused) };
        let look = output.look;
        match &self.out {
            None => output.result(&self.format.unwrap_or_default().book(&book, look.verbose, &look))?,
            Some(path) => {
                let format = self.format.map_or_else(|| ReportFormat::of(path), Ok)?;
                write_file(path, &format.book(&book, true, &RenderOptions::PLAIN))?;
                output.say(&format!("written: {}", path.display()));
            }
        }
        if book.missing() > 0 {
            let (missing, all) = (book.missing(), book.targets.unwrap_or_default());
            let what = format!("error: {missing} of {all} accounts of the roster are in none of the files");
            output.complain(&format!("{what}\n  fix: run check again for the parts that are missing"));
        }
        let is_whole = book.missing() == 0 && book.students.iter().all(Student::is_known);
        Ok(if is_whole { Exit::Success } else { Exit::Partial })
    }
}

/// Partial where a target failed, unless all of them did for one and the same reason.
pub fn exit(rows: &[FleetRow], all_well: Exit) -> Exit {
    let well = |row: &&FleetRow| row.state < TargetState::NotStarted;
    if rows.iter().all(|row| well(&row)) {
        return all_well;
    }
    let reason = |row: &FleetRow| row.failure.as_ref().map(|failure| failure.exit);
    let first = rows.first().and_then(reason);
    let one_reason = rows.iter().all(|row| row.state >= TargetState::Blocked && reason(row) == first);
    let shared = [Exit::Denied, Exit::TryLater, Exit::Blocked].into_iter().find(|exit| Some(exit.code()) == first);
    shared.filter(|_| one_reason).unwrap_or(Exit::Partial)
}

/// Reads a saved report; `-` is standard input.
pub fn load(path: &Path) -> Result<FleetReport, CliFailure> {
    let read = match path.as_os_str() == "-" {
        true => FleetReport::read(io::stdin().lock()),
        false => {
            let file = file::open_plain(path);
            FleetReport::read(file.with_context(|| format!("could not read the report {}", path.display()))?)
        }
    };
    read.map_err(|error| refused(&error, Some(path)))
}

/// Reads these reports as one; `None` without any.
pub fn load_merged(files: &[PathBuf]) -> Result<Option<Merged>, CliFailure> {
    let mut merge = Merge::default();
    for file in files {
        merge.add(file.display().to_string(), load(file)?).map_err(|error| refused(&error, None))?;
    }
    merge.end().map_err(|error| refused(&error, None))
}

fn refused(error: &NoReport, path: Option<&Path>) -> CliFailure {
    let place = path.map(|path| format!("{}: ", path.display())).unwrap_or_default();
    CliFailure::say(Exit::Usage, format!("{place}{error}"), error.remedy())
}

/// Writes the report, whole or not at all; what is no plain file (a pipe) is written to as it is.
pub fn save(path: &Path, format: ReportFormat, report: &FleetReport) -> Result<(), CliFailure> {
    let mark = if format == ReportFormat::Csv { fleet::csv::mark(report) } else { "" };
    write_file_by(path, mark.as_bytes(), |put| format.write(report, &RenderOptions::PLAIN, put))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::testing::some_report;
    use std::fs;

    #[test]
    fn the_ending_says_the_format() {
        for (name, format) in
            [("a.json", ReportFormat::Json), ("A.HTM", ReportFormat::Html), ("a.b.csv", ReportFormat::Csv)]
        {
            assert_eq!(ReportFormat::of(Path::new(name)).unwrap(), format);
        }
        assert_eq!(ReportFormat::of(Path::new("report")).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn what_is_saved_is_read_again_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        fs::write(&path, "something else").unwrap();
        let report = some_report(5, 20);
        save(&path, ReportFormat::Json, &report).unwrap();
        let read = load(&path).unwrap();
        assert_eq!(read.rows.len(), 20);
        // Secrets are gone, so it is the text that stays the same.
        let again = folder.path().join("again.json");
        save(&again, ReportFormat::Json, &read).unwrap();
        assert_eq!(fs::read(&again).unwrap(), fs::read(&path).unwrap());
        fs::remove_file(again).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = folder.path().join("no/such/folder/r.json");
        assert!(save(&nowhere, ReportFormat::Json, &report).is_err());
    }
}
