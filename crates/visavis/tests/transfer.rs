//! Much data: nothing lost, nothing doubled, everybody's memory bounded.

mod pair;

use pair::{connected, guarded, open};
use visavis::{ErrorName, RtcDataChannel, RtcDataChannelInit, RtcMessage, RtcPeerConnection, RtcStats};

const MESSAGE: usize = 64 * 1024;

/// The bytes of the message with this number: every one different from its neighbours.
fn message(number: usize) -> Vec<u8> {
    (0..MESSAGE).map(|place| (number.wrapping_mul(31) ^ place ^ (place >> 8)) as u8).collect()
}

async fn send_all(channel: &RtcDataChannel, count: usize) {
    for number in 0..count {
        channel.ready().await.unwrap();
        channel.send(message(number)).unwrap();
        assert!(channel.buffered_amount() <= RtcDataChannel::READY_BELOW + MESSAGE);
    }
}

async fn receive_all(channel: &RtcDataChannel, count: usize) {
    for number in 0..count {
        let Some(RtcMessage::Binary(bytes)) = channel.recv().await else {
            panic!("the channel closed after {number} messages");
        };
        assert!(bytes[..] == message(number)[..], "message {number} is not what was sent");
    }
}

#[tokio::test]
async fn fifty_megabytes_each_way_with_back_pressure() {
    guarded(async {
        let pair = connected().await;
        let count = 50_000_000 / MESSAGE;
        tokio::join!(
            send_all(&pair.channel_a, count),
            receive_all(&pair.channel_b, count),
            send_all(&pair.channel_b, count),
            receive_all(&pair.channel_a, count),
        );
    })
    .await;
}

/// The loopback interface bears what DTLS takes in a record; between these two nothing else limits packets.
#[tokio::test]
async fn packets_grow_as_long_as_the_path_bears_them() {
    guarded(async {
        let pair = connected().await;
        let mut each = 0;
        // A probe that a full buffer swallows is sent again.
        while each < 12_000 {
            let before = sent(&pair.a).await;
            tokio::join!(send_all(&pair.channel_a, 40), receive_all(&pair.channel_b, 40));
            let after = sent(&pair.a).await;
            each = (after.0 - before.0) / (after.1 - before.1);
        }
    })
    .await;
}

/// Bytes and datagrams that went out.
async fn sent(pc: &RtcPeerConnection) -> (u64, u64) {
    let report = pc.get_stats(None).await.unwrap();
    let transport = report.entries.iter().find_map(|(_, entry)| match entry {
        RtcStats::Transport(transport) => Some((transport.bytes_sent, transport.packets_sent)),
        _ => None,
    });
    transport.expect("there is one")
}

#[tokio::test]
async fn a_sender_stops_at_a_reader_who_does_not_read() {
    guarded(async {
        let pair = connected().await;
        let mut sent = 0;
        // What one end buffers (16 MiB) and what the other's window and room take is all that fits.
        let error = loop {
            match pair.channel_a.send(message(sent)) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
            tokio::task::yield_now().await;
            assert!(sent * MESSAGE < 64 << 20, "the buffer has no bound");
        };
        assert_eq!(error.name, ErrorName::OperationError);
        // A stuck channel holds up no other one.
        let other_a = pair.a.create_data_channel("other", None).unwrap();
        let mut events = pair.b.events();
        receive_all(&pair.channel_b, sent).await;
        open(&other_a).await;
        let other_b = pair::incoming(&mut events).await;
        other_a.send_text("through").unwrap();
        assert_eq!(other_b.recv().await, Some(RtcMessage::Text("through".into())));
        // And now there is room.
        open(&pair.channel_a).await;
        pair.channel_a.send(message(0)).unwrap();
    })
    .await;
}

#[tokio::test]
async fn many_small_messages_stay_in_order() {
    guarded(async {
        let pair = connected().await;
        let send = async {
            for number in 0..10_000u32 {
                pair.channel_a.ready().await.unwrap();
                pair.channel_a.send_text(number.to_string()).unwrap();
            }
        };
        let receive = async {
            for number in 0..10_000u32 {
                assert_eq!(pair.channel_b.recv().await, Some(RtcMessage::Text(number.to_string())));
            }
        };
        tokio::join!(send, receive);
    })
    .await;
}

#[tokio::test]
async fn a_message_over_the_remote_limit_is_refused() {
    guarded(async {
        let pair = connected().await;
        let limit = pair.a.sctp().unwrap().max_message_size().unwrap() as usize;
        assert_eq!(pair.channel_a.send(vec![0; limit + 1]).unwrap_err().name, ErrorName::TypeError);
        pair.channel_a.send(vec![7; limit]).unwrap();
        assert_eq!(pair.channel_b.recv().await.unwrap().len(), limit);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_channels() {
    guarded(async {
        let pair = connected().await;
        let init = RtcDataChannelInit { ordered: false, ..Default::default() };
        let channels: Vec<_> = (0..1000)
            .map(|number| pair.a.create_data_channel(&number.to_string(), init.clone()).unwrap())
            .collect();
        for channel in &channels {
            open(channel).await;
            channel.send_text(channel.label()).unwrap();
        }
        let mut events = pair.b.events();
        for _ in &channels {
            let channel = pair::incoming(&mut events).await;
            assert_eq!(channel.recv().await, Some(RtcMessage::Text(channel.label().into())));
        }
    })
    .await;
}
