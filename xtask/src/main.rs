//! The project's own commands: `cargo xtask COMMAND`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod bench;
mod deny;
mod interop;
mod node;
mod process;
mod setup;
mod spec_coverage;
mod tally;
mod test;
mod tidy;
mod wpt;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  test [--fast] [--allow-missing]
        The one test command: tidy, fmt, clippy, unit, scenario and doc tests, documentation, cargo deny,
        the package for Node.js and libraries for browsers on it, the Web Platform Tests where a checkout is, then the
        program and the library against real peers (Chromium, Firefox, aiortc). Installs what these need.
        --fast           leaves Node.js, the Web Platform Tests and the real peers out
        --allow-missing  passes although something could not be installed; the list at the end says what
  interop [--allow-missing] [NAME...]
        Only the tests against real peers, or those of them whose name contains a NAME.
  wpt [--update] [--all] [--once] [--verbose] [FILE...]
        The Web Platform Tests in Node.js, or those whose file contains a FILE; see wpt/README.md.
  bench [ARGUMENT...]
        visavis beside other stacks; a whole run, of half an hour, writes the tables of docs/performance.md.
        ARGUMENT: as of the program in bench/.
  setup
        Only installs what the tests need.
  spec-coverage [SPEC_HTML]
        Which steps of the specification's algorithms the code and the tests cite; fails if one does not exist.
        SPEC_HTML: the source of webrtc-pc, to write the list of algorithms and steps anew.
  tidy
        Only the project's own rules: file length, words, links, lock files, citations of the specification.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, rest): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
    if let Some(("bench", bench)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        let passed = bench::command_line(&bench.iter().map(String::as_str).collect::<Vec<_>>());
        return if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let passed = match (rest.split_first(), flags.as_slice()) {
        (Some((&"test", [])), flags) if only(flags, &["--fast", "--allow-missing"]) => {
            test::run_all(flags.contains(&"--fast"), flags.contains(&"--allow-missing"))
        }
        (Some((&"interop", names)), flags) if only(flags, &["--allow-missing"]) => {
            interop::command_line(names, flags.contains(&"--allow-missing"))
        }
        (Some((&"wpt", files)), flags) if only(flags, &["--update", "--all", "--once", "--verbose"]) => {
            wpt::command_line(flags, files)
        }
        (Some((&"setup", [])), []) => setup::command_line(),
        (Some((&"spec-coverage", [])), []) => spec_coverage::command_line(None),
        (Some((&"spec-coverage", [spec])), []) => spec_coverage::command_line(Some(spec)),
        (Some((&"tidy", [])), []) => tidy::command_line(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn only(flags: &[&str], known: &[&str]) -> bool {
    flags.iter().all(|flag| known.contains(flag))
}

/// The root of the repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is in the repository")
}

/// Where builds and everything else that is not kept go.
fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}
