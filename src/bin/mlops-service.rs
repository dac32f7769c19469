//! The service alone: hands over to the library at once, and reaches no AWS SDK code.

fn main() -> std::process::ExitCode {
    mlopsctl::mlops_service()
}
