//! Names in multicast DNS instead of addresses: nothing that leaves the connection has an address of the machine's own
//! (draft-ietf-mmusic-mdns-ice-candidates, section 3.1; attack A14). And names of the peer, of which few are looked up, and
//! none that is anything but such a name (A15); what a flood of questions for ours gets is in `visavis`, `net/mdns/engine.rs`.

mod stage;

use std::time::Duration;

use peer::{
    Configuration, DataChannelInit, IceCandidateInit, IceServer, PeerConnectionState, Settings, TcpPolicy,
};
use session::Action;
use sim::{LinkConfig, NatConfig, Realm, StunServer};
use stage::network::Call;
use stage::{A, B, Stage};

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
fn a14_nothing_has_an_address_of_the_machine() {
    let settings = Settings { hide_addresses: true, tcp: TcpPolicy::Active, ..Settings::default() };
    let mut call = call(&settings);
    let seen = seen(&mut call);
    assert!(seen.contains(".local 50000 typ host"), "{seen}");
    assert!(seen.contains(".local 9 typ host tcptype active"), "over TCP too: {seen}");
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

/// Hands a candidate with this name to B, and gives what is to be looked up then.
fn looked_up(stage: &mut Stage, name: &str) -> Vec<Action> {
    let candidate = format!("candidate:1 1 udp 2130706431 {name} 5000 typ host");
    let init = IceCandidateInit { candidate, sdp_mid: Some("0".to_owned()), ..IceCandidateInit::default() };
    stage.add_candidate(B, Some(init));
    stage.run();
    std::iter::from_fn(|| stage.pcs[B].poll_action()).collect()
}

#[test]
fn a15_a_thousand_names_are_looked_up_sixteen_at_a_time() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    while stage.pcs[B].poll_action().is_some() {}
    let names = (0..1000).map(|number| format!("1f4712db-ea17-4bcf-a596-{number:012}.local"));
    let actions: Vec<_> = names.flat_map(|name| looked_up(&mut stage, &name)).collect();
    assert_eq!(actions.len(), 16);
    assert!(actions.iter().all(|action| matches!(action, Action::ResolveName { .. })), "{actions:?}");
}

/// The system's resolver, which would tell others of it, is asked for none of the peer's names, and multicast DNS for none
/// that could be a machine's own.
#[test]
fn a15_names_that_hide_no_address_are_not_looked_up() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    while stage.pcs[B].poll_action().is_some() {}
    let long = format!("{}.local", "a".repeat(249));
    let labels = format!("{}.local", ["a"; 124].join("."));
    let names = [
        "printer.local",
        "localhost",
        "router",
        ".local",
        "example.com",
        "1f4712db-ea17-4bcf-a596-105139dfd8bf",
        "1f4712db-ea17-4bcf-a596-105139dfd8bf.local.",
        "1f4712db-ea17-4bcf-a596-105139dfd8bf.local.example.com",
        "1f4712db-ea17-4bcf-a596-105139dfd8bf.example.com",
        "1f4712db-ea17-4bcf-a596-105139dfd8bg.local",
        "1f4712dbea174bcfa596105139dfd8bf.local",
        "x.1f4712db-ea17-4bcf-a596-105139dfd8bf.local",
        long.as_str(),
        labels.as_str(),
    ];
    for name in names {
        assert_eq!(looked_up(&mut stage, name), [], "{name}");
    }
    let fit = "1F4712DB-EA17-4BCF-A596-105139DFD8BF.local";
    assert_eq!(looked_up(&mut stage, fit).len(), 1, "in either case");
}
