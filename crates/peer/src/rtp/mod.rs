//! The dictionaries of the RTP media API, what this implementation can negotiate, and the rules that arguments are
//! held to. Pure: no slot of a connection is known here.

mod capabilities;
mod codec;
mod codec_match;
mod codec_preferences;
mod encodings;
mod header_extensions;
mod media_kind;
mod parameters;
mod scalability;
mod set_parameters;
mod sources;
mod validation;

pub use capabilities::{HeaderExtensionCapability, RtpCapabilities, capabilities};
pub(crate) use capabilities::{KnownCodec, header_extensions, known_codecs};
pub use codec::{Codec, CodecParameters};
pub(crate) use codec_preferences::{is_resilience, validate_preferences};
pub use encodings::{EncodingParameters, ResolutionRestriction};
pub(crate) use header_extensions::check_extensions;
pub use media_kind::MediaKind;
pub use parameters::{
    DegradationPreference, EncodingOptions, HeaderExtensionParameters, ReceiveParameters, RtcpParameters,
    SendParameters, SetParameterOptions,
};
pub(crate) use scalability::adapt as adapt_scalability;
pub(crate) use set_parameters::validate_parameters;
pub use sources::RtpSource;
pub(crate) use validation::validate_send_encodings;
