//! The events of a task, for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Array, Buffer, Null, Object, Uint8Array, Uint32Array};
use peer::{
    ChannelEvent, ChannelId, DtlsTransportEvent, Event, IceCandidateError, IceTransportEvent, Outcome,
    Payload,
};

use crate::descriptions::{IceCandidate, SessionDescription};
use crate::error;
use crate::peer_connection::number;

/// An array of values of any kind.
macro_rules! list {
    ($env:expr, $($value:expr),+ $(,)?) => {{
        let mut list = $env.create_array(0)?;
        $(list.insert($value)?;)+
        list
    }};
}

/// The events of one task: an array of arrays, each with a name and the event's values.
///
/// - `['settled', operation, error, value]`: `null` and the value, or the error.
/// - `['negotiationNeeded']`, `['signalingStateChange', state]`, `['iceGatheringStateChange', state]`,
///   `['iceConnectionStateChange', state]`, `['connectionStateChange', state]`, `['sctpStateChange', state]`
/// - `['iceCandidate', candidate | null]`, `['iceCandidateError', { address, port, url, errorCode, errorText }]`
/// - `['iceTransport', transport, 'stateChange' | 'gatheringStateChange', state]`,
///   `['iceTransport', transport, 'selectedCandidatePairChange']`
/// - `['dtlsTransport', transport, 'stateChange', state]`, `['dtlsTransport', transport, 'error', error]`
/// - `['track', transceiver, streams]`, `['trackMute', transceiver]`, `['trackUnmute', transceiver]`,
///   `['trackEnded', transceiver]`, `['streamAddTrack', stream, transceiver]`,
///   `['streamRemoveTrack', stream, transceiver]`, `['toneChange', transceiver, tone]`
/// - `['dataChannel', channel]`
/// - `['peerIdentity', error, { idp, name }]`: the promise is settled; after a rejection another takes its place
/// - `['channel', channel, 'open' | 'bufferedAmountLow' | 'closing' | 'close']`, `['channel', channel, 'error', error]`
/// - `['channel', channel, 'message', data]`: a string, or a Buffer that has its ArrayBuffer for itself
/// - `['channel', channel, 'messages', kinds, buffer, ends]`: several in a row; `kinds[i]` is 1 for text, 0 for binary;
///   message i ends before `ends[i]` and begins where the one before ends.
pub(crate) fn to_js<'env>(env: &'env Env, events: Vec<Event>) -> napi::Result<Array<'env>> {
    let mut list = env.create_array(0)?;
    let mut events = events.into_iter().peekable();
    let mut run = Vec::new();
    while let Some(event) = events.next() {
        let Event::Channel(channel, ChannelEvent::Message(payload)) = event else {
            list.insert(event_to_js(env, event)?)?;
            continue;
        };
        run.push(payload);
        let goes_on = matches!(
            events.peek(),
            Some(Event::Channel(next, ChannelEvent::Message(_))) if *next == channel
        );
        if !goes_on {
            list.insert(messages_to_js(env, channel, std::mem::take(&mut run))?)?;
        }
    }
    Ok(list)
}

