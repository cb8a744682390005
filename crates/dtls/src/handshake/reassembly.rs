//! Handshake messages out of fragments, in order
//! ([RFC 9147, section 5.2](https://www.rfc-editor.org/rfc/rfc9147#section-5.2)).

use std::collections::VecDeque;

use crate::message::{Fragment, Message};

/// Messages ahead of the next one that are kept: no flight has more.
const WINDOW: usize = 8;
/// A longer message (in WebRTC: a certificate) is not taken.
const MAX_MESSAGE: usize = 16 * 1024;
/// Bytes of all messages that are not whole yet, or not next.
const MAX_BUFFERED: usize = 32 * 1024;
/// Pieces with gaps between them, of one message. With more it is begun anew: no peer leaves so many.
const MAX_GAPS: usize = 64;

/// What became of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// It is kept.
    Taken,
    /// Its message was handed out before.
    Repeated,
    /// It cannot belong to anything now.
    Dropped,
}

/// A message that is being put together.
#[derive(Debug)]
struct Assembly {
    kind: u8,
    body: Vec<u8>,
    /// What is there: ranges in order, with gaps between them.
    have: Vec<(usize, usize)>,
}

impl Assembly {
    fn new(fragment: &Fragment<'_>) -> Assembly {
        Assembly { kind: fragment.kind, body: vec![0; fragment.length], have: Vec::new() }
    }

    /// A fragment of the same message, by its kind and length.
    fn is_of(&self, fragment: &Fragment<'_>) -> bool {
        self.kind == fragment.kind && self.body.len() == fragment.length
    }

    /// Later bytes win over earlier ones: what a forger sent first does not keep the peer's out.
    fn insert(&mut self, fragment: &Fragment<'_>) {
        let (mut start, mut end) = (fragment.offset, fragment.offset + fragment.body.len());
        let mut merged = Vec::with_capacity(self.have.len() + 1);
        for (from, to) in self.have.iter().copied() {
            if to < start || from > end {
                merged.push((from, to));
            } else {
                (start, end) = (start.min(from), end.max(to));
            }
        }
        merged.push((start, end));
        merged.sort_unstable();
        if merged.len() > MAX_GAPS {
            merged = vec![(start, end)];
        }
        self.have = merged;
        self.body[fragment.offset..][..fragment.body.len()].copy_from_slice(fragment.body);
    }

    fn is_whole(&self) -> bool {
        self.have == [(0, self.body.len())]
    }
}

/// The peer's messages.
#[derive(Debug)]
pub(crate) struct Reassembly {
    /// The number of the message that is handed out next.
    next: u16,
    /// The messages from there on. At most [`WINDOW`], together at most [`MAX_BUFFERED`] bytes.
    slots: VecDeque<Option<Assembly>>,
    /// The epoch in which messages come now. Those of another one are not mixed with them.
    epoch: u64,
    /// The one kind of message that comes now, where there is one.
    only: Option<u8>,
    /// The peer's first message, as long as another one could take its place.
    first: Option<Message>,
    /// Another first message.
    again: Option<Assembly>,
}

impl Reassembly {
    pub(crate) fn new(only: Option<u8>) -> Reassembly {
        Reassembly { next: 0, slots: VecDeque::new(), epoch: 0, only, first: None, again: None }
    }

    /// From now on messages come in `epoch`.
    pub(crate) fn expect(&mut self, epoch: u64, only: Option<u8>) {
        if epoch != self.epoch {
            // What came in another epoch was not of this part of the handshake.
            self.slots.clear();
        }
        self.epoch = epoch;
        self.only = only;
    }

    /// Forgets all that is not handed out, and goes on with message `next`.
    pub(crate) fn reset(&mut self, next: u16) {
        self.slots.clear();
        self.next = next;
    }

    /// The peer began with `first`, which is handed out.
    pub(crate) fn begun_with(first: &Message) -> Reassembly {
        Reassembly { next: 1, first: Some(first.clone()), ..Reassembly::new(None) }
    }

    /// No other first message can take the first one's place any more.
    pub(crate) fn settle(&mut self) {
        self.first = None;
        self.again = None;
    }

    pub(crate) fn insert(&mut self, epoch: u64, fragment: &Fragment<'_>) -> Inserted {
        if fragment.length > MAX_MESSAGE {
            return Inserted::Dropped;
        }
        let Some(ahead) = fragment.sequence.checked_sub(self.next) else {
            return if epoch == 0 { self.insert_again(fragment) } else { Inserted::Repeated };
        };
        let ahead = usize::from(ahead);
        let window = if self.only.is_some() { 1 } else { WINDOW };
        let is_possible = epoch == self.epoch && self.only.is_none_or(|only| only == fragment.kind);
        if !is_possible || ahead >= window {
            return Inserted::Dropped;
        }
        if !self.make_room(ahead, fragment.length) {
            return Inserted::Dropped;
        }
        while self.slots.len() <= ahead {
            self.slots.push_back(None);
        }
        insert(&mut self.slots[ahead], fragment);
        Inserted::Taken
    }

