//! ClientHello ([RFC 9147, section 5.3](https://www.rfc-editor.org/rfc/rfc9147#section-5.3)).

use base::{Reader, Writer};

use super::extension::{self, Extensions};
use super::vector::{numbers, vector8, vector16, whole, write8, write16};
use super::{Alert, Refusal, alert::decode};
use crate::suite::{Group, Scheme, SrtpProfile, Suite};

/// DTLS 1.2 and 1.3 as versions on the wire.
pub(crate) const V12: u16 = 0xfefd;
pub(crate) const V13: u16 = 0xfefc;
/// RFC 5746, section 3.3: says what an empty renegotiation_info says.
const EMPTY_RENEGOTIATION: u16 = 0x00ff;

/// What a client offers.
#[derive(Clone, Debug)]
pub(crate) struct ClientHello<'a> {
    pub(crate) legacy_version: u16,
    pub(crate) random: [u8; 32],
    suites: &'a [u8],
    compression: &'a [u8],
    pub(crate) extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<ClientHello<'a>, Refusal> {
        let mut reader = Reader::new(body);
        let mut fixed = || {
            let legacy_version = reader.u16()?;
            let random = reader.array()?;
            vector8(&mut reader).filter(|session_id| session_id.len() <= 32)?;
            vector8(&mut reader)?;
            let suites = vector16(&mut reader)?;
            numbers(suites).map(drop)?;
            Some((legacy_version, random, suites, vector8(&mut reader)?))
        };
        let (legacy_version, random, suites, compression) = decode(fixed())?;
        let extensions = Extensions::read(&mut reader)?;
        if !reader.is_empty() {
            return Err(Alert::DecodeError.into());
        }
        Ok(ClientHello { legacy_version, random, suites, compression, extensions })
    }

    /// The suites that we know, in the client's order.
    pub(crate) fn suites(&self) -> impl Iterator<Item = Suite> + use<'a> {
        numbers(self.suites).into_iter().flatten().filter_map(Suite::from_id)
    }

    /// RFC 5746, section 3.6.
    pub(crate) fn has_renegotiation_info(&self) -> bool {
        self.extensions.has(extension::RENEGOTIATION_INFO)
            || numbers(self.suites).into_iter().flatten().any(|suite| suite == EMPTY_RENEGOTIATION)
    }

    /// RFC 5246, section 7.4.1.2: no compression must be among the methods.
    pub(crate) fn allows_no_compression(&self) -> bool {
        self.compression.contains(&0)
    }

    /// RFC 8446, section 4.2.1.
    pub(crate) fn offers_13(&self) -> Result<bool, Refusal> {
        let Some(data) = self.extensions.get(extension::SUPPORTED_VERSIONS) else { return Ok(false) };
        let versions = whole(data, vector8).and_then(numbers);
        Ok(decode(versions)?.any(|version| version == V13))
    }

    /// Whether 1.2 is offered: by supported_versions where they are given, else by the version itself, whose numbers
    /// run downwards.
    pub(crate) fn offers_12(&self) -> Result<bool, Refusal> {
        let Some(data) = self.extensions.get(extension::SUPPORTED_VERSIONS) else {
            return Ok(self.legacy_version >> 8 == 0xfe && self.legacy_version <= V12);
        };
        let versions = whole(data, vector8).and_then(numbers);
        Ok(decode(versions)?.any(|version| version == V12))
    }

    /// The groups that we know, in the client's order; `None` without the extension.
    pub(crate) fn groups(&self) -> Result<Option<Vec<Group>>, Refusal> {
        let list = self.extensions.numbers(extension::SUPPORTED_GROUPS)?;
        Ok(list.map(|list| list.filter_map(Group::from_id).collect()))
    }

    /// The signature schemes that we know, in the client's order.
    pub(crate) fn schemes(&self) -> Result<Option<Vec<Scheme>>, Refusal> {
        let list = self.extensions.numbers(extension::SIGNATURE_ALGORITHMS)?;
        Ok(list.map(|list| list.filter_map(Scheme::from_id).collect()))
    }

    /// The client's share of that group (RFC 8446, section 4.2.8). Of two the first counts.
    pub(crate) fn share(&self, group: Group) -> Result<Option<&'a [u8]>, Refusal> {
        let data = self.extensions.get(extension::KEY_SHARE).ok_or(Alert::MissingExtension)?;
        let mut reader = Reader::new(decode(whole(data, vector16))?);
        let mut found = None;
        while !reader.is_empty() {
            let id = decode(reader.u16())?;
            let share = decode(vector16(&mut reader))?;
            if id == group.id() && found.is_none() {
                found = Some(share);
            }
        }
        Ok(found)
    }
}

/// What a ClientHello of ours says.
pub(crate) struct Offered<'a> {
    pub(crate) random: [u8; 32],
    /// Of a HelloVerifyRequest (RFC 6347, section 4.2.1).
    pub(crate) cookie12: &'a [u8],
    /// Of a HelloRetryRequest (RFC 8446, section 4.2.2).
    pub(crate) cookie13: Option<&'a [u8]>,
    /// What we take (RFC 8449).
    pub(crate) record_size_limit: Option<u16>,
    pub(crate) has_12: bool,
    pub(crate) has_13: bool,
    pub(crate) shares: &'a [(Group, &'a [u8])],
}

impl Offered<'_> {
    /// The body of the message.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1600);
        Writer::new(&mut out).u16(V12).bytes(&self.random).u8(0);
        write8(&mut out, |out| out.extend_from_slice(self.cookie12));
        write16(&mut out, |out| {
            let suites = Suite::V13.into_iter().filter(|_| self.has_13);
            for suite in suites.chain(Suite::V12.into_iter().filter(|_| self.has_12)) {
                out.extend(suite.id().to_be_bytes());
            }
        });
        out.extend([1, 0]);
        write16(&mut out, |out| self.write_extensions(out));
        out
    }

    fn write_extensions(&self, out: &mut Vec<u8>) {
        let groups: &[Group] = if self.has_13 { &Group::V13 } else { &Group::V12 };
        extension::write_numbers(out, extension::SUPPORTED_GROUPS, groups.iter().map(|group| group.id()));
        let schemes: &[Scheme] = if self.has_12 { &Scheme::V12 } else { &Scheme::V13 };
        extension::write_numbers(out, extension::SIGNATURE_ALGORITHMS, schemes.iter().map(|it| it.id()));
        extension::write_srtp(out, &SrtpProfile::ALL);
        if let Some(limit) = self.record_size_limit {
            extension::write_record_size_limit(out, limit);
        }
        if self.has_12 {
            extension::write_point_formats(out);
            extension::write(out, extension::EXTENDED_MASTER_SECRET, |_| {});
            extension::write_renegotiation(out);
        }
        if self.has_13 {
            let versions = [V13, V12];
            let versions = if self.has_12 { &versions[..] } else { &versions[..1] };
            extension::write(out, extension::SUPPORTED_VERSIONS, |out| {
                write8(out, |out| versions.iter().for_each(|it| out.extend(it.to_be_bytes())));
            });
            if let Some(cookie) = self.cookie13 {
                extension::write(out, extension::COOKIE, |out| {
                    write16(out, |out| out.extend_from_slice(cookie));
                });
            }
            extension::write(out, extension::KEY_SHARE, |out| {
                write16(out, |out| {
                    for (group, share) in self.shares {
                        out.extend(group.id().to_be_bytes());
                        write16(out, |out| out.extend_from_slice(share));
                    }
                });
            });
        }
    }
}
