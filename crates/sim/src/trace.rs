//! What happened on the network, as text.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

/// One line per datagram: when, from where, to where, how long, which protocol and what became of it.
///
/// Contents are left out: what an encrypting peer writes is random where its keys are.
#[derive(Debug, Default)]
pub struct Trace {
    text: String,
    enabled: bool,
}

impl Trace {
    pub(crate) fn enable(&mut self) {
        self.enabled = true;
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn note(&mut self, at: Duration, line: std::fmt::Arguments<'_>) {
        if self.enabled {
            let _ = writeln!(self.text, "{:12.6} {line}", at.as_secs_f64());
        }
    }

    pub(crate) fn datagram(
        &mut self,
        at: Duration,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        fate: &str,
    ) {
        self.note(at, format_args!("{from} > {to} {} {} {fate}", protocol(bytes), bytes.len()));
    }
}

/// The protocol by the first byte (RFC 7983).
fn protocol(bytes: &[u8]) -> &'static str {
    match bytes.first() {
        Some(0..=3) => "stun",
        Some(20..=63) => "dtls",
        Some(128..=191) => "rtp",
        _ => "other",
    }
}
