//! Files that are opened and written safely: no link is followed where one could be put in the way, nothing but plain files is
//! waited for, and what is written is whole or not there. Knows nothing of what is in them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone (0600); where there are no such rights, the folder decides.
    Owner,
    /// Whom the process's umask lets.
    Anybody,
}

/// Returns the whole content of a plain file of at most `most` bytes. A named pipe, a device or a folder is refused at once.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_plain(path)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {} MB", most >> 20))),
        false => Ok(bytes),
    }
}

/// Opens a plain file that is read piece by piece. A named pipe, a device or a folder is refused at once.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    system::never_wait(&mut options);
    plain(options.open(path)?)
}

/// As [`read`], for text.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Opens a plain file of ours to read it, and refuses a symbolic link.
pub fn open_own(path: &Path) -> io::Result<File> {
    open_unfollowed(OpenOptions::new().read(true), path)
}

/// Opens a plain file of ours to write it, or makes it; from then on its owner alone can read it. Refuses a symbolic link.
pub fn write_own(path: &Path) -> io::Result<File> {
    let file = open_unfollowed(OpenOptions::new().create(true).truncate(false).write(true), path)?;
    system::keep_to_owner(&file)?;
    Ok(file)
}

fn open_unfollowed(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    system::own(options);
    match options.open(path) {
        Ok(file) => plain(file),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            Err(io::Error::new(ErrorKind::InvalidInput, "it is a symbolic link, which is not followed; name another"))
        }
        Err(error) => Err(error),
    }
}

/// Replaces a file by another of this content, or makes it: whole or not at all, under a name of its own before. A symbolic link
/// is replaced, not followed; a folder, a device or a pipe is refused.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    replace_by(path, readers, |file| file.write_all(bytes))
}

/// The same of content that is made while it is written.
pub fn replace_by<E: From<io::Error>>(
    path: &Path,
    readers: Readers,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() && is_stream(path) => return Err(not_plain().into()),
        Ok(found) if !found.is_file() && !found.is_symlink() => return Err(not_plain().into()),
        _ => {}
    }
    let beside = beside(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if readers == Readers::Owner {
        system::own(&mut options);
    }
    // Made by `create_new`, which follows no link: what stands there is this process's.
    let mut file = options.open(&beside)?;
    let written = write(&mut file);
    drop(file);
    written.and_then(|()| Ok(fs::rename(&beside, path)?)).inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// Makes a file of this content where there is none; what is there, a link included, is left alone.
pub fn make(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)
}

/// As [`replace`], but into a device or a pipe that somebody reads (`/dev/stdout`, `>(…)` of a shell) it is written as it is.
pub fn replace_or_stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_or_stream_by(path, |file| file.write_all(bytes))
}

/// The same of content that is made while it is written; where that fails, a file is as it was.
pub fn replace_or_stream_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let streams = is_stream(path) || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if !streams {
        return replace_by(path, Readers::Anybody, write);
    }
    let mut append = OpenOptions::new();
    append.append(true);
    // A pipe that nobody reads fails here instead of waiting; the one that is written to waits for its reader.
    let mut asking = append.clone();
    system::never_wait(&mut asking);
    let probe = asking.open(path)?;
    let mut file = append.open(path)?;
    drop(probe);
    write(&mut file)
}

/// A name in the same folder that nobody can guess, for what is not yet whole.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}", fastrand::u64(..)));
    path.with_file_name(name)
}

fn plain(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_plain()) }
}

fn not_plain() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is no plain file; name another")
}

/// Whether the name is one of the process's own streams.
fn is_stream(path: &Path) -> bool {
    let text = path.to_string_lossy();
    matches!(&*text, "/dev/stdout" | "/dev/stderr")
        || ["/dev/fd/", "/proc/self/fd/"].iter().any(|at| text.starts_with(at))
}

#[cfg(unix)]
mod system {
    use std::fs::{File, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    /// Neither follows a link nor waits for the other end of a pipe; what is created is its owner's alone.
    pub fn own(options: &mut OpenOptions) {
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }

    pub fn never_wait(options: &mut OpenOptions) {
        options.custom_flags(libc::O_NONBLOCK);
    }

    pub fn keep_to_owner(file: &File) -> io::Result<()> {
        match file.metadata()?.permissions().mode() & 0o077 {
            0 => Ok(()),
            _ => file.set_permissions(Permissions::from_mode(0o600)),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;

    pub fn own(_: &mut OpenOptions) {}

    pub fn never_wait(_: &mut OpenOptions) {}

    pub fn keep_to_owner(_: &File) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    fn pipe(folder: &Path) -> PathBuf {
        let path = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    #[test]
    fn what_is_no_plain_file_is_refused_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = pipe(folder.path());
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/null")] {
            assert!(read(path, 10).is_err(), "{path:?}");
            assert!(write_own(path).is_err() && open_own(path).is_err(), "{path:?}");
            assert!(replace(path, b"x", Readers::Owner).is_err(), "{path:?}");
        }
        assert!(replace_or_stream(&pipe, b"x").is_err(), "nobody reads it");
        assert!(replace_or_stream(folder.path(), b"x").is_err());
        replace_or_stream(Path::new("/dev/null"), b"x").unwrap();
    }

    #[test]
    fn a_pipe_that_somebody_reads_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = pipe(folder.path());
        let reader = Command::new("wc").arg("-c").arg(&path).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let much = vec![b'x'; 1 << 20];
        // It takes a moment until the reader has opened it.
        while replace_or_stream(&path, &much).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let counted = reader.wait_with_output().unwrap().stdout;
        assert!(String::from_utf8_lossy(&counted).starts_with(&much.len().to_string()));
    }

    #[test]
    fn a_link_is_replaced_by_a_writer_and_refused_for_a_file_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, &link).unwrap();
        let error = write_own(&link).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
        replace(&link, b"new", Readers::Owner).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"kept");
        assert_eq!(read_text(&link, 3).unwrap(), "new");
        assert_eq!(fs::metadata(&link).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        assert_eq!(read(&link, 2).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_file_of_ours_that_others_could_read_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_own(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
