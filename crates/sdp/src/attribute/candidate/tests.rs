use super::*;

#[track_caller]
fn read(text: &str) -> Candidate {
    let candidate: Candidate = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(candidate.to_string().parse(), Ok(candidate.clone()));
    candidate
}

#[test]
fn examples_of_rfc_8839_are_read() {
    let host = read("candidate:1 1 UDP 2130706431 2001:db8:a0b:12f0::3 8998 typ host");
    assert_eq!(host.address, CandidateAddress::Ip("2001:db8:a0b:12f0::3".parse().unwrap()));
    assert!(host.is_udp() && !host.is_tcp() && host.related.is_none());
    let reflexive =
        read("candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 2001:db8::1 rport 8998");
    let base = CandidateAddress::Ip("2001:db8::1".parse().unwrap());
    assert_eq!((reflexive.typ, reflexive.related), (CandidateType::Srflx, Some((base, 8998))));
}

#[test]
fn example_of_rfc_6544_is_read() {
    let candidate = read("candidate:1 1 TCP 2128609279 198.51.100.1 9 typ host tcptype active");
    assert_eq!((candidate.tcp_type, candidate.port), (Some(TcpType::Active), 9));
    assert!(candidate.is_tcp() && candidate.extensions.is_empty());
    let related =
        read("candidate:3 1 TCP 1694498815 192.0.2.1 5000 typ srflx raddr 10.0.1.1 rport 9 tcptype so");
    assert_eq!((related.tcp_type, related.related.is_some()), (Some(TcpType::SimultaneousOpen), true));
}

#[test]
fn chromium_extensions_are_kept_in_order() {
    let text = "candidate:842163049 1 udp 1677729535 203.0.113.4 46154 typ srflx raddr 0.0.0.0 rport 0 \
                generation 0 ufrag EsAw network-id 1 network-cost 10";
    let candidate = read(text);
    assert_eq!(candidate.ufrag(), Some("EsAw"));
    assert_eq!((candidate.extension("network-cost"), candidate.extension("x")), (Some("10"), None));
    assert_eq!(candidate.to_string(), text);
}

#[test]
fn names_are_told_from_addresses() {
    let name = "5b1b9d28-6a3e-4f5a-9d0f-0d2a5a6b7c8d.local";
    let candidate = read(&format!("candidate:0 1 UDP 2122252543 {name} 50021 typ host"));
    assert_eq!(candidate.address, CandidateAddress::Name(name.to_owned()));
}

#[test]
fn prefix_and_line_end_are_optional() {
    let plain = read("candidate:1 1 udp 1 192.0.2.1 1 typ host");
    for text in [
        "a=candidate:1 1 udp 1 192.0.2.1 1 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n",
        "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\n",
        "candidate:1  1 udp 1 192.0.2.1 1 typ host ",
    ] {
        assert_eq!(read(text), plain);
    }
}

#[test]
fn a_last_name_without_value_is_kept() {
    let text = "candidate:1 1 udp 1 192.0.2.1 1 typ host generation 0 ufrag";
    assert_eq!(read(text).ufrag(), Some(""));
    assert_eq!(read(text).to_string(), text);
}

#[test]
fn related_address_counts_only_where_the_grammar_has_it() {
    for text in [
        "candidate:1 1 udp 1 192.0.2.1 1 typ srflx generation 0 raddr 10.0.0.1 rport 5",
        "candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1",
        "candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1 rport 65536",
    ] {
        assert_eq!(read(text).related, None);
        assert_eq!(read(text).to_string(), text);
    }
}

#[test]
fn malformed_candidates_are_refused_with_the_reason() {
    let long = format!("candidate:{} 1 udp 1 192.0.2.1 1 typ host", "f".repeat(33));
    let huge = format!("candidate:{}", "x ".repeat(MAX_LINE_LEN));
    for (text, error) in [
        ("", CandidateError::NoCandidate),
        ("1 1 udp 1 192.0.2.1 1 typ host", CandidateError::NoCandidate),
        ("candidate:", CandidateError::TooFewFields),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ", CandidateError::TooFewFields),
        (long.as_str(), CandidateError::InvalidFoundation),
        (huge.as_str(), CandidateError::TooLong),
        ("candidate:1 0 udp 1 192.0.2.1 1 typ host", CandidateError::InvalidComponent),
        ("candidate:1 257 udp 1 192.0.2.1 1 typ host", CandidateError::InvalidComponent),
        ("candidate:1 1 udp 4294967296 192.0.2.1 1 typ host", CandidateError::InvalidPriority),
        ("candidate:1 1 udp -1 192.0.2.1 1 typ host", CandidateError::InvalidPriority),
        ("candidate:1 1 udp 1 192.0.2.256 1 typ host", CandidateError::InvalidAddress),
        ("candidate:1 1 udp 1 fe80::1%eth0 1 typ host", CandidateError::InvalidAddress),
        ("candidate:1 1 udp 1 . 1 typ host", CandidateError::InvalidAddress),
        ("candidate:1 1 udp 1 192.0.2.1 65536 typ host", CandidateError::InvalidPort),
        ("candidate:1 1 udp 1 192.0.2.1 1 type host", CandidateError::NoType),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ local", CandidateError::UnknownType),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host\r\na=setup:active", CandidateError::ControlCharacter),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host\n\n", CandidateError::ControlCharacter),
    ] {
        assert_eq!(text.parse::<Candidate>(), Err(error), "{text}");
    }
}