    /// Whether there is room for a message. Those behind it give way, the last first: one that is needed sooner is
    /// never kept out by what somebody claimed of later ones.
    fn make_room(&mut self, ahead: usize, length: usize) -> bool {
        let bytes = |slot: &Option<Assembly>| slot.as_ref().map_or(0, |slot| slot.body.len());
        let before: usize = self.slots.iter().take(ahead).map(bytes).sum();
        if before + length > MAX_BUFFERED {
            return false;
        }
        let behind =
            |slots: &VecDeque<Option<Assembly>>| slots.iter().skip(ahead + 1).map(bytes).sum::<usize>();
        while before + length + behind(&self.slots) > MAX_BUFFERED {
            self.slots.pop_back();
        }
        true
    }

    /// A fragment in the clear of a message that was handed out.
    fn insert_again(&mut self, fragment: &Fragment<'_>) -> Inserted {
        let Some(first) = self.first.as_ref().filter(|_| fragment.sequence == 0) else {
            return Inserted::Repeated;
        };
        let is_same = first.kind == fragment.kind
            && first.body.len() == fragment.length
            && first.body.get(fragment.offset..fragment.offset + fragment.body.len()) == Some(fragment.body);
        // What both have in common is a part of the other one, too: it is never sent in another form.
        match self.again.as_mut().filter(|again| again.is_of(fragment)) {
            Some(again) => again.insert(fragment),
            None if !is_same => insert(&mut self.again, fragment),
            None => {}
        }
        Inserted::Repeated
    }

    /// The next message, once it is whole.
    pub(crate) fn take(&mut self) -> Option<Message> {
        if !matches!(self.slots.front(), Some(Some(slot)) if slot.is_whole()) {
            return None;
        }
        let assembly = self.slots.pop_front()??;
        let message = Message::new(assembly.kind, self.next, assembly.body);
        self.next = self.next.checked_add(1)?;
        if message.sequence == 0 {
            self.first = Some(message.clone());
            self.again = None;
        }
        Some(message)
    }

    /// Another first message, once it is whole: the peer began anew, or somebody else did.
    pub(crate) fn take_again(&mut self) -> Option<Message> {
        let assembly = self.again.take_if(|again| again.is_whole())?;
        let is_same = self
            .first
            .as_ref()
            .is_some_and(|first| first.kind == assembly.kind && first.body == assembly.body);
        (!is_same).then(|| Message::new(assembly.kind, 0, assembly.body))
    }
}

