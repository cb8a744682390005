//! `cargo xtask test`: everything that must hold before a change is kept.

use std::process::Command;

use crate::process::{cargo, run, run_tests};
use crate::setup::{self, Need};
use crate::tally::Tally;
use crate::{deny, interop, node, tidy, wpt};

/// What a run adds up to.
#[derive(Default)]
struct Run {
    tally: Tally,
    failures: Vec<String>,
}

impl Run {
    fn check(&mut self, name: &str, result: Result<(), String>) {
        self.tally += Tally::one(result.is_ok());
        if let Err(error) = result {
            self.failures.push(format!("{name}: {error}"));
        }
    }

    fn tests(&mut self, name: &str, tally: Tally) {
        self.tally += tally;
        if tally.failed > 0 {
            self.failures.push(format!("{name}: {} failed", tally.failed));
        }
    }
}

/// Runs all; true if all passed and nothing that may not be missing is missing. The last line is `N passed, N failed`.
pub(crate) fn run_all(fast: bool, allow_missing: bool) -> bool {
    let needs = if fast { &[Need::CargoDeny][..] } else { Need::ALL };
    let missing = setup::install(needs);
    let mut whole = Run::default();
    for (name, result) in tidy::rules() {
        whole.check(&format!("tidy, {name}"), result);
    }
    whole.check("fmt", run(cargo(&["fmt", "--all", "--check"])));
    whole.check("clippy", run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])));
    whole.tests(
        "tests",
        run_tests(cargo(&["test", "--workspace", "--exclude", "visavis-interop", "--no-fail-fast"])),
    );
    whole.check("documentation", run(documentation()));
    let mut not_checked = Vec::new();
    if !missing.iter().any(|missing| missing.need == Need::CargoDeny) {
        for (name, outcome) in deny::check() {
            match outcome {
                deny::Outcome::Checked(result) => whole.check(name, result),
                deny::Outcome::NotChecked(reason) => not_checked.push(format!("{name}: {reason}")),
            }
        }
    }
    if !fast {
        whole.tests("Node.js", node::run());
        whole.tests("libraries for browsers", node::ecosystem(allow_missing));
        match wpt::left_out() {
            Some(reason) => not_checked.push(format!("Web Platform Tests: {reason}")),
            None => whole.tests("Web Platform Tests", wpt::run(&[])),
        }
        whole.tests("real peers", interop::run(&[], allow_missing));
        not_checked.extend(interop::namespaces_left_out());
    }
    whole.check("no cmake", tidy::no_cmake());
    report(&whole, &missing, &not_checked, allow_missing)
}

fn documentation() -> Command {
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-Dwarnings");
    command
}

fn report(run: &Run, missing: &[setup::Missing], not_checked: &[String], allow_missing: bool) -> bool {
    println!();
    list("Failed", &run.failures);
    list("Not checked", not_checked);
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    list("Missing on this machine", &missing);
    if !missing.is_empty() && !allow_missing {
        println!("Nothing may be missing; --allow-missing goes without.");
    }
    println!("{} passed, {} failed", run.tally.passed, run.tally.failed);
    run.tally.failed == 0 && (missing.is_empty() || allow_missing)
}

fn list(title: &str, items: &[String]) {
    if !items.is_empty() {
        println!("{title}:");
        items.iter().for_each(|item| println!("  {item}"));
    }
}
