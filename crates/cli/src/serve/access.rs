//! Who may ask. A server on loopback gives away this machine's addresses in every answer, so it must not serve
//! whatever page the browser happens to have open: neither across origins nor by a name that was rebound to 127.0.0.1.

use std::net::{IpAddr, SocketAddr};

use hyper::Uri;
use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

/// The rule of one listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    loopback_only: bool,
}

impl Access {
    /// On loopback, loopback names and origins; elsewhere the operator chose to serve everyone.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        Access { loopback_only: listen.ip().is_loopback() }
    }

    /// Whether the request is for this server and from a page that may use it.
    pub(crate) fn permits(self, headers: &HeaderMap) -> bool {
        if !self.loopback_only {
            return true;
        }
        let host = headers.get(HOST).and_then(authority).is_some_and(|host| is_loopback(&host));
        let origin = headers
            .get(ORIGIN)
            .is_none_or(|origin| origin_host(origin).is_some_and(|host| is_loopback(&host)));
        host && origin
    }

    /// The `Access-Control-Allow-Origin` for a permitted request.
    pub(crate) fn allowed_origin(self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        Some(if self.loopback_only { origin.clone() } else { HeaderValue::from_static("*") })
    }
}

fn authority(value: &HeaderValue) -> Option<String> {
    let authority: hyper::http::uri::Authority = value.to_str().ok()?.parse().ok()?;
    Some(authority.host().to_owned())
}

fn origin_host(value: &HeaderValue) -> Option<String> {
    let origin: Uri = value.to_str().ok()?.parse().ok()?;
    origin.host().map(str::to_owned)
}

/// Whether a URL's host names this machine (RFC 6761, section 6.3 for the names).
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => {
            let name = bare.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(listen: &str, host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        Access::new(listen.parse().unwrap()).permits(&headers)
    }

    #[test]
    fn loopback_serves_loopback_only() {
        for (host, origin, expected) in [
            ("127.0.0.1:8080", None, true),
            ("localhost:8080", Some("http://localhost:3000"), true),
            ("LOCALHOST.:8080", None, true),
            ("app.localhost", Some("http://[::1]:5000"), true),
            ("[::1]:8080", None, true),
            ("rebound.example:8080", None, false),
            ("localhost.example", None, false),
            ("127.0.0.1.example", None, false),
            ("127.0.0.1:8080", Some("https://example.org"), false),
            ("127.0.0.1:8080", Some("null"), false),
        ] {
            assert_eq!(permits("127.0.0.1:8080", host, origin), expected, "{host} {origin:?}");
        }
    }

    #[test]
    fn a_public_listener_serves_everyone() {
        assert!(permits("0.0.0.0:8080", "echo.example", Some("https://example.org")));
    }
}
