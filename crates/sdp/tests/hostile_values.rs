//! What an application puts into a value stays on its line: no CR, LF or NUL is ever printed within one.

use sdp::{
    Attribute, Candidate, CandidateAddress, Connection, Extmap, Fingerprint, Fmtp, Fragment, MediaKind,
    MediaSection, Origin, Rid, RidDirection, Rtcp, RtcpFb, Rtpmap, Sctpmap, SessionDescription, Simulcast,
    SimulcastStream, Ssrc, SsrcGroup,
};

const EVIL: &str = "x\r\na=setup:active\nm=audio 9 RTP/AVP 0\r\0y";

fn evil() -> String {
    EVIL.to_owned()
}

fn candidate() -> Candidate {
    let mut candidate: Candidate = "candidate:1 1 udp 1 192.0.2.1 1 typ host".parse().unwrap();
    candidate.foundation = evil();
    candidate.transport = evil();
    candidate.address = CandidateAddress::Name(evil());
    candidate.related = Some((CandidateAddress::Name(evil()), 1));
    candidate.extensions.push((evil(), evil()));
    candidate
}

fn attributes() -> Vec<Attribute> {
    let connection = Connection { network_type: evil(), address_type: evil(), address: evil() };
    let streams = vec![vec![SimulcastStream { rid: evil(), paused: true }]];
    vec![
        Attribute::Mid(evil()),
        Attribute::Group { semantics: evil(), mids: vec![evil()] },
        Attribute::IceUfrag(evil()),
        Attribute::IcePwd(evil()),
        Attribute::IceOptions(vec![evil(), evil()]),
        Attribute::Candidate(Box::new(candidate())),
        Attribute::Fingerprint(Fingerprint { algorithm: evil(), value: vec![1] }),
        Attribute::TlsId(evil()),
        Attribute::Sctpmap(Sctpmap { port: 1, application: evil(), streams: None }),
        Attribute::Rtcp(Box::new(Rtcp { port: 9, address: Some(connection) })),
        Attribute::Msid { stream: evil(), track: Some(evil()) },
        Attribute::MsidSemantic { semantic: evil(), streams: vec![evil()] },
        Attribute::Rtpmap(Rtpmap {
            payload_type: 1,
            encoding: evil(),
            clock_rate: 1,
            parameters: Some(evil()),
        }),
        Attribute::Fmtp(Fmtp { format: evil(), parameters: evil() }),
        Attribute::RtcpFb(RtcpFb { payload_type: None, kind: evil(), parameter: Some(evil()) }),
        Attribute::Extmap(Extmap { id: 1, direction: None, uri: evil(), attributes: Some(evil()) }),
        Attribute::Rid(Rid {
            id: evil(),
            direction: RidDirection::Send,
            restrictions: vec![(evil(), Some(evil()))],
        }),
        Attribute::Simulcast(Simulcast { send: streams.clone(), recv: streams }),
        Attribute::Ssrc(Ssrc { id: 1, attribute: evil(), value: Some(evil()) }),
        Attribute::SsrcGroup(SsrcGroup { semantics: evil(), ids: vec![1] }),
        Attribute::Other { name: evil(), value: Some(evil()) },
        Attribute::Line { letter: 'x', value: evil() },
    ]
}

#[test]
fn attributes_stay_on_their_line() {
    for attribute in attributes() {
        let printed = attribute.to_string();
        assert!(!printed.contains(['\r', '\n', '\0']), "{printed:?}");
        assert!(!format!("{attribute:?}").contains(['\r', '\n', '\0']));
    }
    assert!(!candidate().to_string().contains(['\r', '\n', '\0']));
}

#[test]
fn descriptions_have_the_lines_that_they_should_have() {
    let mut description =
        SessionDescription::new(Origin { username: evil(), address: evil(), ..Origin::new(1, 1) });
    description.session_name = evil();
    description.information = Some(evil());
    description.uri = Some(evil());
    description.emails.push(evil());
    description.phones.push(evil());
    description.key = Some(evil());
    description.timings[0].repeats.push(evil());
    description.timings[0].zone = Some(evil());
    description.attributes = attributes();
    let mut section = MediaSection::new(MediaKind::Other(evil()), EVIL, [EVIL]);
    section.title = Some(evil());
    section.key = Some(evil());
    section.attributes = attributes();
    let heads = 11 + 4;
    let lines = heads + description.attributes.len() + section.attributes.len();
    let fragment = Fragment { attributes: attributes(), media: vec![section.clone()] };
    description.media.push(section);
    assert_eq!(description.to_string().lines().count(), lines);
    assert_eq!(fragment.to_string().lines().count(), lines - 11);
    assert!(description.to_string().split("\r\n").all(|line| !line.contains(['\r', '\n', '\0'])));
}
