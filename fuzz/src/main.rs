//! Runs an entry on drawn inputs for so many seconds, or on a file; see `lib.rs`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program")]

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [entry, what, rest @ ..] = &arguments[..] else { return Err("ENTRY SECONDS|FILE [SEED]".into()) };
    let Ok(seconds) = what.parse() else {
        visavis_fuzz::run(entry, &std::fs::read(what)?);
        return Ok(());
    };
    let seed = rest.first().map_or(Ok(1), |seed| seed.parse())?;
    let (begin, mut slowest) = (Instant::now(), Duration::ZERO);
    let mut number = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        let input = visavis_fuzz::input(entry, seed, number);
        let start = Instant::now();
        if catch_unwind(|| visavis_fuzz::run(entry, &input)).is_err() {
            let file = format!("failure-{entry}");
            std::fs::write(&file, &input)?;
            return Err(format!("input {number} of seed {seed} failed: {file}").into());
        }
        slowest = slowest.max(start.elapsed());
        number += 1;
    }
    println!("{entry}: {number} inputs, the slowest {slowest:?}");
    Ok(())
}
