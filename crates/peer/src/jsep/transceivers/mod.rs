//! What a description that is set does to the transceivers (webrtc-pc, set a session description, step 4.7.11).

mod associate;
mod local;
mod remote;
mod remote_tracks;
mod settled;

pub(crate) use local::leaving;

use crate::transceiver::TransceiverId;

/// The lists of step 4.7.9, and the transceivers to stop.
#[derive(Debug, Default)]
pub(crate) struct TrackChanges {
    /// "muteTracks"
    pub(crate) mute: Vec<TransceiverId>,
    /// "removeList"
    pub(crate) remove: Vec<(String, TransceiverId)>,
    /// "addList"
    pub(crate) add: Vec<(String, TransceiverId)>,
    /// "trackEventInits"
    pub(crate) track: Vec<(TransceiverId, Vec<String>)>,
    /// Those to stop.
    pub(crate) stop: Vec<TransceiverId>,
}
