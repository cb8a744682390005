//! Citations in comments.

use super::steps::{Algorithm, Step};

/// What a comment says about the specification.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Citation {
    /// These steps of this algorithm.
    Steps {
        /// Its index.
        algorithm: usize,
        /// All that exist.
        steps: Vec<Step>,
    },
    /// It names what does not exist.
    Wrong(String),
}

/// A citation's mark.
const MARK: &str = "webrtc-pc, ";

/// The citations of a file, each with the line on which its comment begins, counted from 1.
pub(crate) fn find(algorithms: &[Algorithm], text: &str) -> Vec<(usize, Citation)> {
    let mut found = Vec::new();
    // What `Step 3.` without a name is about.
    let mut context = None;
    for (line, comment) in comments(text) {
        let citations = in_comment(algorithms, &comment, &mut context);
        found.extend(citations.into_iter().map(|citation| (line, citation)));
    }
    found
}

/// Comments, each a run of lines, with the number of its first line.
fn comments(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut last = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        let starts = ["//", "* ", "/*"].iter().any(|start| line.starts_with(start));
        let (comment, is_whole) = match line.find("// ") {
            _ if starts => (line.trim_start_matches(['/', '*', '!']).trim(), true),
            Some(at) => (line[at + 3..].trim(), false),
            None => continue,
        };
        match found.last_mut() {
            Some((_, text)) if is_whole && last + 1 == number => {
                text.push(' ');
                text.push_str(comment);
            }
            _ => found.push((number, comment.to_owned())),
        }
        last = number;
    }
    found
}

fn in_comment(algorithms: &[Algorithm], comment: &str, context: &mut Option<usize>) -> Vec<Citation> {
    let mut found = Vec::new();
    // Another document's steps are none of ours.
    if comment.contains("RFC ") && !comment.contains(MARK) {
        *context = None;
    }
    // Documentation of another function begins: what follows is about it, and not about what stood above.
    let first = comment.trim_start_matches('`').split([',', '`', ' ']).next().unwrap_or_default();
    let is_named = first.ends_with("()");
    if is_named {
        *context = named(algorithms, &clean(first));
    }
    let mut at = 0;
    while let Some(next) = next_step_or_mark(comment, at) {
        let rest = &comment[next..];
        if let Some(rest) = rest.strip_prefix(MARK) {
            at = next + MARK.len();
            if !rest.starts_with("step") && !rest.starts_with("section") {
                *context = named_at_start(algorithms, rest);
            }
            continue;
        }
        let (numbers, length) = numbers(rest);
        at = next + length.max(1);
        if numbers.is_empty() {
            continue;
        }
        let before = &comment[..next];
        let algorithm = match subject(algorithms, before, is_named || rest.starts_with('S')) {
            Subject::Named(index) => {
                *context = Some(index);
                index
            }
            Subject::Context => match *context {
                Some(index) => index,
                None => continue,
            },
            Subject::Unknown(name) => {
                found.push(Citation::Wrong(format!("no algorithm {name:?} in the list")));
                continue;
            }
            Subject::None => continue,
        };
        found.extend(cite(algorithms, algorithm, &numbers));
    }
    found
}

/// Where the next `step 1` or `webrtc-pc` is.
fn next_step_or_mark(comment: &str, from: usize) -> Option<usize> {
    let rest = comment.get(from..)?;
    let step = rest
        .to_ascii_lowercase()
        .match_indices("step")
        .map(|(at, _)| at)
        .find(|at| !rest[..*at].ends_with(|c: char| c.is_alphanumeric()));
    let mark = rest.find(MARK);
    step.into_iter().chain(mark).min().map(|at| from + at)
}

