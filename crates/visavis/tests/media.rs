//! Tracks, streams and transceivers, as programs use them.

mod pair;

use pair::peer;
use visavis::legacy::RtcPeerConnectionLegacy;
use visavis::{
    ErrorName, MediaStream, MediaStreamTrack, MediaStreamTrackEvent, MediaStreamTrackState, RtcMediaKind,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
};

fn name<T>(result: Result<T, visavis::Error>) -> Option<ErrorName> {
    result.err().map(|error| error.name)
}

fn audio() -> MediaStreamTrack {
    MediaStreamTrack::new(RtcMediaKind::Audio, "microphone")
}

fn video() -> MediaStreamTrack {
    MediaStreamTrack::new(RtcMediaKind::Video, "camera")
}

#[tokio::test]
async fn handles_of_one_thing_are_equal_and_tracks_keep_their_identity() {
    let pc = peer();
    let (microphone, camera) = (audio(), video());
    let stream = MediaStream::with_tracks([microphone.clone(), camera.clone()]);
    let sender = pc.add_track(&microphone, std::slice::from_ref(&stream)).unwrap();
    assert_eq!(name(pc.add_track(&microphone, &[])), Some(ErrorName::InvalidAccessError), "once");
    let init = RtcRtpTransceiverInit {
        direction: RtcRtpTransceiverDirection::SendOnly,
        streams: vec![stream.clone()],
        ..Default::default()
    };
    let transceiver = pc.add_transceiver(&camera, init).unwrap();
    assert_eq!(pc.get_senders(), [sender.clone(), transceiver.sender()]);
    assert_eq!(sender.track(), Some(microphone.clone()));
    assert_eq!(transceiver.sender().track(), Some(camera));
    assert_eq!(transceiver.receiver().track(), pc.get_receivers()[1].track(), "always the same");
    assert_eq!(transceiver.direction(), RtcRtpTransceiverDirection::SendOnly);
    assert_eq!(transceiver.current_direction(), None);
    assert!(transceiver.sender().dtmf().is_none() && sender.dtmf().is_some());
    assert_eq!(pc.get_local_streams(), [stream]);

    let other = peer();
    assert_eq!(name(other.remove_track(&sender)), Some(ErrorName::InvalidAccessError));
    assert_ne!(other.add_track(&microphone, &[]).unwrap(), sender);
    pc.remove_track(&sender).unwrap();
    assert_eq!(sender.track(), None);
}

#[tokio::test]
async fn replace_track_changes_the_sender_s_track() {
    let pc = peer();
    let (first, second) = (video(), video());
    let sender = pc.add_track(&first, &[]).unwrap();
    sender.replace_track(Some(&second)).await.unwrap();
    assert_eq!(sender.track(), Some(second));
    assert_eq!(name(sender.replace_track(Some(&audio())).await), Some(ErrorName::TypeError));
    sender.replace_track(None).await.unwrap();
    assert_eq!(sender.track(), None);
    pc.close();
    assert_eq!(name(sender.replace_track(Some(&first)).await), Some(ErrorName::InvalidStateError));
}

#[tokio::test]
async fn parameters_can_be_set_once_as_long_as_nothing_has_changed_them() {
    let pc = peer();
    let sender = pc.add_track(&video(), &[]).unwrap();
    let mut parameters = sender.get_parameters();
    // Whatever the worker does meanwhile, they are still good.
    pc.create_offer(None).await.unwrap();
    parameters.encodings[0].max_bitrate = Some(1_000_000);
    sender.set_parameters(parameters.clone(), Default::default()).await.unwrap();
    assert_eq!(sender.get_parameters().encodings[0].max_bitrate, Some(1_000_000));
    let again = sender.set_parameters(parameters, Default::default()).await;
    assert!(again.is_err(), "their transaction is over");

    let (old, mut new) = (sender.get_parameters(), sender.get_parameters());
    new.encodings[0].active = false;
    sender.set_parameters(new, Default::default()).await.unwrap();
    assert!(sender.set_parameters(old, Default::default()).await.is_err(), "something has changed");
    assert!(!sender.get_parameters().encodings[0].active);
}

#[tokio::test]
async fn a_receiver_s_track_ends_with_its_transceiver_or_its_connection() {
    let pc = peer();
    let stopped = pc.add_transceiver(RtcMediaKind::Audio, None).unwrap();
    let closed = pc.add_transceiver(RtcMediaKind::Audio, None).unwrap();
    let track = stopped.receiver().track();
    let clone = track.clone_track();
    assert!(track.muted() && clone.muted());
    stopped.stop().unwrap();
    assert_eq!(stopped.direction(), RtcRtpTransceiverDirection::Stopped);
    assert_eq!(track.events().next().await, Some(MediaStreamTrackEvent::Ended));
    assert_eq!(track.events().next().await, None);
    assert_eq!(track.ready_state(), MediaStreamTrackState::Ended);
    assert_eq!(clone.ready_state(), MediaStreamTrackState::Ended, "one source");

    let track = closed.receiver().track();
    let waiting = tokio::spawn({
        let track = track.clone();
        async move { track.events().next().await }
    });
    drop((closed, stopped));
    assert_eq!(track.ready_state(), MediaStreamTrackState::Live);
    drop(pc);
    assert_eq!(waiting.await.unwrap(), Some(MediaStreamTrackEvent::Ended));
}

#[tokio::test]
async fn statistics_are_selected_by_a_track_that_exactly_one_has() {
    let pc = peer();
    let track = audio();
    assert_eq!(name(pc.get_stats(&track).await), Some(ErrorName::InvalidAccessError), "nobody has it");
    let sender = pc.add_track(&track, &[]).unwrap();
    assert!(pc.get_stats(&track).await.is_ok());
    assert!(sender.get_stats().await.unwrap().entries.is_empty(), "nothing is sent");
    pc.add_transceiver(RtcMediaKind::Audio, None)
        .unwrap()
        .sender()
        .replace_track(Some(&track))
        .await
        .unwrap();
    assert_eq!(name(pc.get_stats(&track).await), Some(ErrorName::InvalidAccessError), "two have it");
    assert!(!pc.get_stats(None).await.unwrap().entries.is_empty());
    assert!(pc.get_receivers()[0].get_synchronization_sources().is_empty());
}

#[test]
fn streams_and_tracks_stand_alone() {
    let (microphone, camera) = (audio(), video());
    let stream = MediaStream::with_tracks([microphone.clone(), camera.clone(), microphone.clone()]);
    assert_eq!(stream.get_tracks(), [microphone.clone(), camera.clone()]);
    assert_eq!(stream.get_video_tracks(), std::slice::from_ref(&camera));
    assert_eq!(stream.get_track_by_id(camera.id()), Some(camera.clone()));
    microphone.set_enabled(false);
    let clone = stream.clone_stream();
    assert_ne!(clone.id(), stream.id());
    assert!(!clone.get_audio_tracks()[0].enabled(), "as the original is now");
    microphone.stop();
    assert!(stream.active(), "the camera is live");
    camera.stop();
    assert!(!stream.active() && clone.active());
    assert!(stream.events().try_next().is_none(), "what the application does fires nothing");
    stream.remove_track(&camera);
    assert_eq!(stream.get_track_by_id(camera.id()), None);
}
