//! `RTCPeerConnection`.

use std::sync::Arc;

use peer::{
    DataChannelInit, Error, ErrorName, IceCandidateInit, IceConnectionState, IceGatheringState,
    IdentityAssertion, IdentityProviderOptions, KeygenAlgorithm, OfferOptions, Outcome, PeerConnection,
    PeerConnectionState, Settings, SignalingState, StatsReport, StatsSelector, TrackOrKind, TransceiverInit,
};

use crate::api::operation::Operation;
use crate::net::connection::{Fate, Handle};
use crate::net::workers::{self, Company};
use crate::{
    MediaStream, MediaStreamTrack, RtcCertificate, RtcConfiguration, RtcDataChannel, RtcEventStream,
    RtcPeerConnectionEvents, RtcRtpReceiver, RtcRtpSender, RtcRtpTransceiver, RtcRtpTransceiverInit,
    RtcSctpTransport, RtcSessionDescription, RtcTrackOrKind,
};

/// A connection to a remote peer
/// ([webrtc-pc, section 4.4](https://www.w3.org/TR/webrtc/#interface-definition)).
///
/// A handle: clones are the same connection. Methods are W3C's, in Rust's case: synchronous where W3C's are,
/// `async` where they return a promise. Those begin when they are first polled; dropping the future afterwards
/// forgets the result, not the operation. They settle with `InvalidStateError` when the connection is closed,
/// where W3C leaves them pending for ever.
///
/// The connection works on threads of its own: any executor will do for the futures.
///
/// [`close`](RtcPeerConnection::close) ends it, and so does dropping its last handle: connection, channels and
/// event streams.
///
/// ```
/// use visavis::{RtcPeerConnection, RtcConfiguration, RtcSignalingState};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let channel = pc.create_data_channel("chat", None)?;
/// assert_eq!(pc.signaling_state(), RtcSignalingState::Stable);
/// pc.close();
/// assert!(pc.create_offer(None).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RtcPeerConnection {
    pub(crate) handle: Arc<Handle>,
}

impl RtcPeerConnection {
    /// A new connection, not connected to anything yet.
    ///
    /// # Errors
    /// Those of webrtc-pc for its configuration: `SyntaxError` for a server's URL, `InvalidAccessError` for an
    /// expired certificate or a TURN server without credentials ... `OperationError` where the system gives no
    /// threads or randomness.
    pub fn new(configuration: RtcConfiguration) -> Result<Self, Error> {
        Self::with_settings(configuration, Settings::default())
    }

    /// The same with what W3C leaves to the browser: network interfaces, ports, addresses.
    ///
    /// ```
    /// use visavis::{AddressFilter, InterfaceFilter, RtcConfiguration, RtcPeerConnection, Settings};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // A server behind a firewall that lets these ports pass, and that talks to nobody in its own network.
    /// let settings = Settings {
    ///     interfaces: InterfaceFilter { except: vec!["docker*".into()], ..Default::default() },
    ///     ports: Some(50_000..=50_999),
    ///     remote_addresses: AddressFilter::default().allow("10.8.0.0/16".parse()?).and(AddressFilter::public_only()),
    ///     ..Settings::default()
    /// };
    /// let pc = RtcPeerConnection::with_settings(RtcConfiguration::default(), settings)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`new`](RtcPeerConnection::new), and `TypeError` for settings that cannot be: an empty range of ports, a pair
    /// of an IPv4 and an IPv6 address.
    pub fn with_settings(configuration: RtcConfiguration, settings: Settings) -> Result<Self, Error> {
        Self::connect(configuration, settings, Company::default())
    }

