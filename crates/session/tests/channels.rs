//! Data channels between two sessions.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use sctp::Reliability;
use session::{
    ChannelError, ChannelInit, ChannelKey, Event, MAX_UNREAD, READ_ROOM, SendError, SessionConfig,
};
use sim::LinkConfig;
use support::{Pair, binary, labelled, text};

fn negotiated(id: u16) -> ChannelInit {
    ChannelInit { negotiated_id: Some(id), ..ChannelInit::default() }
}

/// The numbers that were received as text.
fn numbers(pair: &Pair, id: sim::NodeId, key: ChannelKey) -> Vec<u32> {
    let messages = pair.peer(id).messages.get(&key);
    let number = |payload: &session::Payload| std::str::from_utf8(&payload.bytes).unwrap().parse().unwrap();
    messages.into_iter().flatten().map(number).collect()
}

#[test]
fn both_sides_open_channels_of_every_kind() {
    let mut pair = Pair::connected(1, LinkConfig::default());
    let kinds = [
        (true, Reliability::Reliable),
        (false, Reliability::Reliable),
        (true, Reliability::MaxRetransmits(3)),
        (false, Reliability::MaxLifetime(Duration::from_millis(500))),
    ];
    for (opener, parity) in [(pair.a, 1), (pair.b, 0)] {
        let other = if opener == pair.a { pair.b } else { pair.a };
        for (number, (ordered, reliability)) in kinds.into_iter().enumerate() {
            let init = ChannelInit {
                label: format!("channel {number}"),
                protocol: "json".to_owned(),
                ordered,
                reliability,
                negotiated_id: None,
                priority: 512,
            };
            let (ours, theirs) = pair.open_both(opener, init.clone());
            let local = pair.peer(opener).session.channel(ours).unwrap();
            let remote = pair.peer(other).session.channel(theirs).unwrap();
            assert_eq!(remote.init, &init);
            assert!(remote.incoming && !local.incoming);
            assert_eq!((local.id, local.id.unwrap() % 2), (remote.id, parity));
            pair.send(opener, ours, text("there")).unwrap();
            pair.send(other, theirs, text("and back")).unwrap();
            let done = pair.network.run_until(Duration::from_secs(5), |network| {
                network.node(other).received(theirs) == 1 && network.node(opener).received(ours) == 1
            });
            assert!(done, "{}", pair.describe());
        }
    }
}

