//! `check --report`: a grade book saved to a file, or to a folder as its parts.

use super::failure::CliFailure;
use super::output::write_file;
use super::report::ReportFormat;
use super::report_folder::ReportPlace;
use crate::fleet::Shard;
use crate::grade::{GradeBook, Student};
use crate::report::RenderOptions;

pub fn save(place: &ReportPlace, book: &GradeBook, parts: &[Shard]) -> Result<(), CliFailure> {
    let folder = match place {
        ReportPlace::File(path, format) => return write_file(path, &format.book(book, true, &RenderOptions::PLAIN)),
        ReportPlace::Folder(folder) => folder,
    };
    parts.iter().try_for_each(|part| {
        let students: Vec<Student> =
            book.students.iter().filter(|student| part.contains(&student.target)).cloned().collect();
        let of_part = GradeBook { students, ..book.clone() };
        write_file(&folder.join(part.file_name()), &ReportFormat::Json.book(&of_part, true, &RenderOptions::PLAIN))
    })
}
