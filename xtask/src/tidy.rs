//! `cargo xtask tidy`: the project's own rules, those that no other tool checks.

use std::fs;
use std::path::Path;

use crate::process::{capture, command};
use crate::{repository, spec_coverage, target_directory};

#[cfg(test)]
mod tests;

/// What a source file may have, lines, its tests aside.
const MAX_LINES: usize = 800;

/// Words that belong to one machine or one person's tools, never to the project. Written in halves, so that this file passes.
const BANNED: &[&str] = &[
    concat!("sub", "agent"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("artifac", "tory"),
    concat!("index.", "crates.io"),
    concat!("registry.", "npmjs.org"),
    concat!("files.", "pythonhosted.org"),
];

/// A rule's name and what it found.
pub(crate) type Finding = (&'static str, Result<(), String>);

/// One of the repository's text files.
struct File {
    /// From the repository's root, with slashes.
    path: String,
    text: String,
}

/// `cargo xtask tidy`.
pub(crate) fn command_line() -> bool {
    let mut passed = true;
    for (name, result) in rules() {
        match result {
            Ok(()) => println!("{name}: ok"),
            Err(error) => {
                println!("{name}: {error}");
                passed = false;
            }
        }
    }
    passed
}

/// Checks every rule that needs no build.
pub(crate) fn rules() -> Vec<Finding> {
    let files = match files() {
        Ok(files) => files,
        Err(error) => return vec![("files", Err(error))],
    };
    vec![
        ("file length", collect(&files, too_long)),
        ("words", collect(&files, banned_words)),
        ("links", collect(&files, |file| broken_links(file, |target| repository().join(target).exists()))),
        ("lock files", collect(&files, download_addresses)),
        ("unsafe code", collect(&files, unsafe_by_hand)),
        ("citations of the specification", spec_coverage::check()),
    ]
}

/// No crate's build script ran cmake: it leaves a cache where it works.
pub(crate) fn no_cmake() -> Result<(), String> {
    let mut found = Vec::new();
    for profile in ["debug", "release"] {
        let Ok(builds) = fs::read_dir(target_directory().join(profile).join("build")) else { continue };
        for build in builds.filter_map(Result::ok) {
            let out = build.path().join("out");
            if ["CMakeCache.txt", "build/CMakeCache.txt"].iter().any(|cache| out.join(cache).exists()) {
                found.push(format!("{} was built with cmake", build.path().display()));
            }
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("\n    ")) }
}

/// What git has or would add, as far as it is text.
fn files() -> Result<Vec<File>, String> {
    let list = command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output =
        capture(list).filter(|output| output.status.success()).ok_or("git does not list the files")?;
    let paths = String::from_utf8(output.stdout).map_err(|_| "a file's name is not UTF-8")?;
    Ok(paths
        .split_terminator('\0')
        .filter_map(|path| {
            let text = fs::read_to_string(repository().join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        })
        .collect())
}

fn collect(files: &[File], rule: impl Fn(&File) -> Vec<String>) -> Result<(), String> {
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| rule(file).into_iter().map(|what| format!("{}{what}", file.path)))
        .collect();
    if found.is_empty() { Ok(()) } else { Err(format!("\n    {}", found.join("\n    "))) }
}

fn too_long(file: &File) -> Vec<String> {
    let path = Path::new(&file.path);
    let is_test = path.file_name().is_some_and(|name| name == "tests.rs")
        || path.components().any(|part| part.as_os_str() == "tests");
    if is_test || path.extension().is_none_or(|extension| extension != "rs") {
        return Vec::new();
    }
    let lines = file.text.lines().take_while(|line| !line.starts_with("mod tests {")).count();
    if lines > MAX_LINES { vec![format!(": {lines} lines, more than {MAX_LINES}")] } else { Vec::new() }
}

fn banned_words(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let lower = line.to_lowercase();
        for word in BANNED {
            // A path starts at its slash: "network/..." is no path of a machine.
            let starts =
                |at: usize| !word.starts_with('/') || !lower[..at].ends_with(|c: char| c.is_alphanumeric());
            if lower.match_indices(word).any(|(at, _)| starts(at)) {
                found.push(format!(":{}: {word:?}", number + 1));
            }
        }
    }
    found
}

/// Relative links of Markdown files whose target does not exist.
fn broken_links(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    if !file.path.ends_with(".md") {
        return Vec::new();
    }
    let directory = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split(['#', ' ']).next().unwrap_or_default();
            let elsewhere = path.contains("://") || path.starts_with("mailto:");
            if !path.is_empty() && !elsewhere && !exists(&directory.join(path)) {
                found.push(format!(":{}: no {path}", number + 1));
            }
        }
    }
    found
}

/// The addon is the one crate that cannot forbid `unsafe`, since macros expand to it there; none is written by hand.
fn unsafe_by_hand(file: &File) -> Vec<String> {
    if !file.path.starts_with("node/native/") || !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let is_unsafe = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == "unsafe")
    };
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_unsafe(line));
    lines.map(|(number, _)| format!(":{}: unsafe", number + 1)).collect()
}

/// Lock files name what is installed, not where one machine got it.
fn download_addresses(file: &File) -> Vec<String> {
    if !file.path.ends_with("package-lock.json") {
        return Vec::new();
    }
    let is_address = |line: &str| line.trim_start().starts_with("\"resolved\"");
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_address(line));
    lines.map(|(number, _)| format!(":{}: a download address", number + 1)).collect()
}
