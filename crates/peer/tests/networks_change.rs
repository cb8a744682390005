//! Networks that come and go in the middle of a transfer: nothing is lost, and no state says what is not so.

mod stage;

use std::time::Duration;

use bytes::Bytes;
use peer::{
    ChannelId, Configuration, DataChannelInit, Event, IceConnectionState, IceTransportEvent, Payload,
    PeerConnectionState, Settings,
};
use sim::{LinkConfig, Realm};
use stage::network::Call;
use stage::{A, B};

const SOON: Duration = Duration::from_secs(20);
/// Together less than a channel keeps for a reader that takes nothing.
const MESSAGES: usize = 400;
const FIRST: &str = "203.0.113.1";
const SECOND: &str = "198.51.100.1";

fn cable() -> LinkConfig {
    LinkConfig { delay: Duration::from_millis(10), rate: Some(2_000_000), ..LinkConfig::default() }
}

/// A has two addresses and B has one, all of them in the internet, each at the end of its own cable.
fn connected(settings: &Settings) -> (Call, ChannelId) {
    connected_by(settings, |sdp| sdp)
}

/// The same with descriptions that are changed on their way.
fn connected_by(settings: &Settings, munge: fn(String) -> String) -> (Call, ChannelId) {
    let mut call = Call::with_settings(&Configuration::default(), settings);
    call.munge = munge;
    let [a, b] = call.ids;
    call.network.unlink(a, b);
    for ip in [FIRST, SECOND] {
        add(&mut call, A, ip);
    }
    add(&mut call, B, "192.0.2.1");
    let channel = call.with(A, |pc, now| pc.create_data_channel(now, "", DataChannelInit::default()));
    let channel = channel.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let is_up = |call: &Call| {
        [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
            && call.peer(B).incoming().is_some()
    };
    assert!(call.run_until(SOON, is_up));
    call.run_until(Duration::from_secs(5), |_| false);
    (call, channel)
}

fn add(call: &mut Call, index: usize, ip: &str) {
    let (id, ip) = (call.ids[index], ip.parse().expect("an address"));
    call.network.host_mut(id).add_interface(ip);
    call.network.attach_interface(id, ip, Realm::Internet, cable());
}

fn pull(call: &mut Call, index: usize, ip: &str) {
    call.network.detach_interface(call.ids[index], ip.parse().expect("an address"));
}

/// A sends numbered messages.
fn send(call: &mut Call, channel: ChannelId) {
    (0..MESSAGES).for_each(|number| send_one(call, channel, number));
}

fn send_one(call: &mut Call, channel: ChannelId, number: usize) {
    let mut bytes = vec![0; 2_400];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    let payload = Payload { text: false, bytes: Bytes::from(bytes) };
    call.with(A, |pc, now| pc.channel_send(now, channel, payload)).expect("room");
}

fn received(call: &Call) -> usize {
    call.peer(B).messages().len()
}

fn are_complete(call: &Call) -> bool {
    let numbers = call
        .peer(B)
        .messages()
        .into_iter()
        .map(|message| usize::from_be_bytes(message.bytes[..8].try_into().expect("a number")));
    numbers.eq(0..MESSAGES)
}

/// The address that A sends from.
fn in_use(call: &Call) -> String {
    let view = call.peer(A).pc.ice_transport(peer::TransportId(0)).expect("a transport");
    view.selected_candidate_pair.expect("a pair").local.fields.expect("a candidate").address
}

fn ice_states(call: &Call) -> Vec<IceConnectionState> {
    let state = |event: &Event| match event {
        Event::IceConnectionStateChange(state) => Some(*state),
        _ => None,
    };
    call.peer(A).events.iter().filter_map(state).collect()
}

#[test]
fn another_interface_takes_over_within_two_seconds() {
    let (mut call, channel) = connected(&Settings::default());
    let (before, states) = (in_use(&call), ice_states(&call));
    send(&mut call, channel);
    call.run_until(Duration::from_millis(500), |_| false);
    let so_far = received(&call);
    assert!(so_far > 0 && so_far < MESSAGES);
    pull(&mut call, A, &before);
    assert!(call.run_until(Duration::from_secs(2), |call| in_use(call) != before));
    assert!(call.run_until(SOON, |call| received(call) == MESSAGES), "{}", received(&call));
    assert!(are_complete(&call));
    // Another pair is selected, and other pairs may still turn up for a while: nobody was disconnected.
    let since = ice_states(&call).split_off(states.len());
    assert_eq!(since, [IceConnectionState::Connected, IceConnectionState::Completed]);
}

#[test]
fn a_restart_over_other_networks_loses_nothing() {
    let (mut call, channel) = connected(&Settings::default());
    send(&mut call, channel);
    call.run_until(Duration::from_millis(500), |_| false);
    let so_far = received(&call);
    assert!(so_far > 0 && so_far < MESSAGES);
    for (index, ip) in [(A, FIRST), (A, SECOND), (B, "192.0.2.1")] {
        pull(&mut call, index, ip);
    }
    add(&mut call, A, "203.0.113.200");
    add(&mut call, B, "192.0.2.200");
    let is_lost = |call: &Call| ice_states(call).last() == Some(&IceConnectionState::Disconnected);
    assert!(call.run_until(SOON, is_lost));
    call.with(A, |pc, _| pc.restart_ice());
    call.negotiate(A, B).expect("offer and answer");
    assert!(call.run_until(SOON, |call| received(call) == MESSAGES), "{}", received(&call));
    assert!(are_complete(&call));
    assert_eq!(in_use(&call), "203.0.113.200");
}

#[test]
fn a_network_that_turns_up_is_used_without_a_restart() {
    let (mut call, channel) = connected(&Settings { gather_continually: true, ..Settings::default() });
    send(&mut call, channel);
    call.run_until(Duration::from_millis(500), |_| false);
    pull(&mut call, A, FIRST);
    pull(&mut call, A, SECOND);
    add(&mut call, A, "203.0.113.200");
    // The driver's watch tells of it.
    let there =
        ["203.0.113.200"].map(|ip| ip.parse::<std::net::IpAddr>().expect("an address").into()).to_vec();
    call.with(A, |pc, now| pc.handle_action_result(now, session::ActionResult::Interfaces(there)));
    assert!(call.run_until(SOON, |call| received(call) == MESSAGES), "{}", received(&call));
    assert!(are_complete(&call));
    assert_eq!(in_use(&call), "203.0.113.200");
}

/// A talks all the time, and its better network goes away and comes back: where data goes half a minute after that, and how
/// often it has moved.
fn after_the_better_network_came_back(settings: &Settings, munge: fn(String) -> String) -> (bool, usize) {
    let (mut call, channel) = connected_by(settings, munge);
    let (before, selections) = (in_use(&call), selections(&call));
    for number in 0..MESSAGES {
        match number {
            20 => pull(&mut call, A, &before),
            40 => {
                assert_ne!(in_use(&call), before);
                let id = call.ids[A];
                let ip = before.parse().expect("an address");
                call.network.attach_interface(id, ip, Realm::Internet, cable());
            }
            _ => {}
        }
        send_one(&mut call, channel, number);
        call.run_until(Duration::from_millis(150), |_| false);
    }
    assert!(call.run_until(SOON, |call| received(call) == MESSAGES), "{}", received(&call));
    assert!(are_complete(&call));
    (in_use(&call) == before, self::selections(&call) - selections)
}

fn selections(call: &Call) -> usize {
    let is_it = |event: &&Event| {
        matches!(event, Event::IceTransport(_, IceTransportEvent::SelectedCandidatePairChange))
    };
    call.peer(A).events.iter().filter(is_it).count()
}

/// draft-thatcher-ice-renomination.
#[test]
fn data_moves_back_to_a_better_network_where_both_sides_have_renomination() {
    let settings = Settings { renomination: true, ..Settings::default() };
    assert_eq!(after_the_better_network_came_back(&settings, |sdp| sdp), (true, 2));
    let munge: fn(String) -> String = |sdp| sdp.replace(" renomination", "");
    assert_eq!(after_the_better_network_came_back(&settings, munge), (false, 1));
    assert_eq!(after_the_better_network_came_back(&Settings::default(), |sdp| sdp), (false, 1));
}

#[test]
fn descriptions_say_that_nominations_may_be_more_than_one_only_if_asked_to() {
    let options = |call: &Call, index: usize| {
        let sdp = call.peer(index).pc.local_description().expect("a description").sdp.clone();
        let line = sdp.lines().find_map(|line| line.strip_prefix("a=ice-options:"));
        line.expect("ice-options").to_owned()
    };
    let asked = Settings { renomination: true, ..Settings::default() };
    let (call, _) = connected(&asked);
    assert_eq!([A, B].map(|index| options(&call, index)), ["trickle ice2 renomination"; 2]);
    let (call, _) = connected_by(&asked, |sdp| sdp.replace(" renomination", ""));
    assert_eq!(options(&call, A), "trickle ice2 renomination");
    assert_eq!(options(&call, B), "trickle ice2");
    let (call, _) =
        connected_by(&Settings::default(), |sdp| sdp.replace("trickle ice2", "trickle ice2 renomination"));
    assert_eq!([A, B].map(|index| options(&call, index)), ["trickle ice2"; 2]);
}
