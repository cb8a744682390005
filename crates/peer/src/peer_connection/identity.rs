//! Identity ([webrtc-identity](https://www.w3.org/TR/webrtc-identity/)): assertions by identity providers, whose code a
//! browser loads from the web and runs. There is no such thing here, so that each of them fails to load, and what
//! depends on it fails as the specification has it.

use crate::{Error, ErrorDetail, Event, OperationId, SdpType};

use super::PeerConnection;

/// `RTCIdentityProviderOptions`
/// ([webrtc-identity](https://www.w3.org/TR/webrtc-identity/#dom-rtcidentityprovideroptions)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProviderOptions {
    /// `protocol`: which of the provider's protocols is used. "default", unless set.
    pub protocol: String,
    /// `usernameHint`
    pub username_hint: Option<String>,
    /// `peerIdentity`
    pub peer_identity: Option<String>,
}

impl Default for IdentityProviderOptions {
    fn default() -> Self {
        IdentityProviderOptions { protocol: "default".to_owned(), username_hint: None, peer_identity: None }
    }
}

/// `RTCIdentityAssertion`: who the remote peer is, as a provider has validated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAssertion {
    /// `idp`: the domain of the provider.
    pub idp: String,
    /// `name`: the peer's name there.
    pub name: String,
}

/// webrtc-identity, IdP error handling: the provider's code cannot be loaded.
fn load_failure() -> Error {
    Error::rtc(ErrorDetail::IdpLoadFailure, "there is nothing here that could load an identity provider")
}

impl PeerConnection {
    /// `setIdentityProvider()`. From now on this peer's identity is wanted in each of its descriptions; as no provider
    /// can be loaded, creating one fails.
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed. `SyntaxError`: a slash in the protocol's name.
    pub fn set_identity_provider(
        &mut self,
        _provider: &str,
        options: &IdentityProviderOptions,
    ) -> Result<(), Error> {
        // webrtc-identity, setIdentityProvider, its steps 1 to 3.
        if self.is_closed {
            return Err(Error::closed());
        }
        if options.protocol.contains(['/', '\\']) {
            return Err(Error::syntax("the protocol of an identity provider has no slash"));
        }
        self.has_identity_provider = true;
        Ok(())
    }

    /// `getIdentityAssertion()`.
    ///
    /// Rejected with `InvalidStateError` if the connection is closed, and else with an `RTCError`
    /// ("idp-load-failure").
    pub fn get_identity_assertion(&mut self) -> OperationId {
        self.reject(if self.is_closed { Error::closed() } else { load_failure() })
    }

    /// Whether a description can be created: if an identity provider is set, its assertion belongs into it.
    pub(super) fn check_identity(&self) -> Result<(), Error> {
        if self.has_identity_provider { Err(load_failure()) } else { Ok(()) }
    }

    /// Whether a remote description can be applied: if there is a target peer identity, the peer must prove to be it.
    pub(super) fn check_peer_identity(&self, kind: SdpType, sdp: &str) -> Result<(), Error> {
        if self.configuration.peer_identity.is_none() || kind == SdpType::Rollback {
            Ok(())
        } else if asserts_identity(sdp) {
            Err(load_failure())
        } else {
            Err(Error::operation("the peer says nothing of its identity"))
        }
    }

    /// Identity validation fails.
    pub(super) fn reject_peer_identity(&mut self) {
        self.events.push_back(Event::PeerIdentity(Err(load_failure())));
    }
}

/// Whether a description asserts who its peer is. RFC 8827, section 5: the assertion is a session-level attribute.
pub(super) fn asserts_identity(sdp: &str) -> bool {
    sdp.lines().take_while(|line| !line.starts_with("m=")).any(|line| line.starts_with("a=identity:"))
}
