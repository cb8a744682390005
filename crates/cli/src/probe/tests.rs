use super::*;

#[test]
fn urls_are_told_apart() {
    for url in ["stun:example.org", "STUNS:example.org", "turn:example.org:80?transport=tcp", "turns:[::1]"] {
        assert_eq!(check_url(url), Ok(()));
    }
    for url in ["example.org", "stun", "http://example.org", ""] {
        assert!(check_url(url).unwrap_err().contains("turn:HOST"), "{url}");
    }
    assert!(is_turn_url("TURNS:example.org") && !is_turn_url("stun:turn.example.org"));
    assert!(
        is_loopback("stun:127.0.0.1:3478") && is_loopback("turn:[::1]") && !is_loopback("stun:example.org")
    );
}
