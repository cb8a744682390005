//! What negotiation does to transceivers, from being added to being gone. Without IO.

mod stage;

use peer::MediaKind::{Audio, Video};
use peer::{
    BundlePolicy, Configuration, Event, SdpType, TransceiverDirection, TransceiverId, TransceiverInit,
};
use stage::pair::{Side, offer_answer, track};
use stage::start;

use SdpType::{Answer, Offer, Rollback};

fn pair() -> (Side, Side) {
    (Side::new(1), Side::new(2))
}

fn directed(direction: TransceiverDirection) -> TransceiverInit {
    TransceiverInit { direction, ..Default::default() }
}

fn direction(side: &mut Side, id: u64, direction: TransceiverDirection) {
    side.pc.set_direction(TransceiverId(id), direction).expect("not stopped");
}

fn stop(side: &mut Side, id: u64) {
    side.pc.stop_transceiver(TransceiverId(id)).expect("not closed");
}

fn mid(side: &Side, index: usize) -> Option<String> {
    let id = side.pc.transceivers()[index];
    side.pc.transceiver(id).expect("a view").mid
}

fn m_lines(sdp: &str, start: &str) -> usize {
    sdp.lines().filter(|line| line.starts_with(start)).count()
}

#[test]
fn a_remote_offer_brings_a_transceiver_that_receives() {
    let (mut a, mut b) = pair();
    let init = TransceiverInit { streams: vec!["s".to_owned()], ..Default::default() };
    a.add_transceiver(Audio, init);
    let offer = a.offer();
    assert_eq!(b.set_remote(Offer, &offer), ["add 1 s", r#"track 1 ["s"]"#]);
    assert_eq!(b.transceivers(), ["audio recvonly - mid -"]);
    assert_eq!(a.transceivers(), ["audio sendrecv - - -"], "createOffer changes nothing");
}

#[test]
fn a_remote_offer_that_sends_nothing_brings_no_track() {
    let (mut a, mut b) = pair();
    a.add_transceiver(Audio, directed(TransceiverDirection::RecvOnly));
    let offer = a.offer();
    assert_eq!(b.set_remote(Offer, &offer), [""; 0]);
    assert_eq!(b.transceivers(), ["audio recvonly - mid -"]);
}

#[test]
fn only_transceivers_of_add_track_wait_for_a_remote_offer() {
    let (mut a, mut b) = pair();
    a.add_transceiver(Audio, Default::default());
    let first = b.add_transceiver(Audio, Default::default());
    let offer = a.offer();
    b.set_remote(Offer, &offer);
    assert_eq!(b.transceivers(), ["audio sendrecv - - -", "audio recvonly - mid -"]);

    // Neither replaceTrack() nor addTrack() make it another one.
    let mut b = Side::new(2);
    b.add_transceiver(Audio, Default::default());
    b.replace_track(first, Some(track(Audio, "t")));
    b.set_remote(Offer, &offer);
    assert_eq!(b.transceivers(), ["audio sendrecv - - t", "audio recvonly - mid -"]);
    let mut b = Side::new(2);
    b.add_transceiver(Audio, Default::default());
    assert_eq!(b.add_track(Audio, "t", &[]), first);
    b.set_remote(Offer, &offer);
    assert_eq!(b.transceivers(), ["audio sendrecv - - t", "audio recvonly - mid -"]);

    // One of addTrack() pairs, whatever became of its track.
    let mut b = Side::new(2);
    b.add_track(Audio, "t", &[]);
    assert_eq!(b.set_remote(Offer, &offer), ["track 1 []"]);
    assert_eq!(b.transceivers(), ["audio sendrecv - mid t"]);
    let mut b = Side::new(2);
    b.add_track(Audio, "t", &[]);
    b.replace_track(first, None);
    b.set_remote(Offer, &offer);
    assert_eq!(b.transceivers(), ["audio sendrecv - mid -"]);
}

#[test]
fn a_track_that_is_added_again_gets_another_sender() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "t", &["s"]);
    offer_answer(&mut a, &mut b);
    a.pc.remove_track(TransceiverId(1)).expect("open");
    a.add_track(Audio, "t", &["s"]);
    assert_eq!(a.transceivers(), ["audio recvonly sendonly mid -", "audio sendrecv - - t"]);
    offer_answer(&mut a, &mut b);
    assert_eq!(b.transceivers(), ["audio recvonly inactive mid -", "audio recvonly recvonly mid -"]);
    a.pc.remove_track(TransceiverId(2)).expect("open");
    a.add_track(Audio, "t", &["s"]);
    // The answerer, too: into the third that the offer brings.
    b.add_transceiver(Audio, Default::default());
    offer_answer(&mut b, &mut a);
    assert_eq!(
        b.transceivers(),
        ["audio recvonly inactive mid -", "audio recvonly inactive mid -", "audio sendrecv sendrecv mid -"]
    );
}

