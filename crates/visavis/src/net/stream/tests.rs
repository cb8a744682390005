use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use base::{Path, SendBatch, SocketId};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use session::{ActionResult, ConnectError};
use tokio::net::TcpListener;

use super::*;
use crate::net::router::{Progress, Sockets};
use crate::net::tcp;
use crate::net::tls::Trust;

/// For what is not waited for.
fn asleep() -> Context<'static> {
    Context::from_waker(std::task::Waker::noop())
}

const SOCKET: SocketId = SocketId(3);

fn request(remote: SocketAddr, framing: Framing) -> tcp::Request {
    tcp::Request { remote, local: None, tls: None, framing, dscp: 0 }
}

async fn connect(sockets: &mut Sockets, request: tcp::Request) -> (Path, Result<SocketAddr, ConnectError>) {
    let path = Path { socket: SOCKET, remote: request.remote };
    sockets.connect(path, request);
    match poll_fn(|cx| sockets.poll_connect(cx)).await {
        ActionResult::Connected { path: connected, result } if connected == path => (path, result),
        other => panic!("{other:?}"),
    }
}

/// A connection: our side among other sockets, theirs by itself.
async fn pair(framing: Framing) -> (Sockets, Path, Stream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut sockets = Sockets::default();
    let (path, local) = connect(&mut sockets, request(listener.local_addr().unwrap(), framing)).await;
    let (theirs, from) = listener.accept().await.unwrap();
    assert_eq!(local, Ok(from));
    (sockets, path, Stream::new(theirs, None, framing))
}

async fn send(sockets: &mut Sockets, batch: &SendBatch) {
    let mut progress = Progress::default();
    poll_fn(|cx| sockets.poll_send(cx, batch, &mut progress)).await;
}

/// Datagrams until the stream ends, at most `count`.
async fn receive(stream: &mut Stream, count: usize) -> Vec<Vec<u8>> {
    let mut buffer = StreamBuffer::new();
    let mut received = Vec::new();
    while received.len() < count
        && poll_fn(|cx| stream.poll_receive(cx, &mut buffer)).await == Incoming::Datagrams
    {
        received.extend(buffer.datagrams().map(<[u8]>::to_vec));
    }
    received
}

#[tokio::test]
async fn datagrams_arrive_as_they_were_sent() {
    let (mut sockets, path, mut theirs) = pair(Framing::Rfc4571).await;
    let mut batch = SendBatch::new();
    let lengths = [1200, 1200, 300, 60_000, 1, 1200];
    for (number, length) in (0..).zip(lengths) {
        batch.push(path, &vec![number; length]);
    }
    // No such stream: dropped.
    batch.push(Path { socket: SocketId(4), ..path }, b"nowhere");
    send(&mut sockets, &batch).await;
    let received = receive(&mut theirs, lengths.len()).await;
    assert_eq!(received, (0..).zip(lengths).map(|(number, length)| vec![number; length]).collect::<Vec<_>>());

    theirs.send(&mut asleep(), b"onetwo", 3);
    let mut buffer = StreamBuffer::new();
    assert_eq!(poll_fn(|cx| sockets.poll_stream(path, cx, &mut buffer)).await, Incoming::Datagrams);
    assert_eq!(buffer.datagrams().collect::<Vec<_>>(), [b"one", b"two"]);
}

#[tokio::test]
async fn the_end_is_told_once_after_what_came_before_it() {
    let (mut sockets, path, mut theirs) = pair(Framing::Rfc4571).await;
    theirs.send(&mut asleep(), b"last", 4);
    drop(theirs);
    let mut buffer = StreamBuffer::new();
    assert_eq!(poll_fn(|cx| sockets.poll_stream(path, cx, &mut buffer)).await, Incoming::Datagrams);
    assert_eq!(buffer.datagrams().collect::<Vec<_>>(), [b"last"]);
    assert_eq!(poll_fn(|cx| sockets.poll_stream(path, cx, &mut buffer)).await, Incoming::Closed);
    assert_eq!(sockets.stream_after(None), None);
}

#[tokio::test]
async fn what_is_not_framed_ends_the_stream() {
    let (mut sockets, path, theirs) = pair(Framing::Stun).await;
    theirs.socket.writable().await.unwrap();
    theirs.socket.try_write(b"220 mail.example.org ESMTP\r\n").unwrap();
    let mut buffer = StreamBuffer::new();
    assert_eq!(poll_fn(|cx| sockets.poll_stream(path, cx, &mut buffer)).await, Incoming::Closed);
}

