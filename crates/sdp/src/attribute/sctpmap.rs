//! `a=sctpmap:<port> <application>[ <streams>]`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, fields, number};

/// What runs on an SCTP port, as draft-ietf-mmusic-sctp-sdp had it up to version 14 (2015), and as old peers send
/// it together with `m=application 9 DTLS/SCTP 5000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sctpmap {
    /// The SCTP port.
    pub port: u16,
    /// `webrtc-datachannel`
    pub application: String,
    /// The number of streams.
    pub streams: Option<u32>,
}

impl Sctpmap {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let (port, application) = (number(fields.next()?)?, fields.next()?.to_owned());
        let streams = match fields.next() {
            Some(streams) => Some(number(streams)?),
            None => None,
        };
        fields.next().is_none().then_some(Self { port, application, streams })
    }
}

impl fmt::Display for Sctpmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        write!(f, "{} {}", self.port, self.application)?;
        self.streams.iter().try_for_each(|streams| write!(f, " {streams}"))
    }
}
