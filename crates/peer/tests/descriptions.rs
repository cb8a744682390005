//! What our descriptions say, and which ones of the peer are refused.

mod stage;

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use peer::{ErrorName, Event, OfferOptions, Outcome, PeerConnection, SdpType, SessionDescriptionInit};
use stage::{A, B, Stage, connection, start};

/// What is random in it is named.
fn readable(sdp: &str) -> String {
    let mut text = String::new();
    for line in sdp.lines() {
        let line = match line.split_once(':') {
            Some(("a=fingerprint", _)) => "a=fingerprint:sha-256 ..",
            Some(("a=ice-ufrag", _)) => "a=ice-ufrag:..",
            Some(("a=ice-pwd", _)) => "a=ice-pwd:..",
            Some(("a=tls-id", _)) => "a=tls-id:..",
            _ => line,
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

fn check(sdp: &str, expected: Expect) {
    expected.assert_eq(&readable(sdp));
}

/// What the remote peer's description is met with.
fn set_remote(pc: &mut PeerConnection, kind: SdpType, sdp: &str) -> Result<Outcome, peer::Error> {
    let id =
        pc.set_remote_description(start(), SessionDescriptionInit { kind: Some(kind), sdp: sdp.to_owned() });
    settle(pc, id)
}

fn settle(pc: &mut PeerConnection, id: peer::OperationId) -> Result<Outcome, peer::Error> {
    while pc.run_task(start()) {}
    let mut result = None;
    while let Some(event) = pc.poll_event() {
        match event {
            Event::Settled(settled, outcome) if settled == id => result = Some(outcome),
            _ => {}
        }
    }
    result.expect("the promise settles")
}

fn created(pc: &mut PeerConnection, id: peer::OperationId) -> String {
    match settle(pc, id) {
        Ok(Outcome::Description(description)) => description.sdp,
        other => panic!("{other:?}"),
    }
}

fn offer(pc: &mut PeerConnection) -> String {
    let id = pc.create_offer(start(), OfferOptions::default());
    created(pc, id)
}

fn answer(pc: &mut PeerConnection) -> String {
    let id = pc.create_answer(start());
    created(pc, id)
}

fn pc() -> PeerConnection {
    connection(peer::Configuration::default(), 3)
}

const SESSION: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const TRANSPORT: &str = "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\n\
     a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F\r\n\
     a=setup:actpass\r\n";

fn audio(mid: &str, port: u16, transport: &str) -> String {
    format!(
        "m=audio {port} UDP/TLS/RTP/SAVPF 111 0\r\n{transport}a=mid:{mid}\r\na=sendrecv\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\n"
    )
}

/// Audio in a codec that we do not know.
fn gsm(mid: &str, port: u16, transport: &str) -> String {
    audio(mid, port, transport).replace(" 111 0\r\n", " 3 4\r\n").replace("a=rtpmap:111 opus/48000/2\r\n", "")
}

fn data(mid: &str, port: u16, transport: &str) -> String {
    format!(
        "m=application {port} UDP/DTLS/SCTP webrtc-datachannel\r\n{transport}a=mid:{mid}\r\na=sctp-port:5000\r\n"
    )
}

#[test]
fn the_offer_and_the_answer_for_data() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    check(
        &stage.pcs[A].local_description().expect("an offer").sdp,
        expect![[r#"
            v=0
            o=- 2929486681280242996 0 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0
            a=ice-options:trickle ice2
            a=msid-semantic: WMS *
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel
            c=IN IP4 0.0.0.0
            a=mid:0
            a=ice-ufrag:..
            a=ice-pwd:..
            a=fingerprint:sha-256 ..
            a=setup:actpass
            a=tls-id:..
            a=sctp-port:5000
            a=max-message-size:262144
            a=sctp-init:AQAAKOLvt8YAEAAA/////wtyW5PAAAAEgAEACAAAAAGACAAIgsBAwg==
        "#]],
    );
    check(
        &stage.pcs[B].local_description().expect("an answer").sdp,
        expect![[r#"
            v=0
            o=- 7918494577742340348 0 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0
            a=ice-options:trickle ice2
            a=msid-semantic: WMS *
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel
            c=IN IP4 0.0.0.0
            a=mid:0
            a=ice-ufrag:..
            a=ice-pwd:..
            a=fingerprint:sha-256 ..
            a=setup:active
            a=tls-id:..
            a=sctp-port:5000
            a=max-message-size:262144
            a=sctp-init:AQAAKDyBjN8AEAAA//////TKEU/AAAAEgAEACAAAAAGACAAIgsBAwg==
        "#]],
    );
}

#[test]
fn an_offer_of_nothing_has_no_m_section() {
    check(
        &offer(&mut pc()),
        expect![[r#"
        v=0
        o=- 3585266356874511197 0 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=ice-options:trickle ice2
        a=msid-semantic: WMS *
    "#]],
    );
}

#[test]
fn creating_an_offer_again_gives_the_same_and_a_restart_new_credentials() {
    let mut stage = Stage::new();
    stage.channel(A);
    let (first, second) = (offer(&mut stage.pcs[A]), offer(&mut stage.pcs[A]));
    assert_eq!(first, second);
    stage.negotiate(A, B);
    let line = |sdp: &str, prefix: &str| {
        sdp.lines().find(|line| line.starts_with(prefix)).map(str::to_owned).expect("the line")
    };
    let same = offer(&mut stage.pcs[A]);
    assert_eq!(line(&same, "a=ice-ufrag:"), line(&first, "a=ice-ufrag:"));
    assert_eq!(line(&same, "o="), line(&first, "o="), "the same version for the same content");
    let id =
        stage.pcs[A].create_offer(start(), OfferOptions { ice_restart: true, ..OfferOptions::default() });
    let restart = created(&mut stage.pcs[A], id);
    assert_ne!(line(&restart, "a=ice-ufrag:"), line(&first, "a=ice-ufrag:"));
    assert_ne!(line(&restart, "a=ice-pwd:"), line(&first, "a=ice-pwd:"));
    assert!(line(&first, "o=").contains(" 0 IN IP4 "), "{first}");
    assert!(line(&restart, "o=").contains(" 1 IN IP4 "), "{restart}");
}

#[test]
fn unknown_media_is_answered_as_rejected_and_data_behind_it_in_the_bundle_works() {
    let bundle = "a=group:BUNDLE a0 d1\r\n";
    let offers = [
        format!("{SESSION}{bundle}{}{}", gsm("a0", 9, TRANSPORT), data("d1", 9, TRANSPORT)),
        // The transport's attributes only in the tagged m-section (RFC 9143, section 7.1.3).
        format!("{SESSION}{bundle}{}{}", gsm("a0", 9, TRANSPORT), data("d1", 0, "a=bundle-only\r\n")),
    ];
    for offer in offers {
        let mut pc = pc();
        assert_eq!(set_remote(&mut pc, SdpType::Offer, &offer), Ok(Outcome::Done), "{offer}");
        check(
            &answer(&mut pc),
            expect![[r#"
                v=0
                o=- 3585266356874511197 0 IN IP4 127.0.0.1
                s=-
                t=0 0
                a=group:BUNDLE d1
                a=msid-semantic: WMS *
                m=audio 0 UDP/TLS/RTP/SAVPF 3 4
                c=IN IP4 0.0.0.0
                a=mid:a0
                a=inactive
                m=application 9 UDP/DTLS/SCTP webrtc-datachannel
                c=IN IP4 0.0.0.0
                a=mid:d1
                a=ice-ufrag:..
                a=ice-pwd:..
                a=fingerprint:sha-256 ..
                a=setup:active
                a=sctp-port:5000
                a=max-message-size:262144
            "#]],
        );
        let id = pc.set_local_description(start(), None);
        assert_eq!(settle(&mut pc, id), Ok(Outcome::Done));
        assert!(pc.sctp().is_some());
    }
}

#[test]
fn the_old_form_of_data_sections_is_answered_as_rejected() {
    let mut pc = pc();
    let old = format!(
        "{SESSION}m=application 9 DTLS/SCTP 5000\r\n{TRANSPORT}a=mid:0\r\na=sctpmap:5000 webrtc-datachannel 1024\r\n"
    );
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &old), Ok(Outcome::Done));
    check(
        &answer(&mut pc),
        expect![[r#"
            v=0
            o=- 3585266356874511197 0 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=msid-semantic: WMS *
            m=application 0 DTLS/SCTP 5000
            c=IN IP4 0.0.0.0
            a=mid:0
        "#]],
    );
    let id = pc.set_local_description(start(), None);
    assert_eq!(settle(&mut pc, id), Ok(Outcome::Done));
    assert!(pc.sctp().is_none());
}

#[test]
fn the_answer_takes_the_dtls_role_that_is_left() {
    for (offered, answered) in [("actpass", "active"), ("active", "passive"), ("passive", "active")] {
        let mut pc = pc();
        let offer = format!("{SESSION}{}", data("0", 9, TRANSPORT)).replace("actpass", offered);
        assert_eq!(set_remote(&mut pc, SdpType::Offer, &offer), Ok(Outcome::Done));
        assert!(answer(&mut pc).contains(&format!("a=setup:{answered}\r\n")), "{offered}");
    }
}

#[test]
fn a_rejected_section_is_recycled_with_a_new_mid() {
    let mut pc = pc();
    let media = format!("{SESSION}{}", gsm("0", 9, TRANSPORT));
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &media), Ok(Outcome::Done));
    let id = pc.set_local_description(start(), None);
    assert_eq!(settle(&mut pc, id), Ok(Outcome::Done));
    pc.create_data_channel(start(), "late", peer::DataChannelInit::default()).expect("a channel");
    check(
        &offer(&mut pc),
        expect![[r#"
            v=0
            o=- 3585266356874511197 1 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 1
            a=ice-options:trickle ice2
            a=msid-semantic: WMS *
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel
            c=IN IP4 0.0.0.0
            a=mid:1
            a=ice-ufrag:..
            a=ice-pwd:..
            a=fingerprint:sha-256 ..
            a=setup:actpass
            a=tls-id:..
            a=sctp-port:5000
            a=max-message-size:262144
            a=sctp-init:AQAAKJSyhfAAEAAA/////5DSeybAAAAEgAEACAAAAAGACAAIgsBAwg==
        "#]],
    );
}

#[test]
fn a_section_without_mid_is_answered_without_one() {
    let mut pc = pc();
    let offer = format!("{SESSION}{}", data("0", 9, TRANSPORT)).replace("a=mid:0\r\n", "");
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &offer), Ok(Outcome::Done));
    let answer = answer(&mut pc);
    assert!(!answer.contains("a=mid") && !answer.contains("BUNDLE"), "{answer}");
}

#[test]
fn trickle_is_known_from_the_remote_description() {
    let mut pc = pc();
    assert_eq!(pc.can_trickle_ice_candidates(), None);
    let offer = format!("{SESSION}{}", data("0", 9, TRANSPORT));
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &offer), Ok(Outcome::Done));
    assert_eq!(pc.can_trickle_ice_candidates(), Some(false));
    let trickle = offer.replace("a=setup", "a=ice-options:trickle\r\na=setup");
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &trickle), Ok(Outcome::Done));
    assert_eq!(pc.can_trickle_ice_candidates(), Some(true));
}

#[test]
fn offers_that_cannot_be_used_are_invalid_accesses() {
    let good = format!("{SESSION}{}", data("0", 9, TRANSPORT));
    let cases = [
        ("no ufrag", good.replace("a=ice-ufrag:abcd\r\n", "")),
        ("an unknown hash function", good.replace("sha-256", "sha-999")),
        ("holdconn", good.replace("actpass", "holdconn")),
        ("SCTP port 0", good.replace("sctp-port:5000", "sctp-port:0")),
        ("no rtcp-mux", format!("{SESSION}{}", audio("0", 9, TRANSPORT)).replace("a=rtcp-mux\r\n", "")),
        ("the same mid twice", format!("{good}{}", data("0", 9, TRANSPORT))),
        ("an unknown mid in BUNDLE", good.replace("t=0 0\r\n", "t=0 0\r\na=group:BUNDLE 0 1\r\n")),
        ("a mid twice in BUNDLE", good.replace("t=0 0\r\n", "t=0 0\r\na=group:BUNDLE 0 0\r\n")),
    ];
    for (what, sdp) in cases {
        let mut pc = pc();
        let error = set_remote(&mut pc, SdpType::Offer, &sdp).expect_err(what);
        assert_eq!(error.name, ErrorName::InvalidAccessError, "{what}: {error}");
        assert_eq!(pc.remote_description(), None);
    }
}

#[test]
fn answers_that_do_not_match_the_offer_are_invalid_accesses() {
    let transport = TRANSPORT.replace("actpass", "active");
    let good = format!("{SESSION}{}", data("0", 9, &transport));
    let cases = [
        ("actpass", good.replace("active", "actpass")),
        ("another mid", good.replace("a=mid:0", "a=mid:1")),
        ("another kind", format!("{SESSION}{}", audio("0", 9, &transport))),
        ("more m-sections", format!("{good}{}", data("1", 9, &transport))),
        ("none", SESSION.to_owned()),
    ];
    for (what, sdp) in cases {
        let mut stage = Stage::new();
        stage.channel(A);
        stage.set_local(A);
        stage.run();
        let pc = &mut stage.pcs[A];
        let error = set_remote(pc, SdpType::Answer, &sdp).expect_err(what);
        assert_eq!(error.name, ErrorName::InvalidAccessError, "{what}: {error}");
        assert_eq!(pc.signaling_state(), peer::SignalingState::HaveLocalOffer);
        assert_eq!(set_remote(pc, SdpType::Answer, &good), Ok(Outcome::Done), "after {what}");
    }
}

#[test]
fn a_rejected_data_section_leaves_no_transport() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.set_local(A);
    stage.run();
    let pc = &mut stage.pcs[A];
    assert!(pc.sctp().is_some());
    let rejected = format!("{SESSION}{}", data("0", 0, "c=IN IP4 0.0.0.0\r\n"));
    assert_eq!(set_remote(pc, SdpType::Answer, &rejected), Ok(Outcome::Done));
    assert!(pc.sctp().is_none());
    assert!(!pc.has_task(), "and nothing is asked for again");
}

#[test]
fn m_sections_cannot_vanish_or_change_places() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    let pc = &mut stage.pcs[B];
    let error = set_remote(pc, SdpType::Offer, SESSION).expect_err("no m-section");
    assert_eq!(error.name, ErrorName::InvalidAccessError);
    let other = format!("{SESSION}{}", data("other", 9, TRANSPORT));
    let error = set_remote(pc, SdpType::Offer, &other).expect_err("another mid");
    assert_eq!(error.name, ErrorName::InvalidAccessError);
    assert_eq!(pc.signaling_state(), peer::SignalingState::Stable);
}

/// RFC 9429, section 5.2.2: "if the current version is N, an offer is created and applied with version N+1, and then
/// that offer is rolled back, the next generated offer will still have version N+2".
#[test]
fn the_version_grows_with_every_difference_even_over_a_rollback() {
    let version = |sdp: &str| {
        let origin = sdp.lines().find(|line| line.starts_with("o=")).expect("an origin");
        origin.split(' ').nth(2).and_then(|field| field.parse::<u64>().ok()).expect("a version")
    };
    let mut stage = Stage::new();
    assert_eq!(version(&offer(&mut stage.pcs[A])), 0);
    stage.channel(A);
    assert_eq!(version(&offer(&mut stage.pcs[A])), 1, "created, never set, and different");
    stage.negotiate(A, B);
    let id =
        stage.pcs[A].create_offer(start(), OfferOptions { ice_restart: true, ..OfferOptions::default() });
    assert_eq!(version(&created(&mut stage.pcs[A], id)), 2);
    stage.set_local(A);
    stage.run();
    let before = version(&stage.pcs[A].local_description().expect("an offer").sdp);
    stage.set_local_as(A, SdpType::Rollback, "");
    stage.run();
    assert_eq!(version(&stage.pcs[A].local_description().expect("the first offer").sdp), 1);
    assert_eq!(version(&offer(&mut stage.pcs[A])), before + 1);
}

#[test]
fn the_answer_has_the_offered_protocol_and_ice_options_and_a_tls_id_only_for_one() {
    let mut pc = pc();
    let tcp = format!("{SESSION}{}", data("0", 9, TRANSPORT)).replace("UDP/DTLS/SCTP", "TCP/DTLS/SCTP");
    let trickle = tcp.replace("a=setup", "a=ice-options:trickle\r\na=setup");
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &trickle), Ok(Outcome::Done));
    check(
        &answer(&mut pc),
        expect![[r#"
            v=0
            o=- 3585266356874511197 0 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=ice-options:trickle
            a=msid-semantic: WMS *
            m=application 9 TCP/DTLS/SCTP webrtc-datachannel
            c=IN IP4 0.0.0.0
            a=mid:0
            a=ice-ufrag:..
            a=ice-pwd:..
            a=fingerprint:sha-256 ..
            a=setup:active
            a=sctp-port:5000
            a=max-message-size:262144
        "#]],
    );
    let id = pc.set_local_description(start(), None);
    assert_eq!(settle(&mut pc, id), Ok(Outcome::Done));
}

/// RFC 8842, sections 3.1 and 5.3: another name is another DTLS association, which is answered with another name, and
/// needs other ICE credentials.
#[test]
fn the_tls_id_stays_and_another_one_of_the_peer_is_another_association() {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.negotiate(A, B);
    let line = |sdp: &str| sdp.lines().find(|line| line.starts_with("a=tls-id:")).map(str::to_owned);
    let first = stage.pcs[A].local_description().expect("an offer").sdp.clone();
    let id =
        stage.pcs[A].create_offer(start(), OfferOptions { ice_restart: true, ..OfferOptions::default() });
    let restart = created(&mut stage.pcs[A], id);
    let name = line(&first).expect("a tls-id");
    assert_eq!(line(&restart).as_ref(), Some(&name));
    let answered = line(&stage.pcs[B].local_description().expect("an answer").sdp);
    assert_ne!(answered, Some(name.clone()));
    let another = "a=tls-id:0123456789012345678901234567890123456789";
    let unchanged = first.replace(&name, another);
    let error = set_remote(&mut stage.pcs[B], SdpType::Offer, &unchanged).expect_err("the same credentials");
    assert_eq!(error.name, ErrorName::InvalidAccessError);
    assert_eq!(set_remote(&mut stage.pcs[B], SdpType::Offer, &restart), Ok(Outcome::Done));
    assert_eq!(line(&answer(&mut stage.pcs[B])), answered);
    assert_eq!(
        set_remote(&mut stage.pcs[B], SdpType::Offer, &restart.replace(&name, another)),
        Ok(Outcome::Done)
    );
    assert_ne!(line(&answer(&mut stage.pcs[B])), answered);
}

/// webrtc-pc, set a session description, step 4.4: "validate back-to-back offers as if answers were applied in
/// between".
#[test]
fn an_offer_on_top_of_another_is_a_later_offer() {
    let mut pc = pc();
    let first = format!("{SESSION}{}", data("0", 9, TRANSPORT));
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &first), Ok(Outcome::Done));
    for wrong in [SESSION.to_owned(), first.replace("a=mid:0", "a=mid:1")] {
        let error = set_remote(&mut pc, SdpType::Offer, &wrong).expect_err("an m-section vanished");
        assert_eq!(error.name, ErrorName::InvalidAccessError);
        assert_eq!(pc.remote_description().map(|remote| remote.sdp.as_str()), Some(first.as_str()));
    }
    let more = format!("{first}{}", audio("1", 9, TRANSPORT));
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &more), Ok(Outcome::Done));
}

