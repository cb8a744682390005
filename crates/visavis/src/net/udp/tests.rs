use std::future::poll_fn;

use base::{Path, SendBatch, SocketId};

use super::*;
use crate::net::router::{Progress, Sockets};

/// Sends a batch of runs, each so many datagrams of a length, and gives back what arrived.
async fn through(address: &str, runs: &[(u8, usize)]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (from, _) = UdpSocket::bind(address.parse().unwrap(), 0).unwrap();
    let (to, remote) = UdpSocket::bind(address.parse().unwrap(), 0).unwrap();
    let mut sockets = Sockets::default();
    sockets.insert(SocketId(0), from);
    let path = Path { socket: SocketId(0), remote };
    let mut batch = SendBatch::new();
    for (count, length) in runs.iter().copied() {
        for number in 0..count {
            batch.push(path, &vec![number; length]);
        }
    }
    // Not a socket of this connection: dropped, and what follows is sent.
    batch.push(Path { socket: SocketId(9), remote }, b"nowhere");
    batch.push(path, b"end");
    let mut progress = Progress::default();
    poll_fn(|cx| sockets.poll_send(cx, &batch, &mut progress)).await;

    let mut received = ReceiveBatch::new();
    let mut arrived = Vec::new();
    while arrived.last().is_none_or(|datagram: &Vec<u8>| datagram != b"end") {
        poll_fn(|cx| to.poll_receive(cx, &mut received)).await;
        arrived.extend(received.datagrams().map(|(_, datagram)| datagram.to_vec()));
    }
    let sent = batch.datagrams().filter(|(path, _)| path.socket == SocketId(0));
    (sent.map(|(_, datagram)| datagram.to_vec()).collect(), arrived)
}

#[tokio::test]
async fn a_batch_arrives_datagram_by_datagram() {
    let (sent, arrived) = through("127.0.0.1:0", &[(40, 1200), (1, 300), (3, 1100), (5, 1250)]).await;
    assert_eq!(sent, arrived);
}

/// The longest that SCTP makes, four in a call.
#[tokio::test]
async fn long_datagrams_arrive_whole() {
    let (sent, arrived) = through("127.0.0.1:0", &[(4, 16_356), (3, 8_972), (1, 16_000)]).await;
    assert!(sent == arrived, "{} of {}", arrived.len(), sent.len());
}

#[tokio::test]
async fn what_the_system_refuses_is_counted_and_passed_over() {
    let (socket, local) = UdpSocket::bind("127.0.0.1:0".parse().unwrap(), 0).unwrap();
    let before = crate::driver_counters().sends_refused;
    let too_long = vec![0; 65_530];
    let bytes = poll_fn(|cx| socket.poll_send(cx, local, &too_long, too_long.len())).await;
    assert_eq!(bytes, too_long.len());
    assert!(crate::driver_counters().sends_refused > before);
}

#[tokio::test]
async fn an_address_of_another_machine_cannot_be_bound() {
    let error = UdpSocket::bind("192.0.2.1:0".parse().unwrap(), 0).map(|_| ()).unwrap_err();
    assert_eq!(bind_error(&error), BindError::AddressUnavailable);
}

/// The traffic class of what arrives, by IP headers as they come: this takes a privilege.
async fn class_on_the_wire(socket: &UdpSocket, to: SocketAddr, count: usize) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP))?;
    raw.set_read_timeout(Some(std::time::Duration::from_secs(10)))?;
    let payload = vec![7; count * 500];
    assert_eq!(poll_fn(|cx| socket.poll_send(cx, to, &payload, 500)).await, payload.len());
    let mut classes = Vec::new();
    let mut packet = [0; 65_536];
    while classes.len() < count {
        let length = raw.read(&mut packet)?;
        // Others' datagrams come by here, too.
        let port = u16::from_be_bytes([packet[22], packet[23]]);
        if packet[0] == 0x45 && port == to.port() {
            let datagrams = (length - 28).div_ceil(500);
            classes.extend(std::iter::repeat_n(packet[1], datagrams));
        }
    }
    Ok(classes)
}

#[tokio::test]
async fn what_a_marked_socket_sends_is_marked_and_arrives() {
    let loopback = "127.0.0.1:0".parse().unwrap();
    for (dscp, address) in [(0, loopback), (10, loopback), (46, "0.0.0.0:0".parse().unwrap())] {
        let (from, local) = UdpSocket::bind(address, dscp).unwrap();
        let (to, remote) = UdpSocket::bind(loopback, 0).unwrap();
        assert_eq!(SockRef::from(&from.socket).tos_v4().unwrap(), u32::from(dscp) << 2);
        match class_on_the_wire(&from, remote, 20).await {
            Ok(classes) => assert_eq!(classes, [dscp << 2; 20]),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                poll_fn(|cx| from.poll_send(cx, remote, &[7; 20 * 500], 500)).await;
            }
            Err(error) => panic!("{error}"),
        }
        // From an address of its choice, as an endpoint sends.
        assert_eq!(from.try_send((Some([127, 0, 0, 1].into()), remote), b"chosen", 6), Some(6));
        let mut received = ReceiveBatch::new();
        let mut arrived = Vec::new();
        while arrived.len() < 21 {
            poll_fn(|cx| to.poll_receive(cx, &mut received)).await;
            arrived.extend(received.datagrams().map(|(from, datagram)| (from, datagram.len())));
        }
        let source = SocketAddr::new([127, 0, 0, 1].into(), local.port());
        assert_eq!(arrived[..20], [(source, 500); 20]);
        assert_eq!(arrived[20], (source, 6));
    }
}

#[tokio::test]
async fn ipv6_is_marked_in_its_own_way() {
    let loopback = "[::1]:0".parse().unwrap();
    // A machine without IPv6 has nothing to mark.
    let Ok((from, _)) = UdpSocket::bind(loopback, 10) else { return };
    assert_eq!(SockRef::from(&from.socket).tclass_v6().unwrap(), 40);
}
