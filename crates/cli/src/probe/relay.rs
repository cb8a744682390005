//! A TURN server, by a loopback through it: two peers that may use nothing but its relayed addresses.

use std::time::Duration;

use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcIceCandidateError, RtcIceServer,
    RtcIceTransportPolicy, RtcPeerConnection, RtcPeerConnectionEvent,
};

use super::Terms;
use super::explain::explain;
use crate::{Failure, clock};

/// The text that goes there and back.
const PING: &str = "ping";

/// How a TURN server did.
pub(super) struct Relay {
    /// Its URL.
    pub(super) url: String,
    /// What it took, or why it did not work.
    pub(super) outcome: Result<Loopback, String>,
}

/// A loopback that worked.
#[derive(Debug)]
pub(super) struct Loopback {
    /// From the offer to an open channel.
    pub(super) setup: Duration,
    /// One round trip: twice through the server each way.
    pub(super) round_trip: Duration,
}

/// Tries a server, for as long as the terms allow.
pub(super) async fn examine(server: RtcIceServer, terms: &Terms) -> Result<Relay, Failure> {
    let url = server.urls.concat();
    let peer = || {
        let configuration = RtcConfiguration {
            ice_servers: vec![server.clone()],
            ice_transport_policy: RtcIceTransportPolicy::Relay,
            ..Default::default()
        };
        RtcPeerConnection::with_settings(configuration, terms.settings.clone())
            .map_err(|error| error.to_string())
    };
    let (one, other) = (peer()?, peer()?);
    let late = || format!("no connection through it within {} s", terms.limit.as_secs_f64());
    let outcome = tokio::time::timeout(terms.limit, connect(&one, &other)).await;
    one.close();
    other.close();
    Ok(Relay { url, outcome: outcome.unwrap_or_else(|_| Err(late())) })
}

async fn connect(one: &RtcPeerConnection, other: &RtcPeerConnection) -> Result<Loopback, String> {
    let init = || RtcDataChannelInit { negotiated: true, id: Some(0), ..Default::default() };
    let open = |pc: &RtcPeerConnection| pc.create_data_channel("probe", Some(init()));
    let channels =
        (open(one).map_err(|error| error.to_string())?, open(other).map_err(|error| error.to_string())?);
    let began = clock::now();
    negotiate(one, other).await.map_err(|error| error.to_string())?;
    let opened = async {
        let opened = tokio::try_join!(channels.0.ready(), channels.1.ready());
        opened.map(|_| ()).map_err(|_| "the connection was closed".to_owned())
    };
    tokio::select! {
        opened = opened => opened?,
        failure = signal(one, other) => return Err(failure),
    }
    let setup = clock::now() - began;
    Ok(Loopback { setup, round_trip: ping(&channels.0, &channels.1).await? })
}

async fn negotiate(one: &RtcPeerConnection, other: &RtcPeerConnection) -> Result<(), visavis::Error> {
    one.set_local_description(None).await?;
    if let Some(offer) = one.local_description() {
        other.set_remote_description(offer).await?;
    }
    other.set_local_description(None).await?;
    if let Some(answer) = other.local_description() {
        one.set_remote_description(answer).await?;
    }
    Ok(())
}

/// Takes candidates from one to the other. Ends when that is in vain, and says why.
async fn signal(one: &RtcPeerConnection, other: &RtcPeerConnection) -> String {
    let (there, back) = tokio::join!(trickle(one, other), trickle(other, one));
    let failed = [there, back].into_iter().find(|(candidates, _)| *candidates == 0);
    match failed {
        Some((_, errors)) if errors.is_empty() => "the server gave no relayed address".to_owned(),
        Some((_, errors)) => {
            let mut reasons: Vec<_> = errors.iter().map(explain).collect();
            reasons.dedup();
            reasons.join("; ")
        }
        // Now it is for ICE to find out.
        None => std::future::pending().await,
    }
}

/// How many candidates there were, and what went wrong with others.
async fn trickle(from: &RtcPeerConnection, to: &RtcPeerConnection) -> (usize, Vec<RtcIceCandidateError>) {
    let (mut count, mut errors) = (0, Vec::new());
    let mut events = from.events();
    while let Some(event) = events.next().await {
        match event {
            RtcPeerConnectionEvent::IceCandidate(candidate) => {
                let is_last = candidate.is_none();
                count += usize::from(candidate.as_ref().is_some_and(|candidate| candidate.fields.is_some()));
                // It fails when the peer was closed, and then nobody waits for it.
                let _ = to.add_ice_candidate(candidate.map(Into::into)).await;
                if is_last {
                    break;
                }
            }
            RtcPeerConnectionEvent::IceCandidateError(error) => errors.push(error),
            _ => {}
        }
    }
    (count, errors)
}

async fn ping(near: &RtcDataChannel, far: &RtcDataChannel) -> Result<Duration, String> {
    let lost = || "the connection was closed".to_owned();
    let began = clock::now();
    near.send_text(PING).map_err(|error| error.to_string())?;
    far.recv().await.ok_or_else(lost)?;
    far.send_text(PING).map_err(|error| error.to_string())?;
    near.recv().await.ok_or_else(lost)?;
    Ok(clock::now() - began)
}
