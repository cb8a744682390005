//! The order of events where there is media, without IO.

mod stage;

use expect_test::expect;
use peer::{MediaKind, Track, TrackOrKind, TransceiverDirection, TransceiverId, TransceiverInit};
use stage::{A, B, Stage, check};

fn track(kind: MediaKind) -> Track {
    Track { id: format!("the {kind}"), kind }
}

fn add_track(stage: &mut Stage, pc: usize, kind: MediaKind, streams: &[&str]) -> TransceiverId {
    let streams: Vec<String> = streams.iter().map(|&stream| stream.to_owned()).collect();
    stage.pcs[pc].add_track(track(kind), &streams).expect("a sender")
}

fn add_transceiver(stage: &mut Stage, pc: usize, kind: MediaKind) -> TransceiverId {
    stage.pcs[pc].add_transceiver(TrackOrKind::Kind(kind), TransceiverInit::default()).expect("a transceiver")
}

fn note_transceivers(stage: &mut Stage) {
    for (pc, name) in [(A, "a"), (B, "b")] {
        for id in stage.pcs[pc].transceivers() {
            let view = stage.pcs[pc].transceiver(id).expect("a transceiver");
            let line = format!(
                "{name} {} mid {:?} {} now {} transport {:?} streams {:?}",
                view.kind,
                view.mid.unwrap_or_default(),
                view.direction,
                view.current_direction.map_or("null", TransceiverDirection::as_str),
                view.sender.transport.map(|id| id.0),
                view.receiver.streams,
            );
            stage.note(&line);
        }
    }
}

