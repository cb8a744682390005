use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::net::clock;

/// An endpoint whose listener is nobody's but the test's, which says what time it is.
fn listening() -> (Arc<Endpoint>, ListenerSeat, SocketAddr) {
    let endpoint = Arc::new(Endpoint::open(&["127.0.0.1:0".parse().unwrap()], true, 0).unwrap());
    let listener = endpoint.listener(0).unwrap();
    let seat = ListenerSeat::new(Arc::downgrade(&endpoint), 0, Arc::clone(listener.bell()));
    let local = listener.local();
    (endpoint, seat, local)
}

/// Gives the listener turns at this time until something is so.
async fn until(seat: &mut ListenerSeat, now: Instant, is_so: impl Fn(&ListenerSeat) -> bool) -> Next {
    loop {
        let next = seat.turn(now);
        if is_so(seat) {
            return next;
        }
        tokio::task::yield_now().await;
    }
}

fn of_address(seat: &ListenerSeat) -> usize {
    seat.addresses.values().sum()
}

/// Whether the other side closes the stream without having said anything.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut said = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut said).await;
    said.is_empty()
}

async fn connect(address: SocketAddr, says: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(says).await.unwrap();
    stream
}

/// A11: half-open streams, and those that say a byte now and then, are few from one address, hold what they have said and no
/// more, and are gone after ten seconds, however busy they are.
#[tokio::test]
async fn a11_half_open_streams_are_few_small_and_short() {
    let (_endpoint, mut seat, address) = listening();
    let begun = clock::now();
    let mut silent = Vec::new();
    for _ in 0..MAX_STRANGERS_OF_ADDRESS - 1 {
        silent.push(connect(address, b"").await);
    }
    // It announces 1,280 bytes, and does not send them at once.
    let mut slow = connect(address, &[5, 0]).await;
    let is_heard = |said: usize| {
        move |seat: &ListenerSeat| seat.strangers.iter().any(|stranger| stranger.said.len() == said)
    };
    until(&mut seat, begun, |seat| of_address(seat) == MAX_STRANGERS_OF_ADDRESS && is_heard(2)(seat)).await;
    let over = connect(address, b"").await;
    let refused = tokio::spawn(is_closed(over));
    until(&mut seat, begun, |_| refused.is_finished()).await;
    assert!(refused.await.unwrap());
    assert_eq!((seat.strangers.len(), of_address(&seat)), (32, 32));

    // A byte a second changes nothing, and takes no more than it is.
    for second in 1..10 {
        slow.write_all(&[0]).await.unwrap();
        let now = begun + Duration::from_secs(second);
        let next = until(&mut seat, now, is_heard(2 + second as usize)).await;
        assert!(matches!(next, Next::At(Some(at)) if at == begun + PATIENCE));
    }
    let held: usize = seat.strangers.iter().map(|stranger| stranger.said.capacity()).sum();
    assert!(held <= 64, "{held} bytes");
    let just_before = begun + PATIENCE - Duration::from_millis(1);
    assert!(matches!(seat.turn(just_before), Next::At(Some(_))));
    assert_eq!(seat.strangers.len(), 32);

    assert!(matches!(seat.turn(begun + PATIENCE), Next::At(None)));
    assert!(seat.strangers.is_empty() && seat.addresses.is_empty());
    for stream in silent.into_iter().chain([slow]) {
        assert!(is_closed(stream).await);
    }
    // There is room again.
    let _stream = connect(address, b"").await;
    until(&mut seat, begun + PATIENCE, |seat| of_address(seat) == 1).await;
}

/// A11: the length before a frame is no reason to wait for it, or to make room.
#[tokio::test]
async fn a11_a_frame_that_is_longer_than_any_check_is_not_waited_for() {
    let (_endpoint, mut seat, address) = listening();
    let now = clock::now();
    for says in [&[0xff, 0xff][..], &[5, 0xdd], &[0, 0]] {
        let closed = tokio::spawn(is_closed(connect(address, says).await));
        until(&mut seat, now, |_| closed.is_finished()).await;
        assert!(closed.await.unwrap(), "{says:?}");
        assert!(seat.strangers.is_empty() && seat.addresses.is_empty());
    }
    // The longest that may come: 1,500 bytes.
    let _stream = connect(address, &[5, 0xdc]).await;
    until(&mut seat, now, |seat| seat.strangers.iter().any(|stranger| stranger.said == [5, 0xdc])).await;
}

/// One address that has taken all it may keeps out no other.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a11_the_limit_is_that_of_an_address() {
    let (_endpoint, mut seat, address) = listening();
    let now = clock::now();
    let mut streams = Vec::new();
    for _ in 0..MAX_STRANGERS_OF_ADDRESS {
        streams.push(connect(address, b"").await);
    }
    until(&mut seat, now, |seat| of_address(seat) == MAX_STRANGERS_OF_ADDRESS).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    streams.push(socket.connect(address).await.unwrap());
    until(&mut seat, now, |seat| of_address(seat) == MAX_STRANGERS_OF_ADDRESS + 1).await;
}
