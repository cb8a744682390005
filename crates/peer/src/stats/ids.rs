//! The ids of stats objects ([webrtc-pc, section 8.3](https://www.w3.org/TR/webrtc/#dom-rtcstats-id)): the same for the
//! same object in every report, never given to another, and not to be guessed by an application.

use std::fmt::Display;

use dtls::{Fingerprint, HashAlgorithm};
use session::TransportId;

use crate::TransceiverId;

/// Makes ids, with a salt of the connection's own.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    salt: [u8; 16],
}

/// How much of the hash an id has, in bytes: no two of a connection are the same by chance.
const LENGTH: usize = 10;

impl Ids {
    pub(crate) fn new(mut rng: base::Rng) -> Self {
        Ids { salt: rng.array() }
    }

    /// The hash of a name with the salt.
    fn digest(&self, name: &str) -> Vec<u8> {
        let salted = [&self.salt[..], name.as_bytes()].concat();
        Fingerprint::of(HashAlgorithm::Sha256, &salted).value
    }

    /// The id of what has this name among those with this prefix.
    fn id(&self, prefix: &str, name: impl Display) -> String {
        let digest = self.digest(&format!("{prefix} {name}"));
        let hex = digest.iter().take(LENGTH).map(|byte| format!("{byte:02x}"));
        std::iter::once(prefix.to_owned()).chain(hex).collect()
    }

    pub(crate) fn peer_connection(&self) -> String {
        self.id("P", "")
    }

    pub(crate) fn transport(&self, id: TransportId) -> String {
        self.id("T", id.0)
    }

    pub(crate) fn pair(&self, transport: TransportId, pair: u64) -> String {
        self.id("CP", format_args!("{} {pair}", transport.0))
    }

    /// What a candidate turns out to be later makes no other object of it.
    pub(crate) fn candidate(&self, transport: TransportId, side: &str, candidate: &ice::Candidate) -> String {
        let ufrag = candidate.ufrag.as_deref().unwrap_or_default();
        self.id(side, format_args!("{} {ufrag} {}", transport.0, candidate.address))
    }

    pub(crate) fn certificate(&self, fingerprint: &Fingerprint) -> String {
        self.id("CF", fingerprint.hex())
    }

    pub(crate) fn data_channel(&self, id: crate::ChannelId) -> String {
        self.id("D", id.0)
    }

    pub(crate) fn codec(&self, transport: TransportId, codec: &crate::CodecParameters) -> String {
        let line = codec.codec.sdp_fmtp_line.as_deref().unwrap_or_default();
        self.id(
            "COD",
            format_args!("{} {} {} {line}", transport.0, codec.payload_type, codec.codec.mime_type),
        )
    }

    pub(crate) fn outbound(&self, sender: TransceiverId, encoding: &str) -> String {
        self.id("OT", format_args!("{} {encoding}", sender.0))
    }

    pub(crate) fn media_source(&self, track: &str) -> String {
        self.id("S", track)
    }

    /// RFC 3550, section 8: a stream's SSRC is random.
    pub(crate) fn ssrc(&self, sender: TransceiverId, encoding: &str) -> u32 {
        let digest = self.digest(&format!("ssrc {} {encoding}", sender.0));
        digest.iter().take(4).fold(0, |ssrc, byte| ssrc << 8 | u32::from(*byte))
    }
}
