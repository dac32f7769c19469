//! The words by which Lambda and its runtimes say that a request failed: out of memory, crashed, an exception that nobody caught.

use super::line::LineKind;

/// Whether the text says that the process ended, and of what.
pub fn ending(text: &str) -> Option<LineKind> {
    const EXITS: [&str; 3] = ["Runtime exited", "Process exited before completing request", "Runtime.ExitError"];
    if text.contains("signal: killed") || is_out_of_memory(text) {
        Some(LineKind::OutOfMemory)
    } else if EXITS.iter().any(|exit| text.contains(exit)) {
        Some(LineKind::Crashed)
    } else {
        None
    }
}

/// As Lambda, the JVM, Node and Python say it.
pub fn is_out_of_memory(text: &str) -> bool {
    const SAYINGS: [&str; 4] =
        ["Runtime.OutOfMemory", "java.lang.OutOfMemoryError", "JavaScript heap out of memory", "MemoryError"];
    SAYINGS.iter().any(|saying| text.contains(saying))
}

/// How runtimes write an exception that nobody caught, at the beginning of what they say: Node, Go, Rust, .NET and Ruby.
const UNCAUGHT: [&str; 9] = [
    "Invoke Error",
    "Uncaught Exception",
    "Unhandled Promise Rejection",
    "Unhandled exception",
    "Unhandled Exception",
    "panic: ",
    "thread 'main' panicked",
    "Lambda runtime invoke{",
    "Error raised from handler method",
];

/// Whether the runtime says that the function did not catch an exception. Python's runtime writes its own with the level alone before
/// it (`[ERROR] KeyError: 'x'`), where a logger writes time and request between. What a function prints of its own looks the same in
/// Java, so a trace of the stack that nothing stands before counts.
pub fn is_unhandled(text: &str, said: &str) -> bool {
    let of_python = || text.strip_prefix("[ERROR] ").is_some_and(|rest| rest == said && names_exception(rest));
    let of_java = || said.len() == text.len() && said.contains("\n\tat ") && names_exception(said);
    UNCAUGHT.iter().any(|beginning| said.starts_with(beginning) || text.starts_with(beginning))
        || of_python()
        || of_java()
}

/// `KeyError: ...`, `Runtime.ImportModuleError: ...`, `java.lang.IllegalStateException: ...`, or a text before such a name.
fn names_exception(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let is_name = |word: &str| {
        let word = word.trim_end_matches(':');
        let last = word.rsplit('.').next().unwrap_or_default();
        last.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "._$".contains(c))
            && (word.contains('.') || ["Error", "Exception", "Exit", "Interrupt"].iter().any(|end| last.ends_with(end)))
    };
    let traced = text.contains("\nTraceback (most recent call last)") || text.contains("\n\tat ");
    let head = first.split_whitespace().next().unwrap_or_default();
    head.ends_with(':') && is_name(head) || traced && first.split_whitespace().any(is_name)
}