    /// The same, driven by a task of the tokio runtime that this is called in instead of visavis's own threads. A message is
    /// then read by the thread that its receiver runs on, so that an answer comes sooner: by two switches of threads in each
    /// round trip.
    ///
    /// The price: the connection lives as its runtime does. Where the application keeps all of the runtime's threads busy
    /// or blocked, nothing is received, acknowledged or kept alive; when the runtime ends, so does the connection, without a
    /// word to its peer.
    ///
    /// ```
    /// use visavis::{RtcConfiguration, RtcPeerConnection, Settings};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pc = RtcPeerConnection::on_current_runtime(RtcConfiguration::default(), Settings::default())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`with_settings`](RtcPeerConnection::with_settings), and `InvalidStateError` outside a tokio runtime. The
    /// runtime needs IO and time enabled; the connection is closed at once where it lacks them.
    pub fn on_current_runtime(configuration: RtcConfiguration, settings: Settings) -> Result<Self, Error> {
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|error| Error::new(ErrorName::InvalidStateError, error.to_string()))?;
        Self::connect(configuration, settings, Company { runtime: Some(runtime), ..Company::default() })
    }

    fn connect(configuration: RtcConfiguration, settings: Settings, company: Company) -> Result<Self, Error> {
        let identity = match configuration.certificates.first() {
            Some(certificate) => certificate.clone(),
            None => RtcCertificate::generate(&KeygenAlgorithm::ecdsa_p256())?,
        };
        Ok(RtcPeerConnection {
            handle: workers::connect((configuration.into(), settings), identity.0, company)?,
        })
    }

    /// A new certificate for [`RtcConfiguration::certificates`], valid for 30 days unless the algorithm says otherwise,
    /// and 365 days at most
    /// ([generateCertificate](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-generatecertificate)).
    ///
    /// # Errors
    /// `NotSupportedError` for another algorithm than ECDSA on P-256 and RSASSA-PKCS1-v1_5 with 2,048, 3,072 or 4,096
    /// bits; `TypeError` for one that lacks a parameter; `OperationError` if the system gives no randomness or thread.
    pub async fn generate_certificate(keygen_algorithm: KeygenAlgorithm) -> Result<RtcCertificate, Error> {
        RtcCertificate::generate_aside(keygen_algorithm).await
    }

    /// An offer of what this end has
    /// ([createOffer](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-createoffer)).
    ///
    /// # Errors
    /// `InvalidStateError` if the connection is closed.
    pub async fn create_offer(
        &self,
        options: impl Into<Option<OfferOptions>>,
    ) -> Result<RtcSessionDescription, Error> {
        let options = options.into().unwrap_or_default();
        description(Operation::begin(&self.handle, |peer, now| peer.create_offer(now, options))?.await)
    }

    /// An answer to the remote offer
    /// ([createAnswer](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-createanswer)).
    ///
    /// # Errors
    /// `InvalidStateError` if there is no remote offer, or the connection is closed.
    pub async fn create_answer(&self) -> Result<RtcSessionDescription, Error> {
        description(Operation::begin(&self.handle, PeerConnection::create_answer)?.await)
    }

    /// Sets what this end offered or answered, and gathers candidates for it. With `None`, the description that
    /// the signaling state asks for is made and set
    /// ([setLocalDescription](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-setlocaldescription)).
    ///
    /// # Errors
    /// `InvalidModificationError` if it is not what `create_offer` or `create_answer` gave;
    /// `InvalidStateError` if it does not fit the signaling state, or the connection is closed.
    pub async fn set_local_description(
        &self,
        description: impl Into<Option<RtcSessionDescription>>,
    ) -> Result<(), Error> {
        let description = description.into().map(Into::into);
        Operation::begin(&self.handle, |peer, now| peer.set_local_description(now, description))?.await?;
        Ok(())
    }

    /// Sets what the remote peer offered or answered
    /// ([setRemoteDescription](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-setremotedescription)).
    ///
    /// # Errors
    /// An `RTCError` with `sdp-syntax-error` and the line for what is not SDP; `InvalidAccessError` or
    /// `OperationError` for what is SDP and cannot be applied; `InvalidStateError` if it does not fit the
    /// signaling state, or the connection is closed.
    pub async fn set_remote_description(&self, description: RtcSessionDescription) -> Result<(), Error> {
        let description = description.into();
        Operation::begin(&self.handle, |peer, now| peer.set_remote_description(now, description))?.await?;
        Ok(())
    }

    /// Adds a candidate of the remote peer; `None` is the end of its candidates
    /// ([addIceCandidate](https://www.w3.org/TR/webrtc/#dom-peerconnection-addicecandidate)).
    ///
    /// # Errors
    /// `InvalidStateError` without a remote description or when closed; `TypeError` if the candidate names no
    /// m-section; `OperationError` if it cannot be parsed or belongs to none.
    pub async fn add_ice_candidate(
        &self,
        candidate: impl Into<Option<IceCandidateInit>>,
    ) -> Result<(), Error> {
        let candidate = candidate.into();
        Operation::begin(&self.handle, |peer, now| peer.add_ice_candidate(now, candidate))?.await?;
        Ok(())
    }

    /// Statistics: of the whole connection, or of the one sender or receiver that has this track
    /// ([getStats](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getstats)).
    ///
    /// # Errors
    /// `OperationError` if the connection failed internally; `InvalidAccessError` if not exactly one sender or receiver
    /// has the track. A closed one still gives its last figures.
    pub async fn get_stats(
        &self,
        selector: impl Into<Option<&MediaStreamTrack>>,
    ) -> Result<StatsReport, Error> {
        let selector = match selector.into() {
            Some(track) => StatsSelector::Track(track.id().to_owned()),
            None => StatsSelector::Connection,
        };
        self.handle.stats(&selector)
    }

    /// A new channel, announced to the remote peer unless it is
    /// [`negotiated`](DataChannelInit::negotiated)
    /// ([createDataChannel](https://www.w3.org/TR/webrtc/#dom-peerconnection-createdatachannel)).
    ///
    /// # Errors
    /// `InvalidStateError` when closed; `TypeError` for a label or protocol over 65,535 bytes, both limits
    /// at once, or a negotiated channel without id; `OperationError` for an id that is taken or too large.
    pub fn create_data_channel(
        &self,
        label: &str,
        init: impl Into<Option<DataChannelInit>>,
    ) -> Result<RtcDataChannel, Error> {
        let init = init.into().unwrap_or_default();
        let (id, view) = self.handle.call(|shared, now| {
            shared.check_open()?;
            let id = shared.peer.create_data_channel(now, label, init)?;
            shared.adopt_channel(id);
            let gone = || Error::new(ErrorName::OperationError, "the channel failed at once");
            Ok((id, shared.channel_view(id).ok_or_else(gone)?))
        })?;
        Ok(RtcDataChannel::new(Arc::clone(&self.handle), id, view))
    }

    /// Sends a track, which the remote peer will see in these streams, after the next negotiation
    /// ([addTrack](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtrack)).
    ///
    /// # Errors
    /// `InvalidStateError` when closed; `InvalidAccessError` if the track is sent already; `OperationError` with 1,024
    /// transceivers.
    pub fn add_track(
        &self,
        track: &MediaStreamTrack,
        streams: &[MediaStream],
    ) -> Result<RtcRtpSender, Error> {
        let ids: Vec<String> = streams.iter().map(|stream| stream.id().to_owned()).collect();
        let id = self.handle.call(|shared, _| {
            shared.check_open()?;
            let id = shared.peer.add_track(track.negotiated(), &ids)?;
            shared.keep_sent(id, Some(track), streams);
            Ok::<_, Error>(id)
        })?;
        Ok(RtcRtpTransceiver::new(&self.handle, id).sender())
    }

    /// Stops sending a sender's track, after the next negotiation
    /// ([removeTrack](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-removetrack)).
    ///
    /// # Errors
    /// `InvalidStateError` when closed; `InvalidAccessError` if the sender is of another connection.
    pub fn remove_track(&self, sender: &RtcRtpSender) -> Result<(), Error> {
        self.handle.call(|shared, _| {
            shared.check_open()?;
            sender.check_connection(self.handle.key)?;
            shared.peer.remove_track(sender.part.id)
        })
    }

    /// A new transceiver, for a track or for a kind alone
    /// ([addTransceiver](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtransceiver)).
    ///
    /// # Errors
    /// `InvalidStateError` when closed; `TypeError`, `RangeError`, `OperationError` or `InvalidModificationError` for
    /// encodings that there cannot be; `OperationError` with 1,024 transceivers.
    pub fn add_transceiver(
        &self,
        track_or_kind: impl Into<RtcTrackOrKind>,
        init: impl Into<Option<RtcRtpTransceiverInit>>,
    ) -> Result<RtcRtpTransceiver, Error> {
        let init = init.into().unwrap_or_default();
        let (track, what) = match track_or_kind.into() {
            RtcTrackOrKind::Track(track) => {
                let negotiated = track.negotiated();
                (Some(track), TrackOrKind::Track(negotiated))
            }
            RtcTrackOrKind::Kind(kind) => (None, TrackOrKind::Kind(kind)),
        };
        let negotiated = TransceiverInit {
            direction: init.direction,
            streams: init.streams.iter().map(|stream| stream.id().to_owned()).collect(),
            send_encodings: init.send_encodings,
        };
        let id = self.handle.call(|shared, _| {
            shared.check_open()?;
            let id = shared.peer.add_transceiver(what, negotiated)?;
            shared.keep_sent(id, track.as_ref(), &init.streams);
            Ok::<_, Error>(id)
        })?;
        Ok(RtcRtpTransceiver::new(&self.handle, id))
    }

    /// The senders of all transceivers that are not stopped.
    pub fn get_senders(&self) -> Vec<RtcRtpSender> {
        let ids = self.read(PeerConnection::senders, Vec::new());
        ids.into_iter().map(|id| RtcRtpTransceiver::new(&self.handle, id).sender()).collect()
    }

    /// The receivers of all transceivers that are not stopped.
    pub fn get_receivers(&self) -> Vec<RtcRtpReceiver> {
        let ids = self.read(PeerConnection::receivers, Vec::new());
        ids.into_iter().map(|id| RtcRtpTransceiver::new(&self.handle, id).receiver()).collect()
    }

    /// The transceivers that are not stopped and negotiated away, in the order in which they were made.
    pub fn get_transceivers(&self) -> Vec<RtcRtpTransceiver> {
        let ids = self.read(PeerConnection::transceivers, Vec::new());
        ids.into_iter().map(|id| RtcRtpTransceiver::new(&self.handle, id)).collect()
    }

    /// Has this end's identity asserted by a provider
    /// ([setIdentityProvider](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-setidentityprovider)).
    ///
    /// A provider is code that a browser loads from the web. **None can be loaded here**, so that everything which needs
    /// one fails: from now on no offer and no answer can be created.
    ///
    /// # Errors
    /// `InvalidStateError` when closed; `SyntaxError` for a slash in the protocol's name.
    pub fn set_identity_provider(
        &self,
        provider: &str,
        options: impl Into<Option<IdentityProviderOptions>>,
    ) -> Result<(), Error> {
        let options = options.into().unwrap_or_default();
        self.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.set_identity_provider(provider, &options)
        })
    }

    /// This end's identity, asserted by its provider
    /// ([getIdentityAssertion](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-getidentityassertion)).
    ///
    /// # Errors
    /// `InvalidStateError` when closed, and else an `RTCError` with `idp-load-failure`: no provider can be loaded.
    pub async fn get_identity_assertion(&self) -> Result<String, Error> {
        Operation::begin(&self.handle, |peer, _| peer.get_identity_assertion())?.await?;
        Err(Error::new(ErrorName::UnknownError, "the operation gave no assertion"))
    }

    /// Waits until it is known who the remote peer is. As no provider can be loaded, that never comes to be known: this
    /// waits until the peer asserts an identity, which cannot be validated, and can be called again then
    /// ([peerIdentity](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-peeridentity)).
    ///
    /// # Errors
    /// An `RTCError` with `idp-load-failure` when the peer asserts one; `InvalidStateError` when closed.
    pub async fn peer_identity(&self) -> Result<IdentityAssertion, Error> {
        let source = self.handle.with(|shared| shared.peer_identities());
        let settled = RtcEventStream::new(source, None).next().await;
        settled.unwrap_or_else(|| Err(Error::new(ErrorName::InvalidStateError, "the connection is closed")))
    }

    /// Where the user can log in at the identity provider. `None`, as no provider can be loaded.
    pub fn idp_login_url(&self) -> Option<String> {
        None
    }

    /// What the identity provider says about an error. `None`, as no provider can be loaded.
    pub fn idp_error_info(&self) -> Option<String> {
        None
    }

    /// The connection's events, from the first one that was not taken yet.
    pub fn events(&self) -> RtcPeerConnectionEvents {
        RtcPeerConnectionEvents::new(Arc::clone(&self.handle))
    }

    /// Ends the connection and its channels. Returns at once; what tells the remote peer is sent afterwards,
    /// for a second at most, and then sockets and timers are gone. Whatever waits on the connection ends
    /// ([close](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-close)).
    ///
    /// A program that exits right after it may be faster: the remote peer then notices after its own time-outs.
    /// [`driver_counters`](crate::driver_counters) says when there is no connection left.
    pub fn close(&self) {
        self.handle.close();
    }

    /// Makes the next offer one that restarts ICE
    /// ([restartIce](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-restartice)).
    pub fn restart_ice(&self) {
        self.handle.call(|shared, _| {
            if shared.fate == Fate::Open {
                shared.peer.restart_ice();
            }
        });
    }

    /// The configuration, with the certificates in use
    /// ([getConfiguration](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getconfiguration)).
    pub fn get_configuration(&self) -> RtcConfiguration {
        self.handle.with(|shared| shared.peer.configuration().clone().into())
    }

    /// Changes what of the configuration may change
    /// ([setConfiguration](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-setconfiguration)).
    ///
    /// # Errors
    /// `InvalidStateError` when closed; `InvalidModificationError` for what may not change; and those of
    /// [`new`](RtcPeerConnection::new).
    pub fn set_configuration(&self, configuration: RtcConfiguration) -> Result<(), Error> {
        self.handle.call(|shared, now| {
            shared.check_open()?;
            shared.peer.set_configuration(now, configuration.into())
        })
    }

    /// `InvalidStateError` if it is closed.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        self.handle.with(|shared| shared.check_open())
    }

    fn read<R>(&self, read: impl FnOnce(&PeerConnection) -> R, broken: R) -> R {
        self.handle.with(|shared| if shared.fate == Fate::Broken { broken } else { read(&shared.peer) })
    }

    /// Where the negotiation stands.
    pub fn signaling_state(&self) -> SignalingState {
        self.read(PeerConnection::signaling_state, SignalingState::Closed)
    }

    /// Whether candidates are being gathered.
    pub fn ice_gathering_state(&self) -> IceGatheringState {
        self.read(PeerConnection::ice_gathering_state, IceGatheringState::Complete)
    }

    /// Where ICE stands.
    pub fn ice_connection_state(&self) -> IceConnectionState {
        self.read(PeerConnection::ice_connection_state, IceConnectionState::Closed)
    }

    /// Where the connection stands: ICE and DTLS together.
    pub fn connection_state(&self) -> PeerConnectionState {
        self.read(PeerConnection::connection_state, PeerConnectionState::Closed)
    }

    /// The pending local description, else the current one, with the candidates gathered so far.
    pub fn local_description(&self) -> Option<RtcSessionDescription> {
        self.read(|peer| peer.local_description().map(Into::into), None)
    }

    /// The local description of the last finished negotiation.
    pub fn current_local_description(&self) -> Option<RtcSessionDescription> {
        self.read(|peer| peer.current_local_description().map(Into::into), None)
    }

    /// The local description of the negotiation under way.
    pub fn pending_local_description(&self) -> Option<RtcSessionDescription> {
        self.read(|peer| peer.pending_local_description().map(Into::into), None)
    }

    /// The pending remote description, else the current one, with the candidates added so far.
    pub fn remote_description(&self) -> Option<RtcSessionDescription> {
        self.read(|peer| peer.remote_description().map(Into::into), None)
    }

    /// The remote description of the last finished negotiation.
    pub fn current_remote_description(&self) -> Option<RtcSessionDescription> {
        self.read(|peer| peer.current_remote_description().map(Into::into), None)
    }

    /// The remote description of the negotiation under way.
    pub fn pending_remote_description(&self) -> Option<RtcSessionDescription> {
        self.read(|peer| peer.pending_remote_description().map(Into::into), None)
    }

    /// Whether the remote peer takes candidates after its description; `None` without a remote description.
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        self.read(PeerConnection::can_trickle_ice_candidates, None)
    }

    /// The SCTP transport, once negotiated.
    pub fn sctp(&self) -> Option<RtcSctpTransport> {
        let attributes = self.handle.with(|shared| shared.sctp_transport())?;
        Some(RtcSctpTransport::new(&self.handle, attributes))
    }
}

fn description(outcome: Result<Outcome, Error>) -> Result<RtcSessionDescription, Error> {
    match outcome? {
        Outcome::Description(description) => Ok(description.into()),
        _ => Err(Error::new(ErrorName::UnknownError, "the operation gave no description")),
    }
}

impl std::fmt::Debug for RtcPeerConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcPeerConnection")
            .field("key", &self.handle.key)
            .field("signaling_state", &self.signaling_state())
            .field("connection_state", &self.connection_state())
            .finish_non_exhaustive()
    }
}