#[tokio::test]
async fn a_stream_that_nobody_reads_drops_datagrams_whole() {
    let (mut sockets, path, mut theirs) = pair(Framing::Rfc4571).await;
    let mut sent = 0u32;
    // Far more than the system and the queue hold.
    for _ in 0..1000 {
        let mut batch = SendBatch::new();
        while !batch.is_full() {
            let mut datagram = vec![0; 1200];
            datagram[..4].copy_from_slice(&sent.to_be_bytes());
            batch.push(path, &datagram);
            sent += 1;
        }
        send(&mut sockets, &batch).await;
    }
    let flushing = tokio::spawn(async move {
        poll_fn(|cx| {
            sockets.flush(cx);
            if sockets.queued(path) == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        sockets.remove(SOCKET);
    });
    let received = receive(&mut theirs, usize::MAX).await;
    flushing.await.unwrap();
    assert!(received.len() < sent as usize, "{} of {sent}", received.len());
    assert!(received.iter().all(|datagram| datagram.len() == 1200));
    assert!(received.is_sorted(), "those that came are in order");
}

#[tokio::test]
async fn another_stream_takes_the_place_of_one_that_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = listener.local_addr().unwrap();
    let mut sockets = Sockets::default();
    let (path, first) = connect(&mut sockets, request(remote, Framing::Rfc4571)).await;
    let (theirs, from) = listener.accept().await.unwrap();
    assert_eq!(first, Ok(from));
    sockets.drop_stream(path);
    let mut theirs = Stream::new(theirs, None, Framing::Rfc4571);
    assert!(receive(&mut theirs, 1).await.is_empty(), "its end");
    assert_eq!(sockets.stream_after(None), None, "nobody is told");

    let (path, second) = connect(&mut sockets, request(remote, Framing::Rfc4571)).await;
    let (theirs, from) = listener.accept().await.unwrap();
    assert_eq!(second, Ok(from));
    let mut batch = SendBatch::new();
    batch.push(path, b"there");
    send(&mut sockets, &batch).await;
    assert_eq!(receive(&mut Stream::new(theirs, None, Framing::Rfc4571), 1).await, [b"there"]);
    // One that is being opened.
    sockets.connect(path, request(remote, Framing::Rfc4571));
    sockets.drop_stream(path);
    assert!(sockets.poll_connect(&mut asleep()).is_pending());
}

#[tokio::test]
async fn why_there_is_no_connection_is_told() {
    let mut sockets = Sockets::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let (_, result) = connect(&mut sockets, request(closed, Framing::Stun)).await;
    assert_eq!(result, Err(ConnectError::Refused));
    // TEST-NET-1 is nobody's address.
    let local = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    let (_, result) = connect(&mut sockets, tcp::Request { local, ..request(closed, Framing::Stun) }).await;
    assert_eq!(result, Err(ConnectError::AddressUnavailable));
}

/// A server that speaks TLS as `name` and sends back what it gets; its address and its certificate.
fn tls_echo(name: &str) -> (SocketAddr, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut session = ServerConnection::new(Arc::new(config)).unwrap();
        let mut tls = rustls::Stream::new(&mut session, &mut socket);
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = tls.read(&mut bytes) {
            tls.write_all(&bytes[..length]).unwrap();
        }
        tls.conn.send_close_notify();
        let _ = tls.flush();
    });
    (address, cert.der().clone())
}

fn tls_request(remote: SocketAddr, name: &str, trust: Arc<Trust>) -> tcp::Request {
    tcp::Request { tls: Some((name.to_owned(), trust)), ..request(remote, Framing::Rfc4571) }
}

#[tokio::test]
async fn datagrams_go_through_tls() {
    let (address, certificate) = tls_echo("turn.example.org");
    let mut sockets = Sockets::default();
    let request = tls_request(address, "turn.example.org", Trust::and(&[certificate.to_vec()]));
    let (path, result) = connect(&mut sockets, request).await;
    assert!(result.is_ok(), "{result:?}");
    let mut batch = SendBatch::new();
    for number in 0..60 {
        batch.push(path, &[number; 1200]);
    }
    let mut buffer = StreamBuffer::new();
    let mut echoed = 0;
    // Twice: what TLS has opened with the handshake's last bytes is no less welcome.
    for _ in 0..2 {
        send(&mut sockets, &batch).await;
        let mut next = 0;
        while next < 60 {
            let news = poll_fn(|cx| {
                sockets.flush(cx);
                sockets.poll_stream(path, cx, &mut buffer)
            });
            assert_eq!(news.await, Incoming::Datagrams);
            for datagram in buffer.datagrams() {
                assert_eq!(datagram, [next; 1200]);
                next += 1;
                echoed += 1;
            }
        }
    }
    assert_eq!(echoed, 120);
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_not_connected_to() {
    let (address, certificate) = tls_echo("turn.example.org");
    let mut sockets = Sockets::default();
    let other = tls_request(address, "turn.example.net", Trust::and(&[certificate.to_vec()]));
    assert_eq!(connect(&mut sockets, other).await.1, Err(ConnectError::UntrustedCertificate));
    let (address, _) = tls_echo("turn.example.org");
    let unknown = tls_request(address, "turn.example.org", Trust::and(&[]));
    assert_eq!(connect(&mut sockets, unknown).await.1, Err(ConnectError::UntrustedCertificate));
    assert_eq!(sockets.stream_after(None), None);
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_no_tls_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        socket.writable().await.unwrap();
        socket.try_write(b"220 mail.example.org ESMTP\r\n").unwrap();
        socket.readable().await.unwrap();
    });
    let mut sockets = Sockets::default();
    let request = tls_request(address, "turn.example.org", Trust::and(&[]));
    assert_eq!(connect(&mut sockets, request).await.1, Err(ConnectError::TlsFailed));
}
