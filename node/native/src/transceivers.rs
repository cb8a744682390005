//! The methods of transceivers, senders and receivers. All three are named by the transceiver's number.

use napi::Env;
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use peer::{Error, TrackOrKind, TransceiverDirection, TransceiverId};

use crate::error::OrThrow;
use crate::media::{
    Codec, EncodingParameters, HeaderExtensionCapability, ReceiveParameters, SendParameters,
    SetParameterOptions, parse_direction, parse_kind,
};
use crate::peer_connection::{PeerConnection, id, number};

/// A `MediaStreamTrack`, as far as negotiation knows it.
#[napi(object)]
pub struct Track {
    /// `id`
    pub id: String,
    /// `kind`
    pub kind: String,
}

impl Track {
    fn into_peer(self) -> Result<peer::Track, Error> {
        Ok(peer::Track { kind: parse_kind(&self.kind)?, id: self.id })
    }
}

impl From<peer::Track> for Track {
    fn from(track: peer::Track) -> Self {
        Track { kind: track.kind.as_str().to_owned(), id: track.id }
    }
}

/// `RTCRtpTransceiverInit`, its streams by their ids.
#[napi(object, object_to_js = false)]
pub struct TransceiverInit {
    /// `direction`
    pub direction: Option<String>,
    /// `streams`
    pub streams: Option<Vec<String>>,
    /// `sendEncodings`
    pub send_encodings: Option<Vec<EncodingParameters>>,
}

impl TransceiverInit {
    fn into_peer(self) -> Result<peer::TransceiverInit, Error> {
        let encodings = self.send_encodings.unwrap_or_default().into_iter();
        Ok(peer::TransceiverInit {
            direction: match self.direction {
                Some(direction) => parse_direction(&direction)?,
                None => TransceiverDirection::SendRecv,
            },
            streams: self.streams.unwrap_or_default(),
            send_encodings: encodings.map(EncodingParameters::into_peer).collect::<Result<_, _>>()?,
        })
    }
}

/// `RTCRtpTransceiver`'s attributes.
#[napi(object, object_from_js = false)]
pub struct TransceiverView {
    /// The kind of its tracks.
    pub kind: &'static str,
    /// `mid`
    pub mid: Option<String>,
    /// `direction`
    pub direction: &'static str,
    /// `currentDirection`
    pub current_direction: Option<&'static str>,
    /// `sender`
    pub sender: SenderView,
    /// `receiver`
    pub receiver: ReceiverView,
}

/// `RTCRtpSender`'s attributes.
#[napi(object, object_from_js = false)]
pub struct SenderView {
    /// `track`
    pub track: Option<Track>,
    /// The ids of its streams.
    pub streams: Vec<String>,
    /// `transport`
    pub transport: Option<u32>,
    /// `dtmf`
    pub dtmf: Option<DtmfView>,
}

/// `RTCDTMFSender`'s attributes.
#[napi(object, object_from_js = false)]
pub struct DtmfView {
    /// `canInsertDTMF`
    pub can_insert_dtmf: bool,
    /// `toneBuffer`
    pub tone_buffer: String,
}

/// `RTCRtpReceiver`'s attributes, and its track's.
#[napi(object, object_from_js = false)]
pub struct ReceiverView {
    /// `track`
    pub track: Track,
    /// Whether the track is muted.
    pub muted: bool,
    /// Whether the track has ended.
    pub ended: bool,
    /// The ids of its streams.
    pub streams: Vec<String>,
    /// `transport`
    pub transport: Option<u32>,
    /// `jitterBufferTarget`
    pub jitter_buffer_target: Option<f64>,
}

impl From<peer::TransceiverView> for TransceiverView {
    fn from(view: peer::TransceiverView) -> Self {
        TransceiverView {
            kind: view.kind.as_str(),
            mid: view.mid,
            direction: view.direction.as_str(),
            current_direction: view.current_direction.map(TransceiverDirection::as_str),
            sender: SenderView {
                track: view.sender.track.map(Track::from),
                streams: view.sender.streams,
                transport: view.sender.transport.map(|transport| transport.0),
                dtmf: view.sender.dtmf.map(|dtmf| DtmfView {
                    can_insert_dtmf: dtmf.can_insert_dtmf,
                    tone_buffer: dtmf.tone_buffer,
                }),
            },
            receiver: ReceiverView {
                track: view.receiver.track.into(),
                muted: view.receiver.muted,
                ended: view.receiver.ended,
                streams: view.receiver.streams,
                transport: view.receiver.transport.map(|transport| transport.0),
                jitter_buffer_target: view.receiver.jitter_buffer_target,
            },
        }
    }
}

