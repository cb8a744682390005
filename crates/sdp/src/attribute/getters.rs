//! What is asked of attributes the same way wherever they stand: in a session, an m-section or a fragment.

/// Gives a type with a field `attributes: Vec<Attribute>` its getters. Each takes the first attribute that fits.
macro_rules! attribute_getters {
    ($type:ty) => {
        impl $type {
            /// `a=mid`, of these attributes only.
            pub fn mid(&self) -> Option<&str> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::Mid(mid) => Some(mid.as_str()),
                    _ => None,
                })
            }

            /// `a=ice-ufrag`, of these attributes only.
            pub fn ice_ufrag(&self) -> Option<&str> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::IceUfrag(ufrag) => Some(ufrag.as_str()),
                    _ => None,
                })
            }

            /// `a=ice-pwd`, of these attributes only. Secret.
            pub fn ice_pwd(&self) -> Option<&str> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::IcePwd(pwd) => Some(pwd.as_str()),
                    _ => None,
                })
            }

            /// Whether `a=ice-options` of these attributes lists `option`, such as `trickle`.
            pub fn has_ice_option(&self, option: &str) -> bool {
                self.attributes.iter().any(|attribute| match attribute {
                    $crate::Attribute::IceOptions(options) => options.iter().any(|known| known == option),
                    _ => false,
                })
            }

            /// Whether `a=ice-lite` is among these attributes.
            pub fn is_ice_lite(&self) -> bool {
                self.attributes.contains(&$crate::Attribute::IceLite)
            }

            /// Every `a=fingerprint` of these attributes, in order.
            pub fn fingerprints(&self) -> impl Iterator<Item = &$crate::Fingerprint> {
                self.attributes.iter().filter_map(|attribute| match attribute {
                    $crate::Attribute::Fingerprint(fingerprint) => Some(fingerprint),
                    _ => None,
                })
            }

            /// `a=setup`, of these attributes only.
            pub fn setup(&self) -> Option<$crate::Setup> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::Setup(setup) => Some(*setup),
                    _ => None,
                })
            }

            /// `a=tls-id`, of these attributes only.
            pub fn tls_id(&self) -> Option<&str> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::TlsId(id) => Some(id.as_str()),
                    _ => None,
                })
            }

            /// `a=sendrecv` and its like, of these attributes only; `None` stands for `sendrecv` unless an outer
            /// level says otherwise.
            pub fn direction(&self) -> Option<$crate::Direction> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::Direction(direction) => Some(*direction),
                    _ => None,
                })
            }

            /// Every `a=candidate` of these attributes that is understood, in order.
            pub fn candidates(&self) -> impl Iterator<Item = &$crate::Candidate> {
                self.attributes.iter().filter_map(|attribute| match attribute {
                    $crate::Attribute::Candidate(candidate) => Some(&**candidate),
                    _ => None,
                })
            }

            /// Whether `a=end-of-candidates` is among these attributes.
            pub fn end_of_candidates(&self) -> bool {
                self.attributes.contains(&$crate::Attribute::EndOfCandidates)
            }

            /// The value of an attribute that is not typed: `None` if it is not there, `Some("")` if it has no
            /// value.
            pub fn other(&self, name: &str) -> Option<&str> {
                self.attributes.iter().find_map(|attribute| match attribute {
                    $crate::Attribute::Other { name: known, value } if known == name => {
                        Some(value.as_deref().unwrap_or_default())
                    }
                    _ => None,
                })
            }
        }
    };
}

pub(crate) use attribute_getters;
