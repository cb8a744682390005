//! Just enough of an HTTP client for signalling: one request per connection.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::Failure;

/// Longest answer that is read.
const MAX_BODY: usize = 1_000_000;
/// Longest time for one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server.
pub(super) struct Client {
    authority: String,
    address: SocketAddr,
}

/// What a server answered.
pub(super) struct Response {
    /// The status code.
    pub(super) status: u16,
    /// The path in `Location`, if there is one.
    pub(super) location: Option<String>,
    /// The body.
    pub(super) body: String,
}

impl Client {
    /// Finds the server and checks that it can be reached.
    pub(super) async fn new(host: String, port: u16) -> Result<Self, Failure> {
        let authority = format!("{host}:{port}");
        let unreachable = |error: std::io::Error| format!("cannot reach {authority}: {error}");
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let connecting = async { TcpStream::connect((name.as_str(), port)).await?.peer_addr() };
        let address = tokio::time::timeout(TIMEOUT, connecting)
            .await
            .map_err(|_| unreachable(std::io::ErrorKind::TimedOut.into()))?
            .map_err(unreachable)?;
        Ok(Client { authority, address })
    }

    /// Whether the server is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn request(
        &self,
        method: &str,
        path: &str,
        media_type: Option<&str>,
        body: String,
    ) -> Result<Response, Failure> {
        let failed =
            |error: &dyn std::fmt::Display| format!("{method} http://{}{path}: {error}", self.authority);
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.authority);
        if let Some(media_type) = media_type {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| failed(&error))?;
        let exchange = async {
            let stream = TcpStream::connect(self.address).await.map_err(|error| failed(&error))?;
            let (mut sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
            tokio::spawn(connection);
            let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_BODY).collect().await.map_err(|error| failed(&error))?;
            let location = head.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
            Ok(Response {
                status: head.status.as_u16(),
                location: location
                    .and_then(|location| location.parse::<hyper::Uri>().ok())
                    .map(|uri| uri.path().to_owned()),
                body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
            })
        };
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| failed(&"no answer in time"))?
    }
}

impl Response {
    /// The refusal in words.
    pub(super) fn refusal(&self) -> Failure {
        let problem: Value = serde_json::from_str(&self.body).unwrap_or_default();
        match problem["message"].as_str() {
            Some(message) => format!("the server refused the connection ({}): {message}", self.status),
            None => format!("the server refused the connection ({}); is it a visavis server?", self.status),
        }
    }
}
