//! What createDataChannel and the configuration refuse, and in which order.

mod stage;

use std::sync::Arc;
use std::time::Duration;

use base::WallClock;
use peer::{
    BundlePolicy, Configuration, DataChannelInit, ErrorName, IceServer, IceTransportPolicy, PeerConnection,
};
use stage::{A, DATE, Stage, certificate, connection, start};

fn name<T>(result: Result<T, peer::Error>) -> Option<ErrorName> {
    result.err().map(|error| error.name)
}

/// webrtc-pc, createDataChannel, steps 2, 5, 11, 14, 15 and 17.
#[test]
fn data_channel_arguments_are_checked_in_the_order_of_the_specification() {
    let mut pc = connection(Configuration::default(), 1);
    let long = "é".repeat(32_768);
    let just = "x".repeat(65_535);
    let default = DataChannelInit::default;
    let negotiated = |id| DataChannelInit { negotiated: true, id, ..default() };
    let both = DataChannelInit { max_packet_life_time: Some(0), max_retransmits: Some(0), ..default() };
    let mut create = |label: &str, init: DataChannelInit| name(pc.create_data_channel(start(), label, init));
    assert_eq!(create(&long, default()), Some(ErrorName::TypeError));
    assert_eq!(
        create("", DataChannelInit { protocol: long.clone(), ..default() }),
        Some(ErrorName::TypeError)
    );
    assert_eq!(create(&just, DataChannelInit { protocol: just.clone(), ..default() }), None);
    assert_eq!(create("", negotiated(None)), Some(ErrorName::TypeError));
    assert_eq!(create("", both.clone()), Some(ErrorName::TypeError));
    assert_eq!(create("", negotiated(Some(65_535))), Some(ErrorName::TypeError));
    assert_eq!(create("", DataChannelInit { id: Some(65_535), ..default() }), None, "ignored in-band");
    assert_eq!(create("", negotiated(Some(65_534))), None);
    assert_eq!(create("", negotiated(Some(42))), None);
    assert_eq!(create("", negotiated(Some(42))), Some(ErrorName::OperationError), "in use");
    pc.close(start());
    assert_eq!(name(pc.create_data_channel(start(), &long, both)), Some(ErrorName::InvalidStateError));
}

#[test]
fn a_channel_has_no_id_before_the_dtls_role_is_known() {
    let mut stage = Stage::new();
    let init = DataChannelInit {
        id: Some(7),
        max_retransmits: Some(3),
        ordered: false,
        ..DataChannelInit::default()
    };
    let id = stage.pcs[A].create_data_channel(start(), "chat", init).expect("a channel");
    let view = stage.pcs[A].channel(id).expect("a view");
    assert_eq!((view.id, view.ordered, view.max_retransmits, view.negotiated), (None, false, Some(3), false));
    stage.negotiate(A, stage::B);
    // The offerer of actpass became the DTLS server: odd identifiers (RFC 8832, section 6).
    assert_eq!(stage.pcs[A].channel(id).and_then(|view| view.id), Some(1));
    let error = stage.pcs[A].channel_send(
        start(),
        id,
        peer::Payload { text: true, bytes: bytes::Bytes::from_static(b"early") },
    );
    assert_eq!(name(error), Some(ErrorName::InvalidStateError), "still connecting");
}

/// webrtc-pc, RTCPeerConnection constructor, step 5.1; webrtc-pc, validate an ICE server URL, steps 2 and 7.
#[test]
fn configurations_are_validated_at_construction() {
    let clock = WallClock::new(start(), DATE);
    let make = |configuration| PeerConnection::new(configuration, certificate(), start(), clock, [0; 32]);
    let server = |url: &str| Configuration {
        ice_servers: vec![IceServer { urls: vec![url.to_owned()], ..IceServer::default() }],
        ..Configuration::default()
    };
    assert_eq!(name(make(server("nonsense"))), Some(ErrorName::SyntaxError));
    assert_eq!(name(make(server("turn:host"))), Some(ErrorName::InvalidAccessError));
    assert_eq!(name(make(server("stun:host"))), None);
    let long_ago = Duration::from_secs(1_000_000_000);
    let expired = dtls::Certificate::generate_ecdsa_p256(long_ago, Duration::from_secs(1)).expect("one");
    let configuration = Configuration { certificates: vec![Arc::new(expired)], ..Configuration::default() };
    assert_eq!(name(make(configuration)), Some(ErrorName::InvalidAccessError));
}

