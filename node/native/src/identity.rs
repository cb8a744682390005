//! The members of webrtc-identity.

use napi::Env;
use napi_derive::napi;

use crate::error::OrThrow;
use crate::peer_connection::PeerConnection;

/// `RTCIdentityProviderOptions`.
#[napi(object, object_to_js = false)]
pub struct IdentityProviderOptions {
    /// `protocol`
    pub protocol: Option<String>,
    /// `usernameHint`
    pub username_hint: Option<String>,
    /// `peerIdentity`
    pub peer_identity: Option<String>,
}

#[napi]
impl PeerConnection {
    /// `setIdentityProvider()`
    #[napi]
    pub fn set_identity_provider(
        &self,
        env: Env,
        provider: String,
        options: IdentityProviderOptions,
    ) -> napi::Result<()> {
        let default = peer::IdentityProviderOptions::default();
        let options = peer::IdentityProviderOptions {
            protocol: options.protocol.unwrap_or(default.protocol),
            username_hint: options.username_hint,
            peer_identity: options.peer_identity,
        };
        self.call(&env, |peer, _| peer.set_identity_provider(&provider, &options))?.or_throw(&env)
    }

    /// `getIdentityAssertion()`: the promise's number.
    #[napi]
    pub fn get_identity_assertion(&self, env: Env) -> napi::Result<f64> {
        self.operation(&env, |peer, _| peer.get_identity_assertion())
    }
}
