//! Several transports in one session: they come, go and fail without each other.

mod support;

use std::time::Duration;

use session::{ChannelError, Event, SctpState, TransportId};
use sim::LinkConfig;
use support::{ONE, Pair, Peer, labelled, text};

const TWO: TransportId = TransportId(1);
const THREE: TransportId = TransportId(2);
const ALL: [TransportId; 3] = [ONE, TWO, THREE];

/// Three transports whose DTLS stands, and the data on the one that `data` names.
fn connected(seed: u64, data: TransportId) -> Pair {
    let mut pair = Pair::several(seed, LinkConfig::default(), 3);
    pair.data = data;
    pair.agree();
    pair.apply();
    let is_up = |peer: &Peer| peer.is_connected() && peer.is_secured(&ALL);
    assert!(pair.run(30, |a, b| is_up(a) && is_up(b)), "{}", pair.describe());
    pair
}

fn sockets(pair: &Pair) -> [usize; 2] {
    [pair.a, pair.b].map(|id| pair.network.host(id).open_sockets())
}

fn dtls_states(peer: &Peer, wanted: TransportId) -> Vec<dtls::State> {
    let state = |event: &Event| match event {
        Event::DtlsState(id, state) if *id == wanted => Some(*state),
        _ => None,
    };
    peer.log.iter().filter_map(state).collect()
}

fn ice_state(pair: &Pair, id: TransportId) -> ice::TransportState {
    pair.peer(pair.a).session.ice(id).unwrap().state()
}

#[test]
fn a_peer_that_does_not_bundle_has_them_all_and_data_on_one() {
    let mut pair = connected(1, TWO);
    assert_eq!(sockets(&pair), [3, 3]);
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.send(pair.a, ours, text("hello")).unwrap();
    assert!(pair.run(5, |_, b| b.received(theirs) == 1), "{}", pair.describe());

    let session = &pair.peer(pair.a).session;
    assert_eq!(session.transports().collect::<Vec<_>>(), ALL);
    assert_eq!(session.data_transport(), Some(TWO));
    let mut sockets = Vec::new();
    for id in ALL {
        assert_eq!(dtls_states(pair.peer(pair.a), id), [dtls::State::Connecting, dtls::State::Connected]);
        assert!(session.remote_certificate(id).is_some());
        let agent = session.ice(id).unwrap();
        let (local, remote) = agent.selected_pair().unwrap();
        assert!(agent.local_candidates().any(|candidate| candidate == local));
        assert!(agent.remote_candidates().any(|candidate| candidate == remote));
        assert_eq!(session.transport_stats(id).unwrap().selected_pair_changes, 1);
        sockets.push(agent.send_path().unwrap().socket);
    }
    sockets.dedup();
    assert_eq!(sockets.len(), 3);
}

#[test]
fn what_a_transport_and_its_pair_have_carried_is_counted_without_stun() {
    let mut pair = connected(2, TWO);
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    let stats = |pair: &Pair, id| pair.peer(pair.a).session.transport_stats(id).unwrap();
    let before = ALL.map(|id| stats(&pair, id));
    pair.send(pair.a, ours, text(&"x".repeat(5000))).unwrap();
    assert!(pair.run(5, |_, b| b.received(theirs) == 1));
    pair.run_for(Duration::from_secs(20));
    let after = ALL.map(|id| stats(&pair, id));
    assert_eq!([before[0], before[2]], [after[0], after[2]]);
    assert!(after[1].bytes_sent - before[1].bytes_sent > 5000);
    assert!(after[1].packets_received > before[1].packets_received);
    let agent = pair.peer(pair.a).session.ice(TWO).unwrap();
    let in_use = agent.pairs().find(|pair| pair.selected).unwrap();
    assert_eq!((in_use.sent.packets, in_use.sent.bytes), (after[1].packets_sent, after[1].bytes_sent));
    assert_eq!(in_use.received.bytes, after[1].bytes_received);
    assert!(in_use.sent.last.is_some());
}

