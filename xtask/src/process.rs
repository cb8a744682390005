//! Running programs in the repository.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use crate::repository;
use crate::tally::{Tally, parse_result};

/// A command that runs at the root of the repository.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(repository());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Says what runs and runs it, with our output as its output. The error is one line.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    let line = announce(&command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(format!("`{line}` did not start: {error}")),
    }
}

/// Runs and keeps the output; `None` if the program does not start.
pub(crate) fn capture(mut command: Command) -> Option<Output> {
    command.stdin(Stdio::null()).output().ok()
}

/// Runs a `cargo test`, shows its output and sums its "test result" lines.
/// What fails before or beside the tests (a compile error, a crash) counts as one failure.
pub(crate) fn run_tests(mut command: Command) -> Tally {
    announce(&command);
    let mut tally = Tally::default();
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else {
        return Tally { failed: 1, ..tally };
    };
    let output = child.stdout.take().expect("stdout is piped");
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        println!("{line}");
        if let Some(result) = parse_result(&line) {
            tally += result;
        }
    }
    if !child.wait().is_ok_and(|status| status.success()) {
        tally.failed = tally.failed.max(1);
    }
    tally
}

/// Shows the command line that comes next, and answers it.
pub(crate) fn announce(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let line = words.join(" ");
    println!("$ {line}");
    line
}