#[test]
fn messages_keep_their_kind_and_their_bounds() {
    let mut pair = Pair::connected(2, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let largest: Vec<u8> = (0..262_144_u32).map(|n| n as u8).collect();
    let sent = [text("gr\u{fc}n"), text(""), binary(&b""[..]), binary(vec![0]), binary(largest), text("end")];
    for payload in &sent {
        pair.send(pair.a, ours, payload.clone()).unwrap();
    }
    let too_large = binary(vec![0; 262_145]);
    assert_eq!(pair.send(pair.a, ours, too_large), Err(SendError::TooLarge { limit: 262_144 }));
    assert!(pair.run(20, |_, b| b.received(theirs) == sent.len()), "{}", pair.describe());
    assert!(pair.peer(pair.b).messages[&theirs].iter().eq(sent.iter()));
    let stats = pair.peer(pair.b).session.channel(theirs).unwrap().stats;
    assert_eq!((stats.messages_received, stats.bytes_received), (6, 5 + 1 + 262_144 + 3));
}

#[test]
fn a_reliable_channel_delivers_each_message_once_whatever_the_link_does() {
    for (seed, ordered) in [(3, true), (4, false)] {
        let mut pair = Pair::connected(seed, LinkConfig::hostile(0.3));
        let (ours, theirs) = pair.open_both(pair.a, ChannelInit { ordered, ..ChannelInit::default() });
        for number in 0..300 {
            pair.send(pair.a, ours, text(&number.to_string())).unwrap();
            pair.send(pair.b, theirs, text(&number.to_string())).unwrap();
        }
        let done = pair.run(600, |a, b| a.received(ours) == 300 && b.received(theirs) == 300);
        assert!(done, "{}", pair.describe());
        pair.run_for(Duration::from_secs(20));
        for (id, key) in [(pair.a, ours), (pair.b, theirs)] {
            let mut got = numbers(&pair, id, key);
            if !ordered {
                got.sort_unstable();
            }
            assert!(got.into_iter().eq(0..300));
        }
    }
}

#[test]
fn an_unreliable_channel_loses_but_never_repeats_and_never_stops() {
    let kinds = [Reliability::MaxRetransmits(0), Reliability::MaxLifetime(Duration::from_millis(30))];
    for (seed, reliability) in [5, 6].into_iter().zip(kinds) {
        let mut pair = Pair::connected(seed, LinkConfig::default());
        let init = ChannelInit { ordered: false, reliability, ..ChannelInit::default() };
        let (ours, theirs) = pair.open_both(pair.a, init);
        // Something must be delivered first, or the ACK might still be on its way.
        pair.run_for(Duration::from_secs(1));
        pair.network.link(pair.a, pair.b, LinkConfig::hostile(0.3));
        for number in 0..400 {
            pair.send(pair.a, ours, text(&number.to_string())).unwrap();
            pair.run_for(Duration::from_millis(20));
        }
        pair.network.link(pair.a, pair.b, LinkConfig::default());
        pair.run_for(Duration::from_secs(60));
        pair.send(pair.a, ours, text("400")).unwrap();
        pair.run_for(Duration::from_secs(2));
        let got = numbers(&pair, pair.b, theirs);
        let distinct: BTreeSet<u32> = got.iter().copied().collect();
        assert_eq!(distinct.len(), got.len());
        assert!((100..400).contains(&got.len()), "{} arrived", got.len());
        assert!(distinct.contains(&400));
        assert_eq!(pair.peer(pair.a).session.buffered_amount(ours), 0);
    }
}

#[test]
fn negotiated_channels_need_no_message_and_keep_what_came_early() {
    let mut pair = Pair::connected(7, LinkConfig::default());
    let ours = pair.open(pair.a, negotiated(100));
    assert!(pair.peer(pair.a).is_open(ours));
    for number in 0..10 {
        pair.send(pair.a, ours, text(&number.to_string())).unwrap();
    }
    pair.run_for(Duration::from_secs(1));
    assert!(pair.peer(pair.b).incoming().is_empty());
    let theirs = pair.open(pair.b, negotiated(100));
    assert!(numbers(&pair, pair.b, theirs).into_iter().eq(0..10));
    pair.send(pair.b, theirs, text("10")).unwrap();
    assert!(pair.run(1, |a, _| a.received(ours) == 1));

    assert!(!pair.peer(pair.a).session.is_channel_id_free(100));
    let again = pair.open(pair.a, negotiated(100));
    assert_eq!(pair.peer(pair.a).closed(again), Some(Some(ChannelError::IdInUse)));
    let outside = pair.open(pair.a, negotiated(65_535));
    assert_eq!(pair.peer(pair.a).closed(outside), Some(Some(ChannelError::IdOutOfRange)));
}

#[test]
fn in_band_identifiers_go_around_negotiated_ones() {
    let mut pair = Pair::connected(8, LinkConfig::default());
    for id in [1, 5] {
        pair.open(pair.a, negotiated(id));
    }
    let ids: Vec<u16> = (0..3)
        .map(|_| {
            let key = pair.open(pair.a, ChannelInit::default());
            pair.peer(pair.a).session.channel(key).unwrap().id.unwrap()
        })
        .collect();
    assert_eq!(ids, [3, 7, 9]);
}

#[test]
fn an_open_on_an_identifier_in_use_closes_that_channel_alone() {
    let mut pair = Pair::connected(9, LinkConfig::default());
    let (other_a, other_b) = pair.open_both(pair.b, labelled("bystander"));
    // a's first in-band channel has identifier 1; b has put a negotiated one there.
    let theirs = pair.open(pair.b, negotiated(1));
    let ours = pair.open(pair.a, labelled("glare"));
    let done = pair.run(5, |a, b| a.closed(ours).is_some() && b.closed(theirs).is_some());
    assert!(done, "{}", pair.describe());
    assert_eq!(pair.peer(pair.b).closed(theirs), Some(Some(ChannelError::ProtocolViolation)));
    assert_eq!(pair.peer(pair.b).session.counters().dcep_invalid, 1);
    pair.send(pair.b, other_a, text("unharmed")).unwrap();
    assert!(pair.run(5, |a, _| a.received(other_b) == 1), "{}", pair.describe());
    // And the identifier can be used again.
    let (ours, _) = pair.open_both(pair.a, labelled("again"));
    assert_eq!(pair.peer(pair.a).session.channel(ours).unwrap().id, Some(1));
}

#[test]
fn closing_delivers_what_was_sent_and_frees_the_identifier() {
    let mut pair = Pair::connected(10, LinkConfig::hostile(0.1));
    for round in 0..5 {
        let (ours, theirs) = pair.open_both(pair.a, labelled(&round.to_string()));
        assert_eq!(pair.peer(pair.a).session.channel(ours).unwrap().id, Some(1));
        for number in 0..100 {
            pair.send(pair.a, ours, text(&number.to_string())).unwrap();
        }
        let closer = if round % 2 == 0 { pair.a } else { pair.b };
        if closer == pair.b {
            assert!(pair.run(60, |_, b| b.received(theirs) == 100));
            pair.close_channel(pair.b, theirs);
        } else {
            pair.close_channel(pair.a, ours);
            assert_eq!(pair.send(pair.a, ours, text("late")), Err(SendError::NotOpen));
        }
        let done = pair.run(60, |a, b| a.closed(ours).is_some() && b.closed(theirs).is_some());
        assert!(done, "{}", pair.describe());
        assert!(numbers(&pair, pair.b, theirs).into_iter().eq(0..100));
        assert_eq!(pair.peer(pair.a).closed(ours), Some(None));
        assert_eq!(pair.peer(pair.b).closed(theirs), Some(None));
        let closing = |peer: &support::Peer, wanted| {
            peer.log.iter().filter(|e| matches!(e, Event::ChannelClosing { key } if *key == wanted)).count()
        };
        let told = (closing(pair.peer(pair.a), ours), closing(pair.peer(pair.b), theirs));
        assert_eq!(told, if closer == pair.a { (0, 1) } else { (1, 0) });
        assert_eq!(pair.send(pair.a, ours, text("gone")), Err(SendError::UnknownChannel));
    }
}

#[test]
fn both_sides_may_close_at_the_same_time() {
    let mut pair = Pair::connected(11, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.close_channel(pair.a, ours);
    pair.close_channel(pair.b, theirs);
    let done = pair.run(10, |a, b| a.closed(ours) == Some(None) && b.closed(theirs) == Some(None));
    assert!(done, "{}", pair.describe());
    let (again, _) = pair.open_both(pair.a, labelled("y"));
    assert_eq!(pair.peer(pair.a).session.channel(again).unwrap().id, Some(1));
}

#[test]
fn a_channel_that_waits_closes_at_once() {
    let mut pair = Pair::new(12, LinkConfig::default());
    let key = pair.open(pair.a, labelled("x"));
    pair.close_channel(pair.a, key);
    assert_eq!(pair.peer(pair.a).closed(key), Some(None));
}

#[test]
fn a_thousand_channels_open_talk_and_close() {
    let mut pair = Pair::connected(13, LinkConfig::default());
    let keys: Vec<_> = (0..1000).map(|n| pair.open(pair.a, labelled(&n.to_string()))).collect();
    assert!(pair.run(60, |_, b| b.session.stats().channels == 1000), "{}", pair.describe());
    for key in &keys {
        pair.send(pair.a, *key, text("1")).unwrap();
    }
    assert!(pair.run(60, |_, b| b.messages.len() == 1000));
    assert!(pair.peer(pair.b).messages.values().all(|messages| messages.len() == 1));
    for key in &keys {
        pair.close_channel(pair.a, *key);
    }
    let done = pair
        .run(120, |a, b| keys.iter().all(|key| a.closed(*key).is_some()) && b.session.stats().channels == 0);
    assert!(done, "{}", pair.peer(pair.b).session.stats().channels);
}

#[test]
fn a_reader_that_does_not_read_holds_the_sender_and_nothing_is_lost() {
    const MESSAGE: usize = 64 * 1024;
    const COUNT: usize = 64;
    const WINDOW: usize = 1024 * 1024;
    let configure = |config: &mut SessionConfig| config.receive_window = WINDOW as u32;
    let mut pair = Pair::configured(14, LinkConfig::default(), configure).connect();
    pair.network.with(pair.b, |peer, _| peer.reads = false);
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    for number in 0..COUNT {
        pair.send(pair.a, ours, binary(vec![number as u8; MESSAGE])).unwrap();
    }
    pair.run_for(Duration::from_secs(60));
    assert_eq!(pair.peer(pair.b).received(theirs) * MESSAGE, READ_ROOM);
    // A window may be overrun by what is on its way when it closes: one message at most here.
    let held = READ_ROOM + WINDOW + MESSAGE;
    assert!(pair.peer(pair.a).session.buffered_amount(ours) >= COUNT * MESSAGE - held);

    pair.network.with(pair.b, |peer, now| {
        peer.reads = true;
        peer.session.grant(now, theirs, READ_ROOM);
    });
    assert!(pair.run(120, |_, b| b.received(theirs) == COUNT), "{}", pair.describe());
    let messages = &pair.peer(pair.b).messages[&theirs];
    assert!(messages.iter().enumerate().all(|(n, m)| m.bytes.iter().all(|byte| *byte == n as u8)));
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.peer(pair.a).session.buffered_amount(ours), 0);
}

#[test]
fn what_nobody_reads_is_bounded_for_all_channels_together() {
    const MESSAGE: usize = 128 * 1024;
    const EACH: usize = 8;
    const CHANNELS: usize = 24;
    let mut pair = Pair::connected(18, LinkConfig::default());
    pair.network.with(pair.b, |peer, _| peer.reads = false);
    let channels: Vec<_> = (0..CHANNELS).map(|_| pair.open_both(pair.a, labelled("x"))).collect();
    for (ours, _) in &channels {
        for number in 0..EACH {
            pair.send(pair.a, *ours, binary(vec![number as u8; MESSAGE])).unwrap();
        }
    }
    let count =
        |pair: &Pair| channels.iter().map(|(_, theirs)| pair.peer(pair.b).received(*theirs)).sum::<usize>();
    pair.run_for(Duration::from_secs(30));
    let held = count(&pair) * MESSAGE;
    assert!((MAX_UNREAD / 2..MAX_UNREAD + MESSAGE).contains(&held), "{held}");
    // When it is read, the rest comes, on every channel.
    pair.network.with(pair.b, |peer, now| {
        peer.reads = true;
        channels.iter().for_each(|(_, theirs)| peer.session.grant(now, *theirs, 2 * READ_ROOM));
    });
    assert!(
        pair.run(120, |_, b| channels.iter().all(|(_, theirs)| b.received(*theirs) == EACH)),
        "{}",
        pair.describe()
    );
}

#[test]
fn a_channel_that_closes_makes_room_for_others() {
    const MESSAGE: usize = 128 * 1024;
    let mut pair = Pair::connected(19, LinkConfig::default());
    pair.network.with(pair.b, |peer, _| peer.reads = false);
    let channels: Vec<_> = (0..24).map(|_| pair.open_both(pair.a, labelled("x"))).collect();
    for (ours, _) in &channels {
        (0..8).for_each(|_| pair.send(pair.a, *ours, binary(vec![7; MESSAGE])).unwrap());
    }
    pair.run_for(Duration::from_secs(30));
    let (_, last) = channels[23];
    assert!(pair.peer(pair.b).received(last) < 8);
    channels[..23].iter().for_each(|(_, theirs)| pair.close_channel(pair.b, *theirs));
    assert!(pair.run(120, |_, b| b.received(last) == 8), "{}", pair.describe());
}

#[test]
fn a_full_buffer_refuses_and_its_emptying_is_told_once() {
    const LIMIT: usize = 1024 * 1024;
    let configure = |config: &mut SessionConfig| config.max_buffered = LIMIT;
    let mut pair = Pair::configured(15, LinkConfig::default(), configure).connect();
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let session = |pair: &Pair| pair.peer(pair.a).session.buffered_amount(ours);
    pair.run_for(Duration::from_secs(1));
    assert_eq!(session(&pair), 0);
    pair.network.with(pair.a, |peer, now| {
        let message = binary(vec![7; 262_144]);
        let mut sent = 0;
        while peer.session.send(now, ours, message.clone()).is_ok() {
            sent += 262_144;
            assert_eq!(peer.session.buffered_amount(ours), sent);
        }
        assert_eq!(sent, LIMIT);
        assert_eq!(peer.session.send(now, ours, message), Err(SendError::BufferFull));
    });
    assert!(pair.run(120, |_, b| b.received(theirs) == 4), "{}", pair.describe());
    pair.run_for(Duration::from_secs(1));
    let drained = |event: &&Event| matches!(event, Event::Drained { key } if *key == ours);
    assert_eq!(pair.peer(pair.a).log.iter().filter(drained).count(), 1, "nobody looked");
    pair.network.with(pair.a, |peer, now| {
        assert_eq!(peer.session.take_drained(ours), 0);
        peer.session.send(now, ours, binary(vec![7; 10])).unwrap();
    });
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.peer(pair.a).log.iter().filter(drained).count(), 2);
}