#[test]
fn an_answer_that_bundles_leaves_one_and_what_was_opened_waits_for_it() {
    let mut pair = Pair::several(3, LinkConfig::default(), 3);
    assert_eq!(sockets(&pair), [3, 3]);
    let early = pair.open(pair.a, labelled("early"));
    // The offer had the data on the third.
    pair.keep(&[ONE]);
    pair.data = ONE;
    pair.agree();
    pair.apply();
    pair.run_for(Duration::ZERO);
    assert_eq!(sockets(&pair), [1, 1]);
    assert!(pair.run(10, |a, b| a.is_open(early) && b.incoming().len() == 1), "{}", pair.describe());
    let peer = pair.peer(pair.a);
    assert!(peer.session.ice(TWO).is_none() && peer.session.dtls(THREE).is_none());
    let closed = ice::Event::TransportState(ice::TransportState::Closed);
    for id in [TWO, THREE] {
        let last = peer.ice.iter().rfind(|(transport, _)| *transport == id);
        assert_eq!(last.map(|(_, event)| event), Some(&closed));
        assert!(dtls_states(peer, id).is_empty());
    }
}

#[test]
fn data_moves_without_loss_before_the_association_has_begun() {
    let mut pair = Pair::several(4, LinkConfig::default(), 3);
    let waiting = pair.open(pair.a, labelled("x"));
    // A provisional answer puts the data where no DTLS comes up, in the other role, and the final one elsewhere.
    pair.agree();
    let mut provisional = pair.plans[0].clone();
    for transport in provisional.transports.values_mut() {
        transport.ice.remote = None;
        transport.dtls.as_mut().unwrap().role = dtls::Role::Client;
    }
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, provisional));
    assert_eq!(pair.peer(pair.a).session.channel(waiting).unwrap().id, Some(0));
    pair.data = TWO;
    pair.agree();
    pair.apply();
    assert_eq!(pair.peer(pair.a).session.channel(waiting).unwrap().id, Some(1));
    assert!(pair.run(10, |a, b| a.is_open(waiting) && b.incoming().len() == 1), "{}", pair.describe());
    assert_eq!(pair.peer(pair.a).closed(waiting), None);
}

#[test]
fn an_association_that_has_begun_does_not_move_and_the_next_one_is_new() {
    let mut pair = connected(5, TWO);
    let (ours, theirs) = pair.open_both(pair.a, labelled("old"));
    pair.data = THREE;
    pair.agree();
    pair.apply();
    let gone = Some(Some(ChannelError::Association(sctp::CloseCause::Local)));
    assert_eq!(pair.peer(pair.a).closed(ours), gone);
    assert_eq!(pair.peer(pair.b).closed(theirs), gone);
    // What is opened now waits for the new one, whose identifiers begin anew.
    let next = pair.open(pair.a, labelled("new"));
    assert!(pair.run(10, |a, b| a.is_open(next) && b.incoming().len() == 2), "{}", pair.describe());
    assert_eq!(pair.peer(pair.a).session.channel(next).unwrap().id, Some(1));
    let key = pair.peer(pair.b).incoming()[1];
    pair.send(pair.a, next, text("over the third")).unwrap();
    assert!(pair.run(5, |_, b| b.received(key) == 1));
    // The transport that it left stands.
    assert!(pair.peer(pair.a).is_secured(&ALL));
    let states = |event: &&Event| matches!(event, Event::SctpState(_));
    let states: Vec<_> =
        pair.peer(pair.a).log.iter().filter(states).map(|event| format!("{event:?}")).collect();
    let each = ["SctpState(Connecting)", "SctpState(Connected)"];
    assert_eq!(states, [each[0], each[1], "SctpState(Closed)", each[0], each[1]]);
}

#[test]
fn data_that_was_rejected_can_come_back_on_the_same_transport() {
    let mut pair = connected(6, ONE);
    let ours = pair.open_both(pair.a, labelled("old")).0;
    pair.plans.iter_mut().for_each(|plan| plan.sctp = None);
    pair.apply();
    assert!(pair.peer(pair.a).closed(ours).is_some());
    assert_eq!(pair.peer(pair.a).session.stats().sctp, Some(SctpState::Closed));
    let next = pair.open(pair.a, labelled("new"));
    pair.run_for(Duration::from_secs(5));
    assert_eq!((pair.peer(pair.a).closed(next), pair.peer(pair.a).is_open(next)), (None, false));
    pair.agree();
    pair.apply();
    assert!(pair.run(10, |a, b| a.is_open(next) && b.incoming().len() == 2), "{}", pair.describe());
}

