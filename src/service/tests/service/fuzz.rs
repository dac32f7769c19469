//! A property-based fuzzer (schemathesis) reads the service's own description and looks for answers that break it.

use std::process::Command;

use crate::program::Service;
use crate::tools::{find, run};

#[test]
fn the_fuzzer_finds_no_server_error_and_no_undescribed_answer() {
    let Some(fuzzer) = find(&["target/tools/venv/bin/schemathesis", "schemathesis"]) else { return };
    let service = Service::start(&[("MLOPS_STRICT", "true")]);
    let dir = tempfile::tempdir().unwrap();
    let said = run(Command::new(fuzzer)
        .args(["run", &format!("http://{}/openapi.json", service.address)])
        .args(["--url", &format!("http://{}", service.address)])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,unsupported_method"])
        .args(["--max-examples", "200", "--seed", "20261122", "--no-color"])
        .current_dir(dir.path()));
    let summary: Vec<&str> = said.lines().rev().take(20).collect();
    println!("{}", summary.into_iter().rev().collect::<Vec<_>>().join("\n"));
    assert!(!service.log().iter().any(|line| line.contains("panicked")));
}
