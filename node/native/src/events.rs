//! The events of a task, for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Array, ArrayBuffer, Null, Object};
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

/// Adds the events of one task: arrays, each with a name and the event's values.
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
/// - `['channel', channel, 'messages', messages]`: one or several in a row, each a string or an ArrayBuffer.
pub(crate) fn append(env: &Env, list: &mut Array<'_>, events: Vec<Event>) -> napi::Result<()> {
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
            list.insert(messages_to_js(env, channel, run.drain(..))?)?;
        }
    }
    Ok(())
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
        Event::IceCandidate(candidate) => {
            list!(env, "iceCandidate", candidate.map(|candidate| IceCandidate::from(*candidate)))
        }
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
        ChannelEvent::Message(payload) => messages_to_js(env, channel, [payload].into_iter())?,
        ChannelEvent::BufferedAmountLow => list!(env, "channel", id, "bufferedAmountLow"),
        ChannelEvent::Closing => list!(env, "channel", id, "closing"),
        ChannelEvent::Close => list!(env, "channel", id, "close"),
        ChannelEvent::Error(error) => list!(env, "channel", id, "error", error::to_js(env, &error)?),
        event => list!(env, "unknown", format!("{event:?}")),
    })
}

/// A run of messages. Each binary one gets its own ArrayBuffer here, as scripts must have it: cut out of a common one
/// later, its bytes would be copied once more.
fn messages_to_js<'env>(
    env: &'env Env,
    channel: ChannelId,
    run: impl ExactSizeIterator<Item = Payload>,
) -> napi::Result<Array<'env>> {
    let mut messages = env.create_array(u32::try_from(run.len()).unwrap_or(0))?;
    for (index, Payload { text, bytes }) in (0..).zip(run) {
        if text {
            // The session has checked that it is UTF-8.
            messages.set(index, &*String::from_utf8_lossy(&bytes))?;
        } else {
            messages.set(index, ArrayBuffer::copy_from(env, bytes)?)?;
        }
    }
    Ok(list!(env, "channel", number(channel.0), "messages", messages))
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
