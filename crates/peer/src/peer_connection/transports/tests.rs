use super::*;

fn used(transports: &Transports) -> BTreeSet<TransportId> {
    transports.iter().map(|(id, _)| id).collect()
}

/// webrtc-pc, RTCIceConnectionState and RTCPeerConnectionState, each row of one transport's states.
#[test]
fn the_connection_s_states_follow_the_transport_s_row_by_row() {
    use DtlsTransportState::{Closed, Connected, Connecting, Failed, New};
    let mut table = String::new();
    for ice in [
        IceTransportState::New,
        IceTransportState::Checking,
        IceTransportState::Connected,
        IceTransportState::Completed,
        IceTransportState::Disconnected,
        IceTransportState::Failed,
        IceTransportState::Closed,
    ] {
        let mut transports = Transports::default();
        transports.entry(TransportId(0)).ice = ice;
        let used = used(&transports);
        transports.ice_connection_state = transports.derive_ice(&used);
        table.push_str(transports.ice_connection_state.as_str());
        for dtls in [New, Connecting, Connected, Closed, Failed] {
            transports.entry(TransportId(0)).dtls = dtls;
            table.push_str(&format!(" {dtls}={}", transports.derive_connection(&used)));
        }
        table.push('\n');
        // Without a transport everything is new.
        let none = BTreeSet::new();
        transports.ice_connection_state = transports.derive_ice(&none);
        assert_eq!(transports.ice_connection_state, IceConnectionState::New);
        assert_eq!(transports.derive_connection(&none), PeerConnectionState::New);
    }
    expect_test::expect![[r#"
        new new=new connecting=connecting connected=connecting closed=new failed=failed
        checking new=connecting connecting=connecting connected=connecting closed=connecting failed=failed
        connected new=connecting connecting=connecting connected=connected closed=connected failed=failed
        completed new=connecting connecting=connecting connected=connected closed=connected failed=failed
        disconnected new=disconnected connecting=disconnected connected=disconnected closed=disconnected failed=failed
        failed new=failed connecting=failed connected=failed closed=failed failed=failed
        new new=new connecting=connecting connected=connecting closed=new failed=failed
    "#]]
    .assert_eq(&table);
}

/// webrtc-pc, RTCIceConnectionState and RTCIceGatheringState, of two transports.
#[test]
fn the_worst_of_two_transports_counts() {
    use IceGathererState as G;
    use IceTransportState as S;
    let of = |ice: [S; 2], gatherer: [G; 2]| {
        let mut transports = Transports::default();
        for index in 0..2 {
            let slots = transports.entry(TransportId(index as u32));
            slots.ice = ice[index];
            slots.gatherer = gatherer[index];
        }
        let used = used(&transports);
        (transports.derive_ice(&used), transports.derive_gathering(&used))
    };
    let complete = [G::Complete, G::Complete];
    assert_eq!(of([S::Connected, S::Failed], complete).0, IceConnectionState::Failed);
    assert_eq!(of([S::Connected, S::Disconnected], complete).0, IceConnectionState::Disconnected);
    assert_eq!(of([S::Connected, S::New], complete).0, IceConnectionState::Checking);
    assert_eq!(of([S::Connected, S::Completed], complete).0, IceConnectionState::Connected);
    assert_eq!(of([S::Completed, S::Closed], complete).0, IceConnectionState::Completed);
    assert_eq!(of([S::New, S::Closed], complete).0, IceConnectionState::New);
    let gathering = |states| of([S::New, S::New], states).1;
    assert_eq!(gathering(complete), IceGatheringState::Complete);
    assert_eq!(gathering([G::Complete, G::New]), IceGatheringState::New);
    assert_eq!(gathering([G::Gathering, G::New]), IceGatheringState::Gathering);
}