/// The algorithm whose name the text begins with: the longest that fits.
fn named_at_start(algorithms: &[Algorithm], text: &str) -> Option<usize> {
    let text = clean(text);
    let fits = |name: &str| {
        text.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    (0..algorithms.len())
        .filter(|index| fits(&clean(&algorithms[*index].name)))
        .max_by_key(|index| algorithms[*index].name.len())
}

/// The algorithm of exactly this name.
fn named(algorithms: &[Algorithm], name: &str) -> Option<usize> {
    algorithms.iter().position(|algorithm| clean(&algorithm.name) == name)
}

/// What `step 3` is about.
enum Subject {
    Named(usize),
    Context,
    Unknown(String),
    None,
}

fn subject(algorithms: &[Algorithm], before: &str, has_context: bool) -> Subject {
    let Some(clause) = before.trim_end().strip_suffix(',') else {
        let its = before.trim_end().ends_with("Its") || before.trim_end().ends_with("its");
        return if has_context || its { Subject::Context } else { Subject::None };
    };
    let cleaned = clean(clause);
    let fits = |name: &str| {
        cleaned.strip_suffix(name).is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()))
    };
    let named = (0..algorithms.len())
        .filter(|index| fits(&clean(&algorithms[*index].name)))
        .max_by_key(|index| algorithms[*index].name.len());
    if let Some(index) = named {
        return Subject::Named(index);
    }
    if clause.ends_with("webrtc-pc") {
        return Subject::Context;
    }
    match clause.rfind(MARK) {
        Some(at) if !clause[at + MARK.len()..].contains([',', '.', ';', ')']) => {
            Subject::Unknown(clause[at + MARK.len()..].to_owned())
        }
        _ => Subject::None,
    }
}

/// A name as it is compared: without case, quotes and parentheses.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '"' | '`' | '\'' | '(' | ')')).collect::<String>().to_lowercase()
}

/// `steps 2, 3.1 and 4 to 6.2` at the start of a text: single steps and ranges, and its length in bytes.
fn numbers(text: &str) -> (Vec<(Step, Option<Step>)>, usize) {
    let mut found: Vec<(Step, Option<Step>)> = Vec::new();
    let mut is_range = false;
    let mut length = 0;
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end();
        let number = bare.trim_end_matches(|c: char| !c.is_ascii_digit());
        match bare.to_ascii_lowercase().as_str() {
            "step" | "steps" | "and" | "or" => {}
            "to" if !found.is_empty() => is_range = true,
            _ => {
                let Some(step) = Step::parse(number) else { break };
                match found.last_mut() {
                    Some((_, end)) if is_range => *end = Some(step),
                    _ => found.push((step, None)),
                }
                is_range = false;
                // Anything but a comma ends the list.
                if !matches!(&bare[number.len()..], "" | ",") {
                    length += word.len();
                    break;
                }
            }
        }
        length += word.len();
    }
    (found, length)
}

/// The steps of an algorithm that a citation means.
fn cite(algorithms: &[Algorithm], index: usize, numbers: &[(Step, Option<Step>)]) -> Vec<Citation> {
    let algorithm = &algorithms[index];
    let place = |step: &Step| algorithm.steps.iter().position(|known| known == step);
    let mut found = Vec::new();
    let mut steps = Vec::new();
    for (first, last) in numbers {
        let last = last.as_ref().unwrap_or(first);
        match (place(first), place(last)) {
            (Some(from), Some(to)) if from <= to => {
                let depth = first.0.len().max(last.0.len());
                let range = algorithm.steps[from..=to].iter().filter(|step| step.0.len() <= depth);
                steps.extend(range.cloned());
            }
            (Some(_), Some(_)) => {
                found.push(Citation::Wrong(format!("{}: {last} comes before {first}", algorithm.name)));
            }
            (None, _) => found.push(Citation::Wrong(format!("{} has no step {first}", algorithm.name))),
            (_, None) => found.push(Citation::Wrong(format!("{} has no step {last}", algorithm.name))),
        }
    }
    if !steps.is_empty() {
        found.push(Citation::Steps { algorithm: index, steps });
    }
    found
}
