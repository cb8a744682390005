//! How channels end ([RFC 8831, section 6.7](https://www.rfc-editor.org/rfc/rfc8831#section-6.7)).

use super::state::{Reset, State};
use super::table::{Context, Phase, Table};
use super::{ChannelError, ChannelKey};
use crate::event::Event;

impl Table {
    /// Begins the closing procedure for the application.
    pub(crate) fn close(&mut self, key: ChannelKey, cx: &mut Context<'_>) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        match (&channel.state, channel.id) {
            (State::Waiting, _) | (_, None) => self.remove(key, None, cx),
            (State::Open(open), Some(id)) => {
                self.unread.free(open.unread);
                channel.state = State::Closing(Reset::by_us());
                self.reset(id, cx);
                // Nobody reads any more: what still comes must not close the receive window.
                cx.output.counters.messages_dropped += self.early.forget(id);
                self.pump(id, cx);
            }
            (State::Closing(_), _) => {}
        }
        self.pump_waiting(cx);
    }

    /// Ends one channel at once because of `error`, and resets its stream.
    pub(super) fn fail(&mut self, key: ChannelKey, error: ChannelError, cx: &mut Context<'_>) {
        let Some(channel) = self.channels.get(&key) else { return };
        let (id, reset) = match (&channel.state, channel.id) {
            (State::Open(_), Some(id)) => (id, Some(Reset::by_us())),
            (State::Closing(reset), Some(id)) => (id, Some(*reset)),
            _ => (0, None),
        };
        let asked = matches!(channel.state, State::Closing(_));
        self.remove(key, Some(error), cx);
        if let Some(reset) = reset {
            cx.output.counters.messages_dropped += self.early.forget(id);
            self.resetting.insert(id, reset);
            if !asked {
                self.reset(id, cx);
            }
        }
    }

    /// Closes a stream that the peer uses as it may not (RFC 8832, section 6).
    pub(super) fn refuse(&mut self, stream: u16, cx: &mut Context<'_>) {
        cx.output.counters.channels_refused += 1;
        cx.output.counters.messages_dropped += self.early.forget(stream);
        self.resetting.insert(stream, Reset::by_us());
        self.reset(stream, cx);
    }

    fn reset(&mut self, stream: u16, cx: &mut Context<'_>) {
        if let Some(association) = cx.association.as_deref_mut() {
            association.reset_stream(cx.now, stream);
        }
    }

    /// The peer has reset its side of a stream, and all that it had sent was read.
    pub(super) fn handle_incoming_reset(&mut self, stream: u16, cx: &mut Context<'_>) {
        let Some(key) = self.by_id.get(&stream).copied() else {
            return self.handle_stray_reset(stream, cx);
        };
        let Some(channel) = self.channels.get_mut(&key) else { return };
        match &mut channel.state {
            State::Open(open) => {
                self.unread.free(open.unread);
                channel.state = State::Closing(Reset::by_peer());
                cx.output.counters.messages_dropped += self.early.forget(stream);
                cx.output.events.push_back(Event::ChannelClosing { key });
                self.reset(stream, cx);
            }
            State::Closing(reset) => {
                reset.incoming_done();
                self.finish(stream, cx);
            }
            State::Waiting => {}
        }
    }

    /// A reset on a stream that has no channel.
    fn handle_stray_reset(&mut self, stream: u16, cx: &mut Context<'_>) {
        cx.output.counters.messages_dropped += self.early.forget(stream);
        if let Some(reset) = self.resetting.get_mut(&stream) {
            reset.incoming_done();
            self.finish(stream, cx);
        } else if !self.ids.is_retired(stream) {
            // The peer closes a negotiated channel that this side never made, and waits for our reset.
            self.resetting.insert(stream, Reset::by_peer());
            self.reset(stream, cx);
        }
    }

    /// The peer has acknowledged our reset.
    pub(super) fn handle_reset_complete(&mut self, stream: u16, cx: &mut Context<'_>) {
        if let Some(reset) = self.reset_of(stream) {
            reset.outgoing_done();
            self.finish(stream, cx);
        }
    }

    /// The peer does not reset: the channel is closed as far as it can be, and its stream is never used again.
    pub(super) fn handle_reset_failed(&mut self, stream: u16, cx: &mut Context<'_>) {
        self.ids.retire(stream);
        self.resetting.remove(&stream);
        if let Some(key) = self.by_id.get(&stream).copied() {
            self.remove(key, None, cx);
        }
    }

    fn reset_of(&mut self, stream: u16) -> Option<&mut Reset> {
        if let Some(reset) = self.resetting.get_mut(&stream) {
            return Some(reset);
        }
        match &mut self.channels.get_mut(self.by_id.get(&stream)?)?.state {
            State::Closing(reset) => Some(reset),
            _ => None,
        }
    }

    /// Frees a stream whose both directions are reset.
    fn finish(&mut self, stream: u16, cx: &mut Context<'_>) {
        if !self.reset_of(stream).is_some_and(|reset| reset.is_done()) {
            return;
        }
        if self.resetting.remove(&stream).is_some() {
            self.ids.release(stream);
        } else if let Some(key) = self.by_id.get(&stream).copied() {
            self.remove(key, None, cx);
        }
        // The peer may have begun to use it again before its acknowledgement came.
        self.pump(stream, cx);
    }

    /// The association is over, and with it all channels.
    pub(crate) fn end(&mut self, error: ChannelError, cx: &mut Context<'_>) {
        if matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        self.phase = Phase::Ended(error);
        for key in self.keys().collect::<Vec<_>>() {
            self.remove(key, Some(error), cx);
        }
        self.resetting.clear();
        self.early = super::early::Early::default();
    }

    /// Takes a channel out.
    fn remove(&mut self, key: ChannelKey, error: Option<ChannelError>, cx: &mut Context<'_>) {
        let Some(channel) = self.channels.remove(&key) else { return };
        if let Some(id) = channel.id {
            self.by_id.remove(&id);
            self.ids.release(id);
        }
        if channel.incoming {
            self.incoming_name_bytes -= channel.name_bytes();
        }
        if let State::Open(open) = &channel.state {
            self.unread.free(open.unread);
        }
        if !matches!(channel.state, State::Waiting) {
            cx.output.counters.channels_closed += 1;
        }
        cx.output.events.push_back(Event::ChannelClosed { key, error });
    }
}
