//! `RTCDTMFSender`.

use std::sync::Arc;
use std::time::Duration;

use peer::{DtmfView, Error};

use crate::RtcEventStream;
use crate::api::part::Part;

/// `RTCDTMFToneChangeEvent`: a tone has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtcDtmfToneChangeEvent {
    /// The tone; empty once all are played.
    pub tone: String,
}

/// Plays the tones of a telephone's keys to the remote peer
/// ([webrtc-pc, section 7](https://www.w3.org/TR/webrtc/#rtcdtmfsender)).
///
/// A handle: clones are the same sender of tones. It keeps its connection open. The tones are timed and announced; **no
/// RTP flows yet**, so the remote peer does not hear them.
///
/// ```
/// use visavis::{ErrorName, MediaStreamTrack, RtcConfiguration, RtcMediaKind, RtcPeerConnection};
/// # fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let sender = pc.add_track(&MediaStreamTrack::new(RtcMediaKind::Audio, "phone"), &[])?;
/// let dtmf = sender.dtmf().expect("it sends audio");
/// assert!(!dtmf.can_insert_dtmf(), "not connected yet");
/// let error = dtmf.insert_dtmf("123#", None, None).unwrap_err();
/// assert_eq!(error.name, ErrorName::InvalidStateError);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RtcDtmfSender {
    part: Part,
}

/// How long a tone sounds, unless asked otherwise.
const DURATION: Duration = Duration::from_millis(100);
/// How long the pause between two is, unless asked otherwise.
const GAP: Duration = Duration::from_millis(70);

impl RtcDtmfSender {
    pub(crate) fn new(part: Part) -> Self {
        RtcDtmfSender { part }
    }

    fn dtmf(&self) -> Option<DtmfView> {
        self.part.view()?.sender.dtmf
    }

    /// Plays these tones (`0` to `9`, `A` to `D`, `#`, `*`, and `,` for a pause of two seconds) instead of those that
    /// wait. Each sounds for `duration` (100 ms; at least 40 ms and at most 6 s), with pauses of `inter_tone_gap` (70 ms;
    /// at least 30 ms and at most 6 s)
    /// ([insertDTMF](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-insertdtmf)).
    ///
    /// # Errors
    /// `InvalidStateError` if no tones can be sent; `InvalidCharacterError` for what is no tone.
    pub fn insert_dtmf(
        &self,
        tones: &str,
        duration: impl Into<Option<Duration>>,
        inter_tone_gap: impl Into<Option<Duration>>,
    ) -> Result<(), Error> {
        let milliseconds = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let duration = milliseconds(duration.into().unwrap_or(DURATION));
        let gap = milliseconds(inter_tone_gap.into().unwrap_or(GAP));
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.insert_dtmf(self.part.id, tones, duration, gap)
        })
    }

    /// Whether tones can be sent: the connection is up, and audio with telephone events is negotiated.
    pub fn can_insert_dtmf(&self) -> bool {
        self.dtmf().is_some_and(|dtmf| dtmf.can_insert_dtmf)
    }

    /// The tones that have not begun yet.
    pub fn tone_buffer(&self) -> String {
        self.dtmf().map(|dtmf| dtmf.tone_buffer).unwrap_or_default()
    }

    /// Its `tonechange` events, from the first one that was not taken yet.
    pub fn events(&self) -> RtcEventStream<RtcDtmfToneChangeEvent> {
        let source = self.part.handle.with(|shared| Arc::clone(shared.tones(self.part.id)));
        RtcEventStream::new(source, Some(Arc::clone(&self.part.handle)))
    }
}

impl std::fmt::Debug for RtcDtmfSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.part.fmt("RtcDtmfSender", f)
    }
}