/// A fragment of another message than the one that is there takes its place.
fn insert(slot: &mut Option<Assembly>, fragment: &Fragment<'_>) {
    match slot.as_mut().filter(|assembly| assembly.is_of(fragment)) {
        Some(assembly) => assembly.insert(fragment),
        None => slot.insert(Assembly::new(fragment)).insert(fragment),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fragment(sequence: u16, length: usize, offset: usize, body: &[u8]) -> Fragment<'_> {
        Fragment { kind: 11, length, sequence, offset, body }
    }

    #[test]
    fn floods_of_messages_and_of_long_ones_are_bounded() {
        let mut reassembly = Reassembly::new(None);
        let taken = (0..=u16::MAX).filter(|sequence| {
            reassembly.insert(0, &fragment(*sequence, MAX_MESSAGE, 0, b"x")) == Inserted::Taken
        });
        assert_eq!(taken.count(), MAX_BUFFERED / MAX_MESSAGE);
        assert_eq!(reassembly.insert(0, &fragment(0, 16 << 20, 0, b"x")), Inserted::Dropped);
        let mut reassembly = Reassembly::new(None);
        for offset in (0..MAX_MESSAGE).step_by(2) {
            reassembly.insert(0, &fragment(0, MAX_MESSAGE, offset, b"x"));
            assert!(reassembly.slots[0].as_ref().unwrap().have.len() <= MAX_GAPS);
        }
    }

    /// Whatever was said before by somebody who has no keys: the peer's own message, said once, is whole.
    #[test]
    fn nothing_that_a_forger_said_keeps_the_peers_message_out() {
        let body = vec![7; MAX_MESSAGE];
        let real = || (0..16).map(|n| fragment(0, MAX_MESSAGE, n * 1024, &body[n * 1024..][..1024]));
        // All the room there is, claimed for later messages.
        let mut reassembly = Reassembly::new(None);
        for sequence in (1..8).rev() {
            reassembly.insert(0, &fragment(sequence, MAX_MESSAGE, 0, b"x"));
        }
        assert!(real().all(|fragment| reassembly.insert(0, &fragment) == Inserted::Taken));
        assert_eq!(reassembly.take().unwrap().body, body);
        // As many gaps as there can be.
        let mut reassembly = Reassembly::new(None);
        for n in 0..MAX_GAPS {
            reassembly.insert(0, &fragment(0, MAX_MESSAGE, 8 * 1024 + 2 * n, b"x"));
        }
        assert!(real().all(|fragment| reassembly.insert(0, &fragment) == Inserted::Taken));
        assert_eq!(reassembly.take().unwrap().body, body);
        // Another message of the same number.
        let mut reassembly = Reassembly::new(None);
        reassembly.insert(0, &Fragment { kind: 1, ..fragment(0, 9, 0, b"x") });
        assert!(real().all(|fragment| reassembly.insert(0, &fragment) == Inserted::Taken));
        assert_eq!(reassembly.take().unwrap().body, body);
    }

    #[test]
    fn epochs_are_not_mixed() {
        let mut reassembly = Reassembly::new(None);
        assert_eq!(reassembly.insert(2, &fragment(0, 2, 0, b"a")), Inserted::Dropped);
        assert_eq!(reassembly.insert(0, &fragment(0, 2, 0, b"a")), Inserted::Taken);
        reassembly.expect(2, None);
        assert_eq!(reassembly.insert(2, &fragment(0, 2, 1, b"b")), Inserted::Taken);
        assert_eq!(reassembly.take(), None, "its beginning was of another epoch");
        assert_eq!(reassembly.insert(2, &fragment(0, 2, 0, b"c")), Inserted::Taken);
        assert_eq!(reassembly.take().unwrap().body, b"cb");
    }

    #[test]
    fn another_first_message_is_told_from_the_first_one_again() {
        let mut reassembly = Reassembly::new(None);
        reassembly.insert(0, &fragment(0, 4, 0, b"real"));
        assert_eq!(reassembly.take().unwrap().body, b"real");
        reassembly.insert(0, &fragment(0, 4, 0, b"re"));
        reassembly.insert(0, &fragment(0, 4, 2, b"al"));
        assert_eq!(reassembly.take_again(), None);
        reassembly.insert(0, &fragment(0, 5, 0, b"oth"));
        assert_eq!(reassembly.take_again(), None);
        reassembly.insert(0, &fragment(0, 5, 3, b"er"));
        assert_eq!(reassembly.take_again().unwrap().body, b"other");
        reassembly.settle();
        reassembly.insert(0, &fragment(0, 5, 0, b"other"));
        assert_eq!(reassembly.take_again(), None);
    }

    #[test]
    fn a_first_message_with_a_forged_piece_gives_way_to_the_real_one_when_that_is_repeated() {
        let mut reassembly = Reassembly::new(None);
        reassembly.insert(0, &fragment(0, 6, 4, b"xx"));
        reassembly.insert(0, &fragment(0, 6, 0, b"re"));
        reassembly.insert(0, &fragment(0, 6, 2, b"al"));
        assert_eq!(reassembly.take().unwrap().body, b"realxx");
        for (offset, piece) in [(4, b"ly"), (0, b"re"), (2, b"al")] {
            assert_eq!(reassembly.take_again(), None);
            assert_eq!(reassembly.insert(0, &fragment(0, 6, offset, piece)), Inserted::Repeated);
        }
        assert_eq!(reassembly.take_again().unwrap().body, b"really");
        // The first one again is no other.
        for (offset, piece) in [(0, b"xx"), (0, b"re"), (2, b"al"), (4, b"xx")] {
            reassembly.insert(0, &fragment(0, 6, offset, piece));
            assert_eq!(reassembly.take_again(), None);
        }
    }

    proptest! {
        /// In any order, cut anywhere, repeated, and overlapping.
        #[test]
        fn messages_come_out_whole_and_in_order(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6),
            cuts in proptest::collection::vec((0..6_usize, 0..300_usize, 1..120_usize), 0..200),
        ) {
            let mut reassembly = Reassembly::new(None);
            let mut out = Vec::new();
            let whole = bodies.iter().enumerate().map(|(sequence, body)| (sequence, 0, body.len()));
            for (sequence, offset, length) in cuts.into_iter().chain(whole.rev()) {
                let Some(body) = bodies.get(sequence) else { continue };
                let offset = offset.min(body.len());
                let end = (offset + length).min(body.len());
                if offset < end || body.is_empty() {
                    let fragment = fragment(sequence as u16, body.len(), offset, &body[offset..end]);
                    prop_assert_ne!(reassembly.insert(0, &fragment), Inserted::Dropped);
                    out.extend(std::iter::from_fn(|| reassembly.take()).map(|message| message.body));
                }
            }
            prop_assert_eq!(out, bodies);
        }
    }
}
