//! What comes on a stream.

use bytes::Bytes;
use sctp::{Message, Ppid};

use super::data_channel::{Channel, decode};
use super::dcep::{self, Ack, Dcep};
use super::state::{Open, State};
use super::table::{Context, Phase, Table, send_dcep};
use super::{ChannelError, ChannelKey, Payload};
use crate::event::Event;

/// The most bytes of labels and protocols of the peer's channels at one time. Without it, the largest number of
/// channels with the longest names would take gigabytes.
const MAX_INCOMING_NAME_BYTES: usize = 16 * 1024 * 1024;

/// What a stream is used for now.
enum Use {
    Open(ChannelKey),
    Closing,
    /// Both sides have let go of it and only our reset is not acknowledged: what comes belongs to its next use.
    Changing,
    Nothing,
}

impl Table {
    /// Takes messages from a stream, while somebody wants them.
    pub(super) fn pump(&mut self, stream: u16, cx: &mut Context<'_>) {
        loop {
            let usage = self.usage(stream);
            let Some(message) = self.next_message(stream, &usage, cx) else { return };
            match usage {
                Use::Open(key) => self.handle_message(key, message, cx),
                Use::Closing => cx.output.counters.messages_dropped += 1,
                Use::Nothing => self.handle_stray(message, cx),
                Use::Changing => return,
            }
        }
    }

    fn usage(&self, stream: u16) -> Use {
        let closing = |incoming_done: bool| if incoming_done { Use::Changing } else { Use::Closing };
        if let Some(reset) = self.resetting.get(&stream) {
            return closing(reset.is_incoming_done());
        }
        let Some(key) = self.by_id.get(&stream) else { return Use::Nothing };
        match self.channels.get(key).map(|channel| &channel.state) {
            Some(State::Open(_)) => Use::Open(*key),
            Some(State::Closing(reset)) => closing(reset.is_incoming_done()),
            // Before the association stands nothing can come.
            Some(State::Waiting) | None => Use::Changing,
        }
    }

    fn next_message(&mut self, stream: u16, usage: &Use, cx: &mut Context<'_>) -> Option<Message> {
        let association = cx.association.as_deref_mut()?;
        match usage {
            Use::Changing => None,
            Use::Nothing | Use::Closing => association.read(stream),
            Use::Open(key) => {
                let State::Open(open) = &self.channels.get(key)?.state else { return None };
                if !self.unread.has_room(open.unread) {
                    self.unread.wait(stream);
                    return None;
                }
                self.early.pop(stream).or_else(|| association.read(stream))
            }
        }
    }

    /// A message on an open channel.
    fn handle_message(&mut self, key: ChannelKey, message: Message, cx: &mut Context<'_>) {
        if message.ppid == Ppid::DCEP {
            return self.handle_dcep(key, &message.payload, cx);
        }
        let Some(payload) = decode(message.ppid, message.payload) else {
            cx.output.counters.messages_dropped += 1;
            return;
        };
        // RFC 8831, section 6.6: PPID 51 is UTF-8. A text that is not was damaged by its sender; to replace or to
        // skip it would break a reliable channel silently, so the channel fails.
        if payload.text && std::str::from_utf8(&payload.bytes).is_err() {
            cx.output.counters.text_invalid += 1;
            return self.fail(key, ChannelError::InvalidText, cx);
        }
        self.deliver(key, payload, cx);
    }

    fn deliver(&mut self, key: ChannelKey, payload: Payload, cx: &mut Context<'_>) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        let bytes = payload.bytes.len();
        if let State::Open(open) = &mut channel.state {
            open.unread += payload.cost();
            self.unread.add(payload.cost());
        }
        channel.stats.messages_received += 1;
        channel.stats.bytes_received += bytes as u64;
        cx.output.events.push_back(Event::ChannelMessage { key, payload });
    }

    /// A DCEP message on an open channel.
    fn handle_dcep(&mut self, key: ChannelKey, message: &[u8], cx: &mut Context<'_>) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        match (dcep::parse(message), &mut channel.state) {
            (Ok(Dcep::Ack), State::Open(open)) if !open.acknowledged => open.acknowledged = true,
            // Nothing asked for it; it changes nothing.
            (Ok(Dcep::Ack), _) => cx.output.counters.dcep_invalid += 1,
            // RFC 8832, section 6: an OPEN on a stream that is in use, and a message that is not well-formed,
            // close the channel on that stream.
            (Ok(Dcep::Open(_)) | Err(_), _) => {
                cx.output.counters.dcep_invalid += 1;
                self.fail(key, ChannelError::ProtocolViolation, cx);
            }
        }
    }

    /// A message on a stream that has no channel.
    fn handle_stray(&mut self, message: Message, cx: &mut Context<'_>) {
        let stream = message.stream;
        if message.ppid == Ppid::DCEP {
            return match dcep::parse(&message.payload) {
                Ok(Dcep::Open(open)) => self.handle_open(stream, open, cx),
                Ok(Dcep::Ack) => cx.output.counters.dcep_invalid += 1,
                Err(_) => {
                    cx.output.counters.dcep_invalid += 1;
                    self.refuse(stream, cx);
                }
            };
        }
        // Of a negotiated channel whose other half this side has not made yet, or overtaking its OPEN.
        if !self.early.push(message) {
            self.refuse(stream, cx);
        }
    }

    /// RFC 8832, section 6: the OPEN of a peer.
    fn handle_open(&mut self, stream: u16, open: dcep::Open, cx: &mut Context<'_>) {
        let mut channel = Channel::incoming(open, stream);
        let names = self.incoming_name_bytes.saturating_add(channel.name_bytes());
        let acceptable = matches!(self.phase, Phase::Connected { max_streams } if stream < max_streams)
            && self.ids.is_peers(stream)
            // What the peer would not let us reset can be neither answered nor closed.
            && !self.ids.is_retired(stream)
            && self.channels.len() < self.limits.channels
            && cx.output.unseen_channels < self.limits.channels
            && names <= MAX_INCOMING_NAME_BYTES;
        if !acceptable {
            return self.refuse(stream, cx);
        }
        self.incoming_name_bytes = names;
        channel.state = State::Open(Open::new(true));
        if let Some(association) = cx.association.as_deref_mut() {
            association.open_stream(stream, channel.weight());
        }
        send_dcep(&mut channel, stream, Bytes::from_static(Ack::BYTES), cx);
        let key = self.new_key();
        cx.output.counters.channels_opened += 1;
        cx.output.unseen_channels += 1;
        cx.output.events.push_back(Event::IncomingChannel {
            key,
            label: channel.init.label.clone(),
            protocol: channel.init.protocol.clone(),
            ordered: channel.init.ordered,
            reliability: channel.init.reliability,
            id: stream,
            priority: channel.init.priority,
        });
        self.by_id.insert(stream, key);
        self.channels.insert(key, Box::new(channel));
    }
}
