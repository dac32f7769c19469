//! What an executable says of itself: whether Amazon Linux 2023 can run it. Reads the ELF headers, runs nothing.
//! Layouts: System V ABI, "Object files" and "Dynamic linking"; symbol versions: Linux Standard Base, "Symbol versioning".

use std::fmt;

/// What a Lambda function can be built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    X86_64,
    Arm64,
}

/// The glibc of the runtime `provided.al2023` (AWS Lambda developer guide: Amazon Linux 2023 has glibc 2.34).
pub const RUNTIME_GLIBC: (u32, u32) = (2, 34);

/// Why a file cannot be the function's executable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    NotLinux,
    OtherMachine(u16),
    Damaged,
    /// It needs symbols of this glibc.
    TooNew(u32, u32),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = RUNTIME_GLIBC;
        match self {
            Self::NotLinux => f.write_str("it is no 64-bit Linux executable"),
            Self::OtherMachine(machine) => write!(f, "it is for another machine (ELF {machine}) than x86_64 or arm64"),
            Self::Damaged => f.write_str("its ELF headers are damaged"),
            Self::TooNew(has, wants) => {
                write!(f, "it needs glibc {has}.{wants}, and Lambda's runtime has {major}.{minor}")
            }
        }
    }
}

/// Checks an executable: machine, and the newest glibc that its symbols ask for. A static one asks for none.
///
/// # Errors
/// When it cannot run on `provided.al2023`.
pub fn check(bytes: &[u8]) -> Result<Architecture, Unfit> {
    if bytes.get(..6) != Some(b"\x7fELF\x02\x01") {
        return Err(Unfit::NotLinux);
    }
    let machine = half(bytes, 18).ok_or(Unfit::Damaged)?;
    let architecture = match machine {
        62 => Architecture::X86_64,
        183 => Architecture::Arm64,
        other => return Err(Unfit::OtherMachine(other)),
    };
    let newest = glibc_versions(bytes).ok_or(Unfit::Damaged)?.into_iter().max();
    match newest {
        Some((major, minor)) if (major, minor) > RUNTIME_GLIBC => Err(Unfit::TooNew(major, minor)),
        _ => Ok(architecture),
    }
}

struct Segment {
    kind: u32,
    offset: usize,
    address: usize,
    size: usize,
}

/// Every `GLIBC_x.y` that the executable's needed versions name; none where there is no dynamic segment.
fn glibc_versions(bytes: &[u8]) -> Option<Vec<(u32, u32)>> {
    const LOAD: u32 = 1;
    const DYNAMIC: u32 = 2;
    let table = quad(bytes, 32)?;
    let (entry, count) = (usize::from(half(bytes, 54)?), usize::from(half(bytes, 56)?));
    let segments = (0..count)
        .map(|index| {
            let at = table.checked_add(index.checked_mul(entry)?)?;
            Some(Segment {
                kind: word(bytes, at)?,
                offset: quad(bytes, at.checked_add(8)?)?,
                address: quad(bytes, at.checked_add(16)?)?,
                size: quad(bytes, at.checked_add(32)?)?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let Some(dynamic) = segments.iter().find(|segment| segment.kind == DYNAMIC) else { return Some(Vec::new()) };
    let in_file = |address: usize| {
        let within = |segment: &&Segment| {
            segment.kind == LOAD && address.checked_sub(segment.address).is_some_and(|past| past < segment.size)
        };
        let segment = segments.iter().find(within)?;
        segment.offset.checked_add(address - segment.address)
    };
    const STRINGS: usize = 5;
    const NEEDED: usize = 0x6fff_fffe;
    let (mut strings, mut needed) = (None, None);
    for index in 0..dynamic.size / 16 {
        let at = dynamic.offset.checked_add(index * 16)?;
        match quad(bytes, at)? {
            0 => break,
            STRINGS => strings = in_file(quad(bytes, at + 8)?),
            NEEDED => needed = in_file(quad(bytes, at + 8)?),
            _ => {}
        }
    }
    let (Some(strings), Some(mut library)) = (strings, needed) else { return Some(Vec::new()) };
    let mut found = Vec::new();
    // Two chained lists: libraries, and of each the versions that are needed. Every link leads on, or the file is damaged.
    loop {
        let mut version = library.checked_add(word(bytes, library.checked_add(8)?)? as usize)?;
        loop {
            let name = strings.checked_add(word(bytes, version.checked_add(8)?)? as usize)?;
            found.extend(glibc(text(bytes, name)?));
            match word(bytes, version.checked_add(12)?)? {
                0 => break,
                next => version = version.checked_add(next as usize)?,
            }
        }
        match word(bytes, library.checked_add(12)?)? {
            0 => return Some(found),
            next => library = library.checked_add(next as usize)?,
        }
    }
}

/// `GLIBC_2.34` -> (2, 34); nothing of other libraries' versions.
fn glibc(name: &str) -> Option<(u32, u32)> {
    let mut parts = name.strip_prefix("GLIBC_")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn text(bytes: &[u8], at: usize) -> Option<&str> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().take(256).position(|byte| *byte == 0)?;
    std::str::from_utf8(&rest[..end]).ok()
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn quad(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_executable() {
        assert_eq!(check(b"#!/bin/sh\n"), Err(Unfit::NotLinux));
        assert_eq!(check(b"\x7fELF\x01\x01"), Err(Unfit::NotLinux));
        assert_eq!(check(b"\x7fELF\x02\x01"), Err(Unfit::Damaged));
        let mut riscv = [b"\x7fELF\x02\x01", &[0; 60][..]].concat();
        riscv[18] = 243;
        assert_eq!(check(&riscv), Err(Unfit::OtherMachine(243)));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(glibc("GLIBC_2.9"), Some((2, 9)));
        assert!(glibc("GLIBC_2.9") < glibc("GLIBC_2.34"));
        assert_eq!(glibc("GLIBC_2.3.4"), Some((2, 3)));
        assert_eq!((glibc("GCC_4.2.0"), glibc("GLIBC_PRIVATE")), (None, None));
    }

    /// The test's own executable is a real one, with real versions.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_real_executable_and_what_damage_does_to_it() {
        let mut bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let versions = glibc_versions(&bytes).unwrap();
        assert!(versions.contains(&(2, 34)) || versions.iter().max() < Some(&(2, 34)), "{versions:?}");
        assert!(!versions.is_empty());
        // No damage to the headers may end in more than an error.
        for at in 0..1_024 {
            let kept = bytes[at];
            bytes[at] = !kept;
            let _ = check(&bytes);
            bytes[at] = kept;
        }
    }
}
