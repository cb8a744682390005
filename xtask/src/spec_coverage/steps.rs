//! Algorithms and their steps, and the list of them that is kept.

use std::collections::BTreeSet;
use std::fmt;

/// The list's lines are not longer than this.
const WIDTH: usize = 120;

/// A step's number: `4.5.2` is `[4, 5, 2]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step(pub(crate) Vec<u32>);

impl Step {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>().map(Step)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// One of the specification's algorithms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Algorithm {
    /// Unique. `Interface.member` where a member's name alone would not be.
    pub(crate) name: String,
    /// In the order of the document.
    pub(crate) steps: Vec<Step>,
    /// Those that the specification itself marks as needing no test: "let x be the first argument".
    pub(crate) trivial: BTreeSet<Step>,
}

/// The list as text: a name, and below it its steps; those without need of a test have a `~`.
pub(crate) fn print(algorithms: &[Algorithm]) -> String {
    let mut text = String::from(
        "# The algorithms of webrtc-pc and the numbers of their steps; `~`: the specification says that a step needs no\n\
         # test. Written by `cargo xtask spec-coverage SPEC_HTML`, from the source of the specification (2026-05).\n",
    );
    for algorithm in algorithms {
        text.push_str(&format!("\n{}\n", algorithm.name));
        let mut line = String::new();
        for step in &algorithm.steps {
            let mark = if algorithm.trivial.contains(step) { "~" } else { "" };
            let word = format!(" {step}{mark}");
            if line.len() + word.len() + 1 > WIDTH {
                text.push_str(&format!(" {line}\n"));
                line.clear();
            }
            line.push_str(&word);
        }
        text.push_str(&format!(" {line}\n"));
    }
    text
}

/// Reads what [`print()`] wrote.
pub(crate) fn parse(text: &str) -> Result<Vec<Algorithm>, String> {
    let mut algorithms: Vec<Algorithm> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            algorithms.push(Algorithm { name: line.to_owned(), steps: Vec::new(), trivial: BTreeSet::new() });
            continue;
        }
        let algorithm = algorithms.last_mut().ok_or("steps without an algorithm")?;
        for word in line.split_whitespace() {
            let number = word.trim_end_matches('~');
            let step = Step::parse(number).ok_or_else(|| format!("{word:?} is no step"))?;
            if number != word {
                algorithm.trivial.insert(step.clone());
            }
            algorithm.steps.push(step);
        }
    }
    Ok(algorithms)
}
