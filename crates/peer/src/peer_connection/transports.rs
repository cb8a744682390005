//! The states of the one transport, and the states of the connection that follow from them.

use crate::{
    DtlsTransportState, Event, IceConnectionState, IceGatheringState, PeerConnectionState, SctpTransport,
    SctpTransportState,
};

use super::PeerConnection;

/// The slots of `RTCIceTransport` and `RTCDtlsTransport`, and the aggregated ones of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transports {
    /// [[IceTransportState]]
    pub(crate) ice: ice::TransportState,
    /// [[IceGathererState]]
    pub(crate) gatherer: ice::GatheringState,
    /// [[DtlsTransportState]]
    pub(crate) dtls: DtlsTransportState,
    /// How often a candidate pair was selected.
    pub(crate) selected_pair_changes: u32,
    /// [[IceGatheringState]]
    pub(crate) ice_gathering_state: IceGatheringState,
    /// [[IceConnectionState]]
    pub(crate) ice_connection_state: IceConnectionState,
    /// [[ConnectionState]]
    pub(crate) connection_state: PeerConnectionState,
}

impl Default for Transports {
    fn default() -> Self {
        Transports {
            ice: ice::TransportState::New,
            gatherer: ice::GatheringState::New,
            dtls: DtlsTransportState::New,
            selected_pair_changes: 0,
            ice_gathering_state: IceGatheringState::New,
            ice_connection_state: IceConnectionState::New,
            connection_state: PeerConnectionState::New,
        }
    }
}

/// `RTCSctpTransport`'s slots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sctp {
    /// What the application sees.
    pub(crate) attributes: SctpTransport,
    /// [[MaxBufferSize]]; `None` is no limit, or none known yet.
    pub(crate) max_buffer_size: Option<u64>,
}

/// canSendSize: what one channel buffers, at most.
const CAN_SEND_SIZE: u64 = session::SessionConfig::MAX_BUFFERED as u64;

impl Sctp {
    /// webrtc-pc, create an RTCSctpTransport, with the state "connecting".
    pub(crate) fn new() -> Self {
        Sctp {
            attributes: SctpTransport {
                state: SctpTransportState::Connecting,
                max_message_size: None,
                max_channels: None,
            },
            max_buffer_size: None,
        }
    }

    /// webrtc-pc, update the data max message size. `remote` is 0 where the peer takes any size.
    pub(crate) fn update_max_message_size(&mut self, remote: u64) {
        // As canSendSize is never 0, only steps 5 and 6 remain.
        let smaller = if remote == 0 { CAN_SEND_SIZE } else { remote.min(CAN_SEND_SIZE) };
        self.attributes.max_message_size = Some(smaller);
        self.max_buffer_size = Some(remote.max(CAN_SEND_SIZE));
    }
}

impl Transports {
    /// webrtc-pc, RTCIceGatheringState. `exists`: the transport is in use.
    fn derive_gathering(&self, exists: bool) -> IceGatheringState {
        match self.gatherer {
            _ if !exists => IceGatheringState::New,
            ice::GatheringState::New => IceGatheringState::New,
            ice::GatheringState::Gathering => IceGatheringState::Gathering,
            ice::GatheringState::Complete => IceGatheringState::Complete,
        }
    }

    /// webrtc-pc, RTCIceConnectionState.
    fn derive_ice(&self, exists: bool) -> IceConnectionState {
        match self.ice {
            _ if !exists => IceConnectionState::New,
            ice::TransportState::Failed => IceConnectionState::Failed,
            ice::TransportState::Disconnected => IceConnectionState::Disconnected,
            ice::TransportState::New | ice::TransportState::Closed => IceConnectionState::New,
            ice::TransportState::Checking => IceConnectionState::Checking,
            ice::TransportState::Completed => IceConnectionState::Completed,
            ice::TransportState::Connected => IceConnectionState::Connected,
        }
    }

