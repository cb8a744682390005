//! Data channels ([webrtc-pc, section 6](https://www.w3.org/TR/webrtc/#peer-to-peer-data-api)).

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use sctp::{CloseCause, Reliability};
use session::{ChannelError, ChannelInit, ChannelKey, Payload, Session};

use crate::{
    ChannelEvent, ChannelId, ChannelView, Counters, DataChannelInit, DataChannelState, Error, ErrorDetail,
    Event, Priority, SctpTransportState,
};

use super::PeerConnection;
use super::settle::Task;

/// RFC 8832, section 5.1: label and protocol have 16-bit lengths.
const MAX_NAME: usize = 65_535;
/// How many closed channels can still be looked at; older ones are forgotten.
const MAX_CLOSED: usize = 1024;
/// RFC 9260, section 3.3.10.12: the cause code of an ABORT that the peer's user asked for.
const USER_INITIATED_ABORT: u16 = 12;

/// [[DataChannels]], and the closed ones that are still remembered.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    all: BTreeMap<ChannelId, Box<Channel>>,
    /// The channels that are not closed, by the session's names.
    by_key: BTreeMap<ChannelKey, ChannelId>,
    /// The closed channels, oldest first.
    closed: VecDeque<ChannelId>,
    last_id: u64,
}

#[derive(Debug)]
pub(crate) struct Channel {
    key: ChannelKey,
    /// All slots.
    pub(crate) view: ChannelView,
    /// What was sent, and the message events that were fired: webrtc-stats, RTCDataChannelStats. Counted here, so
    /// that the counts outlive the session's channel.
    pub(crate) stats: session::ChannelStats,
}

impl Channel {
    /// Sets [[ReadyState]]; the counters follow it (webrtc-stats, RTCPeerConnectionStats: channels that entered the
    /// state "open", and that left it).
    fn set_state(&mut self, state: DataChannelState, counters: &mut Counters) {
        let before = std::mem::replace(&mut self.view.ready_state, state);
        let is_open = |state| state == DataChannelState::Open;
        if is_open(state) && !is_open(before) {
            counters.data_channels_opened += 1;
        }
        if is_open(before) && !is_open(state) {
            counters.data_channels_closed += 1;
        }
    }
}

impl Channels {
    /// Whether a channel was ever created on this connection.
    pub(crate) fn any_created(&self) -> bool {
        self.last_id > 0
    }

    /// Every channel that is remembered.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.all.iter().map(|(id, channel)| (*id, &**channel))
    }

    fn add(&mut self, key: ChannelKey, view: ChannelView) -> ChannelId {
        self.last_id += 1;
        let id = ChannelId(self.last_id);
        let stats = session::ChannelStats::default();
        self.all.insert(id, Box::new(Channel { key, view, stats }));
        self.by_key.insert(key, id);
        id
    }

    /// Takes over the identifiers that the session has given.
    pub(crate) fn refresh_ids(&mut self, session: &Session) {
        for channel in self.all.values_mut().filter(|channel| channel.view.id.is_none()) {
            channel.view.id = session.channel(channel.key).and_then(|info| info.id);
        }
    }

    /// Closes all of them without a word. What they have buffered stays what it is (webrtc-pc, bufferedAmount: "the
    /// slot does not reset to zero once the channel closes").
    pub(crate) fn close_all(&mut self, counters: &mut Counters) {
        self.by_key.clear();
        for channel in self.all.values_mut() {
            channel.set_state(DataChannelState::Closed, counters);
        }
    }

    fn uses_id(&self, id: u16) -> bool {
        self.by_key
            .values()
            .any(|channel| self.all.get(channel).is_some_and(|other| other.view.id == Some(id)))
    }

    fn by_key(&mut self, key: ChannelKey) -> Option<(ChannelId, &mut Channel)> {
        let id = *self.by_key.get(&key)?;
        Some((id, self.all.get_mut(&id)?))
    }

    /// Remembers a channel as closed.
    fn retire(&mut self, id: ChannelId, key: ChannelKey) {
        self.by_key.remove(&key);
        self.closed.push_back(id);
        if self.closed.len() > MAX_CLOSED
            && let Some(oldest) = self.closed.pop_front()
        {
            self.all.remove(&oldest);
        }
    }
}

