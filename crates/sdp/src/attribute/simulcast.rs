//! `a=simulcast:<send|recv> <rids>[ <recv|send> <rids>]`.

use std::fmt::{self, Write as _};

use super::rid::is_rid_id;
use crate::line::{OneLine, fields};

/// One form of a simulcast stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulcastStream {
    /// The id of an `a=rid`.
    pub rid: String,
    /// `~`: to begin with, it is not sent.
    pub paused: bool,
}

/// Streams of one source at once ([RFC 8853](https://www.rfc-editor.org/rfc/rfc8853#section-5.1)): for each
/// direction a list of streams (`;`), each a list of alternative forms (`,`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulcast {
    /// What the maker of the description sends.
    pub send: Vec<Vec<SimulcastStream>>,
    /// What it receives.
    pub recv: Vec<Vec<SimulcastStream>>,
}

impl Simulcast {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut simulcast = Self::default();
        let mut fields = fields(value);
        while let Some(direction) = fields.next() {
            let streams = parse_streams(fields.next()?)?;
            let slot = match direction {
                "send" => &mut simulcast.send,
                "recv" => &mut simulcast.recv,
                _ => return None,
            };
            // RFC 8853 section 5.1: each direction at most once.
            if !slot.is_empty() {
                return None;
            }
            *slot = streams;
        }
        (!simulcast.send.is_empty() || !simulcast.recv.is_empty()).then_some(simulcast)
    }
}

fn parse_streams(text: &str) -> Option<Vec<Vec<SimulcastStream>>> {
    let stream = |text: &str| {
        let (rid, paused) = text.strip_prefix('~').map_or((text, false), |rid| (rid, true));
        is_rid_id(rid).then(|| SimulcastStream { rid: rid.to_owned(), paused })
    };
    text.split(';').map(|alternatives| alternatives.split(',').map(stream).collect()).collect()
}

impl fmt::Display for Simulcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        let mut before = "";
        for (direction, streams) in [("send", &self.send), ("recv", &self.recv)] {
            if streams.is_empty() {
                continue;
            }
            write!(f, "{before}{direction}")?;
            before = " ";
            for (index, alternatives) in streams.iter().enumerate() {
                f.write_str(if index == 0 { " " } else { ";" })?;
                for (index, stream) in alternatives.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}{}", if stream.paused { "~" } else { "" }, stream.rid)?;
                }
            }
        }
        Ok(())
    }
}
