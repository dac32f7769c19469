//! Where files are that no flag names. Opens none of them.

use std::path::PathBuf;

/// The spec.
pub const SPEC_FILE: &str = "alarms.yaml";

/// Where the sandbox keeps its state, below the working directory.
const SANDBOX_FILE: &str = ".mlopsctl/sandbox.json";

/// The file that `--sandbox=TEXT` means.
pub fn sandbox_file(text: &str) -> PathBuf {
    match text {
        "" | "0" | "false" | "1" | "true" => {
            let elsewhere = std::env::var_os("MLOPSCTL_SANDBOX_FILE").filter(|path| !path.is_empty());
            elsewhere.map_or_else(|| PathBuf::from(SANDBOX_FILE), PathBuf::from)
        }
        path => PathBuf::from(path),
    }
}

/// The sandbox's file where no flag names one.
pub fn usual_sandbox() -> PathBuf {
    sandbox_file(&std::env::var("MLOPSCTL_SANDBOX").unwrap_or_default())
}
