//! Two peers find each other and talk.

mod pair;

use pair::{connected, guarded, incoming, negotiate, open, peer, trickle};
use visavis::{
    Bytes, RtcDataChannelEvent, RtcDataChannelInit, RtcDataChannelState, RtcIceConnectionState,
    RtcIceGatheringState, RtcMessage, RtcPeerConnectionEvent, RtcPeerConnectionState, RtcSctpTransportState,
    RtcSignalingState, RtcStats,
};

#[tokio::test]
async fn two_peers_trickle_connect_and_exchange() {
    guarded(async {
        let pair = connected().await;
        pair.channel_a.send_text("hello").unwrap();
        pair.channel_a.send(vec![1, 2, 3]).unwrap();
        pair.channel_a.send(Bytes::new()).unwrap();
        pair.channel_a.send_text("").unwrap();
        for expected in [
            RtcMessage::Text("hello".into()),
            RtcMessage::Binary(Bytes::from_static(&[1, 2, 3])),
            RtcMessage::Binary(Bytes::new()),
            RtcMessage::Text(String::new()),
        ] {
            assert_eq!(pair.channel_b.recv().await, Some(expected));
        }
        pair.channel_b.send_text("and back").unwrap();
        assert_eq!(pair.channel_a.recv().await, Some(RtcMessage::Text("and back".into())));

        assert_eq!(pair.channel_b.label(), "channel");
        assert!(pair.channel_a.id().is_some());
        assert_eq!(pair.channel_a.id(), pair.channel_b.id());
        for pc in [&pair.a, &pair.b] {
            assert_eq!(pc.signaling_state(), RtcSignalingState::Stable);
            assert_eq!(pc.connection_state(), RtcPeerConnectionState::Connected);
            assert_eq!(pc.ice_gathering_state(), RtcIceGatheringState::Complete);
            assert_eq!(pc.sctp().unwrap().state(), RtcSctpTransportState::Connected);
            assert!(matches!(
                pc.ice_connection_state(),
                RtcIceConnectionState::Connected | RtcIceConnectionState::Completed
            ));
            let stats = pc.get_stats(None).await.unwrap();
            assert!(stats.entries.iter().any(|(_, entry)| matches!(entry, RtcStats::DataChannel(_))));
        }
    })
    .await;
}

#[tokio::test]
async fn descriptions_with_all_candidates_connect_without_trickle() {
    guarded(async {
        let (a, b) = (peer(), peer());
        let channel = a.create_data_channel("vanilla", None).unwrap();
        for (from, to) in [(&a, &b), (&b, &a)] {
            from.set_local_description(None).await.unwrap();
            let mut events = from.events();
            while from.ice_gathering_state() != RtcIceGatheringState::Complete {
                events.next().await.unwrap();
            }
            to.set_remote_description(from.local_description().unwrap()).await.unwrap();
        }
        open(&channel).await;
        let mut events = b.events();
        assert_eq!(incoming(&mut events).await.label(), "vanilla");
    })
    .await;
}

#[tokio::test]
async fn events_taken_late_are_all_there() {
    guarded(async {
        let pair = connected().await;
        let late = pair.a.create_data_channel("late", None).unwrap();
        open(&late).await;
        for number in 0..100u8 {
            late.send(vec![number]).unwrap();
        }
        late.close();
        pair::closed(&late).await;
        // Both ends are done with the channel before anyone looks at what came of it.
        let mut events = pair.b.events();
        let channel = incoming(&mut events).await;
        let mut channel_events = channel.events();
        let mut seen = Vec::new();
        while let Some(event) = channel_events.next().await {
            seen.push(event);
        }
        let messages = seen.iter().filter_map(|event| match event {
            RtcDataChannelEvent::Message(RtcMessage::Binary(bytes)) => Some(bytes[0]),
            _ => None,
        });
        assert!(messages.eq(0..100));
        assert_eq!(seen.first(), Some(&RtcDataChannelEvent::Open));
        assert_eq!(seen.last(), Some(&RtcDataChannelEvent::Close));
        assert_eq!(channel.ready_state(), RtcDataChannelState::Closed);
        assert_eq!(channel.label(), "late");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_next_loses_no_event() {
    guarded(async {
        let a = peer();
        let _channel = a.create_data_channel("channel", None).unwrap();
        let mut events = a.events();
        a.set_local_description(None).await.unwrap();
        let mut seen = Vec::new();
        loop {
            // Half of the futures are dropped: after one poll, ready or not.
            let event = tokio::select! {
                biased;
                event = events.next() => event.unwrap(),
                () = tokio::task::yield_now() => continue,
            };
            let last = matches!(event, RtcPeerConnectionEvent::IceCandidate(None));
            seen.push(event);
            if last {
                break;
            }
        }
        assert!(seen.iter().any(|event| matches!(event, RtcPeerConnectionEvent::SignalingStateChange(_))));
        assert!(seen.iter().any(|event| matches!(event, RtcPeerConnectionEvent::IceCandidate(Some(_)))));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_operation_still_happens() {
    guarded(async {
        let a = peer();
        let _channel = a.create_data_channel("channel", None).unwrap();
        tokio::select! {
            biased;
            _ = a.set_local_description(None) => {}
            () = std::future::ready(()) => {}
        }
        let mut events = a.events();
        while a.signaling_state() != RtcSignalingState::HaveLocalOffer {
            events.next().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn negotiated_channels_need_no_announcement() {
    guarded(async {
        let (a, b) = (peer(), peer());
        let init = RtcDataChannelInit { negotiated: true, id: Some(7), ordered: false, ..Default::default() };
        let channel_a = a.create_data_channel("mine", init.clone()).unwrap();
        let channel_b = b.create_data_channel("yours", init).unwrap();
        negotiate(&a, &b).await;
        let (mut events_a, mut events_b) = (a.events(), b.events());
        tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));
        open(&channel_a).await;
        open(&channel_b).await;
        channel_b.send_text("over 7").unwrap();
        assert_eq!(channel_a.recv().await, Some(RtcMessage::Text("over 7".into())));
        assert_eq!(channel_a.id(), Some(7));
        assert!(!channel_a.ordered());
    })
    .await;
}

#[test]
fn any_executor_will_do() {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut body = std::pin::pin!(async {
        let pc = peer();
        let _channel = pc.create_data_channel("channel", None).unwrap();
        pc.create_offer(None).await.unwrap()
    });
    let offer = loop {
        match body.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(offer) => break offer,
            std::task::Poll::Pending => std::thread::park(),
        }
    };
    assert!(offer.sdp.contains("m=application"));
}
