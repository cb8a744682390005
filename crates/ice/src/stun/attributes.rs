//! The attributes that ICE adds to STUN ([RFC 8445, section 16.1](https://www.rfc-editor.org/rfc/rfc8445#section-16.1)).

use stun_types::attribute::{AttributeType, RawAttribute};
use stun_types::message::StunParseError;
use stun_types::prelude::*;

macro_rules! attribute {
    ($(#[$doc:meta])* $name:ident, $type:literal, $value:ty, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $value);

        impl AttributeStaticType for $name {
            const TYPE: AttributeType = AttributeType::new($type);
        }

        impl Attribute for $name {
            fn get_type(&self) -> AttributeType {
                Self::TYPE
            }

            fn length(&self) -> u16 {
                $length
            }
        }

        impl AttributeWrite for $name {
            fn write_into_unchecked(&self, destination: &mut [u8]) {
                self.to_raw().write_into_unchecked(destination);
            }

            fn to_raw(&self) -> RawAttribute<'_> {
                RawAttribute::new_owned(Self::TYPE, Box::new(self.0.to_be_bytes()))
            }
        }

        impl AttributeFromRaw<'_> for $name {
            fn from_raw_ref(raw: &RawAttribute<'_>) -> Result<Self, StunParseError> {
                raw.check_type_and_len(Self::TYPE, $length..=$length)?;
                let bytes = raw.value.as_ref().try_into().map_err(|_| StunParseError::InvalidAttributeData)?;
                Ok($name(<$value>::from_be_bytes(bytes)))
            }
        }
    };
}

attribute!(
    /// The priority that a peer-reflexive candidate learned from this check would have.
    Priority, 0x0024, u32, 4
);
attribute!(
    /// The sender is controlled; its tie-breaker.
    IceControlled, 0x8029, u64, 8
);
attribute!(
    /// The sender is controlling; its tie-breaker.
    IceControlling, 0x802A, u64, 8
);

attribute!(
    /// Which of the controlling agent's nominations this is (draft-thatcher-ice-renomination-01, section 4). The draft
    /// has no number for the attribute; this is libwebrtc's, which others took over. It need not be understood.
    Nomination, 0xC001, u32, 4
);

/// The controlling agent nominates the pair of this check.
pub(crate) const USE_CANDIDATE: AttributeType = AttributeType::new(0x0025);
