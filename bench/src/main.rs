//! visavis beside the other WebRTC stacks of Rust: bulk transfer, ping-pong and connection set-up, two peers of the
//! same stack in one process over loopback UDP.
//!
//! Every measurement is a process of its own, and the stacks take turns, round by round, so that a machine that
//! speeds up or slows down does so for all of them. What counts is the ratio; absolute times are this machine's.
#![forbid(unsafe_code)]

mod child;
mod measure;
mod stack;
mod table;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo run --release [-- [--rounds N] [STACK ...]]    (stacks: visavis webrtc str0m rustrtc)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("measure") => measure::main(&arguments[1..]),
        Some("--help" | "-h") => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => run_all(&arguments),
    }
}

/// Runs every scenario for every stack, in turns, and prints the table.
fn run_all(arguments: &[String]) -> ExitCode {
    let mut rounds = 3;
    let mut stacks = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--rounds" {
            match arguments.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0) {
                Some(n) => rounds = n,
                None => return usage("--rounds takes a number"),
            }
        } else if stack::NAMES.contains(&argument.as_str()) {
            stacks.push(argument.as_str());
        } else {
            return usage(&format!("unknown argument: {argument}"));
        }
    }
    if stacks.is_empty() {
        stacks = stack::NAMES.to_vec();
    }
    for scenario in measure::Scenario::ALL {
        let mut results = table::Table::new(scenario, &stacks);
        for round in 1..=rounds {
            for name in &stacks {
                eprintln!("{} {name}, round {round} of {rounds}", scenario.name());
                results.add(name, child::run(name, scenario));
            }
        }
        println!("{results}");
    }
    ExitCode::SUCCESS
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("{problem}\n{USAGE}");
    ExitCode::from(2)
}
