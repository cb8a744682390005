//! The channels of one association.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;
use sctp::{Association, Delivery, Ppid};

use super::data_channel::{Channel, encode};
use super::early::Early;
use super::ids::Ids;
use super::state::{Open, Reset, State};
use super::unread::Unread;
use super::{ChannelError, ChannelInfo, ChannelInit, ChannelKey, Payload, SendError};
use crate::event::{Event, Output};

/// What a call on the table works with.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    pub(crate) association: Option<&'a mut Association>,
    pub(crate) output: &'a mut Output,
}

/// Every channel, by key and by stream.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) limits: Limits,
    /// Boxed, as a map with one entry has room for eleven.
    pub(super) channels: BTreeMap<ChannelKey, Box<Channel>>,
    /// Streams in use, at most `limits.channels` of them.
    pub(super) by_id: BTreeMap<u16, ChannelKey>,
    next_key: u64,
    pub(super) ids: Ids,
    pub(super) phase: Phase,
    /// Streams without a channel that are being reset. At most one for each stream.
    pub(super) resetting: BTreeMap<u16, Reset>,
    pub(super) early: Early,
    pub(super) unread: Unread,
    /// In bytes; 0 stands for any size.
    remote_max_message_size: u64,
    /// The bytes of all labels and protocols that the peer has given.
    pub(super) incoming_name_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Channels at one time.
    pub(crate) channels: usize,
    /// Bytes outstanding in one channel.
    pub(crate) buffered: usize,
}

/// Where the association stands, as far as channels care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Waiting,
    Connected { max_streams: u16 },
    Ended(ChannelError),
}

impl Table {
    pub(crate) fn new(limits: Limits) -> Self {
        Table {
            limits,
            channels: BTreeMap::new(),
            by_id: BTreeMap::new(),
            next_key: 0,
            ids: Ids::default(),
            phase: Phase::Waiting,
            resetting: BTreeMap::new(),
            early: Early::default(),
            unread: Unread::default(),
            remote_max_message_size: 0,
            incoming_name_bytes: 0,
        }
    }

    /// Adds a channel of ours, and opens it if the association stands.
    pub(crate) fn open(&mut self, init: ChannelInit, cx: &mut Context<'_>) -> ChannelKey {
        let key = self.new_key();
        match self.check(&init) {
            Ok(()) => {
                let channel = Channel::outgoing(init);
                if let Some(id) = channel.id {
                    self.by_id.insert(id, key);
                }
                self.channels.insert(key, Box::new(channel));
                self.identify(key, cx);
                self.start(key, cx);
            }
            Err(error) => {
                cx.output.events.push_back(Event::ChannelClosed { key, error: Some(error) });
            }
        }
        key
    }

    pub(super) fn new_key(&mut self) -> ChannelKey {
        self.next_key += 1;
        ChannelKey(self.next_key)
    }

    fn check(&self, init: &ChannelInit) -> Result<(), ChannelError> {
        if let Phase::Ended(error) = self.phase {
            return Err(error);
        }
        if init.label.len() > usize::from(u16::MAX) || init.protocol.len() > usize::from(u16::MAX) {
            return Err(ChannelError::NameTooLong);
        }
        if self.channels.len() >= self.limits.channels {
            return Err(ChannelError::TooManyChannels);
        }
        match init.negotiated_id {
            Some(id) if id >= self.id_end() => Err(ChannelError::IdOutOfRange),
            Some(id) if !self.is_id_free(id) => Err(ChannelError::IdInUse),
            _ => Ok(()),
        }
    }

    /// Identifiers are below this.
    pub(super) fn id_end(&self) -> u16 {
        match self.phase {
            Phase::Connected { max_streams } => max_streams,
            _ => Ids::END,
        }
    }

    pub(crate) fn is_id_free(&self, id: u16) -> bool {
        id < self.id_end()
            && !self.by_id.contains_key(&id)
            && !self.resetting.contains_key(&id)
            && !self.ids.is_retired(id)
    }

