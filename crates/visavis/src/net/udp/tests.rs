use std::future::poll_fn;

use base::{Path, SendBatch, SocketId};

use super::*;
use crate::net::router::{Progress, Sockets};

/// Sends a batch whose runs differ in size, and gives back what arrived.
async fn through(address: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (from, _) = UdpSocket::bind(address.parse().unwrap()).unwrap();
    let (to, remote) = UdpSocket::bind(address.parse().unwrap()).unwrap();
    let mut sockets = Sockets::default();
    sockets.insert(SocketId(0), from);
    let path = Path { socket: SocketId(0), remote };
    let mut batch = SendBatch::new();
    for (count, length) in [(40, 1200), (1, 300), (3, 1100), (5, 1250)] {
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
    let (sent, arrived) = through("127.0.0.1:0").await;
    assert_eq!(sent, arrived);
}

#[tokio::test]
async fn what_the_system_refuses_is_counted_and_passed_over() {
    let (socket, local) = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let before = crate::driver_counters().sends_refused;
    let too_long = vec![0; 65_530];
    let bytes = poll_fn(|cx| socket.poll_send(cx, local, &too_long, too_long.len())).await;
    assert_eq!(bytes, too_long.len());
    assert!(crate::driver_counters().sends_refused > before);
}

#[tokio::test]
async fn an_address_of_another_machine_cannot_be_bound() {
    let error = UdpSocket::bind("192.0.2.1:0".parse().unwrap()).map(|_| ()).unwrap_err();
    assert_eq!(bind_error(&error), BindError::AddressUnavailable);
}
