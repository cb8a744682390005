//! Candidates that are gathered before a description asks for them (RFC 9429, section 3.5.4).

mod stage;

use std::time::Duration;

use peer::{Configuration, Event, IceGatheringState};
use sim::NatConfig;
use stage::world::{Place, STUN, World, stun_url};
use stage::{A, B};

/// How long the channel took to open, and the offerer to gather, two seconds after the connections were made.
fn connect(ice_candidate_pool_size: u8) -> (Duration, Duration) {
    let ice_servers = vec![stun_url(STUN)];
    let configuration = Configuration { ice_servers, ice_candidate_pool_size, ..Configuration::default() };
    let home = Place::behind(NatConfig::port_restricted());
    let mut world = World::apart([&home, &home], &configuration);
    for index in [A, B] {
        world.call.with(index, |_, _| ());
    }
    world.run(Duration::from_secs(2), |_| false);
    for index in [A, B] {
        let peer = world.call.peer(index);
        assert!(!peer.events.iter().any(|event| matches!(event, Event::IceCandidate(_))));
        assert_eq!(peer.pc.ice_gathering_state(), IceGatheringState::New);
    }
    let opened = world.connect().expect("a channel");
    (opened.after, world.gathering[A].duration().expect("an end"))
}

#[test]
fn pooled_candidates_are_told_at_once_and_a_channel_opens_earlier() {
    let [(without, slow), (with, fast)] = [0, 1].map(connect);
    assert!(slow >= Duration::from_millis(40), "{slow:?}");
    assert_eq!(fast, Duration::ZERO);
    assert!(with + Duration::from_millis(20) <= without, "{with:?} {without:?}");
}
