//! What happened on the network, as text.

use std::fmt::Write as _;
use std::time::Duration;

use crate::packet::Packet;

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

    pub(crate) fn packet(&mut self, at: Duration, packet: &Packet, fate: &str) {
        let Packet { from, to, bytes, .. } = packet;
        self.note(at, format_args!("{from} > {to} {} {} {fate}", packet.label(), bytes.len()));
    }
}
