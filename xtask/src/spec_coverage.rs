//! `cargo xtask spec-coverage`: which steps of the specification's algorithms the code and the tests cite.
//!
//! A citation is `webrtc-pc, ALGORITHM, step 7.2` in a comment; a comment that begins with `Step 7.3` belongs to the
//! algorithm that was named last in its file. A test cites the steps that it exercises. What is cited has to exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::process::{capture, command};
use crate::repository;

mod citations;
mod html;
mod steps;
#[cfg(test)]
mod tests;

use citations::Citation;
use steps::{Algorithm, Step};

/// The list of algorithms and their steps, from the repository's root.
const LIST: &str = "docs/webrtc-pc-steps.txt";

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    Test,
}

/// Citations by the algorithm's index.
type Cited = BTreeMap<usize, BTreeSet<Step>>;

/// What all files cite.
#[derive(Default)]
struct Coverage {
    code: Cited,
    tests: Cited,
    /// Citations of what does not exist.
    wrong: Vec<String>,
}

/// `cargo xtask spec-coverage [SPEC_HTML]`: with the specification's source, writes the list anew before.
pub(crate) fn command_line(spec: Option<&str>) -> bool {
    if let Some(path) = spec
        && let Err(error) = write_list(path)
    {
        println!("{path}: {error}");
        return false;
    }
    match measure() {
        Ok((algorithms, coverage)) => {
            print!("{}", report(&algorithms, &coverage));
            coverage.wrong.is_empty()
        }
        Err(error) => {
            println!("{error}");
            false
        }
    }
}

/// Whether every citation is of a step that exists.
pub(crate) fn check() -> Result<(), String> {
    let (_, coverage) = measure()?;
    if coverage.wrong.is_empty() { Ok(()) } else { Err(format!("\n    {}", coverage.wrong.join("\n    "))) }
}

fn write_list(path: &str) -> Result<(), String> {
    let html = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let algorithms = html::algorithms(&html);
    if algorithms.is_empty() {
        return Err("no algorithms in it".to_owned());
    }
    fs::write(repository().join(LIST), steps::print(&algorithms)).map_err(|error| format!("{LIST}: {error}"))
}

fn measure() -> Result<(Vec<Algorithm>, Coverage), String> {
    let list = fs::read_to_string(repository().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let algorithms = steps::parse(&list).map_err(|error| format!("{LIST}: {error}"))?;
    let mut coverage = Coverage::default();
    for path in source_files()? {
        if let Ok(text) = fs::read_to_string(repository().join(&path)) {
            coverage.add(&algorithms, &path, &text);
        }
    }
    Ok((algorithms, coverage))
}

/// The Rust and JavaScript files that git has or would add, those of this command aside: they hold examples.
fn source_files() -> Result<Vec<String>, String> {
    let list = command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output =
        capture(list).filter(|output| output.status.success()).ok_or("git does not list the files")?;
    let paths = String::from_utf8(output.stdout).map_err(|_| "a file's name is not UTF-8")?;
    let is_source = |path: &&str| {
        let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("rs" | "js" | "mjs" | "ts")) && !path.starts_with("xtask/")
    };
    Ok(paths.split_terminator('\0').filter(is_source).map(str::to_owned).collect())
}

impl Coverage {
    fn add(&mut self, algorithms: &[Algorithm], path: &str, text: &str) {
        let (code, tests) = split_tests(path, text);
        for (place, text, first_line) in [(Place::Code, code, 0), (Place::Test, tests, code.lines().count())]
        {
            for (line, citation) in citations::find(algorithms, text) {
                let line = first_line + line;
                match citation {
                    Citation::Steps { algorithm, steps } => {
                        let cited = if place == Place::Code { &mut self.code } else { &mut self.tests };
                        cited.entry(algorithm).or_default().extend(steps);
                    }
                    Citation::Wrong(what) => self.wrong.push(format!("{path}:{line}: {what}")),
                }
            }
        }
    }
}

/// A file's code and its tests.
fn split_tests<'a>(path: &str, text: &'a str) -> (&'a str, &'a str) {
    let parts = || Path::new(path).components().filter_map(|part| part.as_os_str().to_str());
    let is_test = parts().any(|part| matches!(part, "tests" | "test" | "tests.rs"))
        || [".test.js", ".test.mjs"].iter().any(|end| path.ends_with(end));
    let at = if is_test { 0 } else { text.find("\nmod tests {").map_or(text.len(), |at| at + 1) };
    text.split_at(at)
}

fn report(algorithms: &[Algorithm], coverage: &Coverage) -> String {
    let none = BTreeSet::new();
    let mut text =
        format!("{:>5} {:>5} {:>5}  algorithm: steps that neither cites\n", "steps", "code", "tests");
    let mut sum = [0; 4];
    for (index, algorithm) in algorithms.iter().enumerate() {
        let code = coverage.code.get(&index).unwrap_or(&none);
        let tests = coverage.tests.get(&index).unwrap_or(&none);
        let open: Vec<String> = (algorithm.steps.iter())
            .filter(|step| {
                !algorithm.trivial.contains(*step) && !code.contains(*step) && !tests.contains(*step)
            })
            .map(ToString::to_string)
            .collect();
        let counts = [algorithm.steps.len(), code.len(), tests.len()];
        text.push_str(&format!(
            "{:>5} {:>5} {:>5}  {}{}{}\n",
            counts[0],
            counts[1],
            counts[2],
            algorithm.name,
            if open.is_empty() { "" } else { ": " },
            open.join(" ")
        ));
        let either = code.union(tests).count();
        for (sum, count) in sum.iter_mut().zip(counts.into_iter().chain([either])) {
            *sum += count;
        }
    }
    for wrong in &coverage.wrong {
        text.push_str(&format!("{wrong}\n"));
    }
    let [steps, code, tests, either] = sum;
    text.push_str(&format!(
        "{steps} steps in {} algorithms: code cites {code}, tests {tests}, either {either}; {} wrong citations\n",
        algorithms.len(),
        coverage.wrong.len()
    ));
    text
}