    /// webrtc-pc, RTCPeerConnectionState. The enumeration asks for an ICE connection state of "connected"; that
    /// "completed" is meant too is what its editors and all browsers hold.
    fn derive_connection(&self, exists: bool) -> PeerConnectionState {
        let dtls = self.dtls;
        let is_ice_up = matches!(
            self.ice_connection_state,
            IceConnectionState::Connected | IceConnectionState::Completed
        );
        match self.ice_connection_state {
            IceConnectionState::Closed => PeerConnectionState::Closed,
            IceConnectionState::Failed => PeerConnectionState::Failed,
            _ if exists && dtls == DtlsTransportState::Failed => PeerConnectionState::Failed,
            IceConnectionState::Disconnected => PeerConnectionState::Disconnected,
            _ if !exists => PeerConnectionState::New,
            IceConnectionState::New
                if matches!(dtls, DtlsTransportState::New | DtlsTransportState::Closed) =>
            {
                PeerConnectionState::New
            }
            _ if is_ice_up && matches!(dtls, DtlsTransportState::Connected | DtlsTransportState::Closed) => {
                PeerConnectionState::Connected
            }
            _ => PeerConnectionState::Connecting,
        }
    }
}

impl PeerConnection {
    /// webrtc-pc, the steps to change the selected candidate pair and state, and update the connection state: slots
    /// first, then the events.
    pub(crate) fn update_connection_states(&mut self) {
        let exists = self.sctp.is_some();
        let before = self.transports;
        self.transports.ice_connection_state = self.transports.derive_ice(exists);
        self.transports.connection_state = self.transports.derive_connection(exists);
        let after = self.transports;
        if after.ice_connection_state != before.ice_connection_state {
            self.events.push_back(Event::IceConnectionStateChange(after.ice_connection_state));
        }
        if after.connection_state != before.connection_state {
            self.events.push_back(Event::ConnectionStateChange(after.connection_state));
        }
    }

    /// Derives [[IceGatheringState]] anew and fires `icegatheringstatechange` if it changed.
    pub(crate) fn update_gathering_state(&mut self) {
        let state = self.transports.derive_gathering(self.sctp.is_some());
        if state != self.transports.ice_gathering_state {
            self.transports.ice_gathering_state = state;
            self.events.push_back(Event::IceGatheringStateChange(state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// webrtc-pc, RTCIceConnectionState and RTCPeerConnectionState, each row of one transport's states.
    #[test]
    fn the_connection_s_states_follow_the_transport_s_row_by_row() {
        use DtlsTransportState::{Closed, Connected, Connecting, Failed, New};
        let mut table = String::new();
        for ice in [
            ice::TransportState::New,
            ice::TransportState::Checking,
            ice::TransportState::Connected,
            ice::TransportState::Completed,
            ice::TransportState::Disconnected,
            ice::TransportState::Failed,
            ice::TransportState::Closed,
        ] {
            let mut transports = Transports { ice, ..Transports::default() };
            transports.ice_connection_state = transports.derive_ice(true);
            table.push_str(transports.ice_connection_state.as_str());
            for dtls in [New, Connecting, Connected, Closed, Failed] {
                transports.dtls = dtls;
                table.push_str(&format!(" {dtls}={}", transports.derive_connection(true)));
            }
            table.push('\n');
            // Without a transport everything is new.
            transports.ice_connection_state = transports.derive_ice(false);
            assert_eq!(transports.ice_connection_state, IceConnectionState::New);
            assert_eq!(transports.derive_connection(false), PeerConnectionState::New);
        }
        expect_test::expect![[r#"
            new new=new connecting=connecting connected=connecting closed=new failed=failed
            checking new=connecting connecting=connecting connected=connecting closed=connecting failed=failed
            connected new=connecting connecting=connecting connected=connected closed=connected failed=failed
            completed new=connecting connecting=connecting connected=connected closed=connected failed=failed
            disconnected new=disconnected connecting=disconnected connected=disconnected closed=disconnected failed=failed
            failed new=failed connecting=failed connected=failed closed=failed failed=failed
            new new=new connecting=connecting connected=connecting closed=new failed=failed
        "#]]
        .assert_eq(&table);
    }
}
