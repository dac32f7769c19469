//! The program `mlops-service`: hands over to the library at once.

fn main() -> std::process::ExitCode {
    mlops_service::program()
}
