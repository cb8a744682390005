//! `RTCRtpSender`.

use session::TransportId;

use crate::{
    CodecParameters, DegradationPreference, EncodingParameters, HeaderExtensionParameters, MediaKind,
    SendParameters,
};

use super::Track;
use super::dtmf::Dtmf;

/// The slots of an `RTCRtpSender`.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "negotiation, which reads the rest, comes next")]
pub(crate) struct Sender {
    /// [[SenderTrack]]
    pub(crate) track: Option<Track>,
    /// [[SenderTransport]]
    pub(crate) transport: Option<TransportId>,
    /// [[AssociatedMediaStreamIds]]
    pub(crate) streams: Vec<String>,
    /// [[SendEncodings]]
    pub(crate) encodings: Vec<EncodingParameters>,
    /// [[LastStableRidlessSendEncodings]]
    pub(crate) last_stable_ridless_encodings: Option<Vec<EncodingParameters>>,
    /// [[SendCodecs]]
    pub(crate) send_codecs: Vec<CodecParameters>,
    /// The header extensions that were negotiated for sending.
    pub(crate) header_extensions: Vec<HeaderExtensionParameters>,
    /// Whether reduced-size RTCP was negotiated for sending.
    pub(crate) reduced_size: bool,
    /// `degradationPreference`, as set last.
    pub(crate) degradation_preference: Option<DegradationPreference>,
    /// [[LastReturnedParameters]]
    pub(crate) last_returned_parameters: Option<SendParameters>,
    /// Whether [[CurrentDirection]] was ever "sendrecv" or "sendonly".
    pub(crate) has_ever_sent: bool,
    /// [[Dtmf]]
    pub(crate) dtmf: Option<Dtmf>,
}

impl Sender {
    /// webrtc-pc, create an RTCRtpSender.
    pub(crate) fn new(
        track: Option<Track>,
        kind: MediaKind,
        streams: &[String],
        encodings: Vec<EncodingParameters>,
    ) -> Self {
        let mut sender = Sender {
            track,
            transport: None,
            streams: Vec::new(),
            encodings,
            last_stable_ridless_encodings: None,
            send_codecs: Vec::new(),
            header_extensions: Vec::new(),
            reduced_size: false,
            degradation_preference: None,
            last_returned_parameters: None,
            has_ever_sent: false,
            // Step 6.
            dtmf: (kind == MediaKind::Audio).then(Dtmf::new),
        };
        // Steps 8 and 9.
        sender.set_streams(streams);
        // Step 11.
        if sender.encodings.is_empty() {
            sender.encodings = vec![EncodingParameters {
                scale_resolution_down_by: (kind == MediaKind::Video).then_some(1.0),
                ..EncodingParameters::default()
            }];
        }
        sender
    }

    /// Sets [[AssociatedMediaStreamIds]], each stream once.
    pub(crate) fn set_streams(&mut self, streams: &[String]) {
        self.streams.clear();
        for stream in streams {
            if !self.streams.contains(stream) {
                self.streams.push(stream.clone());
            }
        }
    }
}
