//! Whatever a remote description looks like: no panic, and an error changes nothing.

mod stage;

use peer::{
    EncodingParameters, Event, MediaKind, SdpType, SessionDescriptionInit, TrackOrKind, TransceiverInit,
};
use proptest::prelude::*;
use stage::{A, B, Stage, start};

/// Audio, video in two encodings, and data.
fn everything() -> Stage {
    let mut stage = Stage::new();
    let encoding =
        |rid: &str| EncodingParameters { rid: Some(rid.to_owned()), ..EncodingParameters::default() };
    let simulcast =
        TransceiverInit { send_encodings: vec![encoding("f"), encoding("h")], ..TransceiverInit::default() };
    for (kind, init) in [(MediaKind::Audio, TransceiverInit::default()), (MediaKind::Video, simulcast)] {
        stage.pcs[A].add_transceiver(TrackOrKind::Kind(kind), init).expect("a transceiver");
    }
    stage.channel(A);
    stage.set_local(A);
    stage.run();
    stage
}

/// Everything that a script can see of a connection.
fn slots(pc: &peer::PeerConnection) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        pc.signaling_state(),
        pc.current_local_description(),
        pc.pending_local_description(),
        pc.current_remote_description(),
        pc.pending_remote_description(),
        pc.sctp(),
        pc.ice_connection_state(),
        pc.ice_gathering_state(),
        pc.transceivers().into_iter().map(|id| pc.transceiver(id)).collect::<Vec<_>>(),
    )
}

/// Sets a mutated description and, if it was taken, answers it.
fn survives(pc: &mut peer::PeerConnection, kind: SdpType, sdp: String) {
    let before = slots(pc);
    let id = pc.set_remote_description(start(), SessionDescriptionInit { kind: Some(kind), sdp });
    let mut refused = None;
    let mut extra = Vec::new();
    while pc.run_task(start()) {}
    while let Some(event) = pc.poll_event() {
        match event {
            Event::Settled(settled, result) if settled == id => refused = Some(result.is_err()),
            other => extra.push(other),
        }
    }
    let refused = refused.expect("the promise settles");
    if refused {
        assert_eq!(slots(pc), before);
        assert!(extra.is_empty(), "{extra:?}");
    }
    pc.set_local_description(start(), None);
    pc.add_ice_candidate(start(), None);
    pc.create_offer(start(), peer::OfferOptions { ice_restart: true, ..peer::OfferOptions::default() });
    while pc.run_task(start()) {}
}

fn mutate(sdp: &str, edits: &[(usize, u8, u8)]) -> String {
    let mut bytes = sdp.as_bytes().to_vec();
    for (position, what, byte) in edits {
        let position = position % bytes.len().max(1);
        match what % 4 {
            0 if !bytes.is_empty() => bytes[position] = *byte,
            1 if !bytes.is_empty() => drop(bytes.remove(position)),
            2 => bytes.insert(position, *byte),
            // A line again somewhere else.
            _ => {
                let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                let from = lines[position % lines.len()].to_vec();
                let mut lines: Vec<Vec<u8>> = lines.into_iter().map(<[u8]>::to_vec).collect();
                let to = usize::from(*byte) % lines.len();
                lines.insert(to, from);
                bytes = lines.concat();
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn mutated_offers_and_answers(
        edits in proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..6),
        cut in any::<Option<usize>>(),
    ) {
        let mut stage = everything();
        let offer = stage.pcs[A].local_description().expect("an offer").sdp.clone();
        let mut mutated = mutate(&offer, &edits);
        if let Some(cut) = cut {
            let end = cut % (mutated.len() + 1);
            let end = (0..=end).rev().find(|end| mutated.is_char_boundary(*end)).unwrap_or(0);
            mutated.truncate(end);
        }
        survives(&mut stage.pcs[B], SdpType::Offer, mutated);

        let mut stage = everything();
        stage.signal(A, B);
        stage.set_local(B);
        stage.run();
        let answer = stage.pcs[B].local_description().expect("an answer").sdp.clone();
        survives(&mut stage.pcs[A], SdpType::Answer, mutate(&answer, &edits));
    }
}
