//! One gathering of candidates, with the time at which each came.

use std::time::Duration;

use visavis::{
    RtcConfiguration, RtcIceCandidateError, RtcIceCandidateFields, RtcIceServer, RtcPeerConnection,
    RtcPeerConnectionEvent, Settings, driver_counters,
};

use crate::{Failure, clock};

/// Longest time for the sockets of a closed connection to be closed, too: it sends what closing needs within a second.
const RELEASE: Duration = Duration::from_secs(2);
/// How often that is looked at.
const POLL: Duration = Duration::from_millis(2);

/// What a gathering brought.
#[derive(Default)]
pub(super) struct Gathered {
    /// In the order in which they came.
    pub(super) candidates: Vec<Candidate>,
    /// Of servers that gave none.
    pub(super) errors: Vec<RtcIceCandidateError>,
    /// When it was over; `None` if its time was over first.
    pub(super) complete: Option<Duration>,
}

/// A candidate.
pub(super) struct Candidate {
    /// Its attributes.
    pub(super) fields: RtcIceCandidateFields,
    /// Since the gathering began.
    pub(super) after: Duration,
}

/// Gathers from these servers, for `limit` at most.
pub(super) async fn gather(
    ice_servers: Vec<RtcIceServer>,
    settings: Settings,
    limit: Duration,
) -> Result<Gathered, Failure> {
    let configuration = RtcConfiguration { ice_servers, ..Default::default() };
    let pc = RtcPeerConnection::with_settings(configuration, settings).map_err(|error| error.to_string())?;
    // Without something to negotiate there is nothing to gather for.
    let _channel = pc.create_data_channel("probe", None).map_err(|error| error.to_string())?;
    let mut gathered = Gathered::default();
    // Candidates are read while the description is set: later, their times would be wrong.
    let (set, _) =
        tokio::join!(pc.set_local_description(None), tokio::time::timeout(limit, read(&pc, &mut gathered)));
    pc.close();
    let _ = tokio::time::timeout(RELEASE, released()).await;
    set.map_err(|error| error.to_string())?;
    Ok(gathered)
}

/// Waits until no connection of this program has a socket any more: the next one may want the same port.
async fn released() {
    while driver_counters().sockets > 0 {
        let _ = tokio::time::timeout(POLL, std::future::pending::<()>()).await;
    }
}

async fn read(pc: &RtcPeerConnection, gathered: &mut Gathered) {
    let began = clock::now();
    let mut events = pc.events();
    while let Some(event) = events.next().await {
        let after = clock::now() - began;
        match event {
            RtcPeerConnectionEvent::IceCandidate(Some(candidate)) => {
                gathered.candidates.extend(candidate.fields.map(|fields| Candidate { fields, after }));
            }
            RtcPeerConnectionEvent::IceCandidateError(error) => gathered.errors.push(error),
            RtcPeerConnectionEvent::IceCandidate(None) => {
                gathered.complete = Some(after);
                return;
            }
            _ => {}
        }
    }
}
