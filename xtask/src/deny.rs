//! `cargo deny`: licences, banned crates, sources, advisories, as deny.toml says.

use crate::process::{capture, command, run};
use crate::setup::cargo_deny;

/// What came of a check.
pub(crate) enum Outcome {
    /// It ran.
    Checked(Result<(), String>),
    /// It could not run, for this reason, which is not the project's fault.
    NotChecked(&'static str),
}

/// Runs the checks.
pub(crate) fn check() -> Vec<(&'static str, Outcome)> {
    let Some(program) = cargo_deny() else { return Vec::new() };
    let offline = command(&program, &["--offline", "check", "licenses", "bans", "sources"]);
    vec![
        ("deny: licences, bans, sources", Outcome::Checked(run(offline))),
        ("deny: advisories", advisories(command(&program, &["check", "advisories"]))),
    ]
}

/// The advisory database is a git repository elsewhere: without the network the check is left out, and that is said.
fn advisories(check: std::process::Command) -> Outcome {
    let Some(output) = capture(check) else { return Outcome::NotChecked("cargo deny did not start") };
    if output.status.success() {
        return Outcome::Checked(Ok(()));
    }
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("failed to fetch advisory database") {
        return Outcome::NotChecked("the advisory database cannot be fetched");
    }
    println!("{text}");
    Outcome::Checked(Err("an advisory applies to a dependency".to_owned()))
}
