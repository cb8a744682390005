//! Two peers and what they send each other: track events, streams, transports.

mod pair;

use pair::{guarded, negotiate, peer, trickle};
use visavis::legacy::{RtcPeerConnectionLegacy, RtcStreamEvent};
use visavis::{
    MediaStream, MediaStreamEvent, MediaStreamTrack, RtcDtlsTransportEvent, RtcDtlsTransportState,
    RtcIceRole, RtcIceTransportEvent, RtcIceTransportState, RtcMediaKind, RtcPeerConnection,
    RtcPeerConnectionEvent, RtcPeerConnectionState, RtcRtpTransceiverDirection, RtcSctpTransportEvent,
    RtcSctpTransportState, RtcTrackEvent,
};

/// The `track` events that are there already.
async fn tracks(pc: &RtcPeerConnection, count: usize) -> Vec<RtcTrackEvent> {
    let mut events = pc.events();
    let mut tracks = Vec::new();
    while tracks.len() < count {
        if let RtcPeerConnectionEvent::Track(event) = events.next().await.unwrap() {
            tracks.push(event);
        }
    }
    tracks
}

fn audio_and_video() -> (MediaStreamTrack, MediaStreamTrack, MediaStream) {
    let audio = MediaStreamTrack::new(RtcMediaKind::Audio, "microphone");
    let video = MediaStreamTrack::new(RtcMediaKind::Video, "camera");
    let stream = MediaStream::with_tracks([audio.clone(), video.clone()]);
    (audio, video, stream)
}

#[tokio::test]
async fn tracks_arrive_in_the_streams_that_they_were_added_with() {
    guarded(async {
        let (a, b) = (peer(), peer());
        let (audio, video, stream) = audio_and_video();
        let streams = std::slice::from_ref(&stream);
        a.add_track(&audio, streams).unwrap();
        let sender = a.add_track(&video, streams).unwrap();
        negotiate(&a, &b).await;

        let events = tracks(&b, 2).await;
        let kinds: Vec<_> = events.iter().map(|event| event.track.kind()).collect();
        assert_eq!(kinds, [RtcMediaKind::Audio, RtcMediaKind::Video]);
        let remote = events[0].streams[0].clone();
        assert_eq!((remote.id(), &events[1].streams), (stream.id(), &vec![remote.clone()]), "one stream");
        assert_eq!(remote.get_tracks(), [events[0].track.clone(), events[1].track.clone()]);
        assert_eq!(events[1].receiver.track(), events[1].track);
        assert_eq!(events[1].transceiver, b.get_transceivers()[1]);
        assert_eq!(b.get_remote_streams(), std::slice::from_ref(&remote));
        let directions = |pc: &RtcPeerConnection| -> Vec<_> {
            pc.get_transceivers().iter().map(|transceiver| transceiver.current_direction()).collect()
        };
        assert_eq!(directions(&a), [Some(RtcRtpTransceiverDirection::SendOnly); 2]);
        assert_eq!(directions(&b), [Some(RtcRtpTransceiverDirection::RecvOnly); 2]);

        let mut stream_events = b.stream_events();
        assert_eq!(stream_events.next().await, Some(RtcStreamEvent::AddStream(remote.clone())));
        let mut changes = remote.events();
        for event in &events {
            assert_eq!(changes.next().await, Some(MediaStreamEvent::AddTrack(event.track.clone())));
        }
        a.remove_track(&sender).unwrap();
        negotiate(&a, &b).await;
        assert_eq!(changes.next().await, Some(MediaStreamEvent::RemoveTrack(events[1].track.clone())));
        assert_eq!(remote.get_tracks(), std::slice::from_ref(&events[0].track));

        a.remove_stream(&stream).unwrap();
        negotiate(&a, &b).await;
        assert_eq!(stream_events.next().await, Some(RtcStreamEvent::RemoveStream(remote)));
        assert!(b.get_remote_streams().is_empty());
    })
    .await;
}

