//! Messages of multicast DNS, which anybody in the local network sends.

use std::net::IpAddr;

use crate::source::Source;

// The reader is the crate's own business, and so it is built here once more.
#[allow(dead_code, unreachable_pub, reason = "the engine's half is not used here")]
#[path = "../../crates/visavis/src/net/mdns/wire.rs"]
mod wire;

pub(crate) fn run(source: &mut Source<'_>) {
    let name = "6f8a5c7e-1d2b-4e3f-9a0b-123456789abc.local".parse().expect("a name");
    let query = wire::query(&name);
    let response = wire::response(&name, IpAddr::from([192, 0, 2, 1]));
    let mut message = if source.chance(128) { query.clone() } else { response.clone() };
    for _ in 0..1 + source.below(4) {
        let other = if source.chance(128) { &query } else { &response };
        source.mutate(&mut message, 0, other);
    }
    let names = match wire::parse(&message) {
        None => 0,
        Some(wire::Message::Query(questions)) => questions.len(),
        Some(wire::Message::Response(answers)) => answers.len(),
    };
    // A name takes some bytes, if only a reference to an earlier one.
    assert!(names <= message.len() / 6);
}
