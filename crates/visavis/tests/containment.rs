//! What panics while a connection is driven ends that connection, and no other.

mod pair;

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use pair::{guarded, negotiate, peer};
use visavis::{ErrorName, RtcPeerConnectionState, RtcSignalingState, driver_counters};

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a test's waker panics on purpose");
    }
}

#[tokio::test]
async fn a_panic_in_a_turn_ends_one_connection() {
    guarded(async {
        // Enough connections that some share a worker with the broken one.
        let others: Vec<_> = (0..8).map(|_| peer()).collect();
        let broken = peer();
        let waker = Waker::from(Arc::new(Panics));
        let mut waiting = broken.events();
        let mut next = Box::pin(waiting.next());
        // Nothing has happened to this connection yet ...
        assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        // ... and the event that follows comes from a task, which the worker performs.
        let channel = broken.create_data_channel("channel", None).unwrap();
        while driver_counters().panics == 0 {
            tokio::task::yield_now().await;
        }
        drop(next);
        while waiting.next().await.is_some() {}
        assert_eq!(broken.signaling_state(), RtcSignalingState::Closed);
        assert_eq!(broken.connection_state(), RtcPeerConnectionState::Closed);
        assert_eq!(broken.create_offer(None).await.unwrap_err().name, ErrorName::InvalidStateError);
        assert!(broken.get_stats(None).await.is_err());
        assert_eq!(channel.recv().await, None);
        assert_eq!(channel.send_text("late").unwrap_err().name, ErrorName::InvalidStateError);
        for two in others.chunks(2) {
            let _channel = two[0].create_data_channel("channel", None).unwrap();
            negotiate(&two[0], &two[1]).await;
        }
        assert_eq!(driver_counters().panics, 1);
    })
    .await;
}
