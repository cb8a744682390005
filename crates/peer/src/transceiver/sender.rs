//! `RTCRtpSender`.

use session::TransportId;

use crate::rtp::adapt_scalability;
use crate::{
    Codec, CodecParameters, DegradationPreference, EncodingParameters, HeaderExtensionParameters, MediaKind,
    SendParameters,
};

use super::Track;
use super::dtmf::Dtmf;

/// The slots of an `RTCRtpSender`.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// [[SenderTrack]]
    pub(crate) track: Option<Track>,
    /// [[SenderTransport]]
    pub(crate) transport: Option<TransportId>,
    /// [[AssociatedMediaStreamIds]]
    pub(crate) streams: Vec<String>,
    /// [[SendEncodings]]
    pub(crate) encodings: Vec<EncodingParameters>,
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
            sender.encodings = Sender::default_encodings(kind);
        }
        sender
    }

    /// One encoding, as it is where none is asked for.
    pub(crate) fn default_encodings(kind: MediaKind) -> Vec<EncodingParameters> {
        vec![EncodingParameters {
            scale_resolution_down_by: (kind == MediaKind::Video).then_some(1.0),
            ..EncodingParameters::default()
        }]
    }

    /// webrtc-pc, set a session description, step 4.7.14.2: encodings with a codec that is not negotiated any more.
    pub(crate) fn forget_codecs(&mut self) {
        if self.send_codecs.is_empty() {
            return;
        }
        let is_sent = |codec: &Codec| self.send_codecs.iter().any(|sent| sent.codec.matches(codec, true));
        for encoding in &mut self.encodings {
            encoding.codec = encoding.codec.take().filter(is_sent);
        }
        let negotiated: Vec<&Codec> = self.send_codecs.iter().map(|sent| &sent.codec).collect();
        adapt_scalability(&mut self.encodings, &negotiated);
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
