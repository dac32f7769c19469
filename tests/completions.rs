//! Completions in a real bash: what it offers for a line that somebody has begun.

#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;
use support::{Desk, Ran};

/// What bash does when somebody presses Tab at the end of a line, as its manual describes it ("Programmable Completion").
const TAB: &str = r#"
source <(mlopsctl completions bash)
COMP_LINE="$1"; read -ra COMP_WORDS <<<"$COMP_LINE"
[ "${COMP_LINE: -1}" != " " ] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]}-1)) COMP_POINT=${#COMP_LINE} COMP_TYPE=9
registered=$(complete -p mlopsctl); function=${registered##*-F }; function=${function%% *}
"$function" mlopsctl "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\n' "${COMPREPLY[@]}"
"#;

#[test]
fn a_shell_knows_alarms_rules_profiles_and_files() {
    let desk = Desk::new();
    desk.write("alarms.yaml", include_str!("../alarms.yaml"));
    desk.write("other.yaml", "version: 1\nstack: other\nregion: us-east-1\ntopics: { pulse: {} }\n");
    std::fs::create_dir(desk.path(".aws")).unwrap();
    desk.write(".aws/config", "[default]\n[profile prod]\nregion = us-east-1\n[profile preview]\n");
    let program = Path::new(env!("CARGO_BIN_EXE_mlopsctl")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let offered = |line: &str| -> Vec<String> {
        let mut bash = Command::new("bash");
        bash.args(["-c", TAB, "bash", line]).current_dir(desk.path(".")).env_clear();
        bash.env("PATH", &path).env("HOME", desk.path("."));
        let ran = Ran::of(&mut bash);
        assert!(ran.stderr.is_empty(), "{line}: {}", ran.stderr);
        ran.stdout.lines().map(str::to_owned).collect()
    };
    assert_eq!(offered("mlopsctl dest"), ["destroy"]);
    assert_eq!(offered("mlopsctl plan --target alarm/mlops-lambda"), ["alarm/mlops-lambda-high-errors"]);
    assert_eq!(offered("mlopsctl plan --file other.yaml --target t"), ["topic/pulse"]);
    assert_eq!(offered("mlopsctl drill mlops-service-lambda-l"), ["mlops-service-lambda-latency"]);
    assert_eq!(offered("mlopsctl logs mlops"), ["mlops-service-lambda"]);
    assert_eq!(offered("mlopsctl lint --explain topic-un"), ["topic-unconfirmed", "topic-unencrypted"]);
    assert_eq!(offered("mlopsctl plan --profile pr"), ["preview", "prod"]);
    assert_eq!(offered("mlopsctl sandbox mail you"), [""], "nothing was sent, and no sandbox is made by looking");
    assert!(!desk.path(".mlopsctl").exists());
    let apply = ["apply", "--sandbox", "--yes", "--var", "email=you@example.edu"];
    desk.run(&apply).exits(0);
    assert_eq!(offered("mlopsctl sandbox mail you"), ["you@example.edu"]);
    // A spec that is none offers nothing, and complains of nothing.
    desk.write("alarms.yaml", "version: [");
    assert_eq!(offered("mlopsctl plan --target alarm/"), [""]);
}

#[test]
fn every_shell_has_its_script() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains("MLOPSCTL_COMPLETE") && script.contains("mlopsctl"), "{shell}: {script}");
    }
}