#[test]
fn the_first_certificate_of_the_configuration_is_offered() {
    let certificates = vec![certificate(), certificate()];
    let fingerprint = certificates[0].fingerprint(dtls::HashAlgorithm::Sha256);
    let mut stage = Stage::with(Configuration { certificates, ..Configuration::default() });
    stage.pcs[A].create_data_channel(start(), "", DataChannelInit::default()).expect("a channel");
    stage.negotiate(A, stage::B);
    let offer = stage.pcs[A].local_description().expect("an offer");
    assert!(offer.sdp.contains(&format!("a=fingerprint:{fingerprint}\r\n")), "{}", offer.sdp);
}

/// webrtc-extensions, alwaysNegotiateDataChannels.
#[test]
fn data_is_always_negotiated_where_that_is_wanted_and_comes_first() {
    let always = Configuration { always_negotiate_data_channels: true, ..Configuration::default() };
    let mut stage = Stage::with(always);
    while stage.pcs[A].run_task(start()) {}
    assert_eq!(stage.pcs[A].poll_event(), None, "nothing needs to be negotiated for it");
    let audio = peer::TrackOrKind::Kind(peer::MediaKind::Audio);
    stage.pcs[A].add_transceiver(audio, peer::TransceiverInit::default()).expect("a transceiver");
    stage.negotiate(A, stage::B);
    let sections = |pc: &PeerConnection| -> Vec<String> {
        let sdp = &pc.local_description().expect("a description").sdp;
        sdp.lines().filter_map(|line| Some(line.strip_prefix("m=")?.split(' ').next()?.to_owned())).collect()
    };
    assert_eq!(sections(&stage.pcs[A]), ["application", "audio"]);
    assert_eq!(sections(&stage.pcs[stage::B]), ["application", "audio"]);
    assert!(stage.pcs[A].sctp().is_some());
    while stage.pcs[A].run_task(start()) {}
    while stage.pcs[A].poll_event().is_some() {}
    stage.pcs[A].create_data_channel(start(), "", DataChannelInit::default()).expect("a channel");
    while stage.pcs[A].run_task(start()) {}
    assert_eq!(stage.pcs[A].poll_event(), None, "it is negotiated already");
    let changed = stage.pcs[A].set_configuration(start(), Configuration::default());
    assert_eq!(name(changed), Some(ErrorName::InvalidModificationError));
}

/// webrtc-pc, set a configuration, steps 3.1, 3.4, 3.6, 6.3 and 10.
#[test]
fn only_servers_transport_policy_and_pool_can_be_changed() {
    let mut pc = connection(Configuration::default(), 1);
    let changes: [(&str, Configuration, Option<ErrorName>); 5] = [
        (
            "bundlePolicy",
            Configuration { bundle_policy: BundlePolicy::MaxBundle, ..Configuration::default() },
            Some(ErrorName::InvalidModificationError),
        ),
        (
            "certificates",
            Configuration { certificates: vec![certificate()], ..Configuration::default() },
            Some(ErrorName::InvalidModificationError),
        ),
        (
            "servers",
            Configuration {
                ice_servers: vec![IceServer { urls: vec!["stun:h".to_owned()], ..IceServer::default() }],
                ..Configuration::default()
            },
            None,
        ),
        (
            "policy",
            Configuration { ice_transport_policy: IceTransportPolicy::Relay, ..Configuration::default() },
            None,
        ),
        ("pool", Configuration { ice_candidate_pool_size: 1, ..Configuration::default() }, None),
    ];
    for (what, configuration, expected) in changes {
        assert_eq!(name(pc.set_configuration(start(), configuration)), expected, "{what}");
    }
    // Step 3.6 counts the call, although it waits behind another one in the chain.
    pc.create_offer(start(), peer::OfferOptions::default());
    pc.set_local_description(start(), None);
    let pool = Configuration { ice_candidate_pool_size: 2, ..Configuration::default() };
    assert_eq!(name(pc.set_configuration(start(), pool)), Some(ErrorName::InvalidModificationError));
    let bad = Configuration {
        ice_servers: vec![IceServer::default()],
        ice_candidate_pool_size: 1,
        ..Configuration::default()
    };
    assert_eq!(name(pc.set_configuration(start(), bad)), Some(ErrorName::SyntaxError));
    assert_eq!(pc.configuration().ice_candidate_pool_size, 1, "an error changes nothing");
    pc.close(start());
    assert_eq!(
        name(pc.set_configuration(start(), Configuration::default())),
        Some(ErrorName::InvalidStateError)
    );
}
