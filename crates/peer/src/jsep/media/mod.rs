//! What the m-sections of audio and video say about RTP. Pure: no slot of a connection is known here.

pub(crate) mod codec_match;
pub(crate) mod extensions;
mod format;
pub(crate) mod payload_types;

pub(crate) use format::Format;

#[cfg(test)]
mod tests;
