//! ServerHello, and the HelloRetryRequest that looks like one
//! ([RFC 8446, section 4.1.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.3)).

use base::{Reader, Writer};

use super::alert::decode;
use super::client_hello::{V12, V13};
use super::extension::{self, Extensions};
use super::vector::{vector8, vector16, whole, write16};
use super::{Alert, Refusal};
use crate::event::Version;
use crate::suite::{Group, SrtpProfile, Suite};

/// The random value that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest".
pub(crate) const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
/// How the random value of a server ends that has 1.3 and was asked for 1.2: a client that asked for both sees that
/// somebody came between.
pub(crate) const DOWNGRADE: [u8; 8] = *b"DOWNGRD\x01";

/// What a server chose.
#[derive(Clone, Debug)]
pub(crate) struct ServerHello<'a> {
    pub(crate) random: [u8; 32],
    pub(crate) version: Version,
    pub(crate) suite: Suite,
    pub(crate) extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<ServerHello<'a>, Refusal> {
        let mut reader = Reader::new(body);
        let mut fixed = || {
            let legacy_version = reader.u16()?;
            let random = reader.array()?;
            let session_id = vector8(&mut reader).filter(|session_id| session_id.len() <= 32)?;
            Some((legacy_version, random, session_id, reader.u16()?, reader.u8()?))
        };
        let (legacy_version, random, session_id, suite, compression) = decode(fixed())?;
        let extensions = Extensions::read(&mut reader)?;
        if !reader.is_empty() {
            return Err(Alert::DecodeError.into());
        }
        if legacy_version != V12 {
            return Err(Alert::ProtocolVersion.into());
        }
        let version = match extensions.get(extension::SUPPORTED_VERSIONS) {
            None => Version::Dtls12,
            Some(data) if *data == V13.to_be_bytes() => Version::Dtls13,
            Some(_) => return Err(Alert::IllegalParameter.into()),
        };
        let suite = Suite::from_id(suite).filter(|suite| suite.version() == version);
        let suite = suite.filter(|_| compression == 0).ok_or(Alert::IllegalParameter)?;
        // RFC 9147, section 5.3: a session id is not echoed in 1.3, and ours was empty.
        if version == Version::Dtls13 && !session_id.is_empty() {
            return Err(Alert::IllegalParameter.into());
        }
        Ok(ServerHello { random, version, suite, extensions })
    }

    pub(crate) fn is_retry(&self) -> bool {
        self.version == Version::Dtls13 && self.random == RETRY
    }

    /// The group and the server's share of it.
    pub(crate) fn share(&self) -> Result<(Group, &'a [u8]), Refusal> {
        let data = self.extensions.get(extension::KEY_SHARE).ok_or(Alert::MissingExtension)?;
        let (group, share) = decode(whole(data, |reader| Some((reader.u16()?, vector16(reader)?))))?;
        Ok((Group::from_id(group).ok_or(Alert::IllegalParameter)?, share))
    }

    /// The group that a HelloRetryRequest asks for.
    pub(crate) fn retry_group(&self) -> Result<Option<Group>, Refusal> {
        let Some(data) = self.extensions.get(extension::KEY_SHARE) else { return Ok(None) };
        let group = decode(whole(data, Reader::u16))?;
        Ok(Some(Group::from_id(group).ok_or(Alert::IllegalParameter)?))
    }

    /// The cookie of a HelloRetryRequest.
    pub(crate) fn retry_cookie(&self) -> Result<Option<&'a [u8]>, Refusal> {
        let Some(data) = self.extensions.get(extension::COOKIE) else { return Ok(None) };
        decode(whole(data, vector16).filter(|cookie| !cookie.is_empty())).map(Some)
    }
}

fn start(random: &[u8; 32], suite: Suite) -> Vec<u8> {
    let mut out = Vec::with_capacity(1300);
    Writer::new(&mut out).u16(V12).bytes(random).u8(0).u16(suite.id()).u8(0);
    out
}

fn write_version(out: &mut Vec<u8>) {
    extension::write(out, extension::SUPPORTED_VERSIONS, |out| out.extend(V13.to_be_bytes()));
}

/// The body of a ServerHello of 1.3.
pub(crate) fn write13(random: &[u8; 32], suite: Suite, group: Group, share: &[u8]) -> Vec<u8> {
    let mut out = start(random, suite);
    write16(&mut out, |out| {
        write_version(out);
        extension::write(out, extension::KEY_SHARE, |out| {
            out.extend(group.id().to_be_bytes());
            write16(out, |out| out.extend_from_slice(share));
        });
    });
    out
}

/// The body of a HelloRetryRequest.
pub(crate) fn write_retry(suite: Suite, group: Group) -> Vec<u8> {
    let mut out = start(&RETRY, suite);
    write16(&mut out, |out| {
        write_version(out);
        extension::write(out, extension::KEY_SHARE, |out| out.extend(group.id().to_be_bytes()));
    });
    out
}

/// What the extensions of a ServerHello of 1.2 answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answers12 {
    pub(crate) has_extended_master_secret: bool,
    pub(crate) has_renegotiation_info: bool,
    pub(crate) has_point_formats: bool,
    pub(crate) srtp: Option<SrtpProfile>,
    /// What we take (RFC 8449).
    pub(crate) record_size_limit: Option<u16>,
}

/// The body of a ServerHello of 1.2.
pub(crate) fn write12(random: &[u8; 32], suite: Suite, answers: Answers12) -> Vec<u8> {
    let mut out = start(random, suite);
    write16(&mut out, |out| {
        if answers.has_renegotiation_info {
            extension::write_renegotiation(out);
        }
        if answers.has_extended_master_secret {
            extension::write(out, extension::EXTENDED_MASTER_SECRET, |_| {});
        }
        if answers.has_point_formats {
            extension::write_point_formats(out);
        }
        if let Some(profile) = answers.srtp {
            extension::write_srtp(out, &[profile]);
        }
        if let Some(limit) = answers.record_size_limit {
            extension::write_record_size_limit(out, limit);
        }
    });
    out
}
