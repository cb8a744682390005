//! The order in which the promises and events of senders and receivers come, without IO.

mod stage;

use expect_test::expect;
use peer::{MediaKind, Track, TrackOrKind, TransceiverId, TransceiverInit};
use stage::{A, Stage, check};

fn add(stage: &mut Stage, kind: MediaKind) -> TransceiverId {
    stage.pcs[A].add_transceiver(TrackOrKind::Kind(kind), TransceiverInit::default()).expect("a transceiver")
}

fn track(id: &str) -> Option<Track> {
    Some(Track { id: id.to_owned(), kind: MediaKind::Audio })
}

fn sent(stage: &Stage, id: TransceiverId) -> Option<String> {
    stage.pcs[A].transceiver(id).expect("a view").sender.track.map(|track| track.id)
}

#[test]
fn parameters_are_the_same_until_the_event_loop_turns() {
    check(
        |stage| {
            let id = add(stage, MediaKind::Audio);
            stage.run();
            let first = stage.pcs[A].sender_parameters(id).expect("parameters");
            let second = stage.pcs[A].sender_parameters(id).expect("parameters");
            assert_eq!(first, second);
            stage.note("twice with the same in one task");
            stage.set_parameters(A, id, first.clone());
            stage.set_parameters(A, id, first.clone());
            let third = stage.pcs[A].sender_parameters(id).expect("parameters");
            assert_eq!(first.transaction_id, third.transaction_id);
            stage.run();
            stage.note("again in another task");
            stage.set_parameters(A, id, first.clone());
            stage.note("after getParameters() gave others");
            let other = stage.pcs[A].sender_parameters(id).expect("parameters");
            assert_ne!(first.transaction_id, other.transaction_id);
            stage.set_parameters(A, id, first);
            stage.set_parameters(A, id, other);
            stage.run();
        },
        expect![[r#"
            a: negotiationneeded
            -- twice with the same in one task
            a: setParameters fulfilled
            a: setParameters fulfilled
            -- again in another task
            -- setParameters rejected: InvalidStateError
            -- after getParameters() gave others
            -- setParameters rejected: InvalidModificationError
            a: setParameters fulfilled
        "#]],
    );
}

/// webrtc-pc, replaceTrack, steps 6 and 6.4.4.1 to 6.4.4.3.
#[test]
fn replace_track_waits_for_its_turn_and_settles_in_a_task_of_its_own() {
    check(
        |stage| {
            let id = add(stage, MediaKind::Audio);
            stage.run();
            stage.create_offer(A);
            stage.replace_track(A, id, track("one"));
            stage.replace_track(A, id, None);
            stage.create_offer(A);
            assert_eq!(sent(stage, id), None);
            stage.note("task: createOffer");
            stage.run_one();
            stage.note("task: the track is set");
            stage.run_one();
            assert_eq!(sent(stage, id).as_deref(), Some("one"));
            stage.note("task: and the promise is fulfilled");
            stage.run_one();
            stage.note("the rest");
            stage.run();
            assert_eq!(sent(stage, id), None);
        },
        expect![[r#"
            a: negotiationneeded
            -- task: createOffer
            a: createOffer fulfilled
            -- task: the track is set
            -- task: and the promise is fulfilled
            a: replaceTrack fulfilled
            -- the rest
            a: replaceTrack fulfilled
            a: createOffer fulfilled
        "#]],
    );
}

#[test]
fn stopping_ends_the_track_in_a_task() {
    check(
        |stage| {
            let id = add(stage, MediaKind::Audio);
            let other = add(stage, MediaKind::Video);
            stage.run();
            stage.note("stop()");
            stage.pcs[A].stop_transceiver(id).expect("open");
            assert!(!stage.pcs[A].transceiver(id).expect("a view").receiver.ended);
            stage.replace_track(A, id, None);
            stage.run();
            stage.note("close()");
            stage.pcs[A].sender_parameters(other);
            stage.replace_track(A, other, None);
            stage.pcs[A].close(stage.now);
            stage.run();
        },
        expect![[r#"
            a: negotiationneeded
            -- stop()
            a: replaceTrack rejected: InvalidStateError
            a: ended of transceiver 1
            -- close()
            a: ended of transceiver 2
        "#]],
    );
}
