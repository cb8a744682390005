//! Two peers negotiate audio and video by the "perfect negotiation" pattern
//! (<https://www.w3.org/TR/webrtc/#perfect-negotiation-example>): either may change what it sends at any time, and when
//! both do so at once, the polite one gives way. Here both begin at once.
//!
//! `cargo run -p visavis --example perfect_negotiation`
#![allow(clippy::print_stdout, reason = "an example program")]

use std::time::Duration;

use tokio::sync::mpsc;
use visavis::{
    Error, MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidateInit, RtcMediaKind,
    RtcPeerConnection, RtcPeerConnectionEvent, RtcPeerConnectionState, RtcSdpType, RtcSessionDescription,
    RtcSignalingState, RtcTrackEvent,
};

/// What goes through the signaling channel, whatever that is: here it is a queue in the same program.
enum Signal {
    Description(RtcSessionDescription),
    /// `None`: there are no more.
    Candidate(Option<RtcIceCandidateInit>),
}

struct Peer {
    name: &'static str,
    pc: RtcPeerConnection,
    is_polite: bool,
    /// An offer that met ours is ignored, and so are its candidates.
    ignores_offer: bool,
    to_other: mpsc::UnboundedSender<Signal>,
    from_other: mpsc::UnboundedReceiver<Signal>,
    tracks: Vec<RtcTrackEvent>,
}

impl Peer {
    /// Runs until it is connected and has the other peer's audio and video.
    async fn run(&mut self) -> Result<(), Error> {
        let mut events = self.pc.events();
        while !self.is_done() {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => self.handle_event(event).await?,
                    None => break,
                },
                Some(signal) = self.from_other.recv() => self.handle_signal(signal).await?,
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.tracks.len() == 2
            && self.pc.connection_state() == RtcPeerConnectionState::Connected
            && self.pc.signaling_state() == RtcSignalingState::Stable
    }

    async fn handle_event(&mut self, event: RtcPeerConnectionEvent) -> Result<(), Error> {
        match event {
            RtcPeerConnectionEvent::NegotiationNeeded => {
                // Without an argument it makes the description that is needed now: no race with anything.
                self.pc.set_local_description(None).await?;
                self.send_description();
            }
            RtcPeerConnectionEvent::IceCandidate(candidate) => {
                self.send(Signal::Candidate(candidate.map(Into::into)));
            }
            RtcPeerConnectionEvent::Track(event) => {
                println!("{}: {} arrives in stream {}", self.name, event.track.kind(), event.streams[0].id());
                self.tracks.push(event);
            }
            RtcPeerConnectionEvent::ConnectionStateChange(state) => println!("{}: {state}", self.name),
            _ => {}
        }
        Ok(())
    }

    async fn handle_signal(&mut self, signal: Signal) -> Result<(), Error> {
        match signal {
            Signal::Description(description) => {
                let is_offer = description.kind == RtcSdpType::Offer;
                let is_collision = is_offer && self.pc.signaling_state() != RtcSignalingState::Stable;
                self.ignores_offer = is_collision && !self.is_polite;
                if self.ignores_offer {
                    println!("{}: the other one gives way", self.name);
                    return Ok(());
                }
                if is_collision {
                    println!("{}: gives way", self.name);
                }
                // Rolls our own offer back, if there is one.
                self.pc.set_remote_description(description).await?;
                if is_offer {
                    self.pc.set_local_description(None).await?;
                    self.send_description();
                }
            }
            Signal::Candidate(candidate) => {
                let added = self.pc.add_ice_candidate(candidate).await;
                if !self.ignores_offer {
                    added?;
                }
            }
        }
        Ok(())
    }

    fn send_description(&self) {
        if let Some(description) = self.pc.local_description() {
            self.send(Signal::Description(description));
        }
    }

    fn send(&self, signal: Signal) {
        // The other one may be done already.
        let _ = self.to_other.send(signal);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (to_bob, from_alice) = mpsc::unbounded_channel();
    let (to_alice, from_bob) = mpsc::unbounded_channel();
    let peer = |name, is_polite, to_other, from_other| {
        let configuration = RtcConfiguration { include_loopback: true, ..Default::default() };
        let pc = RtcPeerConnection::new(configuration)?;
        Ok::<_, Error>(Peer {
            name,
            pc,
            is_polite,
            ignores_offer: false,
            to_other,
            from_other,
            tracks: Vec::new(),
        })
    };
    let mut alice = peer("Alice", true, to_bob, from_bob)?;
    let mut bob = peer("Bob", false, to_alice, from_alice)?;
    for peer in [&alice, &bob] {
        let microphone = MediaStreamTrack::new(RtcMediaKind::Audio, "microphone");
        let camera = MediaStreamTrack::new(RtcMediaKind::Video, "camera");
        let stream = MediaStream::with_tracks([microphone.clone(), camera.clone()]);
        peer.pc.add_track(&microphone, std::slice::from_ref(&stream))?;
        peer.pc.add_track(&camera, std::slice::from_ref(&stream))?;
    }

    let both = async { tokio::try_join!(alice.run(), bob.run()) };
    if tokio::time::timeout(Duration::from_secs(20), both).await.is_err() {
        println!("they did not find each other");
        std::process::exit(1);
    }
    for peer in [&alice, &bob] {
        for transceiver in peer.pc.get_transceivers() {
            let mid = transceiver.mid().unwrap_or_default();
            let direction = transceiver.current_direction().map_or("none", |direction| direction.as_str());
            println!(
                "{}: m-section {mid}, {}, {direction}",
                peer.name,
                transceiver.receiver().track().kind()
            );
        }
    }
    Ok(())
}
