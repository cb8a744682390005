//! SCTP's INITs in the descriptions: draft-hancke-tsvwg-snap.

mod stage;

use std::time::Duration;

use peer::{ChannelEvent, Configuration, DataChannelInit, Event, PeerConnection, SdpType, Settings};
use stage::network::Call;
use stage::pair::{Side, offer_answer};
use stage::{A, B, certificate, start};

/// A side with a data channel, or one that answers.
fn side(seed: u8, has_channel: bool) -> Side {
    let mut side = Side::new(seed);
    if has_channel {
        side.pc.create_data_channel(start(), "x", DataChannelInit::default()).expect("a channel");
    }
    side
}

fn line(sdp: &str) -> Option<&str> {
    let mut lines = sdp.lines().filter(|line| line.starts_with("a=sctp-init:"));
    let line = lines.next();
    assert_eq!(lines.next(), None);
    line
}

/// `sdp` with another line, or none, in place of its a=sctp-init.
fn replaced(sdp: &str, with: Option<&str>) -> String {
    let keep = |line: &&str| !line.starts_with("a=sctp-init:");
    let lines = sdp.lines().filter(keep).chain(with);
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// Another one's, in draft-hancke-tsvwg-snap.
const EXAMPLE: &str = "a=sctp-init:AQAAHols3R0AUAAA/////+B5ZR3AAAAEgAgABoLA";

#[test]
fn both_descriptions_have_one_and_later_ones_the_same() {
    let (mut a, mut b) = (side(1, true), side(2, false));
    offer_answer(&mut a, &mut b);
    let (ours, theirs) = (a.local(), b.local());
    assert!(line(&ours).is_some() && line(&theirs).is_some());
    assert_ne!(line(&ours), line(&theirs));
    offer_answer(&mut b, &mut a);
    assert_eq!((line(&a.local()), line(&b.local())), (line(&ours), line(&theirs)));
}

#[test]
fn media_alone_has_none() {
    let mut a = Side::new(1);
    a.add_track(peer::MediaKind::Audio, "t", &[]);
    assert_eq!(line(&a.offer()), None);
}

#[test]
fn an_answer_has_one_only_if_the_offer_has() {
    let mut a = side(1, true);
    let offer = a.offer();
    let ours = line(&offer).expect("a line").to_owned();
    for (offered, is_answered) in [
        (Some(EXAMPLE), true),
        (None, false),
        // No base64; no chunk; an INIT ACK; a tag of 0.
        (Some("a=sctp-init:%%%"), false),
        (Some("a=sctp-init:AQAA"), false),
        (Some("a=sctp-init:AgAAHols3R0AUAAA/////+B5ZR3AAAAEgAgABoLA"), false),
        (Some("a=sctp-init:AQAAHgAAAAAAUAAA/////+B5ZR3AAAAEgAgABoLA"), false),
        (Some("a=sctp-init"), false),
    ] {
        let mut b = side(2, false);
        b.set_remote(SdpType::Offer, &replaced(&offer, offered));
        let answer = b.answer();
        assert_eq!(line(&answer).is_some(), is_answered, "{offered:?}");
        assert_ne!(line(&answer), Some(ours.as_str()));
    }
}

/// The line is not offered again where the association has begun without it, and not answered.
#[test]
fn an_association_that_stands_gets_none() {
    let (mut a, mut b) = (side(1, true), side(2, false));
    let offer = a.offer();
    a.set_local(SdpType::Offer, &offer);
    b.set_remote(SdpType::Offer, &replaced(&offer, None));
    let answer = b.answer();
    b.set_local(SdpType::Answer, &answer);
    a.set_remote(SdpType::Answer, &answer);
    assert_eq!((line(&a.offer()), line(&b.offer())), (None, None));
    let offer = replaced(&a.offer(), Some(EXAMPLE));
    b.set_remote(SdpType::Offer, &offer);
    assert_eq!(line(&b.answer()), None);
}

#[test]
fn a_rollback_takes_nothing_back_that_was_agreed() {
    let (mut a, mut b) = (side(1, true), side(2, false));
    offer_answer(&mut a, &mut b);
    let ours = a.local();
    let offer = a.offer();
    a.set_local(SdpType::Offer, &offer);
    a.set_local(SdpType::Rollback, "");
    assert_eq!(line(&a.offer()), line(&ours));
    let mut fresh = side(3, true);
    let offer = fresh.offer();
    fresh.set_local(SdpType::Offer, &offer);
    fresh.set_local(SdpType::Rollback, "");
    assert_eq!(line(&fresh.offer()), line(&offer));
}

#[test]
fn the_setting_turns_it_off() {
    let settings = Settings { sctp_init: false, ..Settings::default() };
    let clock = base::WallClock::new(start(), stage::DATE);
    let configuration = (Configuration::default(), settings);
    let pc = PeerConnection::with_settings(configuration, certificate(), start(), clock, [9; 32]);
    let mut silent = Side { pc: pc.expect("a connection"), events: Vec::new() };
    silent.pc.create_data_channel(start(), "x", DataChannelInit::default()).expect("a channel");
    assert_eq!(line(&silent.offer()), None);
    let mut a = side(1, true);
    silent.set_remote(SdpType::Offer, &a.offer());
    assert_eq!(line(&silent.answer()), None);
}

/// The round trips from the answer to an open channel, to the next half.
fn round_trips(munge: fn(String) -> String) -> f64 {
    let mut call = Call::new();
    call.munge = munge;
    let ours = call.with(A, |pc, now| pc.create_data_channel(now, "x", DataChannelInit::default()));
    let ours = ours.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let begun = call.network.now();
    let opened = Event::Channel(ours, ChannelEvent::Open);
    let is_open = |call: &Call| call.peer(A).saw(&opened) && call.peer(B).incoming().is_some();
    assert!(call.run_until(Duration::from_secs(10), is_open));
    ((call.network.now() - begun).as_secs_f64() / 0.02 * 2.0).round() / 2.0
}

/// Whatever becomes of the lines on their way, the channel opens.
#[test]
fn a_channel_opens_a_round_trip_earlier_and_always_opens() {
    let with = round_trips(|sdp| sdp);
    let without = round_trips(|sdp| replaced(&sdp, None));
    assert_eq!(without - with, 1.0);
    let answer_without = |sdp: String| match sdp.contains("a=setup:active") {
        true => replaced(&sdp, None),
        false => sdp,
    };
    // The answerer does not shake hands, so that only our own INIT is on its way.
    assert!(round_trips(answer_without) <= without + 1.0);
    let damaged = |sdp: String| match sdp.contains("a=setup:active") {
        true => replaced(&sdp, Some("a=sctp-init:AAAA")),
        false => sdp,
    };
    assert!(round_trips(damaged) <= without + 1.0);
}

/// libdatachannel answers with the lines of the offer that it does not know.
#[test]
fn our_own_line_in_an_answer_is_no_answer() {
    let (mut a, mut b) = (side(1, true), side(2, false));
    let offer = a.offer();
    a.set_local(SdpType::Offer, &offer);
    b.set_remote(SdpType::Offer, &replaced(&offer, None));
    let answer = replaced(&b.answer(), line(&offer));
    a.set_remote(SdpType::Answer, &answer);
    assert_eq!(line(&a.offer()), None, "it was not negotiated");
}
