//! The username fragment and the password of one generation of one agent.

use base::{Redacted, Rng};

/// The short-term credentials of one side ([RFC 8445, section 5.3](https://www.rfc-editor.org/rfc/rfc8445#section-5.3)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The username fragment: 4 to 256 ice-chars. Public.
    pub ufrag: String,
    /// The password: 22 to 256 ice-chars. Secret to all but the two peers.
    pub pwd: Redacted<String>,
}

impl Credentials {
    /// 8 characters (48 bits) of username fragment and 24 (144 bits) of password.
    ///
    /// ```
    /// let credentials = ice::Credentials::generate(&mut base::Rng::from_seed([1; 32]));
    /// assert_eq!(credentials.ufrag.len(), 8);
    /// assert_eq!(credentials.pwd.expose_secret().len(), 24);
    /// ```
    pub fn generate(rng: &mut Rng) -> Credentials {
        Credentials { ufrag: rng.ice_chars(8), pwd: Redacted::new(rng.ice_chars(24)) }
    }
}
