//! The echo peer: one session for each offer, from the answer to the end of its connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use visavis::{
    Error, ErrorName, RtcConfiguration, RtcPeerConnection, RtcRtpTransceiverDirection, RtcSdpType,
    RtcSessionDescription,
};

mod channel;
mod session;
mod status;

pub(crate) use channel::{DOWNLOAD, UPLOAD};
use session::Session;
pub(crate) use status::candidate;

/// How long the answer waits for its candidates. Host candidates take milliseconds; a client without a way to take
/// more of them needs them in the answer.
const GATHERING_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no session for an offer.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There are as many as allowed.
    Full,
    /// The offer cannot be used.
    Offer(Error),
    /// The offer is good, but no answer could be made.
    Failed(Error),
}

/// All sessions of a server, by the last part of their resource's path.
pub(crate) struct Sessions {
    slots: Mutex<BTreeMap<String, Slot>>,
    room: Arc<Semaphore>,
    setup_timeout: Duration,
    include_loopback: bool,
}

struct Slot {
    session: Arc<Session>,
    /// Given back when the slot goes.
    _permit: OwnedSemaphorePermit,
}

impl Sessions {
    /// Room for `most` sessions, each of which has `setup_timeout` to connect.
    pub(crate) fn new(most: usize, setup_timeout: Duration, include_loopback: bool) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Arc::new(Sessions { slots: Mutex::default(), room, setup_timeout, include_loopback })
    }

    /// Answers an offer: the new session's id, and the answer with its candidates.
    pub(crate) async fn create(self: &Arc<Self>, offer: String) -> Result<(String, String), Refused> {
        let permit = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Refused::Full)?;
        let configuration =
            RtcConfiguration { include_loopback: self.include_loopback, ..Default::default() };
        let pc = RtcPeerConnection::new(configuration).map_err(Refused::Failed)?;
        let id = random_id()?;
        let session = Session::new(pc.clone());
        // The client may go away while it waits for the answer: then all this is dropped at an await.
        let unanswered = Unanswered(Some(Arc::clone(&session)));
        // From here on something reads the events and ends the session, whatever becomes of this request.
        tokio::spawn(Arc::clone(self).supervise(id.clone(), Arc::clone(&session)));
        let offer = RtcSessionDescription::new(RtcSdpType::Offer, offer);
        pc.set_remote_description(offer).await.map_err(Refused::Offer)?;
        for transceiver in pc.get_transceivers() {
            // What is sent here is data. Media that nobody looks at need not be sent.
            transceiver.set_direction(RtcRtpTransceiverDirection::Inactive).map_err(Refused::Failed)?;
        }
        let answer = pc.create_answer().await.map_err(Refused::Failed)?;
        pc.set_local_description(answer).await.map_err(Refused::Failed)?;
        let _ = tokio::time::timeout(GATHERING_TIMEOUT, session.gathered()).await;
        let closed = || Refused::Failed(Error::new(ErrorName::AbortError, "the session ended at once"));
        let answer = pc.local_description().ok_or_else(closed)?;
        self.slots().insert(id.clone(), Slot { session: Arc::clone(&session), _permit: permit });
        // The supervisor removes the slot when the session ends; if that was before the insertion, nobody else does.
        if session.has_ended() {
            self.remove(&id);
            return Err(closed());
        }
        unanswered.keep();
        Ok((id, answer.sdp))
    }

    /// The session with this id.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.slots().get(id).map(|slot| Arc::clone(&slot.session))
    }

    /// Ends the session with this id; `false` if there is none.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let slot = self.slots().remove(id);
        slot.inspect(|slot| slot.session.close()).is_some()
    }

    /// Ends every session; `false` if there is none.
    pub(crate) fn close_all(&self) -> bool {
        let slots = std::mem::take(&mut *self.slots());
        slots.values().for_each(|slot| slot.session.close());
        !slots.is_empty()
    }

    async fn supervise(self: Arc<Self>, id: String, session: Arc<Session>) {
        session.run(self.setup_timeout).await;
        self.remove(&id);
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that nobody knows of yet: ends it when dropped.
struct Unanswered(Option<Arc<Session>>);

impl Unanswered {
    /// Its slot ends it from now on.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(session) = &self.0 {
            session.close();
        }
    }
}

/// 128 random bits in hexadecimal: whoever knows it may end the session, so nobody must guess it.
fn random_id() -> Result<String, Refused> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| {
        Refused::Failed(Error::new(ErrorName::OperationError, "the system gives no randomness"))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
