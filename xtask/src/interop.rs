//! The tests against real peers: Chromium, Firefox, aiortc.

use crate::process::{cargo, run as run_command, run_tests};
use crate::setup::{self, Need};
use crate::tally::Tally;

/// `cargo xtask interop`.
pub(crate) fn command_line(names: &[&str], allow_missing: bool) -> bool {
    for missing in setup::install(Need::PEERS) {
        println!("missing: {missing}");
    }
    let tally = run(names, allow_missing);
    println!("{} passed, {} failed", tally.passed, tally.failed);
    tally.failed == 0
}

/// Builds the program, and runs the tests: one at a time, since each has a browser or two to itself.
pub(crate) fn run(names: &[&str], allow_missing: bool) -> Tally {
    if let Err(error) = run_command(cargo(&["build", "--package", "visavis-cli"])) {
        println!("{error}");
        return Tally::one(false);
    }
    let mut arguments = vec!["test", "--package", "visavis-interop", "--no-fail-fast", "--"];
    arguments.extend(["--test-threads", "1"]);
    arguments.extend(names);
    let mut tests = cargo(&arguments);
    if allow_missing {
        tests.env("VISAVIS_ALLOW_MISSING", "1");
    }
    run_tests(tests)
}
