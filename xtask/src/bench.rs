//! `cargo xtask bench`: visavis beside the other stacks, and the page that shows it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::process::{announce, capture, cargo, command, run};
use crate::repository;

/// Where the tables stand, between its two marks.
const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- tables -->\n";
const END: &str = "<!-- end of tables -->\n";

/// Runs the benchmark with these arguments, and writes the tables of a whole run into the page.
pub(crate) fn command_line(arguments: &[&str]) -> bool {
    match measure(arguments) {
        Ok(tables)
            if arguments
                .iter()
                .any(|argument| *argument != "--rounds" && argument.parse::<u32>().is_err()) =>
        {
            println!(
                "Not written to {PAGE}: that takes all scenarios of all stacks.\n{} lines",
                tables.lines().count()
            );
            true
        }
        Ok(tables) => write(&tables).map_err(|error| println!("{error}")).is_ok(),
        Err(error) => {
            println!("{error}");
            false
        }
    }
}

fn measure(arguments: &[&str]) -> Result<String, String> {
    let mut packages = command("npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    packages.current_dir(repository().join("bench/peers"));
    run(packages)?;
    let mut program = cargo(&["run", "--release", "--locked", "--"]);
    program.args(arguments).current_dir(repository().join("bench")).stdout(Stdio::piped());
    let line = announce(&program);
    let mut child = program.spawn().map_err(|error| format!("`{line}` did not start: {error}"))?;
    let mut tables = String::new();
    for line in BufReader::new(child.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok) {
        println!("{line}");
        tables.extend([&line, "\n"]);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(tables),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(error.to_string()),
    }
}

fn write(tables: &str) -> Result<(), String> {
    let path = repository().join(PAGE);
    let page = std::fs::read_to_string(&path).map_err(|error| format!("{PAGE}: {error}"))?;
    let page = with_tables(&page, &format!("{}\n\n{tables}", circumstances()))?;
    std::fs::write(&path, page).map_err(|error| format!("{PAGE}: {error}"))
}

/// The page with other tables.
fn with_tables(page: &str, tables: &str) -> Result<String, String> {
    let (before, rest) = page.split_once(BEGIN).ok_or(format!("no {BEGIN}"))?;
    let (_, after) = rest.split_once(END).ok_or(format!("no {END}"))?;
    Ok(format!("{before}{BEGIN}\n{}\n\n{END}{after}", tables.trim()))
}

/// When, on what, and which versions.
fn circumstances() -> String {
    let output = |program: &str, arguments: &[&str]| {
        let output = capture(command(program, arguments)).map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let lock = std::fs::read_to_string(repository().join("bench/Cargo.lock")).unwrap_or_default();
    let versions: Vec<String> = ["webrtc", "str0m", "rustrtc"]
        .iter()
        .filter_map(|name| Some(format!("{name} {}", version(&lock, name)?)))
        .collect();
    format!(
        "{}, {cores} cores, Linux {}, {}; {}.",
        output("date", &["+%Y-%m"]),
        output("uname", &["-r"]).split('-').next().unwrap_or_default(),
        output("rustc", &["--version"]).split(' ').take(2).collect::<Vec<_>>().join(" "),
        versions.join(", ")
    )
}

/// The version of package `name` in a lock file.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_take_the_place_of_the_old_ones() {
        let page = format!("one\n{BEGIN}\nold\n\n{END}two\n");
        assert_eq!(with_tables(&page, "new\n"), Ok(format!("one\n{BEGIN}\nnew\n\n{END}two\n")));
        assert!(with_tables("one\n", "new").is_err());
    }

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"webrtc-ice\"\nversion = \"1.0\"\n\n[[package]]\nname = \"webrtc\"\nversion = \"2.0\"\n";
        assert_eq!(version(lock, "webrtc"), Some("2.0"));
        assert_eq!(version(lock, "str0m"), None);
    }
}