#[test]
fn removed_tracks_leave_their_streams_and_come_back_with_a_rollback() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    a.add_track(Video, "v", &["s"]);
    direction(&mut a, 2, TransceiverDirection::SendOnly);
    let offer = a.offer();
    let added = ["add 1 s", "add 2 s", r#"track 1 ["s"]"#, r#"track 2 ["s"]"#];
    assert_eq!(b.set_remote(Offer, &offer), added);
    assert_eq!(b.set_remote(Rollback, ""), ["remove 1 s", "remove 2 s"]);
    assert_eq!(b.transceivers(), [""; 0]);
    let offer = a.offer();
    assert_eq!(b.set_remote(Offer, &offer).len(), 4);
    a.set_local(Offer, &offer);
    let answer = b.answer();
    a.set_remote(Answer, &answer);
    b.set_local(Answer, &answer);
    a.needs_negotiation();

    a.pc.remove_track(TransceiverId(1)).expect("open");
    assert_eq!(a.transceivers(), ["audio recvonly sendonly mid -", "video sendonly sendonly mid v"]);
    assert!(a.needs_negotiation());
    a.pc.remove_track(TransceiverId(2)).expect("open");
    assert_eq!(a.transceivers(), ["audio recvonly sendonly mid -", "video inactive sendonly mid -"]);
    let offer = a.offer();
    let removed = ["remove 3 s", "remove 4 s"];
    assert_eq!(b.set_remote(Offer, &offer), removed);
    let back = ["add 3 s", "add 4 s", r#"track 3 ["s"]"#, r#"track 4 ["s"]"#];
    assert_eq!(b.set_remote(Rollback, ""), back);

    let offer = b.offer();
    b.set_local(Offer, &offer);
    a.set_remote(Offer, &offer);
    let answer = a.answer();
    a.set_local(Answer, &answer);
    assert_eq!(b.set_remote(Answer, &answer), removed);
    assert_eq!(b.transceivers(), ["audio recvonly inactive mid -", "video recvonly inactive mid -"]);
}

#[test]
fn the_current_direction_follows_each_answer() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    b.add_track(Audio, "b", &["s"]);
    let exchange = |from: &mut Side, to: &mut Side| {
        let offer = from.offer();
        from.set_local(Offer, &offer);
        let before = from.transceivers();
        let offered = to.set_remote(Offer, &offer);
        let answer = to.answer();
        to.set_local(Answer, &answer);
        assert_eq!(from.transceivers(), before);
        let answered = from.set_remote(Answer, &answer);
        (offered, answered, from.transceivers(), to.transceivers())
    };
    let news = || vec!["add 1 s".to_owned(), r#"track 1 ["s"]"#.to_owned()];
    let (offered, answered, from, to) = exchange(&mut a, &mut b);
    assert_eq!((offered, answered), (news(), news()));
    assert_eq!(
        (from, to),
        (vec!["audio sendrecv sendrecv mid a".into()], vec!["audio sendrecv sendrecv mid b".into()])
    );
    direction(&mut b, 1, TransceiverDirection::SendOnly);
    let (offered, answered, from, to) = exchange(&mut b, &mut a);
    assert_eq!((offered, answered), (vec![], vec!["remove 1 s".to_owned()]));
    assert_eq!(
        (from, to),
        (vec!["audio sendonly sendonly mid b".into()], vec!["audio sendrecv recvonly mid a".into()])
    );
    direction(&mut b, 1, TransceiverDirection::SendRecv);
    let (offered, answered, from, to) = exchange(&mut b, &mut a);
    assert_eq!((offered, answered), (vec![], news()));
    assert_eq!(
        (from, to),
        (vec!["audio sendrecv sendrecv mid b".into()], vec!["audio sendrecv sendrecv mid a".into()])
    );
    b.pc.close(start());
    assert_eq!(b.transceivers(), ["audio stopped stopped mid b"]);
}

#[test]
fn a_stopped_transceiver_is_negotiated_away() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    b.add_track(Audio, "b", &["s"]);
    offer_answer(&mut a, &mut b);
    a.needs_negotiation();
    stop(&mut a, 1);
    assert_eq!(a.transceivers(), ["audio stopped sendrecv mid a"]);
    a.run();
    assert!(a.events.contains(&Event::TrackEnded(TransceiverId(1))));
    assert!(a.needs_negotiation());

    let offer = a.offer();
    a.set_local(Offer, &offer);
    assert_eq!(m_lines(&offer, "m=audio 0 "), 1);
    b.set_remote(Offer, &offer);
    assert!(!b.pc.transceiver(TransceiverId(1)).expect("a view").receiver.ended, "not in the same task");
    b.run();
    assert!(b.pc.transceiver(TransceiverId(1)).expect("a view").receiver.ended);
    assert_eq!(b.transceivers(), ["audio stopped stopped mid b"]);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    for side in [&mut a, &mut b] {
        assert!(side.pc.transceivers().is_empty() && side.pc.senders().is_empty());
        let view = side.pc.transceiver(TransceiverId(1)).expect("still readable");
        assert_eq!((view.mid, view.is_attached), (None, false));
        assert_eq!(view.current_direction, Some(TransceiverDirection::Stopped));
        assert_eq!(side.pc.stop_transceiver(TransceiverId(1)), Ok(()));
        assert!(!side.needs_negotiation());
    }
}