#[tokio::test]
async fn transports_tell_how_they_stand() {
    guarded(async {
        let (a, b) = (peer(), peer());
        let _channel = a.create_data_channel("", None).unwrap();
        let sender = a.add_track(&MediaStreamTrack::new(RtcMediaKind::Audio, ""), &[]).unwrap();
        assert!(sender.transport().is_none() && a.sctp().is_none());
        let (mut events_a, mut events_b) = (a.events(), b.events());
        negotiate(&a, &b).await;
        let sctp = a.sctp().unwrap();
        let dtls = sctp.transport();
        let ice = dtls.ice_transport();
        assert_eq!(sender.transport(), Some(dtls.clone()), "bundled");
        let (mut sctp_events, mut dtls_events, mut ice_events) = (sctp.events(), dtls.events(), ice.events());
        tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));

        let connected = RtcSctpTransportEvent::StateChange(RtcSctpTransportState::Connected);
        assert_eq!(sctp_events.next().await, Some(connected));
        assert_eq!(sctp.state(), RtcSctpTransportState::Connected);
        assert!(sctp.max_channels().is_some() && sctp.max_message_size().is_some());
        for state in [RtcDtlsTransportState::Connecting, RtcDtlsTransportState::Connected] {
            assert_eq!(dtls_events.next().await, Some(RtcDtlsTransportEvent::StateChange(state)));
        }
        assert_eq!(dtls.get_remote_certificates().len(), 1);
        let mut states = Vec::new();
        let mut has_pair = false;
        while !(has_pair && states.contains(&RtcIceTransportState::Connected)) {
            match ice_events.next().await.unwrap() {
                RtcIceTransportEvent::StateChange(state) => states.push(state),
                RtcIceTransportEvent::SelectedCandidatePairChange => has_pair = true,
                _ => {}
            }
        }
        assert_eq!(states[0], RtcIceTransportState::Checking);
        let roles = [&a, &b].map(|pc| pc.sctp().unwrap().transport().ice_transport().role());
        assert_eq!(roles, [RtcIceRole::Controlling, RtcIceRole::Controlled]);
        let pair = ice.get_selected_candidate_pair().unwrap();
        assert!(ice.get_local_candidates().contains(&pair.local));
        let remote = b.sctp().unwrap().transport().ice_transport().get_local_parameters();
        assert_eq!(ice.get_remote_parameters(), remote);

        while a.connection_state() != RtcPeerConnectionState::Connected {
            events_a.next().await.unwrap();
        }
        let dtmf = sender.dtmf().unwrap();
        assert!(dtmf.can_insert_dtmf());
        let mut tones = dtmf.events();
        dtmf.insert_dtmf("1", std::time::Duration::from_millis(40), None).unwrap();
        assert_eq!(tones.next().await.unwrap().tone, "1");
        assert_eq!(tones.next().await.unwrap().tone, "", "the end");

        a.close();
        assert_eq!(dtls.state(), RtcDtlsTransportState::Closed);
        assert_eq!(ice.state(), RtcIceTransportState::Closed);
        while ice_events.next().await.is_some() {}
        assert_eq!(tones.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn what_is_never_read_is_held_within_bounds() {
    guarded(async {
        let (a, b) = (peer(), peer());
        let (audio, _, stream) = audio_and_video();
        let sender = a.add_track(&audio, std::slice::from_ref(&stream)).unwrap();
        negotiate(&a, &b).await;
        let [event] = tracks(&b, 1).await.try_into().unwrap();
        let remote = event.streams[0].clone();
        for _ in 0..200 {
            for streams in [&[][..], std::slice::from_ref(&stream)] {
                sender.set_streams(streams).unwrap();
                negotiate(&a, &b).await;
            }
        }
        let waiting = std::iter::from_fn({
            let mut events = remote.events();
            move || events.try_next()
        });
        assert_eq!(waiting.count(), 256, "of 401");
        assert_eq!(remote.get_tracks(), [event.track], "it says how it stands");
    })
    .await;
}