/// RFC 9429, sections 3.5.1 and 4.1.18: the "needs-ice-restart" bit.
#[test]
fn other_servers_make_the_next_offer_restart_ice_once_gathering_has_begun() {
    let ufrag = |sdp: &str| {
        sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).map(str::to_owned).expect("an ufrag")
    };
    let servers = |url: &str| peer::Configuration {
        ice_servers: vec![peer::IceServer { urls: vec![url.to_owned()], ..peer::IceServer::default() }],
        ..peer::Configuration::default()
    };
    let mut stage = Stage::new();
    stage.channel(A);
    let before = ufrag(&offer(&mut stage.pcs[A]));
    stage.pcs[A].set_configuration(stage.now, servers("stun:one")).expect("servers can be changed");
    assert_eq!(ufrag(&offer(&mut stage.pcs[A])), before, "nothing gathers yet");
    stage.negotiate(A, B);
    stage.pcs[A].set_configuration(stage.now, servers("stun:one")).expect("the same");
    assert_eq!(ufrag(&offer(&mut stage.pcs[A])), before, "nothing changed");
    stage.pcs[A].set_configuration(stage.now, servers("stun:two")).expect("servers can be changed");
    stage.set_local(A);
    stage.run();
    let after = ufrag(&stage.pcs[A].local_description().expect("an offer").sdp);
    assert_ne!(after, before);
    stage.signal(A, B);
    stage.set_local(B);
    stage.run();
    stage.signal(B, A);
    stage.run();
    assert_eq!(ufrag(&offer(&mut stage.pcs[A])), after, "once is enough");
}

