//! One entry for each thing that reads what others send. An entry takes any bytes, makes decisions of them (what is
//! sent, changed, lost, how late), and holds what must be true whatever they are: no panic, an end, bounded memory, and,
//! where somebody without keys sent the rubbish, a connection that works afterwards.
//!
//! - `cargo run --release -- ENTRY SECONDS [SEED]` in this folder: inputs drawn from a seed, with a stable compiler.
//!   What fails is written to `fuzz/failure-ENTRY`; `cargo run --release -- ENTRY FILE` runs it again.
//! - `cargo test --release`: a few hundred such inputs for each entry.
//! - `cargo +nightly fuzz run --features libfuzzer ENTRY`: with coverage, by libFuzzer.
#![forbid(unsafe_code)]

mod dtls_target;
mod ice_target;
mod mdns_target;
mod sctp_target;
mod sdp_target;
mod source;
mod turn_target;

use source::Source;

/// All entries.
pub const ENTRIES: [&str; 6] = ["dtls", "sctp", "ice", "turn", "sdp", "mdns"];

/// Runs one entry.
///
/// # Panics
/// Something that must hold does not, or there is no such entry.
pub fn run(entry: &str, data: &[u8]) {
    let mut source = Source(data);
    match entry {
        "dtls" => dtls_target::run(&mut source),
        "sctp" => sctp_target::run(&mut source),
        "ice" => ice_target::run(&mut source),
        "turn" => turn_target::run(&mut source),
        "sdp" => sdp_target::run(&mut source),
        "mdns" => mdns_target::run(&mut source),
        other => panic!("no entry {other}"),
    }
}

/// The input of that number.
pub fn input(entry: &str, seed: u64, number: u64) -> Vec<u8> {
    let mut rng = base::Rng::from_seed([seed as u8; 32]).fork(&format!("{entry} {seed} {number}"));
    let most = [40, 400, 2000][rng.range(0..3) as usize];
    let length = rng.range(1..most);
    (0..length).map(|_| rng.u32() as u8).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_entry_stands_what_is_drawn() {
        for entry in super::ENTRIES {
            for number in 0..200 {
                super::run(entry, &super::input(entry, 1, number));
            }
        }
    }
}