impl PeerConnection {
    /// `createDataChannel()`
    /// ([webrtc-pc, section 6.1](https://www.w3.org/TR/webrtc/#dom-peerconnection-createdatachannel)).
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed. `TypeError`: label or protocol has more than 65,535 bytes, a
    /// negotiated channel has no id or the id 65,535, or both limits of retransmission are set. `OperationError`: the
    /// id is in use, or not below the number of channels that was negotiated.
    pub fn create_data_channel(
        &mut self,
        now: Instant,
        label: &str,
        init: DataChannelInit,
    ) -> Result<ChannelId, Error> {
        // Step 2.
        if self.is_closed {
            return Err(Error::closed());
        }
        // Steps 5 to 18.
        let id = self.check_channel(label, &init)?;
        let is_first = !self.channels.any_created();
        // Step 23 comes before the rest here: the session is told at once, and sends when it can.
        let key = self.session.open_channel(ChannelInit {
            label: label.to_owned(),
            protocol: init.protocol.clone(),
            ordered: init.ordered,
            reliability: match (init.max_packet_life_time, init.max_retransmits) {
                (Some(time), _) => Reliability::MaxLifetime(Duration::from_millis(u64::from(time))),
                (None, Some(count)) => Reliability::MaxRetransmits(count),
                (None, None) => Reliability::Reliable,
            },
            negotiated_id: id,
            priority: priority_to_wire(init.priority),
        });
        // Step 18: an identifier right away if the DTLS role is known.
        let id = id.or_else(|| self.session.channel(key).and_then(|info| info.id));
        let is_role_known = self.negotiation.is_data_role_known();
        let is_over = self.sctp.is_some_and(|sctp| sctp.attributes.state == SctpTransportState::Closed);
        if id.is_none() && is_role_known && !is_over {
            self.session.close_channel(now, key);
            self.look_ahead();
            return Err(Error::operation("no stream identifier is free"));
        }
        let channel = self.channels.add(
            key,
            ChannelView {
                label: label.to_owned(),
                protocol: init.protocol,
                ordered: init.ordered,
                max_packet_life_time: init.max_packet_life_time,
                max_retransmits: init.max_retransmits,
                negotiated: init.negotiated,
                id,
                priority: init.priority,
                ready_state: DataChannelState::Connecting,
                buffered_amount: 0,
                buffered_amount_low_threshold: 0,
            },
        );
        // Step 20.
        if is_first {
            self.negotiation.offer_is_stale = true;
            self.update_negotiation_needed();
        }
        self.look_ahead();
        Ok(channel)
    }

    /// The checks, in W3C's order; [[DataChannelId]] as far as the caller gives it.
    fn check_channel(&self, label: &str, init: &DataChannelInit) -> Result<Option<u16>, Error> {
        // Step 5.
        if label.len() > MAX_NAME {
            return Err(Error::type_error("the label is longer than 65535 bytes"));
        }
        // Step 11.
        if init.protocol.len() > MAX_NAME {
            return Err(Error::type_error("the protocol is longer than 65535 bytes"));
        }
        // Steps 13 and 14.
        let id = init.id.filter(|_| init.negotiated);
        if init.negotiated && id.is_none() {
            return Err(Error::type_error("a negotiated channel needs an id"));
        }
        // Step 15.
        if init.max_packet_life_time.is_some() && init.max_retransmits.is_some() {
            return Err(Error::type_error("maxPacketLifeTime and maxRetransmits exclude each other"));
        }
        // Step 17.
        let Some(number) = id else { return Ok(None) };
        if number == u16::MAX {
            return Err(Error::type_error("the id 65535 is reserved"));
        }
        // Step 18.
        if self.channels.uses_id(number) || !self.session.is_channel_id_free(number) {
            return Err(Error::operation(format!("the id {number} is in use")));
        }
        // Step 19.
        let connected = self.sctp.filter(|sctp| sctp.attributes.state == SctpTransportState::Connected);
        if let Some(max_channels) = connected.and_then(|sctp| sctp.attributes.max_channels)
            && number >= max_channels
        {
            return Err(Error::operation(format!("the id {number} is not below {max_channels}")));
        }
        Ok(id)
    }

