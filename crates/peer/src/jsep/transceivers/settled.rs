//! What an offer and its answer have settled for one transceiver.

use sdp::{Attribute, MediaSection};

use crate::jsep::media::Format;
use crate::jsep::media::codec_match::common;
use crate::jsep::media::extensions::{negotiated, parameters};
use crate::transceiver::Transceiver;
use crate::{CodecParameters, TransceiverDirection};

/// The two sides of a negotiation for one m-section.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) local: &'a MediaSection,
    pub(super) remote: &'a MediaSection,
    /// Whether the answer is the peer's.
    pub(super) remote_answers: bool,
}

/// The payload types and codecs of formats.
pub(super) fn codecs(formats: Vec<Format>) -> Vec<CodecParameters> {
    formats.into_iter().map(|format| format.parameters).collect()
}

impl Sides<'_> {
    /// Sets what an answer, provisional or final, leaves the sender and the receiver with. `receptive`: our side's
    /// description, whichever it is, wants to receive (webrtc-pc, set a session description, step 4.7.11.1.6). That the
    /// peer does not send for now is no reason not to be prepared.
    pub(super) fn settle(&self, transceiver: &mut Transceiver, receptive: bool) {
        let kind = transceiver.kind;
        let (ours, theirs) = (Format::of(self.local, kind), Format::of(self.remote, kind));
        // What the peer receives, in its order and with its payload types.
        transceiver.sender.send_codecs = codecs(common(&theirs, &ours));
        transceiver.sender.last_returned_parameters = None;
        transceiver.receiver.receive_codecs = match receptive {
            // Whatever we offered or answered can come; the peer's answer says what does.
            true => codecs(common(&ours, &theirs)),
            false => Vec::new(),
        };
        let answer = if self.remote_answers { self.remote } else { self.local };
        transceiver.negotiated_header_extensions =
            negotiated(&transceiver.header_extensions_to_negotiate, answer, self.remote_answers);
        let known = &transceiver.negotiated_header_extensions;
        transceiver.sender.header_extensions = parameters(known, answer, TransceiverDirection::sends);
        transceiver.receiver.header_extensions = parameters(known, answer, TransceiverDirection::receives);
        let is_reduced = |section: &MediaSection| section.attributes.contains(&Attribute::RtcpRsize);
        transceiver.sender.reduced_size = is_reduced(answer);
        transceiver.receiver.reduced_size = is_reduced(answer);
    }
}
