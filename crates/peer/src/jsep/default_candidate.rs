//! The default candidate, which fills the port and the address of a local m-section (RFC 9429, sections 5.2.2 and
//! 5.3.2; RFC 8839, section 4.2.1.2).

use std::net::IpAddr;

use sdp::{Candidate, CandidateAddress, CandidateType, Connection, MediaSection};

/// Fills in `m=` and `c=`, once there is a candidate. Before, and in an m-section that is rejected or bundle-only,
/// they stay as they are.
pub(crate) fn fill_in(section: &mut MediaSection) {
    if section.port == 0 {
        return;
    }
    let candidates = section.candidates().filter_map(|candidate| Some((ip(candidate)?, candidate)));
    // RFC 8839, section 4.2.1.2: the one that most likely works with a peer that knows nothing of ICE.
    let Some((ip, port)) =
        candidates.max_by_key(|(ip, candidate)| likelihood(*ip, candidate)).map(|(ip, best)| (ip, best.port))
    else {
        return;
    };
    section.port = port;
    section.connection = Some(Connection {
        network_type: "IN".to_owned(),
        address_type: if ip.is_ipv4() { "IP4" } else { "IP6" }.to_owned(),
        address: ip.to_string(),
    });
}

/// The address of a candidate that can be the default. A name cannot: the port would say that its address is known.
fn ip(candidate: &Candidate) -> Option<IpAddr> {
    match candidate.address {
        CandidateAddress::Ip(ip) if candidate.is_udp() && candidate.component == 1 => Some(ip),
        _ => None,
    }
}

/// Relayed before reflexive before host candidates; addresses of this machine alone last; IPv4, which a peer without
/// ICE is more likely to have, before IPv6.
fn likelihood(ip: IpAddr, candidate: &Candidate) -> (u8, bool, bool, u32) {
    let kind = match candidate.typ {
        CandidateType::Relay => 3,
        CandidateType::Srflx => 2,
        CandidateType::Prflx => 1,
        CandidateType::Host => 0,
    };
    (kind, !ip.is_loopback(), ip.is_ipv4(), candidate.priority)
}

#[cfg(test)]
mod tests {
    use sdp::{Attribute, MediaKind};

    use super::*;

    /// The `m=` and `c=` lines with these candidates.
    fn lines(candidates: &[&str]) -> String {
        let mut section = MediaSection::new(MediaKind::Application, "UDP/DTLS/SCTP", ["webrtc-datachannel"]);
        for text in candidates {
            let candidate = format!("candidate:{text}").parse().expect("a candidate");
            section.attributes.push(Attribute::Candidate(Box::new(candidate)));
        }
        fill_in(&mut section);
        let text = section.to_string();
        text.lines().take(2).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_default_is_what_most_likely_works_without_ice() {
        const NONE: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel c=IN IP4 0.0.0.0";
        const V6: &str = "1 1 udp 2130706431 2001:db8::1 1001 typ host";
        const LOOPBACK: &str = "2 1 udp 2130706430 127.0.0.1 1002 typ host";
        const V4: &str = "3 1 udp 2130706429 192.0.2.1 1003 typ host";
        const SRFLX: &str = "4 1 udp 1694498815 198.51.100.1 1004 typ srflx raddr 192.0.2.1 rport 1003";
        const RELAY: &str = "5 1 udp 16777215 203.0.113.1 1005 typ relay raddr 0.0.0.0 rport 0";
        const TCP: &str = "6 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active";
        const NAME: &str = "7 1 udp 2130706431 11111111-2222-4333-8444-555555555555.local 1007 typ host";
        assert_eq!(lines(&[]), NONE);
        assert_eq!(lines(&[TCP, NAME]), NONE);
        let found =
            |candidates: &[&str]| lines(candidates).split("webrtc-datachannel c=").last().map(str::to_owned);
        assert_eq!(found(&[V6]).as_deref(), Some("IN IP6 2001:db8::1"));
        assert_eq!(found(&[LOOPBACK, V6]).as_deref(), Some("IN IP6 2001:db8::1"));
        assert_eq!(found(&[V6, LOOPBACK, V4]).as_deref(), Some("IN IP4 192.0.2.1"));
        assert_eq!(found(&[V4, SRFLX, V6]).as_deref(), Some("IN IP4 198.51.100.1"));
        assert_eq!(
            lines(&[V6, LOOPBACK, V4, SRFLX, RELAY, TCP, NAME]),
            "m=application 1005 UDP/DTLS/SCTP webrtc-datachannel c=IN IP4 203.0.113.1"
        );
    }

    #[test]
    fn a_section_with_port_zero_keeps_it() {
        let mut section = MediaSection::new(MediaKind::Application, "UDP/DTLS/SCTP", ["webrtc-datachannel"]);
        let candidate = "candidate:1 1 udp 1 192.0.2.1 1001 typ host".parse().expect("a candidate");
        section.attributes.push(Attribute::Candidate(Box::new(candidate)));
        section.port = 0;
        fill_in(&mut section);
        assert_eq!(section.port, 0);
    }
}
