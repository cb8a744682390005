//! visavis beside the other WebRTC stacks, two peers of the same stack over loopback UDP.
//!
//! Every measurement is a process of its own, and the stacks take turns, round by round, so that a machine that
//! speeds up or slows down does so for all of them. What counts is the ratio; absolute times are this machine's.
#![forbid(unsafe_code)]

mod child;
mod link;
mod meter;
mod scenario;
mod stack;
mod table;

use std::process::ExitCode;

use scenario::Scenario;

const USAGE: &str = "\
usage: cargo run --release [-- [--rounds N] [--only SCENARIO]... [STACK ...]]
stacks: visavis visavis-runtime webrtc webrtc-buffers str0m rustrtc libdatachannel chromium
scenarios: a part of a name will do; see README.md";

/// What a command line asks for.
struct Plan {
    rounds: usize,
    scenarios: Vec<Scenario>,
    stacks: Vec<&'static str>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("measure") => scenario::main(&arguments[1..]),
        Some("--help" | "-h") => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => match plan(&arguments) {
            Ok(plan) => run(&plan),
            Err(problem) => {
                eprintln!("{problem}\n{USAGE}");
                ExitCode::from(2)
            }
        },
    }
}

fn plan(arguments: &[String]) -> Result<Plan, String> {
    let mut plan = Plan { rounds: 3, scenarios: Vec::new(), stacks: Vec::new() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--rounds" => {
                plan.rounds = value()?.parse().ok().filter(|n| *n > 0).ok_or("--rounds takes a number")?;
            }
            "--only" => {
                let part = value()?;
                plan.scenarios
                    .extend(Scenario::all().filter(|scenario| scenario.name().contains(part.as_str())));
            }
            name => match stack::NAMES.iter().find(|known| **known == name) {
                Some(known) => plan.stacks.push(known),
                None => return Err(format!("unknown argument: {name}")),
            },
        }
    }
    if plan.scenarios.is_empty() {
        plan.scenarios = Scenario::all().collect();
    }
    if plan.stacks.is_empty() {
        plan.stacks = stack::NAMES.to_vec();
    }
    Ok(plan)
}

/// Runs every scenario for every stack, in turns, and prints the tables.
fn run(plan: &Plan) -> ExitCode {
    for &scenario in &plan.scenarios {
        let stacks: Vec<_> = plan.stacks.iter().copied().filter(|name| scenario.runs_on(name)).collect();
        let mut results = table::Table::new(scenario, &stacks);
        for round in 1..=plan.rounds {
            for name in &stacks {
                eprintln!("{}: {name}, round {round} of {}", scenario.name(), plan.rounds);
                results.add(name, child::run(name, scenario));
            }
        }
        println!("{results}");
    }
    ExitCode::SUCCESS
}
