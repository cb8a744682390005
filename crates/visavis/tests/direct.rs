//! A message that nothing waits before is not handed to the worker.

mod pair;

use pair::{connected, guarded};
use visavis::{RtcMessage, driver_counters};

const MESSAGES: u32 = 100;

#[tokio::test]
async fn a_conversation_needs_no_worker_to_send() {
    guarded(async {
        let pair = connected().await;
        let before = driver_counters().direct_sends;
        for number in 0..MESSAGES {
            let ping = RtcMessage::Text(format!("ping {number}"));
            pair.channel_a.send_message(ping.clone()).unwrap();
            assert_eq!(pair.channel_b.recv().await, Some(ping));
            let pong = RtcMessage::Text(format!("pong {number}"));
            pair.channel_b.send_message(pong.clone()).unwrap();
            assert_eq!(pair.channel_a.recv().await, Some(pong));
        }
        // An acknowledgement that comes by itself may come late, under load.
        let direct = driver_counters().direct_sends - before;
        assert!(direct > u64::from(MESSAGES), "{direct} of {}", 2 * MESSAGES);
    })
    .await;
}

#[tokio::test]
async fn messages_in_a_row_arrive_in_order_whoever_sends_them() {
    guarded(async {
        let pair = connected().await;
        for round in 0..20_u32 {
            for number in 0..round {
                pair.channel_a.send_text(format!("{round} {number}")).unwrap();
            }
            pair.channel_a.send(vec![0; 5000]).unwrap();
            pair.channel_a.send_text("last").unwrap();
            for number in 0..round {
                assert_eq!(pair.channel_b.recv().await, Some(RtcMessage::Text(format!("{round} {number}"))));
            }
            assert_eq!(pair.channel_b.recv().await, Some(RtcMessage::Binary(vec![0; 5000].into())));
            assert_eq!(pair.channel_b.recv().await, Some(RtcMessage::Text("last".to_owned())));
        }
    })
    .await;
}