    /// There may be another association, with none of its streams used or lost yet. What waits goes on waiting.
    pub(crate) fn renew(&mut self) {
        self.phase = Phase::Waiting;
        self.ids.forget_retired();
    }

    /// Learns our DTLS role, which decides on the identifiers that we give.
    pub(crate) fn set_role(&mut self, role: dtls::Role, cx: &mut Context<'_>) {
        let waiting = self.waiting();
        if self.ids.set_role(role) {
            // RFC 8832, section 6: what was given under the other role, and never told to the peer, is the peer's.
            waiting.iter().for_each(|key| self.unidentify(*key));
        }
        for key in waiting {
            self.identify(key, cx);
        }
    }

    /// Takes the identifier back that an in-band channel got from us.
    fn unidentify(&mut self, key: ChannelKey) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        if channel.init.negotiated_id.is_none()
            && let Some(id) = channel.id.take()
        {
            self.by_id.remove(&id);
        }
    }

    pub(crate) fn set_remote_max_message_size(&mut self, bytes: u64) {
        self.remote_max_message_size = bytes;
    }

    /// What the association says of its streams; its end is said with [`end`](Table::end).
    pub(crate) fn handle_association_event(&mut self, event: sctp::Event, cx: &mut Context<'_>) {
        match event {
            sctp::Event::Connected { max_streams } => self.handle_connected(max_streams, cx),
            sctp::Event::Readable { stream } => self.pump(stream, cx),
            sctp::Event::IncomingReset { stream } => self.handle_incoming_reset(stream, cx),
            sctp::Event::ResetComplete { stream } => self.handle_reset_complete(stream, cx),
            sctp::Event::ResetFailed { stream } => self.handle_reset_failed(stream, cx),
            sctp::Event::BufferDrained { stream } => self.handle_drained(stream, cx),
            _ => {}
        }
        self.pump_waiting(cx);
    }

    /// Delivers what waited for others to be taken.
    pub(super) fn pump_waiting(&mut self, cx: &mut Context<'_>) {
        while let Some(stream) = self.unread.next() {
            self.pump(stream, cx);
        }
    }

    /// The association stands: channels that wait for it open, in the order in which they were made.
    fn handle_connected(&mut self, max_streams: u16, cx: &mut Context<'_>) {
        self.phase = Phase::Connected { max_streams };
        for key in self.waiting() {
            self.identify(key, cx);
            self.start(key, cx);
        }
    }

    fn waiting(&self) -> Vec<ChannelKey> {
        let waits = |channel: &Channel| matches!(channel.state, State::Waiting);
        self.channels.iter().filter(|(_, channel)| waits(channel)).map(|(key, _)| *key).collect()
    }

    /// Gives an in-band channel its identifier, if it has none and our role is known.
    fn identify(&mut self, key: ChannelKey, cx: &mut Context<'_>) {
        let unidentified = self.channels.get(&key).is_some_and(|channel| channel.id.is_none());
        if !unidentified || !self.ids.is_role_known() {
            return;
        }
        let (by_id, resetting) = (&self.by_id, &self.resetting);
        let end = self.id_end();
        let id = self.ids.next(end, |id| by_id.contains_key(&id) || resetting.contains_key(&id));
        match (id, self.channels.get_mut(&key)) {
            (Some(id), Some(channel)) => {
                channel.id = Some(id);
                self.by_id.insert(id, key);
            }
            _ => self.fail(key, ChannelError::NoFreeId, cx),
        }
    }

    /// Opens a channel that waits, if it can be opened.
    fn start(&mut self, key: ChannelKey, cx: &mut Context<'_>) {
        let (Phase::Connected { max_streams }, Some(channel)) = (self.phase, self.channels.get_mut(&key))
        else {
            return;
        };
        let Some(id) = channel.id else { return };
        if id >= max_streams {
            return self.fail(key, ChannelError::IdOutOfRange, cx);
        }
        let Some(association) = cx.association.as_deref_mut() else { return };
        association.open_stream(id, channel.weight());
        let negotiated = channel.init.negotiated_id.is_some();
        channel.state = State::Open(Open::new(negotiated));
        if !negotiated {
            let mut open = Vec::new();
            // The lengths were checked when the channel was made.
            let _ = channel.dcep_open().write(&mut open);
            send_dcep(channel, id, open.into(), cx);
        }
        cx.output.counters.channels_opened += 1;
        cx.output.events.push_back(Event::ChannelOpen { key, id });
        self.pump(id, cx);
    }

    pub(crate) fn channel(&self, key: ChannelKey) -> Option<ChannelInfo<'_>> {
        self.channels.get(&key).map(|channel| channel.info())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = ChannelKey> + '_ {
        self.channels.keys().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.channels.len()
    }

    /// Queues a message.
    pub(crate) fn send(
        &mut self,
        key: ChannelKey,
        payload: Payload,
        cx: &mut Context<'_>,
    ) -> Result<(), SendError> {
        let channel = self.channels.get_mut(&key).ok_or(SendError::UnknownChannel)?;
        let (State::Open(_), Some(id), Some(association)) =
            (&channel.state, channel.id, cx.association.as_deref_mut())
        else {
            return Err(SendError::NotOpen);
        };
        let bytes = payload.bytes.len();
        let limit = self.remote_max_message_size;
        if limit != 0 && bytes as u64 > limit {
            return Err(SendError::TooLarge { limit });
        }
        if !channel.outstanding.has_room(bytes, self.limits.buffered) {
            return Err(SendError::BufferFull);
        }
        let (ppid, wire) = encode(payload);
        let wire_bytes = wire.len();
        association.send(cx.now, id, ppid, wire, channel.delivery_now()).map_err(|error| match error {
            sctp::SendError::TooLarge { limit } => SendError::TooLarge { limit: u64::from(limit) },
            _ => SendError::NotOpen,
        })?;
        channel.outstanding.push(wire_bytes, bytes);
        channel.stats.messages_sent += 1;
        channel.stats.bytes_sent += bytes as u64;
        Ok(())
    }

    pub(crate) fn buffered_amount(&self, key: ChannelKey) -> usize {
        self.channels.get(&key).map_or(0, |channel| channel.outstanding.buffered_amount())
    }

    /// The buffered amount; when it falls again, that is said again.
    pub(crate) fn take_drained(&mut self, key: ChannelKey) -> usize {
        self.channels.get_mut(&key).map_or(0, |channel| {
            channel.is_drain_said = false;
            channel.outstanding.buffered_amount()
        })
    }

    /// SCTP has sent some of a stream's bytes.
    fn handle_drained(&mut self, id: u16, cx: &mut Context<'_>) {
        let (Some(key), Some(association)) = (self.by_id.get(&id), cx.association.as_deref_mut()) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(key) else { return };
        let before = channel.outstanding.buffered_amount();
        channel.outstanding.set_buffered(association.unsent(id));
        let after = channel.outstanding.buffered_amount();
        if after < before && !std::mem::replace(&mut channel.is_drain_said, true) {
            cx.output.events.push_back(Event::Drained { key: *key });
        }
    }

    /// Gives a channel's reader more room, and delivers what was waiting for it.
    pub(crate) fn grant(&mut self, key: ChannelKey, bytes: usize, cx: &mut Context<'_>) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        let State::Open(open) = &mut channel.state else { return };
        let granted = bytes.min(open.unread);
        open.unread -= granted;
        self.unread.free(granted);
        self.pump_waiting(cx);
    }
}

/// Sends a DCEP message: reliable and ordered whatever the channel is (RFC 8832, section 6).
pub(super) fn send_dcep(channel: &mut Channel, id: u16, message: Bytes, cx: &mut Context<'_>) {
    let Some(association) = cx.association.as_deref_mut() else { return };
    let bytes = message.len();
    if association.send(cx.now, id, Ppid::DCEP, message, Delivery::default()).is_ok() {
        channel.outstanding.push(bytes, 0);
    }
}
