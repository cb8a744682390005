//! The compiled program as a subprocess, and a plain HTTP client that says what it likes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A limit for everything that is waited for: a test that reaches it has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    // Kept so that the program has somebody to write to.
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_visavis"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the program writes its first line");
        let address = line.strip_prefix("visavis: http://").expect("the promised first line");
        let address = address.trim_end().parse().expect("an address and a port");
        Server { child, _stdout: stdout, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn post(&self, media_type: &str, body: &[u8]) -> Response {
        self.request("POST", "/echo", &[("Content-Type", media_type)], body)
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.request("GET", path, &[], b"")
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        self.exchange(&[head.as_bytes(), body].concat())
    }

    /// Sends a request as it is, and reads until the server closes.
    pub(crate) fn exchange(&self, request: &[u8]) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(LIMIT)).expect("a positive limit");
        stream.write_all(request).expect("the request is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        Response::parse(&answer)
    }

    /// Sends the program a signal and waits for its end.
    #[cfg(unix)]
    pub(crate) fn end_with(mut self, signal: &str) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("the program ends")
    }

    /// Asks until the answer has this status.
    pub(crate) fn wait_for_status(&self, path: &str, status: u16) {
        let mut last = 0;
        // Each round is a request over TCP; the count bounds the wait well above the server's own time-outs.
        for _ in 0..20_000 {
            last = self.get(path).status;
            if last == status {
                return;
            }
        }
        panic!("{path} still answers {last}, not {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    fn parse(text: &str) -> Response {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let headers = lines.filter_map(|line| line.split_once(": "));
        Response {
            status: status.parse().expect("a status code"),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON document")
    }
}

/// A browser's offer of one data section. Nobody is behind it.
pub(crate) const OFFER: &str = "v=0\r\n\
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n\
s=-\r\n\
t=0 0\r\n\
a=group:BUNDLE 0\r\n\
a=extmap-allow-mixed\r\n\
a=msid-semantic: WMS\r\n\
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
c=IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Nq7u\r\n\
a=ice-pwd:yJ6vzZgLL7oCt1gVbQGm0kbe\r\n\
a=ice-options:trickle\r\n\
a=fingerprint:sha-256 1C:9A:3C:5A:3F:95:6A:5E:2F:0B:6C:29:58:28:54:76:D9:1F:EE:0F:D8:2A:48:6F:5D:02:0D:6F:A5:3F:7B:11\r\n\
a=setup:actpass\r\n\
a=mid:0\r\n\
a=sctp-port:5000\r\n\
a=max-message-size:262144\r\n";
