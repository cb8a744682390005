//! `RTCSctpTransport`.

use std::sync::Arc;

use peer::{SctpTransport, SctpTransportState};

use crate::net::connection::Handle;
use crate::{RtcDtlsTransport, RtcEventStream};

/// An event of an SCTP transport.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcSctpTransportEvent {
    /// Its state changed, to this one.
    StateChange(SctpTransportState),
}

/// The SCTP association that carries the data channels
/// ([webrtc-pc, section 6.1.1](https://www.w3.org/TR/webrtc/#rtcsctptransport-interface)).
///
/// A handle: clones are the same transport. It keeps its connection open.
///
/// ```
/// # use visavis::{RtcConfiguration, RtcPeerConnection, RtcSctpTransportState};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let _channel = pc.create_data_channel("chat", None)?;
/// assert!(pc.sctp().is_none(), "not offered yet");
/// pc.set_local_description(None).await?;
/// let sctp = pc.sctp().expect("it is");
/// assert_eq!(sctp.state(), RtcSctpTransportState::Connecting);
/// assert_eq!(sctp.max_channels(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RtcSctpTransport {
    handle: Arc<Handle>,
    /// The attributes when the handle was made, for when the transport is not there any more.
    first: SctpTransport,
}

impl RtcSctpTransport {
    pub(crate) fn new(handle: &Arc<Handle>, first: SctpTransport) -> Self {
        RtcSctpTransport { handle: Arc::clone(handle), first }
    }

    fn attributes(&self) -> SctpTransport {
        let gone = SctpTransport { state: SctpTransportState::Closed, ..self.first };
        self.handle.with(|shared| shared.sctp_transport()).unwrap_or(gone)
    }

    /// The DTLS transport that carries it.
    pub fn transport(&self) -> RtcDtlsTransport {
        RtcDtlsTransport::new(&self.handle, self.attributes().transport)
    }

    /// Its state.
    pub fn state(&self) -> SctpTransportState {
        self.attributes().state
    }

    /// The largest message that may be sent, in bytes; `None` until an answer is set.
    pub fn max_message_size(&self) -> Option<u64> {
        self.attributes().max_message_size
    }

    /// How many channels there can be; `None` until it is connected.
    pub fn max_channels(&self) -> Option<u16> {
        self.attributes().max_channels
    }

    /// Its events, from the first one that was not taken yet.
    pub fn events(&self) -> RtcEventStream<RtcSctpTransportEvent> {
        let source = self.handle.with(|shared| shared.sctp_events());
        RtcEventStream::new(source, Some(Arc::clone(&self.handle)))
    }
}

impl std::fmt::Debug for RtcSctpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SctpTransport { state, max_message_size, max_channels, .. } = self.attributes();
        f.debug_struct("RtcSctpTransport")
            .field("state", &state)
            .field("max_message_size", &max_message_size)
            .field("max_channels", &max_channels)
            .finish_non_exhaustive()
    }
}