    /// What a channel's attributes say; `None` for one that was closed so long ago that it is forgotten.
    pub fn channel(&self, id: ChannelId) -> Option<ChannelView> {
        Some(self.channels.all.get(&id)?.view.clone())
    }

    /// `RTCDataChannel.bufferedAmount`, in bytes, as in [`channel`](PeerConnection::channel), without copying the
    /// names.
    pub fn channel_buffered_amount(&self, id: ChannelId) -> Option<usize> {
        Some(self.channels.all.get(&id)?.view.buffered_amount)
    }

    /// `RTCDataChannel.readyState`, as in [`channel`](PeerConnection::channel), without copying the names.
    pub fn channel_ready_state(&self, id: ChannelId) -> Option<DataChannelState> {
        Some(self.channels.all.get(&id)?.view.ready_state)
    }

    /// `RTCDataChannel.send()`
    /// ([webrtc-pc, section 6.2](https://www.w3.org/TR/webrtc/#datachannel-send)).
    ///
    /// # Errors
    /// `InvalidStateError`: the channel is not open. `TypeError`: the message is larger than the peer accepts.
    /// `OperationError`: the send buffer is full. Nothing was queued then.
    pub fn channel_send(&mut self, now: Instant, id: ChannelId, payload: Payload) -> Result<(), Error> {
        let not_open = || Error::invalid_state("the channel is not open");
        // Step 3.
        let channel = self.channels.all.get(&id).ok_or_else(not_open)?;
        if channel.view.ready_state != DataChannelState::Open {
            return Err(not_open());
        }
        let key = channel.key;
        let size = payload.bytes.len() as u64;
        if let Some(sctp) = &self.sctp {
            // Step 5.
            if sctp.attributes.max_message_size.is_some_and(|limit| size > limit) {
                return Err(Error::type_error("the message is larger than maxMessageSize"));
            }
            // Step 6.
            let buffered = channel.view.buffered_amount as u64;
            if sctp.max_buffer_size.is_some_and(|limit| buffered.saturating_add(size) > limit) {
                return Err(Error::operation("the send buffer is full"));
            }
        }
        // Step 7.
        let result = self.session.send(now, key, payload).map_err(|error| match error {
            session::SendError::TooLarge { .. } => {
                Error::type_error("the message is larger than the peer accepts")
            }
            session::SendError::BufferFull => Error::operation("the send buffer is full"),
            // The session knows already what the next task will say.
            _ => not_open(),
        });
        if let (Ok(()), Some(channel)) = (&result, self.channels.all.get_mut(&id)) {
            channel.stats.messages_sent += 1;
            channel.stats.bytes_sent += size;
            // Step 8.
            channel.view.buffered_amount += size as usize;
        }
        self.look_ahead();
        result
    }

    /// `RTCDataChannel.close()`
    pub fn channel_close(&mut self, now: Instant, id: ChannelId) {
        let Some(channel) = self.channels.all.get_mut(&id) else { return };
        // Step 2.
        if matches!(channel.view.ready_state, DataChannelState::Closing | DataChannelState::Closed) {
            return;
        }
        // Steps 3 and 4.
        channel.set_state(DataChannelState::Closing, &mut self.counters);
        self.session.close_channel(now, channel.key);
        self.look_ahead();
    }

