//! OpenSSL's command line as the peer, over loopback, with every kind of key that it can have. Without the program there
//! is nothing to test against.

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::path::{Path as FilePath, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};
use dtls::{Certificate, Config, Endpoint, Fingerprint, HashAlgorithm, Role, State, Version};

const LIMIT: Duration = Duration::from_secs(60);

fn now() -> Instant {
    #[allow(clippy::disallowed_methods, reason = "the peer has a real clock")]
    Instant::now()
}

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("visavis-dtls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program, and what it prints.
struct OpenSsl {
    child: Child,
    output: Receiver<Vec<u8>>,
    printed: Vec<u8>,
}

impl OpenSsl {
    fn start(arguments: &[&str]) -> OpenSsl {
        let mut child = Command::new("openssl")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = stdout.read(&mut buffer)
                && length > 0
                && sender.send(buffer[..length].to_vec()).is_ok()
            {}
        });
        OpenSsl { child, output, printed: Vec::new() }
    }

    fn has_printed(&mut self, text: &[u8]) -> bool {
        self.printed.extend(self.output.try_iter().flatten());
        self.printed.windows(text.len()).any(|window| window == text)
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Our end on a real socket.
struct Ours {
    endpoint: Endpoint,
    socket: UdpSocket,
    path: Path,
}

impl Ours {
    fn new(config: Config, socket: UdpSocket, remote: u16) -> Ours {
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let path = Path { socket: SocketId(0), remote: ([127, 0, 0, 1], remote).into() };
        Ours { endpoint: Endpoint::new(config, now(), Rng::from_seed([5; 32])), socket, path }
    }

    fn turn(&mut self) {
        let mut batch = SendBatch::new();
        self.endpoint.poll_transmit(now(), self.path, &mut batch);
        self.send(&batch);
        let mut buffer = [0; 4096];
        if let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            self.path.remote = from;
            self.endpoint.handle_datagram(now(), &buffer[..length]);
        }
        if self.endpoint.poll_timeout().is_some_and(|due| due <= now()) {
            self.endpoint.handle_timeout(now());
        }
    }

    fn send(&self, batch: &SendBatch) {
        for (path, datagram) in batch.datagrams() {
            // A server that does not listen yet is one that loses datagrams.
            let _ = self.socket.send_to(datagram, path.remote);
        }
    }

    fn run(&mut self, what: &str, mut done: impl FnMut(&mut Ours) -> bool) {
        let end = now() + LIMIT;
        while !done(self) {
            assert!(now() < end, "{what}: {:?}", self.endpoint);
            assert_ne!(self.endpoint.state(), State::Failed, "{what}: {:?}", self.endpoint);
            self.turn();
        }
    }

    fn say(&mut self, text: &[u8]) {
        let mut batch = SendBatch::new();
        self.endpoint.seal(now(), text, self.path, &mut batch).unwrap();
        self.send(&batch);
    }
}

fn has_openssl() -> bool {
    Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success())
}

/// A key and a certificate by OpenSSL; its fingerprint.
fn peer_certificate(directory: &Directory, key: &[&str]) -> Fingerprint {
    let (pem, key_file, der) = (directory.file("c.pem"), directory.file("k.pem"), directory.file("c.der"));
    let mut arguments = vec!["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=peer"];
    arguments.extend(["-keyout", &key_file, "-out", &pem, "-newkey"]);
    arguments.extend(key);
    assert!(Command::new("openssl").args(&arguments).output().unwrap().status.success(), "{key:?}");
    let convert = ["x509", "-in", &pem, "-outform", "der", "-out", &der];
    assert!(Command::new("openssl").args(convert).output().unwrap().status.success());
    Fingerprint::of(HashAlgorithm::Sha256, &std::fs::read(FilePath::new(&der)).unwrap())
}

fn our_certificate() -> Arc<Certificate> {
    let day = Duration::from_secs(86_400);
    Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap())
}

/// Both say something, and the other hears it.
fn talk(ours: &mut Ours, openssl: &mut OpenSsl, what: &str) {
    ours.run(what, |ours| ours.endpoint.state() == State::Connected);
    assert_eq!(ours.endpoint.version(), Some(Version::Dtls12));
    // What comes right behind our last flight is lost on their client.
    let mut said = 0;
    ours.run(what, |ours| {
        said += 1;
        if said % 20 == 1 {
            ours.say(b"from us\n");
        }
        openssl.has_printed(b"from us")
    });
    openssl.child.stdin.as_mut().unwrap().write_all(b"from them\n").unwrap();
    openssl.child.stdin.as_mut().unwrap().flush().unwrap();
    ours.run(what, |ours| ours.endpoint.read() == Some(&b"from them\n"[..]));
}

const KEYS: [(&str, &[&str]); 3] = [
    ("P-256", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("P-384", &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("RSA-2048", &["rsa:2048"]),
];

#[test]
fn openssl_serves_us() {
    if !has_openssl() {
        return;
    }
    for (name, key) in KEYS {
        let directory = Directory::new("server");
        let fingerprint = peer_certificate(&directory, key);
        let (pem, key_file) = (directory.file("c.pem"), directory.file("k.pem"));
        for more in [&[][..], &["-listen"], &["-cipher", "ECDHE+CHACHA20"]] {
            let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let accept = format!("127.0.0.1:{port}");
            let mut arguments = vec!["s_server", "-dtls1_2", "-quiet", "-Verify", "1", "-accept", &accept];
            arguments.extend(["-cert", &pem, "-key", &key_file, "-use_srtp", "SRTP_AES128_CM_SHA1_80"]);
            arguments.extend(more);
            let mut openssl = OpenSsl::start(&arguments);
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let config = Config::new(our_certificate(), Role::Client, vec![fingerprint.clone()]);
            let mut ours = Ours::new(config, socket, port);
            talk(&mut ours, &mut openssl, &format!("{name} {more:?}"));
            assert!(ours.endpoint.srtp_profile().is_some());
        }
    }
}

#[test]
fn openssl_is_our_client() {
    if !has_openssl() {
        return;
    }
    for (name, key) in KEYS {
        let directory = Directory::new("client");
        let fingerprint = peer_certificate(&directory, key);
        let (pem, key_file) = (directory.file("c.pem"), directory.file("k.pem"));
        for more in [&[][..], &["-mtu", "300"], &["-groups", "P-256"]] {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let connect = format!("127.0.0.1:{}", socket.local_addr().unwrap().port());
            let mut arguments = vec!["s_client", "-dtls1_2", "-quiet", "-connect", &connect];
            arguments.extend(["-cert", &pem, "-key", &key_file]);
            arguments.extend(more);
            let config = Config::new(our_certificate(), Role::Server, vec![fingerprint.clone()]);
            let mut ours = Ours::new(config, socket, 9);
            let mut openssl = OpenSsl::start(&arguments);
            talk(&mut ours, &mut openssl, &format!("{name} {more:?}"));
        }
    }
}
