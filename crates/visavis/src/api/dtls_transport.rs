//! `RTCDtlsTransport`.

use std::sync::Arc;

use peer::{DtlsTransportEvent, DtlsTransportState, DtlsTransportView, TransportId};

use crate::net::connection::Handle;
use crate::{RtcEventStream, RtcIceTransport};

/// The DTLS connection that secures a transport
/// ([webrtc-pc, section 5.5](https://www.w3.org/TR/webrtc/#rtcdtlstransport-interface)).
///
/// A handle: clones are the same transport, and two handles are equal if they are of the same one. It keeps its
/// connection open.
///
/// ```
/// # use visavis::{RtcConfiguration, RtcDtlsTransportState, RtcPeerConnection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let _channel = pc.create_data_channel("chat", None)?;
/// pc.set_local_description(None).await?;
/// let transport = pc.sctp().expect("it is offered").transport();
/// assert_eq!(transport.state(), RtcDtlsTransportState::New);
/// assert!(transport.get_remote_certificates().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RtcDtlsTransport {
    handle: Arc<Handle>,
    id: TransportId,
}

impl RtcDtlsTransport {
    pub(crate) fn new(handle: &Arc<Handle>, id: TransportId) -> Self {
        RtcDtlsTransport { handle: Arc::clone(handle), id }
    }

    fn view(&self) -> Option<DtlsTransportView> {
        self.handle.with(|shared| shared.dtls_transport(self.id))
    }

    /// The ICE transport below it.
    pub fn ice_transport(&self) -> RtcIceTransport {
        RtcIceTransport::new(&self.handle, self.id)
    }

    /// Its state.
    pub fn state(&self) -> DtlsTransportState {
        self.view().map_or(DtlsTransportState::Closed, |view| view.state)
    }

    /// The remote peer's certificates in DER, once the handshake has verified them
    /// ([getRemoteCertificates](https://www.w3.org/TR/webrtc/#dom-rtcdtlstransport-getremotecertificates)).
    pub fn get_remote_certificates(&self) -> Vec<Vec<u8>> {
        self.view().map(|view| view.remote_certificates).unwrap_or_default()
    }

    /// Its events, from the first one that was not taken yet.
    pub fn events(&self) -> RtcEventStream<DtlsTransportEvent> {
        let source = self.handle.with(|shared| shared.dtls_events(self.id));
        RtcEventStream::new(source, Some(Arc::clone(&self.handle)))
    }
}

impl PartialEq for RtcDtlsTransport {
    fn eq(&self, other: &Self) -> bool {
        (self.handle.key, self.id) == (other.handle.key, other.id)
    }
}

impl Eq for RtcDtlsTransport {}

impl std::fmt::Debug for RtcDtlsTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcDtlsTransport")
            .field("id", &self.id.0)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