    /// Sets `bufferedAmountLowThreshold`, in bytes.
    pub fn channel_set_buffered_amount_low_threshold(&mut self, id: ChannelId, threshold: usize) {
        if let Some(channel) = self.channels.all.get_mut(&id) {
            channel.view.buffered_amount_low_threshold = threshold;
        }
    }

    /// Gives the reader of a channel back `bytes` of room. A channel starts with [`session::READ_ROOM`]; each message event
    /// takes its [cost](session::Payload::cost) from it, and while there is none left, messages stay in SCTP.
    pub fn channel_grant(&mut self, now: Instant, id: ChannelId, bytes: usize) {
        if let Some(channel) = self.channels.all.get(&id) {
            self.session.grant(now, channel.key, bytes);
            self.look_ahead();
        }
    }

    /// webrtc-pc, announce a data channel as open.
    pub(super) fn announce_open(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.all.get_mut(&id) else { return };
        // Step 3.
        if matches!(channel.view.ready_state, DataChannelState::Closing | DataChannelState::Closed) {
            return;
        }
        channel.set_state(DataChannelState::Open, &mut self.counters);
        self.fire(id, ChannelEvent::Open);
    }

    /// webrtc-pc, the RTCSctpTransport connected procedure. The open events come from tasks of their own.
    pub(super) fn sctp_connected(&mut self, max_channels: u16) {
        if let Some(sctp) = &mut self.sctp {
            sctp.attributes.max_channels = Some(max_channels);
        }
        self.channels.refresh_ids(&self.session);
        self.set_sctp_state(SctpTransportState::Connected);
    }

    pub(super) fn absorb_channel(&mut self, event: session::Event) {
        match event {
            session::Event::IncomingChannel { .. } => self.announce_instance(event),
            session::Event::ChannelOpen { key, id } => {
                let Some((channel_id, channel)) = self.channels.by_key(key) else { return };
                channel.view.id = Some(id);
                self.announce_open(channel_id);
            }
            session::Event::ChannelClosing { key } => {
                let Some((id, channel)) = self.channels.by_key(key) else { return };
                // webrtc-pc, closing procedure, step 4.
                if matches!(channel.view.ready_state, DataChannelState::Connecting | DataChannelState::Open) {
                    channel.set_state(DataChannelState::Closing, &mut self.counters);
                    self.fire(id, ChannelEvent::Closing);
                }
            }
            session::Event::ChannelClosed { key, error } => self.announce_closed(key, error),
            session::Event::Drained { key } => self.decrease_buffered_amount(key),
            _ => {}
        }
    }

    /// webrtc-pc, bufferedAmount: the task that reduces [[BufferedAmount]] by what was sent; and
    /// bufferedAmountLowThreshold: from above it "to equal or below it".
    fn decrease_buffered_amount(&mut self, key: ChannelKey) {
        let buffered_amount = self.session.take_drained(key);
        let Some((id, channel)) = self.channels.by_key(key) else { return };
        let before = std::mem::replace(&mut channel.view.buffered_amount, buffered_amount);
        let threshold = channel.view.buffered_amount_low_threshold;
        if before > threshold && buffered_amount <= threshold {
            self.fire(id, ChannelEvent::BufferedAmountLow);
        }
    }

    /// webrtc-pc, announcing a data channel instance.
    fn announce_instance(&mut self, event: session::Event) {
        let session::Event::IncomingChannel { key, label, protocol, ordered, reliability, id, priority } =
            event
        else {
            return;
        };
        let (max_packet_life_time, max_retransmits) = match reliability {
            Reliability::MaxLifetime(time) => (Some(milliseconds(time)), None),
            Reliability::MaxRetransmits(count) => (None, Some(count)),
            _ => (None, None),
        };
        let channel = self.channels.add(
            key,
            ChannelView {
                label,
                protocol,
                ordered,
                max_packet_life_time,
                max_retransmits,
                negotiated: false,
                id: Some(id),
                priority: priority_from_wire(priority),
                ready_state: DataChannelState::Connecting,
                buffered_amount: 0,
                buffered_amount_low_threshold: 0,
            },
        );
        // Step 8: open already, so that the handler of the event can send.
        if let Some(channel) = self.channels.all.get_mut(&channel) {
            channel.set_state(DataChannelState::Open, &mut self.counters);
        }
        // Steps 9 and 10.
        self.events.push_back(Event::DataChannel(channel));
        // Before its messages, which may wait in tasks already.
        self.tasks.push_front(Task::AnnounceOpen(channel));
    }

