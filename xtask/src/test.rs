//! `cargo xtask test`: everything that must hold before a change is kept.

use std::process::Command;
use std::time::Instant;

use crate::process::{cargo, run, run_tests};
use crate::setup::{self, Need};
use crate::tally::Tally;
use crate::{deny, interop, node, tidy, wpt};

/// What a run adds up to.
struct Run {
    tally: Tally,
    failures: Vec<String>,
    /// What took longer than [`WORTH_TELLING`], and how long: a run has to end in time.
    durations: Vec<String>,
    since: Instant,
}

/// Seconds.
const WORTH_TELLING: u64 = 5;

impl Run {
    fn new() -> Run {
        Run { tally: Tally::default(), failures: Vec::new(), durations: Vec::new(), since: clock() }
    }

    /// What ran since the last time has this name.
    fn took(&mut self, name: &str) {
        let now = clock();
        let seconds = now.duration_since(std::mem::replace(&mut self.since, now)).as_secs();
        if seconds >= WORTH_TELLING {
            self.durations.push(format!("{seconds:>4} s  {name}"));
        }
    }

    fn check(&mut self, name: &str, result: Result<(), String>) {
        self.took(name);
        self.tally += Tally::one(result.is_ok());
        if let Err(error) = result {
            self.failures.push(format!("{name}: {error}"));
        }
    }

    fn tests(&mut self, name: &str, tally: Tally) {
        self.took(name);
        self.tally += tally;
        if tally.failed > 0 {
            self.failures.push(format!("{name}: {} failed", tally.failed));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is a program that says how long it took")]
fn clock() -> Instant {
    Instant::now()
}

/// Runs all; true if all passed and nothing that may not be missing is missing. The last line is `N passed, N failed`.
pub(crate) fn run_all(fast: bool, allow_missing: bool) -> bool {
    let needs = if fast { &[Need::CargoDeny][..] } else { Need::ALL };
    let mut whole = Run::new();
    let missing = setup::install(needs);
    whole.took("installation");
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
    list("Time", &run.durations);
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