#[test]
fn the_legacy_options_add_what_receives_and_take_it_back() {
    let mut pc = pc();
    let mut offer = |audio, video| {
        let options = OfferOptions {
            offer_to_receive_audio: audio,
            offer_to_receive_video: video,
            ..OfferOptions::default()
        };
        let id = pc.create_offer(start(), options);
        let sdp = created(&mut pc, id);
        let is_told = |line: &&str| line.starts_with("m=") || ["a=recvonly", "a=inactive"].contains(line);
        let word = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let lines: Vec<String> = sdp.lines().filter(is_told).map(word).collect();
        lines.join(" ")
    };
    assert_eq!(offer(None, None), "");
    assert_eq!(offer(Some(true), None), "m=audio a=recvonly");
    assert_eq!(offer(Some(true), Some(true)), "m=audio a=recvonly m=video a=recvonly");
    assert_eq!(offer(Some(false), None), "m=audio a=inactive m=video a=recvonly");
}

#[test]
fn a_fingerprint_that_proves_nothing_is_no_error_and_matches_nobody() {
    let (trusted, weak) = TRANSPORT.split_once("a=fingerprint:sha-256 ").expect("a fingerprint");
    let weak = weak.replacen(":00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F\r\n", ":00:01:02:03\r\n", 1);
    let transport = format!("{trusted}a=fingerprint:sha-1 {weak}");
    let mut pc = pc();
    let offer = format!("{SESSION}{}", data("0", 9, &transport));
    assert_eq!(set_remote(&mut pc, SdpType::Offer, &offer), Ok(Outcome::Done));
    let id = pc.set_local_description(start(), None);
    assert_eq!(settle(&mut pc, id), Ok(Outcome::Done));
}