fn transceiver_id(transceiver: f64) -> TransceiverId {
    TransceiverId(id(transceiver))
}

fn numbers(transceivers: Vec<TransceiverId>) -> Vec<f64> {
    transceivers.into_iter().map(|transceiver| number(transceiver.0)).collect()
}

/// Tracks and transceivers.
#[napi]
impl PeerConnection {
    /// `addTrack()`: the transceiver.
    #[napi]
    pub fn add_track(&self, env: Env, track: Track, streams: Vec<String>) -> napi::Result<f64> {
        let track = track.into_peer().or_throw(&env)?;
        let transceiver = self.call(&env, |peer, _| peer.add_track(track, &streams))?.or_throw(&env)?;
        Ok(number(transceiver.0))
    }

    /// `removeTrack()`
    #[napi]
    pub fn remove_track(&self, env: Env, transceiver: f64) -> napi::Result<()> {
        self.call(&env, |peer, _| peer.remove_track(transceiver_id(transceiver)))?.or_throw(&env)
    }

    /// `addTransceiver()`: the transceiver.
    #[napi]
    pub fn add_transceiver(
        &self,
        env: Env,
        track_or_kind: Either<String, Track>,
        init: TransceiverInit,
    ) -> napi::Result<f64> {
        let track_or_kind = match track_or_kind {
            Either::A(kind) => parse_kind(&kind).map(TrackOrKind::Kind),
            Either::B(track) => track.into_peer().map(TrackOrKind::Track),
        };
        let track_or_kind = track_or_kind.or_throw(&env)?;
        let init = init.into_peer().or_throw(&env)?;
        let transceiver =
            self.call(&env, |peer, _| peer.add_transceiver(track_or_kind, init))?.or_throw(&env)?;
        Ok(number(transceiver.0))
    }

    /// CollectTransceivers.
    #[napi]
    pub fn transceivers(&self, env: Env) -> napi::Result<Vec<f64>> {
        Ok(numbers(self.read(&env, peer::PeerConnection::transceivers)?))
    }

    /// CollectSenders.
    #[napi]
    pub fn senders(&self, env: Env) -> napi::Result<Vec<f64>> {
        Ok(numbers(self.read(&env, peer::PeerConnection::senders)?))
    }

    /// CollectReceivers.
    #[napi]
    pub fn receivers(&self, env: Env) -> napi::Result<Vec<f64>> {
        Ok(numbers(self.read(&env, peer::PeerConnection::receivers)?))
    }

    /// A transceiver's attributes; `null` if there never was one.
    #[napi]
    pub fn transceiver(&self, env: Env, transceiver: f64) -> napi::Result<Option<TransceiverView>> {
        let view = self.read(&env, |peer| peer.transceiver(transceiver_id(transceiver)))?;
        Ok(view.map(Into::into))
    }

    /// Sets `direction`.
    #[napi]
    pub fn set_direction(&self, env: Env, transceiver: f64, direction: String) -> napi::Result<()> {
        let direction = parse_direction(&direction).or_throw(&env)?;
        self.call(&env, |peer, _| peer.set_direction(transceiver_id(transceiver), direction))?.or_throw(&env)
    }

    /// `stop()`
    #[napi]
    pub fn stop_transceiver(&self, env: Env, transceiver: f64) -> napi::Result<()> {
        self.call(&env, |peer, _| peer.stop_transceiver(transceiver_id(transceiver)))?.or_throw(&env)
    }

    /// `setCodecPreferences()`
    #[napi]
    pub fn set_codec_preferences(&self, env: Env, transceiver: f64, codecs: Vec<Codec>) -> napi::Result<()> {
        let codecs =
            codecs.into_iter().map(Codec::into_peer).collect::<Result<Vec<_>, _>>().or_throw(&env)?;
        self.call(&env, |peer, _| peer.set_codec_preferences(transceiver_id(transceiver), &codecs))?
            .or_throw(&env)
    }

