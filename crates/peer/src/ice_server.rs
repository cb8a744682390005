//! `RTCIceServer`, and the syntax of its URLs.

use std::net::Ipv6Addr;

use base::Redacted;
use ice::{RelayProtocol, TurnCredentials};
use session::IceServerKind;

use crate::Error;

/// `RTCIceServer`
/// ([webrtc-pc, section 4.2.2](https://www.w3.org/TR/webrtc/#rtciceserver-dictionary)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `stuns:`, `turn:` or `turns:` URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// The user name, for TURN.
    pub username: Option<String>,
    /// The password, for TURN.
    pub credential: Option<Redacted<String>>,
}

/// RFC 8489, section 14.3: a USERNAME has fewer bytes than this.
const MAX_USERNAME: usize = 509;

/// A validated server URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerUrl {
    /// Candidates can be gathered from it.
    Known(session::IceServer),
    /// It is valid, but nothing here speaks its protocol yet. Gathering says so with an `icecandidateerror`.
    Unsupported {
        /// The URL.
        url: String,
        /// What is missing, for people.
        text: &'static str,
    },
}

impl IceServer {
    /// Validates every URL (webrtc-pc, set a configuration, steps 6.1 to 6.4).
    pub(crate) fn validate(&self) -> Result<Vec<ServerUrl>, Error> {
        if self.urls.is_empty() {
            return Err(Error::syntax("an ICE server needs at least one URL"));
        }
        self.urls.iter().map(|url| self.validate_url(url)).collect()
    }

