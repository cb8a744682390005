//! The order of events and settled promises, without IO.

mod stage;

use expect_test::expect;
use peer::{IceCandidateInit, SdpType};
use stage::{A, B, Stage, check};

#[test]
fn offer_and_answer_without_descriptions() {
    check(
        |stage| {
            stage.channel(A);
            stage.run();
            stage.negotiate(A, B);
            stage.states();
        },
        expect![[r#"
            a: negotiationneeded
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- signaling stable stable
        "#]],
    );
}

#[test]
fn a_call_that_fails_at_once_is_rejected_before_the_next_task() {
    check(
        |stage| {
            stage.channel(A);
            stage.create_answer(A);
            stage.run();
        },
        expect![[r#"
            a: createAnswer rejected: InvalidStateError
            a: negotiationneeded
        "#]],
    );
}

#[test]
fn operations_settle_in_the_order_of_the_calls() {
    check(
        |stage| {
            stage.channel(A);
            stage.create_offer(A);
            stage.create_answer(A);
            stage.set_local(A);
            stage.add_candidate(A, None);
            stage.set_local_as(A, SdpType::Rollback, "");
            stage.set_local_as(A, SdpType::Rollback, "");
            stage.run();
        },
        expect![[r#"
            a: createOffer fulfilled
            a: createAnswer rejected: InvalidStateError
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: addIceCandidate(null) rejected: InvalidStateError
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: icegatheringstatechange new
            a: setLocalDescription(rollback) fulfilled
            a: setLocalDescription(rollback) rejected: InvalidStateError
            a: ice transport 0 statechange closed
            a: dtls transport 0 statechange closed
            a: negotiationneeded
        "#]],
    );
}

#[test]
fn negotiation_needed_fires_once_and_only_on_an_empty_chain() {
    check(
        |stage| {
            stage.create_offer(A);
            stage.channel(A);
            stage.channel(A);
            stage.run();
            stage.note("restartIce() before anything is negotiated");
            stage.pcs[A].restart_ice();
            stage.run();
            stage.note("negotiated");
            stage.negotiate(A, B);
            stage.note("restartIce()");
            stage.pcs[A].restart_ice();
            stage.pcs[A].restart_ice();
            stage.run();
            stage.negotiate(A, B);
        },
        expect![[r#"
            a: createOffer fulfilled
            a: negotiationneeded
            -- restartIce() before anything is negotiated
            -- negotiated
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- restartIce()
            a: negotiationneeded
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
        "#]],
    );
}

#[test]
fn the_polite_peer_rolls_back_when_offers_meet() {
    check(
        |stage| {
            stage.channel(A);
            stage.channel(B);
            stage.run();
            stage.set_local(A);
            stage.set_local(B);
            stage.run();
            stage.note("b is polite");
            stage.signal(A, B);
            stage.set_local(B);
            stage.run();
            stage.signal(B, A);
            stage.run();
            stage.states();
        },
        expect![[r#"
            a: negotiationneeded
            b: negotiationneeded
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            b: signalingstatechange have-local-offer
            b: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            -- b is polite
            b: signalingstatechange stable
            b: icegatheringstatechange new
            b: ice transport 0 statechange closed
            b: dtls transport 0 statechange closed
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 1 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- signaling stable stable
        "#]],
    );
}

#[test]
fn provisional_answers_lead_to_a_final_one() {
    check(
        |stage| {
            stage.channel(A);
            stage.set_local(A);
            stage.run();
            stage.signal(A, B);
            stage.create_answer(B);
            stage.run();
            let sdp = stage.created[B].clone().expect("an answer").sdp;
            stage.set_local_as(B, SdpType::PrAnswer, &sdp);
            stage.set_local_as(B, SdpType::Rollback, "");
            stage.run();
            stage.signal(B, A);
            stage.set_remote_as(A, SdpType::Rollback, "");
            stage.run();
            stage.set_local(B);
            stage.run();
            stage.signal(B, A);
            stage.run();
            stage.states();
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: createAnswer fulfilled
            b: signalingstatechange have-local-pranswer
            b: setLocalDescription(pranswer) fulfilled
            b: setLocalDescription(rollback) rejected: InvalidStateError
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange have-remote-pranswer
            a: setRemoteDescription(pranswer) fulfilled
            a: setRemoteDescription(rollback) rejected: InvalidStateError
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- signaling stable stable
        "#]],
    );
}

#[test]
fn rollback_restores_what_was_stable() {
    check(
        |stage| {
            stage.channel(A);
            stage.set_local(A);
            stage.run();
            assert!(stage.pcs[A].sctp().is_some());
            stage.set_local_as(A, SdpType::Rollback, "");
            stage.run();
            assert!(stage.pcs[A].sctp().is_none() && stage.pcs[A].local_description().is_none());
            stage.set_local_as(A, SdpType::Rollback, "");
            stage.run();
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: icegatheringstatechange new
            a: setLocalDescription(rollback) fulfilled
            a: ice transport 0 statechange closed
            a: dtls transport 0 statechange closed
            a: negotiationneeded
            a: setLocalDescription(rollback) rejected: InvalidStateError
        "#]],
    );
}

#[test]
fn only_created_descriptions_can_be_set_locally() {
    check(
        |stage| {
            stage.create_offer(A);
            stage.run();
            let sdp = stage.created[A].clone().expect("an offer").sdp;
            stage.set_local_as(A, SdpType::Offer, &format!("{sdp}a=munged\r\n"));
            stage.set_local_as(A, SdpType::Answer, &sdp);
            stage.set_local_as(A, SdpType::Answer, "");
            stage.set_local_as(A, SdpType::Offer, &sdp);
            stage.run();
        },
        expect![[r#"
            a: createOffer fulfilled
            a: setLocalDescription(offer) rejected: InvalidModificationError
            a: setLocalDescription(answer) rejected: InvalidModificationError
            a: setLocalDescription(answer) rejected: InvalidStateError
            a: signalingstatechange have-local-offer
            a: setLocalDescription(offer) fulfilled
        "#]],
    );
}

#[test]
fn descriptions_that_do_not_fit_the_state_are_refused() {
    check(
        |stage| {
            stage.channel(A);
            stage.set_local(A);
            stage.run();
            let offer = stage.pcs[A].local_description().expect("an offer").sdp.clone();
            stage.set_remote_as(B, SdpType::Answer, &offer);
            stage.set_remote_as(B, SdpType::PrAnswer, &offer);
            stage.set_remote_as(B, SdpType::Rollback, "");
            stage.set_remote_as(B, SdpType::Offer, "v=0\r\nnonsense\r\n");
            stage.run();
            let init = peer::SessionDescriptionInit { kind: None, sdp: offer };
            stage.pcs[B].set_remote_description(stage.now, init);
            stage.states();
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: setRemoteDescription(answer) rejected: InvalidStateError
            b: setRemoteDescription(pranswer) rejected: InvalidStateError
            b: setRemoteDescription(rollback) rejected: InvalidStateError
            b: setRemoteDescription(offer) rejected: OperationError sdp-syntax-error line 2
            -- signaling have-local-offer stable
        "#]],
    );
}

/// Its address is a name, and none of multicast DNS.
const FOREIGN: &str = "candidate:3 1 udp 2113929471 peer.example 5000 typ host";

#[test]
fn candidates_are_checked_in_the_order_of_the_specification() {
    let candidate = |mid: Option<&str>, index: Option<u16>, ufrag: Option<&str>, text: &str| {
        Some(IceCandidateInit {
            candidate: text.to_owned(),
            sdp_mid: mid.map(str::to_owned),
            sdp_m_line_index: index,
            username_fragment: ufrag.map(str::to_owned),
        })
    };
    const HOST: &str = "candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host";
    const NAMED: &str =
        "candidate:2 1 udp 2113929471 11111111-2222-4333-8444-555555555555.local 5000 typ host";
    check(
        |stage| {
            stage.add_candidate(B, candidate(None, None, None, HOST));
            stage.add_candidate(B, candidate(Some("0"), None, None, HOST));
            stage.add_candidate(B, None);
            stage.channel(A);
            stage.set_local(A);
            stage.run();
            stage.signal(A, B);
            stage.add_candidate(B, candidate(Some("no"), Some(0), None, HOST));
            stage.add_candidate(B, candidate(None, Some(7), None, HOST));
            stage.add_candidate(B, candidate(Some("0"), None, Some("wrong"), HOST));
            stage.add_candidate(B, candidate(Some("0"), None, None, "candidate:nonsense"));
            stage.add_candidate(B, candidate(Some("0"), None, None, HOST));
            stage.add_candidate(B, candidate(Some("0"), None, None, NAMED));
            stage.add_candidate(B, candidate(Some("0"), None, None, FOREIGN));
            stage.add_candidate(B, candidate(Some("0"), None, None, ""));
            stage.add_candidate(B, None);
            stage.run();
            let sdp = stage.pcs[B].remote_description().expect("a description").sdp.clone();
            for line in sdp.lines().filter(|line| line.contains("candidate")) {
                stage.note(line);
            }
            stage.set_local(B);
            stage.run();
            assert_eq!(stage.pcs[B].counters().remote_candidates_named, 1);
        },
        expect![[r#"
            b: addIceCandidate("candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host") rejected: TypeError
            b: addIceCandidate("candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host") rejected: InvalidStateError
            b: addIceCandidate(null) rejected: InvalidStateError
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: addIceCandidate("candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host") rejected: OperationError
            b: addIceCandidate("candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host") rejected: OperationError
            b: addIceCandidate("candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host") rejected: OperationError
            b: addIceCandidate("candidate:nonsense") rejected: OperationError
            b: addIceCandidate("candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host") fulfilled
            b: addIceCandidate("candidate:2 1 udp 2113929471 11111111-2222-4333-8444-555555555555.local 5000 typ host") fulfilled
            b: addIceCandidate("candidate:3 1 udp 2113929471 peer.example 5000 typ host") fulfilled
            b: addIceCandidate("") fulfilled
            b: addIceCandidate(null) fulfilled
            -- a=candidate:1 1 udp 2113929471 192.0.2.9 5000 typ host
            -- a=candidate:2 1 udp 2113929471 11111111-2222-4333-8444-555555555555.local 5000 typ host
            -- a=candidate:3 1 udp 2113929471 peer.example 5000 typ host
            -- a=end-of-candidates
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            b: ice transport 0 statechange checking
            b: iceconnectionstatechange checking
            b: connectionstatechange connecting
        "#]],
    );
}

#[test]
fn nothing_settles_and_nothing_fires_after_close() {
    check(
        |stage| {
            stage.channel(A);
            stage.create_offer(A);
            stage.set_local(A);
            stage.pcs[A].close(stage.now);
            stage.run();
            stage.note("calls on a closed connection");
            stage.create_offer(A);
            stage.set_local(A);
            stage.set_remote_as(A, SdpType::Offer, "");
            stage.add_candidate(A, None);
            stage.run();
            stage.pcs[A].close(stage.now);
            stage.pcs[A].restart_ice();
            stage.run();
            stage.states();
        },
        expect![[r#"
            -- calls on a closed connection
            a: createOffer rejected: InvalidStateError
            a: setLocalDescription() rejected: InvalidStateError
            a: setRemoteDescription(offer) rejected: InvalidStateError
            a: addIceCandidate(null) rejected: InvalidStateError
            -- signaling closed stable
        "#]],
    );
}

#[test]
fn gathering_ends_with_the_end_marker_and_null() {
    check(
        |stage| {
            stage.channel(A);
            stage.set_local(A);
            stage.run();
            while let Some(action) = stage.pcs[A].poll_action() {
                if action == session::Action::ListInterfaces {
                    let none = session::ActionResult::Interfaces(Vec::new());
                    stage.pcs[A].handle_action_result(stage.now, none);
                }
            }
            stage.run();
            let sdp = &stage.pcs[A].local_description().expect("a description").sdp;
            assert!(sdp.ends_with("a=end-of-candidates\r\n"), "{sdp}");
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: icecandidate end-of-candidates mid "0"
            a: ice transport 0 gatheringstatechange complete
            a: icegatheringstatechange complete
            a: icecandidate null
        "#]],
    );
}

#[test]
fn servers_that_cannot_be_asked_are_told_of_and_relay_asks_no_others() {
    let configuration = peer::Configuration {
        ice_servers: vec![peer::IceServer {
            urls: vec!["stun:stun.example.org".to_owned(), "turns:turn.example.org?transport=udp".to_owned()],
            username: Some("user".to_owned()),
            credential: Some(base::Redacted::new("password".to_owned())),
        }],
        ice_transport_policy: peer::IceTransportPolicy::Relay,
        ..peer::Configuration::default()
    };
    check(
        |stage| {
            *stage = Stage::with(configuration);
            stage.channel(A);
            stage.set_local(A);
            stage.run();
            assert_eq!(stage.pcs[A].poll_action(), None, "nothing may be asked of the network");
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            a: icecandidateerror 701 turns:turn.example.org?transport=udp: TURN over DTLS is not implemented yet
            a: icecandidate end-of-candidates mid "0"
            a: ice transport 0 gatheringstatechange complete
            a: icegatheringstatechange complete
            a: icecandidate null
        "#]],
    );
}

/// webrtc-pc, section 5.6: the end of one generation's gathering is not the end of the next one's, and the second
/// task waits for it.
#[test]
fn gathering_that_ends_while_ice_restarts_ends_its_own_generation() {
    let answer = |stage: &mut Stage| {
        while let Some(action) = stage.pcs[A].poll_action() {
            if action == session::Action::ListInterfaces {
                let none = session::ActionResult::Interfaces(Vec::new());
                stage.pcs[A].handle_action_result(stage.now, none);
            }
        }
    };
    check(
        |stage| {
            stage.channel(A);
            stage.negotiate(A, B);
            stage.note("gathering has ended, but its task has not run");
            answer(stage);
            stage.pcs[A].restart_ice();
            stage.set_local(A);
            while stage.pcs[A].pending_local_description().is_none() {
                stage.run_one();
            }
            let pc = &stage.pcs[A];
            let ended = |description: Option<&peer::SessionDescription>| {
                description.is_some_and(|description| description.sdp.contains("a=end-of-candidates"))
            };
            assert!(ended(pc.current_local_description()) && !ended(pc.pending_local_description()));
            stage.run();
            answer(stage);
            stage.run();
            assert!(ended(stage.pcs[A].pending_local_description()));
        },
        expect![[r#"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: ice transport 0 gatheringstatechange gathering
            a: icegatheringstatechange gathering
            b: signalingstatechange have-remote-offer
            b: setRemoteDescription(offer) fulfilled
            b: signalingstatechange stable
            b: setLocalDescription() fulfilled
            b: ice transport 0 gatheringstatechange gathering
            b: icegatheringstatechange gathering
            a: signalingstatechange stable
            a: setRemoteDescription(answer) fulfilled
            -- gathering has ended, but its task has not run
            a: icecandidate end-of-candidates mid "0"
            a: signalingstatechange have-local-offer
            a: setLocalDescription() fulfilled
            a: icecandidate end-of-candidates mid "0"
            a: ice transport 0 gatheringstatechange complete
            a: icegatheringstatechange complete
            a: icecandidate null
        "#]],
    );
}

/// webrtc-pc, addIceCandidate: ports on Fetch's list are administratively prohibited, and nobody is told.
#[test]
fn candidates_with_bad_ports_are_taken_and_not_used() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    for port in [25, 5060, 5000] {
        stage.add_candidate(
            B,
            Some(IceCandidateInit {
                candidate: format!("candidate:1 1 udp 2113929471 192.0.2.9 {port} typ host"),
                sdp_mid: Some("0".to_owned()),
                ..IceCandidateInit::default()
            }),
        );
    }
    stage.run();
    let pc = &stage.pcs[B];
    assert_eq!(pc.counters().remote_candidates_prohibited, 2);
    let sdp = &pc.remote_description().expect("a description").sdp;
    assert_eq!(sdp.matches("a=candidate").count(), 3);
    let agent = pc.session().ice(session::TransportId(0)).expect("an agent");
    assert_eq!(agent.remote_candidates().count(), 1);
}

/// RFC 9429, section 3.5.4: candidates that the policy disallows are not exposed, even by a restart that finds the
/// sockets of an earlier generation.
#[test]
fn a_restart_under_the_relay_policy_shows_no_host_candidate() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    while let Some(action) = stage.pcs[A].poll_action() {
        let result = match action {
            session::Action::ListInterfaces => {
                session::ActionResult::Interfaces(vec![std::net::IpAddr::from([192, 0, 2, 1]).into()])
            }
            session::Action::BindUdp { socket, .. } => {
                let address = "192.0.2.1:40000".parse().expect("an address");
                session::ActionResult::Bound { socket, result: Ok(address) }
            }
            _ => continue,
        };
        stage.pcs[A].handle_action_result(stage.now, result);
    }
    stage.run();
    let local = |stage: &Stage| stage.pcs[A].local_description().expect("a description").sdp.clone();
    assert!(local(&stage).contains("a=candidate"));
    let relay = peer::Configuration {
        ice_transport_policy: peer::IceTransportPolicy::Relay,
        ..peer::Configuration::default()
    };
    stage.pcs[A].set_configuration(stage.now, relay).expect("the policy can be changed");
    stage.set_local(A);
    stage.run();
    let sdp = local(&stage);
    assert!(!sdp.contains("a=candidate") && sdp.contains("a=end-of-candidates"), "{sdp}");
}