    /// `getHeaderExtensionsToNegotiate()`
    #[napi]
    pub fn header_extensions_to_negotiate(
        &self,
        env: Env,
        transceiver: f64,
    ) -> napi::Result<Vec<HeaderExtensionCapability>> {
        let extensions =
            self.read(&env, |peer| peer.header_extensions_to_negotiate(transceiver_id(transceiver)))?;
        Ok(extensions.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// `setHeaderExtensionsToNegotiate()`
    #[napi]
    pub fn set_header_extensions_to_negotiate(
        &self,
        env: Env,
        transceiver: f64,
        extensions: Vec<HeaderExtensionCapability>,
    ) -> napi::Result<()> {
        let extensions = extensions.into_iter().map(HeaderExtensionCapability::into_peer);
        let extensions = extensions.collect::<Result<Vec<_>, _>>().or_throw(&env)?;
        self.call(&env, |peer, _| {
            peer.set_header_extensions_to_negotiate(transceiver_id(transceiver), extensions)
        })?
        .or_throw(&env)
    }

    /// `getNegotiatedHeaderExtensions()`
    #[napi]
    pub fn negotiated_header_extensions(
        &self,
        env: Env,
        transceiver: f64,
    ) -> napi::Result<Vec<HeaderExtensionCapability>> {
        let extensions =
            self.read(&env, |peer| peer.negotiated_header_extensions(transceiver_id(transceiver)))?;
        Ok(extensions.unwrap_or_default().into_iter().map(Into::into).collect())
    }
}

/// Senders and receivers.
#[napi]
impl PeerConnection {
    /// `getParameters()` of a sender; `null` if there never was one.
    #[napi]
    pub fn sender_parameters(&self, env: Env, sender: f64) -> napi::Result<Option<SendParameters>> {
        let parameters = self.call(&env, |peer, _| peer.sender_parameters(transceiver_id(sender)))?;
        Ok(parameters.map(Into::into))
    }

    /// `setParameters()` of a sender: the promise's number. Throws what it is rejected with at once.
    #[napi]
    pub fn set_parameters(
        &self,
        env: Env,
        sender: f64,
        parameters: SendParameters,
        options: Option<SetParameterOptions>,
    ) -> napi::Result<f64> {
        let parameters = parameters.into_peer().or_throw(&env)?;
        let options = options.map(SetParameterOptions::into_peer).unwrap_or_default();
        let operation =
            self.call(&env, |peer, _| peer.set_parameters(transceiver_id(sender), parameters, &options))?;
        Ok(number(operation.or_throw(&env)?.0))
    }

    /// `replaceTrack()` of a sender: the promise's number.
    #[napi]
    pub fn replace_track(&self, env: Env, sender: f64, track: Option<Track>) -> napi::Result<f64> {
        let track = track.map(Track::into_peer).transpose().or_throw(&env)?;
        self.operation(&env, |peer, now| peer.replace_track(now, transceiver_id(sender), track))
    }

    /// `setStreams()` of a sender.
    #[napi]
    pub fn set_streams(&self, env: Env, sender: f64, streams: Vec<String>) -> napi::Result<()> {
        self.call(&env, |peer, _| peer.set_streams(transceiver_id(sender), &streams))?.or_throw(&env)
    }

    /// `insertDTMF()` of a sender's `dtmf`, times in milliseconds.
    #[napi]
    pub fn insert_dtmf(
        &self,
        env: Env,
        sender: f64,
        tones: String,
        duration: u32,
        gap: u32,
    ) -> napi::Result<()> {
        self.call(&env, |peer, _| peer.insert_dtmf(transceiver_id(sender), &tones, duration, gap))?
            .or_throw(&env)
    }

    /// `getParameters()` of a receiver; `null` if there never was one.
    #[napi]
    pub fn receiver_parameters(&self, env: Env, receiver: f64) -> napi::Result<Option<ReceiveParameters>> {
        let parameters = self.read(&env, |peer| peer.receiver_parameters(transceiver_id(receiver)))?;
        Ok(parameters.map(Into::into))
    }

    /// Sets `jitterBufferTarget` of a receiver, in milliseconds.
    #[napi]
    pub fn set_jitter_buffer_target(&self, env: Env, receiver: f64, target: Option<f64>) -> napi::Result<()> {
        self.call(&env, |peer, _| peer.set_jitter_buffer_target(transceiver_id(receiver), target))?
            .or_throw(&env)
    }
}