#[test]
fn audio_video_and_data_are_negotiated_at_once() {
    check(
        |stage| {
            add_track(stage, A, MediaKind::Audio, &["s"]);
            add_track(stage, A, MediaKind::Video, &["s"]);
            stage.channel(A);
            stage.run();
            stage.set_local(A);
            stage.run();
            note_transceivers(stage);
            stage.signal(A, B);
            stage.run();
            note_transceivers(stage);
            stage.set_local(B);
            stage.run();
            note_transceivers(stage);
            stage.signal(B, A);
            stage.run();
            note_transceivers(stage);
            stage.states();
        },
        expect![[r#"
            a: negotiationneeded
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: ice transport 1 gatheringstatechange gathering
            a: ice transport 2 gatheringstatechange gathering
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- a video mid "1" sendrecv now null transport Some(1) streams []
            b: signalingstatechange have-remote-offer
            b: addtrack s transceiver 1
            b: addtrack s transceiver 2
            b: track of transceiver 1 in ["s"]
            b: track of transceiver 2 in ["s"]
            b: setRemoteDescription(offer) fulfilled
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- a video mid "1" sendrecv now null transport Some(1) streams []
            -- b audio mid "0" recvonly now null transport None streams ["s"]
            -- b video mid "1" recvonly now null transport None streams ["s"]
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- a video mid "1" sendrecv now null transport Some(1) streams []
            -- b audio mid "0" recvonly now recvonly transport Some(0) streams ["s"]
            -- b video mid "1" recvonly now recvonly transport Some(0) streams ["s"]
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            a: ice transport 1 statechange closed
            a: dtls transport 1 statechange closed
            a: ice transport 2 statechange closed
            a: dtls transport 2 statechange closed
            -- a audio mid "0" sendrecv now sendonly transport Some(0) streams []
            -- a video mid "1" sendrecv now sendonly transport Some(0) streams []
            -- b audio mid "0" recvonly now recvonly transport Some(0) streams ["s"]
            -- b video mid "1" recvonly now recvonly transport Some(0) streams ["s"]
            -- signaling stable stable
        "#]],
    );
}

#[test]
fn a_track_that_is_added_later_is_sent_both_ways_on_one_transceiver() {
    check(
        |stage| {
            add_track(stage, A, MediaKind::Audio, &["one", "two"]);
            stage.negotiate(A, B);
            add_track(stage, B, MediaKind::Audio, &[]);
            stage.run();
            stage.negotiate(B, A);
            note_transceivers(stage);
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: addtrack one transceiver 1
            b: addtrack two transceiver 1
            b: track of transceiver 1 in ["one", "two"]
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            b: negotiationneeded
            b: signalingstatechange have-local-offer
            b: setLocalDescription() fulfilled
            a: signalingstatechange have-remote-offer
            a: track of transceiver 1 in []
            a: setRemoteDescription(offer) fulfilled
            a: signalingstatechange stable
            a: setLocalDescription() fulfilled
            b: signalingstatechange stable
            b: setRemoteDescription(answer) fulfilled
            -- a audio mid "0" sendrecv now sendrecv transport Some(0) streams []
            -- b audio mid "0" sendrecv now sendrecv transport Some(0) streams ["one", "two"]
        "#]],
    );
}

#[test]
fn direction_changes_remove_and_add_the_remote_track() {
    check(
        |stage| {
            let audio = add_track(stage, A, MediaKind::Audio, &["s"]);
            stage.negotiate(A, B);
            stage.note("inactive");
            stage.pcs[A].set_direction(audio, TransceiverDirection::Inactive).expect("it can");
            stage.negotiate(A, B);
            note_transceivers(stage);
            stage.note("sendrecv");
            stage.pcs[A].set_direction(audio, TransceiverDirection::SendRecv).expect("it can");
            stage.negotiate(A, B);
            note_transceivers(stage);
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: addtrack s transceiver 1
            b: track of transceiver 1 in ["s"]
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- inactive
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-remote-offer
            b: removetrack s transceiver 1
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- a audio mid "0" inactive now inactive transport Some(0) streams []
            -- b audio mid "0" recvonly now inactive transport Some(0) streams []
            -- sendrecv
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-remote-offer
            b: addtrack s transceiver 1
            b: track of transceiver 1 in ["s"]
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- a audio mid "0" sendrecv now sendonly transport Some(0) streams []
            -- b audio mid "0" recvonly now recvonly transport Some(0) streams ["s"]
        "#]],
    );
}

#[test]
fn stopped_transceivers_leave_and_their_m_sections_are_recycled() {
    check(
        |stage| {
            let audio = add_transceiver(stage, A, MediaKind::Audio);
            add_transceiver(stage, A, MediaKind::Video);
            stage.negotiate(A, B);
            stage.note("stop");
            stage.pcs[A].stop_transceiver(audio).expect("it can");
            stage.run();
            stage.negotiate(A, B);
            note_transceivers(stage);
            stage.note("another one");
            add_transceiver(stage, A, MediaKind::Video);
            stage.negotiate(A, B);
            note_transceivers(stage);
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: ice transport 1 gatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: track of transceiver 1 in []
            b: track of transceiver 2 in []
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            a: ice transport 1 statechange closed
            a: dtls transport 1 statechange closed
            -- stop
            a: ended of transceiver 1
            a: negotiationneeded
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: ended of transceiver 1
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- a video mid "1" sendrecv now sendonly transport Some(0) streams []
            -- b video mid "1" recvonly now recvonly transport Some(0) streams []
            -- another one
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-remote-offer
            b: track of transceiver 3 in []
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- a video mid "1" sendrecv now sendonly transport Some(0) streams []
            -- a video mid "2" sendrecv now sendonly transport Some(0) streams []
            -- b video mid "1" recvonly now recvonly transport Some(0) streams []
            -- b video mid "2" recvonly now recvonly transport Some(0) streams []
        "#]],
    );
}

#[test]
fn rollback_takes_back_what_a_remote_offer_brought() {
    check(
        |stage| {
            add_track(stage, A, MediaKind::Audio, &["s"]);
            add_track(stage, A, MediaKind::Video, &["s"]);
            add_track(stage, B, MediaKind::Video, &["mine"]);
            stage.set_local(A);
            stage.run();
            stage.signal(A, B);
            stage.run();
            note_transceivers(stage);
            stage.set_remote_as(B, peer::SdpType::Rollback, "");
            stage.run();
            note_transceivers(stage);
            stage.note("and again");
            stage.signal(A, B);
            stage.run();
            note_transceivers(stage);
        },
        expect![[r#"
            b: negotiationneeded
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: ice transport 1 gatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: addtrack s transceiver 2
            b: addtrack s transceiver 1
            b: track of transceiver 2 in ["s"]
            b: track of transceiver 1 in ["s"]
            b: setRemoteDescription(offer) fulfilled
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- a video mid "1" sendrecv now null transport Some(1) streams []
            -- b video mid "1" sendrecv now null transport None streams ["s"]
            -- b audio mid "0" recvonly now null transport None streams ["s"]
            b: signalingstatechange stable
            b: removetrack s transceiver 1
            b: removetrack s transceiver 2
            b: setRemoteDescription(rollback) fulfilled
            b: ended of transceiver 2
            b: negotiationneeded
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- a video mid "1" sendrecv now null transport Some(1) streams []
            -- b video mid "" sendrecv now null transport None streams []
            -- and again
            b: signalingstatechange have-remote-offer
            b: addtrack s transceiver 3
            b: addtrack s transceiver 1
            b: track of transceiver 3 in ["s"]
            b: track of transceiver 1 in ["s"]
            b: setRemoteDescription(offer) fulfilled
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- a video mid "1" sendrecv now null transport Some(1) streams []
            -- b video mid "1" sendrecv now null transport None streams ["s"]
            -- b audio mid "0" recvonly now null transport None streams ["s"]
        "#]],
    );
}

#[test]
fn a_local_offer_is_rolled_back_by_a_remote_one() {
    check(
        |stage| {
            add_track(stage, A, MediaKind::Audio, &["a"]);
            add_track(stage, B, MediaKind::Audio, &["b"]);
            stage.set_local(A);
            stage.set_local(B);
            stage.run();
            note_transceivers(stage);
            stage.note("b is polite");
            stage.signal(A, B);
            stage.run();
            note_transceivers(stage);
            stage.set_local(B);
            stage.run();
            stage.signal(B, A);
            stage.run();
            note_transceivers(stage);
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-local-offer
            b: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- b audio mid "0" sendrecv now null transport Some(0) streams []
            -- b is polite
            b: signalingstatechange stable
            b: icegatheringstatechange new
            b: ice transport 0 statechange closed
            b: dtls transport 0 statechange closed
            b: signalingstatechange have-remote-offer
            b: addtrack a transceiver 1
            b: track of transceiver 1 in ["a"]
            b: setRemoteDescription(offer) fulfilled
            -- a audio mid "0" sendrecv now null transport Some(0) streams []
            -- b audio mid "0" sendrecv now null transport None streams ["a"]
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 1 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: addtrack b transceiver 1
            a: track of transceiver 1 in ["b"]
            a: setRemoteDescription(answer) fulfilled
            -- a audio mid "0" sendrecv now sendrecv transport Some(0) streams ["b"]
            -- b audio mid "0" sendrecv now sendrecv transport Some(1) streams ["a"]
        "#]],
    );
}