#[test]
fn text_that_is_not_utf_8_closes_its_channel() {
    let mut pair = Pair::connected(16, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let damaged = session::Payload { text: true, bytes: vec![b'a', 0xff].into() };
    pair.send(pair.a, ours, damaged).unwrap();
    pair.send(pair.a, ours, text("after")).unwrap();
    assert!(pair.run(10, |a, _| a.closed(ours).is_some()), "{}", pair.describe());
    assert_eq!(pair.peer(pair.b).closed(theirs), Some(Some(ChannelError::InvalidText)));
    assert_eq!(pair.peer(pair.b).received(theirs), 0);
    assert_eq!(pair.peer(pair.b).session.counters().text_invalid, 1);
}

#[test]
fn the_number_of_channels_and_the_length_of_names_are_bounded() {
    let mut pair = Pair::new(17, LinkConfig::default());
    let long = pair.open(pair.a, labelled(&"x".repeat(65_536)));
    assert_eq!(pair.peer(pair.a).closed(long), Some(Some(ChannelError::NameTooLong)));
    pair.network.with(pair.a, |peer, _| {
        for _ in 0..SessionConfig::MAX_CHANNELS {
            peer.session.open_channel(ChannelInit::default());
        }
    });
    let refused = pair.open(pair.a, ChannelInit::default());
    assert_eq!(pair.peer(pair.a).closed(refused), Some(Some(ChannelError::TooManyChannels)));
}
