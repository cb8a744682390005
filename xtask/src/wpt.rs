//! The Web Platform Tests, in Node.js: `wpt/run.mjs` does the work.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::process::{announce, command};
use crate::tally::Tally;
use crate::{node, repository};

/// `cargo xtask wpt`.
pub(crate) fn command_line(flags: &[&str], files: &[&str]) -> bool {
    if let Some(reason) = left_out() {
        println!("{reason}");
        return false;
    }
    run(&[flags, files].concat()).failed == 0
}

/// Why the tests cannot run here, if they cannot.
pub(crate) fn left_out() -> Option<String> {
    let Some(checkout) = checkout() else { return Some("no WPT_DIR, and no home".to_owned()) };
    if !checkout.join("resources/testharness.js").is_file() {
        return Some(format!("no Web Platform Tests in {} (set WPT_DIR)", checkout.display()));
    }
    if !repository().join("node/package.json").is_file() {
        return Some("no package for Node.js to run them with".to_owned());
    }
    None
}

/// Builds the addon and runs the tests: subtests that pass, and those that are not as expected.
pub(crate) fn run(arguments: &[&str]) -> Tally {
    if let Err(error) = node::build() {
        println!("{error}");
        return Tally::one(false);
    }
    let mut tests = command("node", &["wpt/run.mjs"]);
    tests.args(arguments);
    counted(tests)
}

/// `WPT_DIR`, else where the checkout usually is; `None` without a home.
fn checkout() -> Option<PathBuf> {
    let usual = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/wpt"));
    std::env::var_os("WPT_DIR").map(PathBuf::from).or_else(usual)
}

/// Shows the output and reads the last line's counts; whatever ends without them has failed.
fn counted(mut command: Command) -> Tally {
    announce(&command);
    let nothing = Tally::one(false);
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else { return nothing };
    let output = child.stdout.take().expect("stdout is piped");
    let mut tally = None;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        println!("{line}");
        tally = parse_result(&line).or(tally);
    }
    let success = child.wait().is_ok_and(|status| status.success());
    match tally {
        Some(tally) if success == (tally.failed == 0) => tally,
        _ => nothing,
    }
}

/// The counts in "wpt result: 5 subtests pass, 0 are not as expected".
fn parse_result(line: &str) -> Option<Tally> {
    let (passed, rest) = line.strip_prefix("wpt result: ")?.split_once(" subtests pass, ")?;
    let failed = rest.strip_suffix(" are not as expected")?;
    Some(Tally { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_counted() {
        let line = "wpt result: 1480 subtests pass, 2 are not as expected";
        assert_eq!(parse_result(line), Some(Tally { passed: 1480, failed: 2 }));
        for line in ["", "wpt result: none", "12 subtests pass, 2 are not as expected"] {
            assert_eq!(parse_result(line), None, "{line}");
        }
    }
}
