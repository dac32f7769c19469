//! The zip that Lambda takes: one file `bootstrap`, executable, byte for byte the same for the same binary.
//! Format: PKWARE APPNOTE 6.3.

use super::elf::{self, Architecture, Unfit};
use anyhow::Context;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

/// A zip, and what it is for.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub zip: Vec<u8>,
    pub architecture: Architecture,
}

impl Bundle {
    /// Checks a binary and packs it.
    ///
    /// # Errors
    /// [`Unfit`] when Lambda could not run it.
    pub fn of(binary: &[u8]) -> anyhow::Result<Self> {
        let architecture = elf::check(binary).map_err(|unfit: Unfit| anyhow::anyhow!("{unfit}"))?;
        Ok(Self { zip: zip("bootstrap", binary)?, architecture })
    }
}

/// One executable file in a zip. No time of day goes in, so that the same file is the same zip.
///
/// # Errors
/// When the file is larger than the format's 4 GiB.
pub fn zip(name: &str, content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let size = u32::try_from(content.len()).context("the file is too large for a zip")?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    let packed = encoder.finish()?;
    let packed_size = u32::try_from(packed.len()).context("the file is too large for a zip")?;
    let mut crc = Crc::new();
    crc.update(content);

    const DEFLATED: u16 = 8;
    const NEEDS_2_0: u16 = 20;
    const MADE_ON_UNIX: u16 = 3 << 8 | NEEDS_2_0;
    /// 1980-01-01, the earliest day that the format knows.
    const DATE: u16 = 1 << 5 | 1;
    /// A regular file with mode 755.
    const MODE: u32 = 0o100_755 << 16;
    // What the local header and the directory both say.
    let mut common = Vec::new();
    for value in [NEEDS_2_0, 0, DEFLATED, 0, DATE] {
        common.extend(value.to_le_bytes());
    }
    for value in [crc.sum(), packed_size, size] {
        common.extend(value.to_le_bytes());
    }
    common.extend(u16::try_from(name.len())?.to_le_bytes());
    common.extend(0_u16.to_le_bytes());

    let mut out = Vec::with_capacity(packed.len() + 256);
    out.extend(b"PK\x03\x04");
    out.extend(&common);
    out.extend(name.as_bytes());
    out.extend(packed);
    let directory = u32::try_from(out.len()).context("the file is too large for a zip")?;
    out.extend(b"PK\x01\x02");
    out.extend(MADE_ON_UNIX.to_le_bytes());
    out.extend(&common);
    // No comment, one disk, nothing internal.
    out.extend([0; 6]);
    out.extend(MODE.to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(name.as_bytes());
    let directory_size = u32::try_from(out.len())? - directory;
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend(directory_size.to_le_bytes());
    out.extend(directory.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_is_the_same_zip() {
        let content: Vec<u8> = (0..100_000_u32).flat_map(|n| (n % 251).to_le_bytes()).collect();
        let first = zip("bootstrap", &content).unwrap();
        assert_eq!(first, zip("bootstrap", &content).unwrap());
        assert!(first.len() < content.len() / 10);
    }

    #[test]
    fn a_script_is_no_bundle() {
        assert!(Bundle::of(b"#!/bin/sh").unwrap_err().to_string().contains("Linux"));
    }
}
