//! The methods of data channels. A channel is named by the number that `createDataChannel` or a `dataChannel` event gave.

use bytes::Bytes;
use napi::Env;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use peer::{ChannelId, Payload};

use crate::error::{OrThrow, invalid};
use crate::media::{parse_priority, priority};
use crate::peer_connection::{PeerConnection, id, number};

/// `RTCDataChannelInit`.
#[napi(object)]
pub struct DataChannelInit {
    /// Keep the order of messages.
    pub ordered: Option<bool>,
    /// In milliseconds.
    pub max_packet_life_time: Option<u32>,
    /// `maxRetransmits`
    pub max_retransmits: Option<u32>,
    /// The subprotocol.
    pub protocol: Option<String>,
    /// Both peers make it, with the same id.
    pub negotiated: Option<bool>,
    /// The SCTP stream.
    pub id: Option<u32>,
    /// `RTCPriorityType`
    pub priority: Option<String>,
}

impl DataChannelInit {
    fn into_peer(self) -> Result<peer::DataChannelInit, peer::Error> {
        let narrow = |what: &'static str, value: Option<u32>| {
            value.map(|value| u16::try_from(value).map_err(|_| invalid(what, &value.to_string()))).transpose()
        };
        Ok(peer::DataChannelInit {
            ordered: self.ordered.unwrap_or(true),
            max_packet_life_time: narrow("maxPacketLifeTime", self.max_packet_life_time)?,
            max_retransmits: narrow("maxRetransmits", self.max_retransmits)?,
            protocol: self.protocol.unwrap_or_default(),
            negotiated: self.negotiated.unwrap_or_default(),
            id: narrow("id", self.id)?,
            priority: self.priority.as_deref().map(parse_priority).transpose()?.unwrap_or_default(),
        })
    }
}

/// `RTCDataChannel`'s attributes.
#[napi(object, object_from_js = false)]
pub struct ChannelView {
    /// `label`
    pub label: String,
    /// `protocol`
    pub protocol: String,
    /// `ordered`
    pub ordered: bool,
    /// `maxPacketLifeTime`
    pub max_packet_life_time: Option<u32>,
    /// `maxRetransmits`
    pub max_retransmits: Option<u32>,
    /// `negotiated`
    pub negotiated: bool,
    /// `id`
    pub id: Option<u32>,
    /// `priority`
    pub priority: &'static str,
    /// `readyState`
    pub ready_state: &'static str,
    /// `bufferedAmount`
    pub buffered_amount: f64,
    /// `bufferedAmountLowThreshold`
    pub buffered_amount_low_threshold: f64,
}

impl From<peer::ChannelView> for ChannelView {
    fn from(view: peer::ChannelView) -> Self {
        ChannelView {
            label: view.label,
            protocol: view.protocol,
            ordered: view.ordered,
            max_packet_life_time: view.max_packet_life_time.map(u32::from),
            max_retransmits: view.max_retransmits.map(u32::from),
            negotiated: view.negotiated,
            id: view.id.map(u32::from),
            priority: priority(view.priority),
            ready_state: view.ready_state.as_str(),
            buffered_amount: view.buffered_amount as f64,
            buffered_amount_low_threshold: view.buffered_amount_low_threshold as f64,
        }
    }
}

#[napi]
impl PeerConnection {
    /// `createDataChannel()`: the channel's number.
    #[napi]
    pub fn create_data_channel(&self, env: Env, label: String, init: DataChannelInit) -> napi::Result<f64> {
        let init = init.into_peer().or_throw(&env)?;
        let channel =
            self.call(&env, |peer, now| peer.create_data_channel(now, &label, init))?.or_throw(&env)?;
        Ok(number(channel.0))
    }

    /// A channel's attributes; `null` if it was closed so long ago that it is forgotten.
    #[napi]
    pub fn channel(&self, env: Env, channel: f64) -> napi::Result<Option<ChannelView>> {
        Ok(self.read(&env, |peer| peer.channel(ChannelId(id(channel))))?.map(Into::into))
    }

    /// `bufferedAmount`, as in [`channel`](PeerConnection::channel).
    #[napi]
    pub fn channel_buffered_amount(&self, env: Env, channel: f64) -> napi::Result<Option<f64>> {
        let amount = self.read(&env, |peer| peer.channel_buffered_amount(ChannelId(id(channel))))?;
        Ok(amount.map(|amount| amount as f64))
    }

    /// `readyState`, as in [`channel`](PeerConnection::channel).
    #[napi]
    pub fn channel_ready_state(&self, env: Env, channel: f64) -> napi::Result<Option<&'static str>> {
        let state = self.read(&env, |peer| peer.channel_ready_state(ChannelId(id(channel))))?;
        Ok(state.map(|state| state.as_str()))
    }

    /// `send()` of text.
    #[napi]
    pub fn channel_send_text(&self, env: Env, channel: f64, text: String) -> napi::Result<()> {
        self.send(&env, channel, Payload { text: true, bytes: Bytes::from(text) })
    }

    /// `send()` of bytes, which are copied.
    #[napi]
    pub fn channel_send_binary(&self, env: Env, channel: f64, bytes: Uint8Array) -> napi::Result<()> {
        self.send(&env, channel, Payload { text: false, bytes: Bytes::copy_from_slice(&bytes) })
    }

    fn send(&self, env: &Env, channel: f64, payload: Payload) -> napi::Result<()> {
        self.send_message(env, ChannelId(id(channel)), payload)?.or_throw(env)
    }

    /// A channel's `close()`.
    #[napi]
    pub fn channel_close(&self, env: Env, channel: f64) -> napi::Result<()> {
        self.call(&env, |peer, now| peer.channel_close(now, ChannelId(id(channel))))
    }

    /// Sets `bufferedAmountLowThreshold`, in bytes.
    #[napi]
    pub fn channel_set_buffered_amount_low_threshold(
        &self,
        env: Env,
        channel: f64,
        threshold: f64,
    ) -> napi::Result<()> {
        let threshold = id(threshold) as usize;
        self.call(&env, |peer, _| {
            peer.channel_set_buffered_amount_low_threshold(ChannelId(id(channel)), threshold)
        })
    }
}
