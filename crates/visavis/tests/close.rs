//! Closing and dropping, in every phase.

mod pair;

use pair::{Pair, closed, connected, guarded, negotiate, peer, trickle};
use visavis::{
    Error, ErrorName, RtcDataChannelState, RtcIceConnectionState, RtcMessage, RtcPeerConnection,
    RtcPeerConnectionEvent, RtcPeerConnectionState, RtcSdpType, RtcSessionDescription, RtcSignalingState,
};

fn is_invalid_state<T>(result: Result<T, Error>) -> bool {
    result.is_err_and(|error| error.name == ErrorName::InvalidStateError)
}

async fn assert_closed(pc: &RtcPeerConnection) {
    assert_eq!(pc.signaling_state(), RtcSignalingState::Closed);
    assert_eq!(pc.connection_state(), RtcPeerConnectionState::Closed);
    assert_eq!(pc.ice_connection_state(), RtcIceConnectionState::Closed);
    assert!(is_invalid_state(pc.create_offer(None).await));
    assert!(is_invalid_state(pc.create_answer().await));
    assert!(is_invalid_state(pc.set_local_description(None).await));
    let description = RtcSessionDescription::new(RtcSdpType::Offer, "v=0\r\n");
    assert!(is_invalid_state(pc.set_remote_description(description).await));
    assert!(is_invalid_state(pc.add_ice_candidate(None).await));
    assert!(is_invalid_state(pc.create_data_channel("late", None)));
    assert!(is_invalid_state(pc.set_configuration(pc.get_configuration())));
    assert!(pc.get_stats(None).await.is_ok());
    pc.restart_ice();
    pc.close();
    let mut events = pc.events();
    while let Some(event) = events.next().await {
        assert!(!matches!(event, RtcPeerConnectionEvent::SignalingStateChange(RtcSignalingState::Closed)));
    }
}

#[tokio::test]
async fn closed_in_every_phase_it_refuses_everything() {
    guarded(async {
        let pc = peer();
        pc.close();
        assert_closed(&pc).await;

        let pc = peer();
        let channel = pc.create_data_channel("channel", None).unwrap();
        pc.set_local_description(None).await.unwrap();
        pc.close();
        assert_closed(&pc).await;
        assert_eq!(channel.ready_state(), RtcDataChannelState::Closed);

        let (a, b) = (peer(), peer());
        let channel = a.create_data_channel("channel", None).unwrap();
        negotiate(&a, &b).await;
        let (mut events_a, mut events_b) = (a.events(), b.events());
        tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));
        a.close();
        assert_closed(&a).await;
        assert!(is_invalid_state(channel.ready().await));
        b.close();
        assert_closed(&b).await;

        let Pair { a, b, channel_a, channel_b } = connected().await;
        a.close();
        assert_closed(&a).await;
        assert_eq!(channel_a.ready_state(), RtcDataChannelState::Closed);
        assert!(is_invalid_state(channel_a.send_text("late")));
        channel_a.close();
        assert_eq!(channel_a.recv().await, None);
        closed(&channel_b).await;
        b.close();
        assert_closed(&b).await;
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_connection_closes() {
    guarded(async {
        let (a, b) = (peer(), peer());
        let channel = a.create_data_channel("channel", None).unwrap();
        let mut events = b.events();
        let close = async {
            tokio::task::yield_now().await;
            a.close();
            b.close();
        };
        let (ready, message, event, ()) = tokio::join!(channel.ready(), channel.recv(), events.next(), close);
        assert!(is_invalid_state(ready));
        assert_eq!(message, None);
        assert!(event.is_none());
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_remote_channel() {
    guarded(async {
        let Pair { a, b, channel_a, channel_b } = connected().await;
        let events = a.events();
        drop(a);
        drop(channel_a);
        closed(&channel_b).await;
        // An event stream is a handle, too: the connection lives and takes a new channel.
        let other = b.create_data_channel("other", None).unwrap();
        other.ready().await.unwrap();
        drop(events);
        closed(&other).await;
        assert_eq!(other.ready_state(), RtcDataChannelState::Closed);
    })
    .await;
}

#[tokio::test]
async fn dropping_a_channel_delivers_what_was_sent_and_closes_it() {
    guarded(async {
        let pair = connected().await;
        for number in 0..10 {
            pair.channel_a.send_text(number.to_string()).unwrap();
        }
        drop(pair.channel_a);
        for number in 0..10 {
            assert_eq!(pair.channel_b.recv().await, Some(RtcMessage::Text(number.to_string())));
        }
        assert_eq!(pair.channel_b.recv().await, None);
        assert_eq!(pair.a.connection_state(), RtcPeerConnectionState::Connected);
        let next = pair.b.create_data_channel("next", None).unwrap();
        next.ready().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_channel_closes_at_both_ends() {
    guarded(async {
        let pair = connected().await;
        pair.channel_a.send_text("last words").unwrap();
        pair.channel_a.close();
        assert!(is_invalid_state(pair.channel_a.send_text("too late")));
        assert_eq!(pair.channel_b.recv().await, Some(RtcMessage::Text("last words".into())));
        assert_eq!(pair.channel_b.recv().await, None);
        closed(&pair.channel_a).await;
        assert_eq!(pair.channel_a.ready_state(), RtcDataChannelState::Closed);
        assert_eq!(pair.channel_b.ready_state(), RtcDataChannelState::Closed);
        assert_eq!(pair.channel_b.label(), "channel");
    })
    .await;
}