    /// webrtc-pc, announcing a data channel as closed; and error on creating data channels.
    fn announce_closed(&mut self, key: ChannelKey, error: Option<ChannelError>) {
        let Some((id, channel)) = self.channels.by_key(key) else { return };
        channel.set_state(DataChannelState::Closed, &mut self.counters);
        self.channels.retire(id, key);
        if let Some(error) = error {
            self.fire(id, ChannelEvent::Error(channel_error(error)));
        }
        self.fire(id, ChannelEvent::Close);
    }

    /// webrtc-pc, receiving messages on a data channel.
    pub(super) fn receive_message(&mut self, now: Instant, key: ChannelKey, payload: Payload) {
        let is_open = |channel: &Channel| channel.view.ready_state == DataChannelState::Open;
        match self.channels.by_key(key).filter(|(_, channel)| is_open(channel)) {
            Some((id, channel)) => {
                channel.stats.messages_received += 1;
                channel.stats.bytes_received += payload.bytes.len() as u64;
                self.fire(id, ChannelEvent::Message(payload));
            }
            None => {
                // Step 3. Nobody will read it, so that its room is free again.
                self.counters.messages_discarded += 1;
                self.session.grant(now, key, payload.cost());
            }
        }
    }
}

fn channel_error(error: ChannelError) -> Error {
    match error {
        ChannelError::Association(cause) => {
            let mut error = Error::rtc(ErrorDetail::SctpFailure, "the SCTP association ended");
            if cause == CloseCause::PeerAbort {
                error.sctp_cause_code = Some(USER_INITIATED_ABORT);
                error.message = "the peer ended the SCTP association: User-Initiated Abort".to_owned();
            }
            error
        }
        ChannelError::DtlsClosed => {
            Error::rtc(ErrorDetail::SctpFailure, "the peer closed the DTLS connection")
        }
        ChannelError::DtlsFailed(_) => Error::rtc(ErrorDetail::SctpFailure, "the DTLS connection failed"),
        ChannelError::NoFreeId => {
            Error::rtc(ErrorDetail::DataChannelFailure, "all stream identifiers are in use")
        }
        ChannelError::IdInUse => Error::rtc(ErrorDetail::DataChannelFailure, "the identifier is in use"),
        ChannelError::IdOutOfRange => {
            Error::rtc(ErrorDetail::DataChannelFailure, "the identifier is not below maxChannels")
        }
        ChannelError::TooManyChannels => {
            Error::rtc(ErrorDetail::DataChannelFailure, "there are too many channels")
        }
        _ => Error::rtc(ErrorDetail::DataChannelFailure, "the channel failed"),
    }
}

/// webrtc-priority, section 4: low is RFC 8831's "normal".
fn priority_to_wire(priority: Priority) -> u16 {
    match priority {
        Priority::VeryLow => 128,
        Priority::Low => 256,
        Priority::Medium => 512,
        Priority::High => 1024,
    }
}

/// webrtc-priority, section 4: everything up to a level's number belongs to the level.
fn priority_from_wire(priority: u16) -> Priority {
    match priority {
        0..=128 => Priority::VeryLow,
        129..=256 => Priority::Low,
        257..=512 => Priority::Medium,
        _ => Priority::High,
    }
}

fn milliseconds(duration: Duration) -> u16 {
    u16::try_from(duration.as_millis()).unwrap_or(u16::MAX)
}