    /// webrtc-pc, validate an ICE server URL.
    fn validate_url(&self, url: &str) -> Result<ServerUrl, Error> {
        // Step 1: the WHATWG URL parser strips controls and spaces, and removes tabs and newlines.
        let url = &*url.trim_matches(|c: char| c <= ' ').replace(['\t', '\n', '\r'], "");
        let invalid = |reason: &str| Error::syntax(format!("'{url}' is not an ICE server URL: {reason}"));
        // Step 2.
        let (scheme, rest) = url.split_once(':').ok_or_else(|| invalid("it has no scheme"))?;
        let scheme = scheme.to_ascii_lowercase();
        let (is_turn, is_secure) = match scheme.as_str() {
            "stun" => (false, false),
            "stuns" => (false, true),
            "turn" => (true, false),
            "turns" => (true, true),
            _ => return Err(invalid("the scheme is none of stun, stuns, turn and turns")),
        };
        if rest.contains('#') {
            return Err(invalid("it has a fragment"));
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        if path.contains(['/', '@']) {
            return Err(invalid("it has a path or a user"));
        }
        if !is_turn && query.is_some() {
            return Err(invalid("STUN URLs have no query"));
        }
        // Steps 4 and 5.
        let default_port = if is_secure { 5349 } else { 3478 };
        let (host, port) = host_and_port(path, default_port).ok_or_else(|| invalid("its host or port"))?;
        // Step 6.
        if !matches!(query, None | Some("transport=udp" | "transport=tcp")) {
            return Err(invalid("the query is neither transport=udp nor transport=tcp"));
        }
        // RFC 7065, section 3.1: without a transport, turn: is over UDP and turns: over TLS.
        let protocol = match (is_secure, query) {
            (false, Some("transport=tcp")) => RelayProtocol::Tcp,
            (false, _) => RelayProtocol::Udp,
            (true, _) => RelayProtocol::Tls,
        };
        let unsupported = |text| Ok(ServerUrl::Unsupported { url: url.to_owned(), text });
        let kind = match (is_turn, is_secure) {
            (false, false) => IceServerKind::Stun,
            (false, true) => return unsupported("STUN over TLS is not implemented yet"),
            // Step 7.
            (true, _) => match self.credentials() {
                None => {
                    return Err(Error::invalid_access("a TURN server needs a username and a credential"));
                }
                Some(_) if is_secure && query == Some("transport=udp") => {
                    return unsupported("TURN over DTLS is not implemented yet");
                }
                Some(credentials) => IceServerKind::Turn { protocol, credentials },
            },
        };
        Ok(ServerUrl::Known(session::IceServer { url: url.to_owned(), host, port, kind }))
    }

    /// User name and password, if they are what RFC 8489, section 14.3, and RFC 8265, section 4.1, allow: not
    /// empty, no control characters.
    fn credentials(&self) -> Option<TurnCredentials> {
        let is_opaque = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let username = self.username.clone().filter(|name| is_opaque(name) && name.len() < MAX_USERNAME)?;
        let password = self.credential.clone().filter(|password| is_opaque(password.expose_secret()))?;
        Some(TurnCredentials { username, password })
    }
}

/// Splits `host[:port]` as the URL parser does for `https://host:port` (an empty port is no port).
fn host_and_port(text: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = if let Some(literal) = text.strip_prefix('[') {
        let (address, rest) = literal.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        (address, if rest.is_empty() { "" } else { rest.strip_prefix(':')? })
    } else {
        let (host, port) = text.split_once(':').unwrap_or((text, ""));
        // The WHATWG URL standard's forbidden domain code points, as far as they have not been taken for
        // delimiters already.
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || "<>[]\\^|%\"`{}".contains(c);
        if host.is_empty() || host.contains(forbidden) || (ends_in_a_number(host) && !is_ipv4(host)) {
            return None;
        }
        (host, port)
    };
    let port = match port {
        "" => default_port,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    Some((host.to_owned(), port))
}

/// The labels of a host; a dot at its end makes no other one.
fn labels(host: &str) -> Vec<&str> {
    host.strip_suffix('.').unwrap_or(host).split('.').collect()
}

/// WHATWG URL, ends in a number checker: such a host is an IPv4 address or none.
fn ends_in_a_number(host: &str) -> bool {
    labels(host).last().is_some_and(|last| {
        (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())) || ipv4_number(last).is_some()
    })
}

/// WHATWG URL, IPv4 number parser: decimal, `0x` hexadecimal or `0` octal.
fn ipv4_number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None => match text.strip_prefix('0') {
            Some(digits) if !digits.is_empty() => (digits, 8),
            _ => (text, 10),
        },
    };
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    if is_number { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// Whether the WHATWG URL standard's IPv4 parser takes it.
fn is_ipv4(host: &str) -> bool {
    let labels = labels(host);
    let numbers: Option<Vec<u64>> = labels.iter().map(|label| ipv4_number(label)).collect();
    let Some((last, others)) = numbers.as_deref().and_then(<[u64]>::split_last) else { return false };
    // The last one has the bytes that the others leave.
    others.len() < 4 && others.iter().all(|number| *number < 256) && last >> (8 * (4 - others.len())) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorName;

    fn validate(url: &str) -> Result<ServerUrl, ErrorName> {
        let server = IceServer { urls: vec![url.to_owned()], ..IceServer::default() };
        server.validate().map(|mut urls| urls.remove(0)).map_err(|error| error.name)
    }

    fn stun(url: &str) -> Option<(String, u16)> {
        match validate(url) {
            Ok(ServerUrl::Known(server)) => Some((server.host, server.port)),
            _ => None,
        }
    }

    #[test]
    fn stun_urls_give_host_and_port() {
        assert_eq!(stun("stun:stun.example.org"), Some(("stun.example.org".into(), 3478)));
        assert_eq!(stun("STUN:192.0.2.1:99"), Some(("192.0.2.1".into(), 99)));
        assert_eq!(stun("stun:[2001:db8::1]:5000"), Some(("2001:db8::1".into(), 5000)));
        assert_eq!(stun("stun:host:"), Some(("host".into(), 3478)));
        assert_eq!(stun(" stun:ho\tst\n"), Some(("host".into(), 3478)));
        for address in ["stun:192.0.2.1.", "stun:0xc0.0.2.01", "stun:3221225985", "stun:1.2"] {
            assert!(stun(address).is_some(), "{address}");
        }
    }

    #[test]
    fn what_the_grammar_does_not_allow_is_a_syntax_error() {
        for url in [
            "",
            "stun",
            "stun:",
            "relative-url",
            "http://example.com",
            "stun://example.org",
            "stun:u@example.org",
            "stun:host:99999",
            "stun:host:1x",
            "stun:host?transport=udp",
            "stun:host#f",
            "stun:[::1",
            "stun:a b",
            "stun:[not-an-address]",
            "stun:host/path",
            "stun:1.2.3.4.5",
            "stun:256.0.0.1",
            "stun:1.2.3.256",
            "stun:4294967296",
            "stun:a.09",
            "stun:1..2",
        ] {
            assert_eq!(validate(url), Err(ErrorName::SyntaxError), "{url}");
        }
        let none = IceServer::default().validate();
        assert_eq!(none.map_err(|error| error.name), Err(ErrorName::SyntaxError));
    }

    #[test]
    fn turn_urls_say_how_the_server_is_reached() {
        let turn = |url: &str| {
            let (username, credential) = (Some("u".to_owned()), Some(Redacted::new("p".to_owned())));
            let server = IceServer { urls: vec![url.to_owned()], username, credential };
            match server.validate().map(|mut urls| urls.remove(0)) {
                Ok(ServerUrl::Known(server)) => match server.kind {
                    IceServerKind::Turn { protocol, .. } => Some((server.host, server.port, protocol)),
                    IceServerKind::Stun => None,
                },
                _ => None,
            }
        };
        let udp = |host: &str, port| Some((host.to_owned(), port, RelayProtocol::Udp));
        assert_eq!(turn("turn:123"), udp("123", 3478));
        assert_eq!(turn("turn:host:99?transport=udp"), udp("host", 99));
        assert_eq!(turn("turn:[::1]?transport=tcp"), Some(("::1".into(), 3478, RelayProtocol::Tcp)));
        assert_eq!(turn("turns:host"), Some(("host".into(), 5349, RelayProtocol::Tls)));
        assert_eq!(turn("turns:host:443?transport=tcp"), Some(("host".into(), 443, RelayProtocol::Tls)));
        assert_eq!(turn("turns:host?transport=udp"), None);
    }

    #[test]
    fn turn_needs_credentials_and_a_known_transport() {
        let with = |url: &str, username: Option<&str>, credential: Option<&str>| {
            let server = IceServer {
                urls: vec![url.to_owned()],
                username: username.map(str::to_owned),
                credential: credential.map(|text| Redacted::new(text.to_owned())),
            };
            server.validate().map(|_| ()).map_err(|error| error.name)
        };
        assert_eq!(with("turn:host", Some("u"), Some("p")), Ok(()));
        assert_eq!(with("turns:host:443?transport=tcp", Some("u"), Some("p")), Ok(()));
        assert_eq!(with("turn:host", None, Some("p")), Err(ErrorName::InvalidAccessError));
        assert_eq!(with("turn:host", Some("u"), None), Err(ErrorName::InvalidAccessError));
        assert_eq!(with("turn:host", Some(""), Some("")), Err(ErrorName::InvalidAccessError));
        assert_eq!(with("turn:host?transport=sctp", Some("u"), Some("p")), Err(ErrorName::SyntaxError));
        assert_eq!(with("turn:host?x", None, None), Err(ErrorName::SyntaxError));
    }
}