fn event_to_js<'env>(env: &'env Env, event: Event) -> napi::Result<Array<'env>> {
    Ok(match event {
        Event::Settled(id, Ok(outcome)) => {
            let id = number(id.0);
            match outcome {
                Outcome::Done => list!(env, "settled", id, Null),
                Outcome::Description(description) => {
                    list!(env, "settled", id, Null, SessionDescription::from_peer(&description))
                }
            }
        }
        Event::Settled(id, Err(error)) => list!(env, "settled", number(id.0), error::to_js(env, &error)?),
        Event::NegotiationNeeded => list!(env, "negotiationNeeded"),
        Event::SignalingStateChange(state) => list!(env, "signalingStateChange", state.as_str()),
        Event::IceGatheringStateChange(state) => list!(env, "iceGatheringStateChange", state.as_str()),
        Event::IceConnectionStateChange(state) => list!(env, "iceConnectionStateChange", state.as_str()),
        Event::ConnectionStateChange(state) => list!(env, "connectionStateChange", state.as_str()),
        Event::SctpStateChange(state) => list!(env, "sctpStateChange", state.as_str()),
        Event::IceCandidate(candidate) => list!(env, "iceCandidate", candidate.map(IceCandidate::from)),
        Event::IceCandidateError(error) => list!(env, "iceCandidateError", candidate_error(env, error)?),
        Event::IceTransport(id, event) => match event {
            IceTransportEvent::StateChange(state) => {
                list!(env, "iceTransport", id.0, "stateChange", state.as_str())
            }
            IceTransportEvent::GatheringStateChange(state) => {
                list!(env, "iceTransport", id.0, "gatheringStateChange", state.as_str())
            }
            IceTransportEvent::SelectedCandidatePairChange => {
                list!(env, "iceTransport", id.0, "selectedCandidatePairChange")
            }
            event => list!(env, "unknown", format!("{event:?}")),
        },
        Event::DtlsTransport(id, event) => match event {
            DtlsTransportEvent::StateChange(state) => {
                list!(env, "dtlsTransport", id.0, "stateChange", state.as_str())
            }
            DtlsTransportEvent::Error(error) => {
                list!(env, "dtlsTransport", id.0, "error", error::to_js(env, &error)?)
            }
            event => list!(env, "unknown", format!("{event:?}")),
        },
        Event::DataChannel(channel) => list!(env, "dataChannel", number(channel.0)),
        Event::Track { transceiver, streams } => list!(env, "track", number(transceiver.0), streams),
        Event::PeerIdentity(Ok(identity)) => {
            let mut assertion = Object::new(env)?;
            assertion.set("idp", identity.idp)?;
            assertion.set("name", identity.name)?;
            list!(env, "peerIdentity", Null, assertion)
        }
        Event::PeerIdentity(Err(error)) => list!(env, "peerIdentity", error::to_js(env, &error)?),
        Event::TrackMute(transceiver) => list!(env, "trackMute", number(transceiver.0)),
        Event::TrackUnmute(transceiver) => list!(env, "trackUnmute", number(transceiver.0)),
        Event::TrackEnded(transceiver) => list!(env, "trackEnded", number(transceiver.0)),
        Event::StreamAddTrack { stream, transceiver } => {
            list!(env, "streamAddTrack", stream, number(transceiver.0))
        }
        Event::StreamRemoveTrack { stream, transceiver } => {
            list!(env, "streamRemoveTrack", stream, number(transceiver.0))
        }
        Event::ToneChange { transceiver, tone } => list!(env, "toneChange", number(transceiver.0), tone),
        Event::Channel(channel, event) => channel_event_to_js(env, channel, event)?,
        // `peer` may say more than this knows only while somebody is at work on both.
        event => list!(env, "unknown", format!("{event:?}")),
    })
}

fn channel_event_to_js<'env>(
    env: &'env Env,
    channel: ChannelId,
    event: ChannelEvent,
) -> napi::Result<Array<'env>> {
    let id = number(channel.0);
    Ok(match event {
        ChannelEvent::Open => list!(env, "channel", id, "open"),
        ChannelEvent::Message(payload) => messages_to_js(env, channel, vec![payload])?,
        ChannelEvent::BufferedAmountLow => list!(env, "channel", id, "bufferedAmountLow"),
        ChannelEvent::Closing => list!(env, "channel", id, "closing"),
        ChannelEvent::Close => list!(env, "channel", id, "close"),
        ChannelEvent::Error(error) => list!(env, "channel", id, "error", error::to_js(env, &error)?),
        event => list!(env, "unknown", format!("{event:?}")),
    })
}

/// One object for a run of messages: an object costs more than the bytes of a message.
fn messages_to_js<'env>(
    env: &'env Env,
    channel: ChannelId,
    mut run: Vec<Payload>,
) -> napi::Result<Array<'env>> {
    let id = number(channel.0);
    if run.len() == 1
        && let Some(Payload { text, bytes }) = run.pop()
    {
        return Ok(if text {
            // The session has checked that it is UTF-8.
            list!(env, "channel", id, "message", &*String::from_utf8_lossy(&bytes))
        } else {
            // Nothing is copied where nobody else holds the bytes.
            list!(env, "channel", id, "message", Buffer::from(Vec::from(bytes)))
        });
    }
    let total = run.iter().map(|payload| payload.bytes.len()).sum();
    let mut bytes = Vec::with_capacity(total);
    let mut ends = Vec::with_capacity(run.len());
    let mut kinds = Vec::with_capacity(run.len());
    for payload in run {
        bytes.extend_from_slice(&payload.bytes);
        ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        kinds.push(u8::from(payload.text));
    }
    let kinds = Uint8Array::new(kinds);
    Ok(list!(env, "channel", id, "messages", kinds, Buffer::from(bytes), Uint32Array::new(ends)))
}

fn candidate_error<'env>(env: &'env Env, error: IceCandidateError) -> napi::Result<Object<'env>> {
    let mut object = Object::new(env)?;
    object.set("address", error.address.map(|address| address.ip().to_string()))?;
    object.set("port", error.address.map(|address| u32::from(address.port())))?;
    object.set("url", error.url)?;
    object.set("errorCode", u32::from(error.error_code))?;
    object.set("errorText", error.error_text)?;
    Ok(object)
}