#[test]
fn a_channel_does_not_wait_for_a_transport_whose_dtls_is_over() {
    let mut pair = connected(7, ONE);
    pair.network.with(pair.b, |peer, now| peer.session.close(now));
    assert!(pair.run(5, |a, _| dtls_states(a, ONE).contains(&dtls::State::Closed)), "{}", pair.describe());
    let mut plan = pair.plans[0].clone();
    let sctp = plan.sctp.take();
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, plan.clone()));
    plan.sctp = sctp;
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, plan));
    let key = pair.open(pair.a, labelled("x"));
    assert_eq!(pair.peer(pair.a).closed(key), Some(Some(ChannelError::DtlsClosed)));
}

#[test]
fn a_rollback_leaves_nothing_but_what_stood() {
    let mut pair = Pair::several(8, LinkConfig::default(), 1).connect();
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.run_for(Duration::from_secs(1));
    let (stable, sent) = (pair.plans[0].clone(), pair.peer(pair.a).session.counters().datagrams_sent);
    let mut offer = stable.clone();
    for id in [TransportId(7), TransportId(8)] {
        let mut transport = offer.transports[&ONE].clone();
        transport.ice.local = ice::Credentials::generate(&mut base::Rng::from_seed([id.0 as u8; 32]));
        (transport.ice.remote, transport.dtls) = (None, None);
        offer.transports.insert(id, transport);
    }
    pair.network.with(pair.a, |peer, now| {
        peer.session.apply(now, offer);
        [7, 8].into_iter().for_each(|id| peer.session.gather(now, TransportId(id)));
    });
    assert_eq!(pair.network.host(pair.a).open_sockets(), 3);
    assert_eq!(pair.peer(pair.a).candidates.len(), 3);
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, stable));
    assert_eq!(pair.network.host(pair.a).open_sockets(), 1);
    assert_eq!(pair.peer(pair.a).session.counters().datagrams_sent, sent);
    pair.send(pair.a, ours, text("still there")).unwrap();
    assert!(pair.run(5, |_, b| b.received(theirs) == 1));
}

#[test]
fn a_transport_that_leaves_tells_its_peer_and_closes_its_socket_after_that() {
    let mut pair = connected(9, THREE);
    let mut plan = pair.plans[0].clone();
    plan.transports.remove(&ONE);
    let closed = pair.peer(pair.a).session.ice(ONE).unwrap().send_path().unwrap();
    let kept = pair.network.with(pair.a, |peer, now| {
        peer.session.apply(now, plan);
        let action = peer.session.poll_action();
        peer.session.handle_datagram(now, closed, &[22; 100]);
        action
    });
    assert_eq!(kept, None);
    assert_eq!(sockets(&pair), [2, 3]);
    assert_eq!(dtls_states(pair.peer(pair.a), ONE).last(), Some(&dtls::State::Closed));
    assert!(pair.run(1, |_, b| dtls_states(b, ONE).contains(&dtls::State::Closed)), "{}", pair.describe());
    pair.run_for(Duration::from_secs(60));
    assert!(pair.peer(pair.a).is_connected() && pair.peer(pair.b).is_connected());
    assert_eq!(pair.peer(pair.a).session.counters().dropped_closed, 1);
    // The socket is gone, and with it whatever the peer still sends.
    assert_eq!(pair.peer(pair.b).session.ice(ONE).unwrap().state(), ice::TransportState::Failed);
}

#[test]
fn all_of_them_restart_and_nothing_above_notices() {
    let mut pair = connected(10, TWO);
    let (ours, theirs) = pair.open_both(pair.b, labelled("x"));
    let before = ALL.map(|id| pair.peer(pair.a).session.ice(id).unwrap().local_credentials().clone());
    let log = pair.peer(pair.a).log.len();
    pair.restart_ice();
    for number in 0..50 {
        pair.send(pair.b, ours, text(&number.to_string())).unwrap();
        pair.run_for(Duration::from_millis(50));
    }
    assert!(pair.run(10, |a, _| a.received(theirs) == 50), "{}", pair.describe());
    assert_eq!(pair.peer(pair.a).log.len(), log);
    assert_eq!(sockets(&pair), [3, 3]);
    for (id, before) in ALL.into_iter().zip(before) {
        let agent = pair.peer(pair.a).session.ice(id).unwrap();
        assert_ne!(*agent.local_credentials(), before);
        assert_eq!(agent.selected_pair().unwrap().0.ufrag.as_ref(), Some(&agent.local_credentials().ufrag));
        assert_eq!(pair.peer(pair.a).session.transport_stats(id).unwrap().selected_pair_changes, 2);
    }
}

