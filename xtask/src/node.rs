//! The package for Node.js: built as the tests want it, its tests, and those of other people's libraries on it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::process::{announce, command, run as run_command};
use crate::repository;
use crate::tally::Tally;

/// Builds the package and runs its tests. Its packages are installed already, or this fails.
pub(crate) fn run() -> Tally {
    match build() {
        Ok(()) => counted(npm("node", &["test"])),
        Err(error) => {
            println!("{error}");
            Tally::one(false)
        }
    }
}

/// The addon with the profile of the tests, so that its dependencies are built once, and the generated code.
pub(crate) fn build() -> Result<(), String> {
    run_command(npm("node", &["run", "--silent", "build:test"]))
}

/// Runs libraries for browsers on the package that [`run`] has built, here and against Chromium.
pub(crate) fn ecosystem(allow_missing: bool) -> Tally {
    let mut tests = npm("node/ecosystem", &["test"]);
    if allow_missing {
        tests.env("VISAVIS_ALLOW_MISSING", "1");
    }
    counted(tests)
}

fn npm(directory: &str, arguments: &[&str]) -> Command {
    let mut npm = command("npm", arguments);
    npm.current_dir(repository().join(directory));
    npm
}

/// Shows the output and sums the counts of `node --test`; what ends without them, or badly, has failed.
fn counted(mut command: Command) -> Tally {
    announce(&command);
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else { return Tally::one(false) };
    let output = child.stdout.take().expect("stdout is piped");
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        println!("{line}");
        match parse_count(&line) {
            Some(("pass", count)) => tally.passed += count,
            // What never came to its end, too.
            Some(("fail" | "cancelled", count)) => tally.failed += count,
            _ => {}
        }
    }
    if tally.passed == 0 || !child.wait().is_ok_and(|status| status.success()) {
        tally.failed = tally.failed.max(1);
    }
    tally
}

/// The counts in "# pass 12", as the reporter for machines writes them, and "ℹ pass 12", the one for people.
fn parse_count(line: &str) -> Option<(&str, u64)> {
    let (what, count) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?.split_once(' ')?;
    Some((what, count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_either_reporter() {
        assert_eq!(parse_count("# pass 12"), Some(("pass", 12)));
        assert_eq!(parse_count("ℹ fail 0"), Some(("fail", 0)));
        for line in ["# Subtest: pass 12 of 13", "ok 12 - pass 12", "# duration_ms 12.5", ""] {
            assert_eq!(parse_count(line), None, "{line}");
        }
    }
}