#[test]
fn an_offer_outlives_the_stop_that_came_after_it() {
    for local_first in [false, true] {
        let (mut a, mut b) = pair();
        a.add_track(Audio, "a", &["s"]);
        b.add_track(Audio, "b", &["s"]);
        let offer = a.offer();
        if local_first {
            a.set_local(Offer, &offer);
        }
        stop(&mut a, 1);
        b.set_remote(Offer, &offer);
        if !local_first {
            a.set_local(Offer, &offer);
        }
        let answer = b.answer();
        a.needs_negotiation();
        assert_eq!(a.set_remote(Answer, &answer), ["add 1 s", r#"track 1 ["s"]"#]);
        assert_eq!(a.transceivers(), ["audio stopped sendrecv mid a"]);
        assert!(a.needs_negotiation());
        b.set_local(Answer, &answer);
        offer_answer(&mut a, &mut b);
        assert!(a.pc.transceivers().is_empty() && b.pc.transceivers().is_empty());
    }
}

#[test]
fn an_answer_cannot_stop_a_transceiver() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    b.add_track(Audio, "b", &["s"]);
    let offer = a.offer();
    b.set_remote(Offer, &offer);
    a.set_local(Offer, &offer);
    stop(&mut b, 1);
    let answer = b.answer();
    assert_eq!(a.set_remote(Answer, &answer), [""; 0]);
    assert_eq!(b.transceivers(), ["audio stopped - mid b"]);
    b.needs_negotiation();
    b.set_local(Answer, &answer);
    assert_eq!(b.transceivers(), ["audio stopped inactive mid b"]);
    assert_eq!(a.transceivers(), ["audio sendrecv inactive mid a"]);
    assert!(b.needs_negotiation());
    // From the other side it still cannot; from this one it can.
    offer_answer(&mut a, &mut b);
    assert_eq!(a.transceivers(), ["audio sendrecv inactive mid a"]);
    offer_answer(&mut b, &mut a);
    assert!(a.pc.transceivers().is_empty() && b.pc.transceivers().is_empty());
}

#[test]
fn a_local_rollback_undoes_the_negotiation_only() {
    let mut a = Side::new(1);
    a.add_track(Audio, "a", &["s"]);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    assert_eq!(a.transceivers(), ["audio sendrecv - mid a"]);
    direction(&mut a, 1, TransceiverDirection::SendOnly);
    a.replace_track(TransceiverId(1), Some(track(Audio, "other")));
    a.set_local(Rollback, "");
    assert_eq!(a.transceivers(), ["audio sendonly - - other"]);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    stop(&mut a, 1);
    a.set_local(Rollback, "");
    assert_eq!(a.transceivers(), ["audio stopped - - other"]);
}

#[test]
fn a_rolled_back_transceiver_does_not_take_an_m_section_of_another_kind() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    b.add_track(Video, "v", &["s"]);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    a.set_local(Rollback, "");
    offer_answer(&mut b, &mut a);
    assert_eq!(a.transceivers(), ["audio sendrecv - - a", "video recvonly recvonly mid -"]);
    assert_eq!(b.transceivers(), ["video sendrecv sendonly mid v"]);
    offer_answer(&mut a, &mut b);
    assert_eq!(a.transceivers(), ["audio sendrecv sendonly mid a", "video recvonly recvonly mid -"]);
}