#[test]
fn one_that_fails_takes_no_other_with_it() {
    let mut pair = Pair::several(11, LinkConfig::default(), 3);
    pair.agree();
    // Nobody has these credentials.
    let nobody = ice::Credentials::generate(&mut base::Rng::from_seed([9; 32]));
    pair.plans.iter_mut().for_each(|plan| {
        plan.transports.get_mut(&TWO).unwrap().ice.remote = Some((nobody.clone(), false));
    });
    pair.apply();
    assert!(pair.run(10, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.run_for(Duration::from_secs(60));
    assert_eq!(ice_state(&pair, TWO), ice::TransportState::Failed, "{}", pair.describe());
    assert_eq!(ice_state(&pair, ONE), ice::TransportState::Completed);
    assert!(pair.peer(pair.a).session.dtls(TWO).is_none());
    pair.send(pair.a, ours, text("alive")).unwrap();
    assert!(pair.run(5, |_, b| b.received(theirs) == 1));
}

#[test]
fn a_role_conflict_is_repaired_on_each_by_itself() {
    let mut pair = Pair::several(12, LinkConfig::default(), 3);
    for plan in &mut pair.plans {
        plan.transports.get_mut(&TWO).unwrap().ice.role = ice::Role::Controlling;
    }
    pair.agree();
    pair.apply();
    assert!(pair.run(10, |a, b| a.is_secured(&ALL) && b.is_secured(&ALL)), "{}", pair.describe());
    let role = |id, transport| pair.peer(id).session.ice(transport).unwrap().role();
    for id in ALL {
        assert_eq!(role(pair.a, id), role(pair.b, id).reversed());
    }
    let roles = [pair.a, pair.b].map(|id| {
        let turned = |(id, event): &&(TransportId, ice::Event)| match event {
            ice::Event::Role(_) => {
                assert_eq!(*id, TWO);
                true
            }
            _ => false,
        };
        pair.peer(id).ice.iter().filter(turned).count()
    });
    assert_eq!(roles.iter().sum::<usize>(), 1);
}

#[test]
fn records_on_a_transport_without_data_are_dropped_and_counted() {
    let mut pair = Pair::several(13, LinkConfig::default(), 2);
    pair.agree();
    pair.plans[1].sctp = None;
    pair.apply();
    assert!(pair.run(10, |a, b| a.is_secured(&[ONE, TWO]) && b.is_secured(&[ONE, TWO])));
    pair.run_for(Duration::from_secs(5));
    let b = pair.peer(pair.b);
    assert!(b.session.counters().dropped_early_sctp > 0, "{}", pair.describe());
    assert_eq!(b.session.stats().sctp, None);
    assert!(b.is_secured(&[ONE, TWO]));
}

#[test]
fn the_end_is_the_end_of_all() {
    let mut pair = connected(14, TWO);
    pair.network.with(pair.a, |peer, now| peer.session.close(now));
    assert!(pair.peer(pair.a).session.is_drained());
    assert_eq!(sockets(&pair), [0, 3]);
    let all_closed = |b: &Peer| ALL.iter().all(|id| dtls_states(b, *id).contains(&dtls::State::Closed));
    assert!(pair.run(1, |_, b| all_closed(b)), "{}", pair.describe());
    assert_eq!(pair.peer(pair.a).session.poll_timeout(), None);
}

#[test]
fn the_same_seed_gives_the_same_trace_with_several_too() {
    let trace = |seed| {
        let mut pair = Pair::several(seed, LinkConfig::hostile(0.2), 3);
        pair.network.enable_trace();
        pair.agree();
        pair.apply();
        assert!(pair.run(60, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
        pair.network.trace().to_owned()
    };
    assert_eq!(trace(15), trace(15));
    assert_ne!(trace(15), trace(16));
}
