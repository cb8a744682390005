use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;

use super::*;
use crate::RtcCertificate;
use crate::driver_counters;
use crate::net::workers::{self, Company};

/// Whatever panics under the lock, and on whichever thread, the worker frees what the connection holds.
#[tokio::test]
async fn a_panic_in_a_call_ends_the_connection() {
    let identity = RtcCertificate::generate(&peer::KeygenAlgorithm::ecdsa_p256()).unwrap();
    let handle = workers::connect(Default::default(), identity.0, Company::default()).unwrap();
    let mut place = Place::default();
    let mut next = std::pin::pin!(poll_fn(|cx| handle.with(|shared| shared.poll_event(&mut place, cx))));
    let waits = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    let call = AssertUnwindSafe(|| handle.with(|_| -> () { panic!("on purpose") }));
    assert!(catch_unwind(call).is_err());
    let last = next.await;
    assert_eq!(last, Some(Event::ConnectionStateChange(PeerConnectionState::Closed)));
    while driver_counters().connections > 0 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_path_that_comes_and_goes_fills_no_memory_and_its_last_state_stays() {
    let identity = RtcCertificate::generate(&peer::KeygenAlgorithm::ecdsa_p256()).unwrap().0;
    let configuration = peer::Configuration::default();
    let peer = PeerConnection::new(configuration, identity, clock::now(), clock::wall(), [7; 32]).unwrap();
    let mut shared = Shared::new(peer, None);
    shared.push_event(Event::NegotiationNeeded);
    for _ in 0..MAX_UNSEEN_STATES {
        for state in [PeerConnectionState::Disconnected, PeerConnectionState::Connected] {
            shared.push_event(Event::ConnectionStateChange(state));
        }
    }
    shared.push_event(Event::IceCandidate(None));
    assert_eq!(shared.events.len(), MAX_UNSEEN_STATES + 1);
    assert_eq!(shared.events.pop(), Some(Event::NegotiationNeeded));
    let events: Vec<_> = std::iter::from_fn(|| shared.events.pop()).collect();
    let last = [Event::ConnectionStateChange(PeerConnectionState::Connected), Event::IceCandidate(None)];
    assert!(events.ends_with(&last));
}

/// A worker takes in one batch after the other: a loop that was told of the first would wait for the lock.
#[test]
fn a_loop_learns_of_its_tasks_when_there_is_no_more_to_come() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let told = || count.0.load(Ordering::Relaxed);
    let identity = RtcCertificate::generate(&peer::KeygenAlgorithm::ecdsa_p256()).unwrap().0;
    let configuration = peer::Configuration::default();
    let peer = PeerConnection::new(configuration, identity, clock::now(), clock::wall(), [7; 32]).unwrap();
    // No worker knows of it, which would tell the loop in a turn of its own.
    let (bell, _) = workers::place_port().unwrap();
    let outside = Outside::new(Waker::from(Arc::clone(&count)));
    let connection = Connection::new(bell.key(), Arc::clone(bell.inbox()), peer, Some(outside));
    for _ in 0..2 {
        connection.with_more_to_come(|shared| {
            shared.peer.create_offer(clock::now(), peer::OfferOptions::default())
        });
        assert_eq!(told(), 0);
    }
    for _ in 0..2 {
        connection.with(|_| ());
        assert_eq!(told(), 1, "once, until the loop has looked");
    }
}
