//! What W3C leaves to the browser, on real sockets.

mod pair;

use pair::{guarded, negotiate, open, trickle};
use visavis::{
    AddressFilter, ErrorName, ExternalAddress, ExternalMode, InterfaceFilter, IpVersions, RtcConfiguration,
    RtcPeerConnection, RtcPeerConnectionEvent, Settings,
};

/// The loopback interface's IPv4 addresses alone.
fn loopback() -> Settings {
    Settings {
        include_loopback: true,
        ip_versions: IpVersions::V4,
        local_addresses: AddressFilter::default().allow("127.0.0.0/8".parse().unwrap()).deny_others(),
        ..Settings::default()
    }
}

fn peer(settings: Settings) -> RtcPeerConnection {
    RtcPeerConnection::with_settings(RtcConfiguration::default(), settings).unwrap()
}

async fn candidates(settings: Settings) -> Vec<String> {
    let pc = peer(settings);
    let _channel = pc.create_data_channel("", None).unwrap();
    let mut events = pc.events();
    pc.set_local_description(None).await.unwrap();
    let mut found = Vec::new();
    loop {
        match events.next().await {
            Some(RtcPeerConnectionEvent::IceCandidate(Some(candidate))) => {
                // The end-of-candidates indication has none.
                found.extend(candidate.fields.map(|fields| fields.address));
            }
            Some(RtcPeerConnectionEvent::IceCandidate(None)) | None => return found,
            Some(_) => {}
        }
    }
}

#[tokio::test]
async fn two_peers_share_a_range_of_two_ports() {
    guarded(async {
        // Any other program may have one of them: look for two that are free.
        let free = |port: &u16| std::net::UdpSocket::bind(("127.0.0.1", *port)).is_ok();
        let first = (40_000..60_000).step_by(2).find(|port| free(port) && free(&(port + 1))).unwrap();
        let settings = Settings { ports: Some(first..=first + 1), ..loopback() };
        let (a, b) = (peer(settings.clone()), peer(settings));
        let (mut events_a, mut events_b) = (a.events(), b.events());
        let channel = a.create_data_channel("", None).unwrap();
        negotiate(&a, &b).await;
        tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));
        open(&channel).await;
        let ports = |pc: &RtcPeerConnection| {
            let sdp = pc.local_description().unwrap().sdp;
            [first, first + 1].map(|port| sdp.contains(&format!(" 127.0.0.1 {port} typ host")))
        };
        let (a, b) = (ports(&a), ports(&b));
        assert!(a != b && a.map(|used| !used) == b, "{a:?} {b:?}");
    })
    .await;
}

#[tokio::test]
async fn an_interface_that_is_left_out_has_no_candidates() {
    guarded(async {
        let interfaces = InterfaceFilter { except: vec!["lo*".into()], ..InterfaceFilter::default() };
        assert_eq!(candidates(Settings { interfaces, ..loopback() }).await, [""; 0]);
        assert_eq!(candidates(loopback()).await.len(), 2, "over UDP and TCP");
        assert_eq!(candidates(Settings { ip_versions: IpVersions::V6, ..loopback() }).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_external_address_is_what_the_peer_sees() {
    guarded(async {
        let external = "198.51.100.7".parse().unwrap();
        let outside = ExternalAddress { external, internal: None, mode: ExternalMode::Replace };
        let found = candidates(Settings { external_addresses: vec![outside], ..loopback() }).await;
        assert_eq!(found, ["198.51.100.7"; 2], "over UDP and TCP");
    })
    .await;
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let mixed = ExternalAddress {
        external: "198.51.100.7".parse().unwrap(),
        internal: Some("2001:db8::1".parse().unwrap()),
        mode: ExternalMode::Add,
    };
    #[allow(clippy::reversed_empty_ranges, reason = "that is the mistake")]
    for settings in [
        Settings { ports: Some(2000..=1000), ..Settings::default() },
        Settings { ports: Some(0..=1000), ..Settings::default() },
        Settings { external_addresses: vec![mixed], ..Settings::default() },
    ] {
        let refused = RtcPeerConnection::with_settings(RtcConfiguration::default(), settings.clone());
        assert_eq!(refused.err().map(|error| error.name), Some(ErrorName::TypeError), "{settings:?}");
    }
}

#[tokio::test]
async fn peers_that_hide_their_addresses_find_each_other() {
    guarded(async {
        let hidden = || peer(Settings { hide_addresses: true, ..loopback() });
        let (a, b) = (hidden(), hidden());
        let (mut events_a, mut events_b) = (a.events(), b.events());
        let channel = a.create_data_channel("", None).unwrap();
        negotiate(&a, &b).await;
        tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));
        open(&channel).await;
        let sdp = a.local_description().unwrap().sdp;
        // RFC 9429, section 5.2.1: the origin's address is nobody's.
        let mut said = sdp.lines().filter(|line| !line.starts_with("o="));
        assert!(sdp.contains(".local ") && !said.any(|line| line.contains("127.0.0")), "{sdp}");
    })
    .await;
}
