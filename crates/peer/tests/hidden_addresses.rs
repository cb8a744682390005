//! Names in multicast DNS instead of addresses: nothing that leaves the connection has an address of the machine's own
//! (draft-ietf-mmusic-mdns-ice-candidates, section 3.1; attack A14).

mod stage;

use std::time::Duration;

use peer::{Configuration, DataChannelInit, IceServer, PeerConnectionState, Settings};
use sim::{LinkConfig, NatConfig, Realm, StunServer};
use stage::network::Call;
use stage::{A, B};

const SOON: Duration = Duration::from_secs(20);

/// Two peers in one network, behind one NAT, with a STUN server outside, and another that refuses.
fn call(settings: &Settings) -> Call {
    let urls = ["stun:203.0.113.5", "stun:203.0.113.6"].map(str::to_owned).to_vec();
    let ice_servers = vec![IceServer { urls, ..IceServer::default() }];
    let mut call = Call::with_settings(&Configuration { ice_servers, ..Configuration::default() }, settings);
    let network = &mut call.network;
    let outside = ["198.51.100.1".parse().expect("an address")];
    let nat = network.add_nat(NatConfig::port_restricted(), &outside, Realm::Internet, LinkConfig::default());
    for id in call.ids {
        network.attach(id, Realm::Behind(nat), LinkConfig::default());
    }
    for (name, server) in [("stun", StunServer::new()), ("dead", StunServer::silent())] {
        let ip = if name == "stun" { "203.0.113.5" } else { "203.0.113.6" };
        network.add_server(name, server, &[ip.parse().expect("an address")], LinkConfig::default());
    }
    call
}

/// Connects, gathers to the end, and gives everything that A's application has seen.
fn seen(call: &mut Call) -> String {
    let channel = call.with(A, |pc, now| pc.create_data_channel(now, "", DataChannelInit::default()));
    channel.expect("a channel");
    call.negotiate(A, B).expect("offer and answer");
    let is_up = |call: &Call| {
        [A, B].iter().all(|index| call.peer(*index).pc.connection_state() == PeerConnectionState::Connected)
    };
    assert!(call.run_until(SOON, is_up));
    call.run_until(SOON, |_| false);
    let now = call.network.now();
    let pc = &call.peer(A).pc;
    let local = pc.local_description().expect("a description").sdp.clone();
    let remote = pc.remote_description().expect("a description").sdp.clone();
    let stats = pc.stats(now);
    let transport = pc.ice_transport(peer::TransportId(0));
    format!("{local}{remote}{stats:?}{transport:?}{:?}", call.peer(A).events)
}

#[test]
fn nothing_has_an_address_of_the_machine() {
    let mut call = call(&Settings { hide_addresses: true, ..Settings::default() });
    let seen = seen(&mut call);
    assert!(seen.contains(".local 50000 typ host"), "{seen}");
    assert!(seen.contains("198.51.100.1"), "what the STUN server saw is told: {seen}");
    assert!(seen.contains("raddr 0.0.0.0 rport 9"), "{seen}");
    assert!(seen.contains("701"), "the dead server is told: {seen}");
    assert!(!seen.contains("10.0.0."), "{seen}");
    call.with(A, |pc, now| pc.close(now));
    call.with(B, |pc, now| pc.close(now));
    call.run_until(Duration::from_secs(2), |_| false);
    assert!(call.peer(A).names.borrow().is_empty(), "the names are gone");
}

#[test]
fn without_it_addresses_are_told() {
    let seen = seen(&mut call(&Settings::default()));
    assert!(seen.contains("10.0.0.1") && seen.contains("raddr 10.0.0.1") && !seen.contains(".local"));
}
