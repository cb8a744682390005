//! The dictionaries of the RTP media API, what this implementation can negotiate, and the rules that arguments are
//! held to. Pure: no slot of a connection is known here.

mod capabilities;
mod codec;
mod encodings;
mod media_kind;
mod parameters;

pub(crate) use capabilities::header_extensions;
#[allow(unused_imports, reason = "negotiation, which reads it, comes next")]
pub(crate) use capabilities::known_codecs;
pub use capabilities::{HeaderExtensionCapability, RtpCapabilities, capabilities};
pub use codec::{Codec, CodecParameters};
pub use encodings::{EncodingParameters, ResolutionRestriction};
pub use media_kind::MediaKind;
pub use parameters::{
    DegradationPreference, EncodingOptions, HeaderExtensionParameters, ReceiveParameters, RtcpParameters,
    SendParameters, SetParameterOptions,
};
