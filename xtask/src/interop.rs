//! The tests against real peers: Chromium, Firefox, aiortc.

use crate::process::{capture, cargo, command, run as run_command, run_tests};
use crate::setup::{self, Need};
use crate::tally::Tally;

/// `cargo xtask interop`.
pub(crate) fn command_line(names: &[&str], allow_missing: bool) -> bool {
    for missing in setup::install(Need::PEERS) {
        println!("missing: {missing}");
    }
    let tally = run(names, allow_missing);
    if let Some(reason) = namespaces_left_out() {
        println!("not checked: {reason}");
    }
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
    if namespaces_left_out().is_some() {
        arguments.extend(["--skip", NAMESPACES]);
    }
    let mut tests = cargo(&arguments);
    if allow_missing {
        tests.env("VISAVIS_ALLOW_MISSING", "1");
    }
    run_tests(tests)
}

/// In the names of the tests that make network namespaces.
const NAMESPACES: &str = "in_namespaces";

/// Why the tests in network namespaces are left out, if they are: no package gives the right to make one.
pub(crate) fn namespaces_left_out() -> Option<String> {
    let name = format!("visavis-probe-{}", std::process::id());
    let does = |verb: &str| {
        capture(command("ip", &["netns", verb, &name])).is_some_and(|output| output.status.success())
    };
    if does("add") {
        does("del");
        return None;
    }
    Some("NATs of Linux: no right to make network namespaces here (root has it)".to_owned())
}