#[test]
fn a_remote_rollback_takes_what_the_offer_brought_unless_a_track_was_added() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    let offer = a.offer();
    b.set_remote(Offer, &offer);
    let mid0 = mid(&b, 0);
    assert_eq!(b.set_remote(Rollback, ""), ["remove 1 s"]);
    assert_eq!(b.transceivers(), [""; 0]);
    let gone = |b: &Side| b.pc.transceiver(TransceiverId(1)).expect("a view");
    assert_eq!(gone(&b).current_direction, Some(TransceiverDirection::Stopped));
    assert_eq!((gone(&b).mid, gone(&b).receiver.ended), (None, false));
    b.run();
    assert!(gone(&b).receiver.ended);

    // Neither replaceTrack() nor a direction keep it.
    b.set_remote(Offer, &offer);
    b.replace_track(TransceiverId(2), Some(track(Audio, "b")));
    direction(&mut b, 2, TransceiverDirection::SendRecv);
    assert_eq!(b.transceivers(), ["audio sendrecv - mid b"]);
    b.set_remote(Rollback, "");
    assert_eq!(b.transceivers(), [""; 0]);

    b.set_remote(Offer, &offer);
    b.add_track(Audio, "b", &["t"]);
    assert_eq!(b.transceivers(), ["audio sendrecv - mid b"]);
    assert_eq!(mid(&b, 0), mid0);
    b.set_remote(Rollback, "");
    assert_eq!(b.transceivers(), ["audio sendrecv - - b"]);
    a.set_local(Offer, &offer);
    assert_eq!(b.set_remote(Offer, &offer), ["add 3 s", r#"track 3 ["s"]"#]);
    assert_eq!(b.transceivers(), ["audio sendrecv - mid b"]);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    assert_eq!(a.set_remote(Answer, &answer), ["add 1 t", r#"track 1 ["t"]"#]);
    assert_eq!(a.transceivers(), ["audio sendrecv sendrecv mid a"]);

    direction(&mut a, 1, TransceiverDirection::RecvOnly);
    let offer = a.offer();
    assert_eq!(b.set_remote(Offer, &offer), ["remove 3 s"]);
    assert_eq!(b.set_remote(Rollback, ""), ["add 3 s", r#"track 3 ["s"]"#]);

    // What is stopped stays so.
    stop(&mut a, 1);
    let offer = a.offer();
    b.set_remote(Offer, &offer);
    assert_eq!(b.transceivers(), ["audio stopped stopped mid b"]);
    b.set_remote(Rollback, "");
    assert_eq!(b.transceivers(), ["audio stopped stopped mid b"]);
}

#[test]
fn the_tagged_m_section_can_be_rejected() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "1", &["s"]);
    a.add_track(Audio, "2", &["t"]);
    offer_answer(&mut a, &mut b);
    stop(&mut b, 1);
    offer_answer(&mut a, &mut b);
    offer_answer(&mut b, &mut a);
    assert_eq!(a.transceivers(), ["audio sendrecv sendonly mid 2"]);
    assert_eq!(b.transceivers(), ["audio recvonly recvonly mid -"]);
}

#[test]
fn m_sections_are_recycled_once_both_sides_know_them_as_rejected() {
    let configuration = || Configuration { bundle_policy: BundlePolicy::MaxCompat, ..Default::default() };
    let (mut a, mut b) = (Side::with(configuration(), 1), Side::with(configuration(), 2));
    a.add_track(Audio, "a1", &["s"]);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    let mid0 = mid(&b, 0);
    stop(&mut b, 1);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    assert_eq!(a.transceivers(), ["audio sendrecv inactive mid a1"]);
    offer_answer(&mut b, &mut a);
    assert!(a.pc.transceivers().is_empty() && b.pc.transceivers().is_empty());

    a.add_track(Audio, "a2", &["s"]);
    assert_eq!(m_lines(&a.offer(), "m="), 1);
    b.add_track(Audio, "b2", &["s"]);
    let offer = b.offer();
    assert_eq!(m_lines(&offer, "m="), 1);
    b.set_local(Offer, &offer);
    a.set_remote(Offer, &offer);
    let answer = a.answer();
    a.set_local(Answer, &answer);
    b.set_remote(Answer, &answer);
    assert_eq!(a.transceivers(), ["audio sendrecv sendrecv mid a2"]);
    assert_eq!(b.transceivers(), ["audio sendrecv sendrecv mid b2"]);
    let mid1 = mid(&a, 0);
    assert!(mid1 != mid0 && mid1 == mid(&b, 0));

    // Stopped, and another one at once: too early to recycle.
    let stopped = a.pc.transceivers()[0];
    a.pc.stop_transceiver(stopped).expect("open");
    a.add_track(Audio, "a3", &["u"]);
    let offer = a.offer();
    assert_eq!((m_lines(&offer, "m="), m_lines(&offer, "m=audio 0 ")), (2, 1));
    a.set_local(Offer, &offer);
    let events = b.set_remote(Offer, &offer);
    assert!(events.iter().any(|event| event.ends_with(r#"["u"]"#)), "{events:?}");
    let answer = b.answer();
    b.set_local(Answer, &answer);
    assert_eq!(a.set_remote(Answer, &answer).iter().filter(|event| event.starts_with("track")).count(), 0);
    assert_eq!(b.transceivers(), ["audio recvonly recvonly mid -"]);
    let mid2 = mid(&b, 0);
    assert!(mid2 != mid1 && mid2 != mid0);

    // A track goes into the transceiver that only receives; the next one into the free m-section.
    b.add_track(Audio, "b3", &["v"]);
    let offer = b.offer();
    assert_eq!((m_lines(&offer, "m="), m_lines(&offer, "m=audio 0 ")), (2, 1));
    assert_eq!(b.transceivers(), ["audio sendrecv recvonly mid b3"]);
    b.add_track(Audio, "b4", &["v"]);
    let offer = b.offer();
    b.set_local(Offer, &offer);
    assert_eq!(b.transceivers(), ["audio sendrecv recvonly mid b3", "audio sendrecv - mid b4"]);
    assert_eq!((m_lines(&offer, "m="), m_lines(&offer, "m=audio 0 ")), (2, 0));
    let mids = [mid0, mid1, mid2, mid(&b, 1)];
    assert!((0..4).all(|one| (0..one).all(|other| mids[one] != mids[other])), "{mids:?}");
}

#[test]
fn a_transceiver_stopped_after_its_offer_recycled_an_m_section_does_no_harm() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    a.add_track(Video, "v", &["s"]);
    offer_answer(&mut a, &mut b);
    stop(&mut a, 2);
    offer_answer(&mut a, &mut b);
    let id = a.add_transceiver(Video, Default::default());
    let offer = a.offer();
    a.pc.stop_transceiver(id).expect("open");
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    assert_eq!(m_lines(&a.local(), "m="), 2);
}

#[test]
fn descriptions_without_mids_and_groups_are_understood() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &["s"]);
    let strip = |sdp: &str| sdp.replace("a=mid:", "a=unknownattr:").replace("a=group:", "a=unknownattr:");
    let offer = a.offer();
    a.set_local(Offer, &offer);
    let mid0 = mid(&a, 0);
    b.set_remote(Offer, &strip(&offer));
    assert_eq!(b.transceivers(), ["audio recvonly - mid -"]);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    assert_eq!(a.transceivers(), ["audio sendrecv sendonly mid a"]);

    let (mut a, mut b) = (Side::new(1), Side::new(2));
    a.add_track(Audio, "a", &["s"]);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    let answer = b.answer();
    a.set_remote(Answer, &strip(&answer));
    assert_eq!(a.transceivers(), ["audio sendrecv sendonly mid a"]);
    assert_eq!(mid(&a, 0), mid0);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    assert_eq!(mid(&a, 0), mid0);
}
