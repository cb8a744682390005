//! Extensions ([RFC 8446, section 4.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.2)).

use base::Reader;

use super::vector::{numbers, vector8, vector16, whole, write8, write16};
use super::{Alert, Refusal};
use crate::record::MIN_LIMIT;
use crate::suite::SrtpProfile;

pub(crate) const SUPPORTED_GROUPS: u16 = 10;
pub(crate) const EC_POINT_FORMATS: u16 = 11;
pub(crate) const SIGNATURE_ALGORITHMS: u16 = 13;
pub(crate) const USE_SRTP: u16 = 14;
pub(crate) const EXTENDED_MASTER_SECRET: u16 = 23;
/// RFC 8449.
pub(crate) const RECORD_SIZE_LIMIT: u16 = 28;
pub(crate) const SUPPORTED_VERSIONS: u16 = 43;
pub(crate) const COOKIE: u16 = 44;
pub(crate) const KEY_SHARE: u16 = 51;
pub(crate) const RENEGOTIATION_INFO: u16 = 0xff01;

/// More extensions than this no hello has: browsers send about twenty.
const MAX_EXTENSIONS: usize = 64;

/// The extensions of a message, each at most once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions<'a>(Vec<(u16, &'a [u8])>);

impl<'a> Extensions<'a> {
    /// Reads a vector of them. Nothing at all is no extensions (RFC 5246, section 7.4.1.2).
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Extensions<'a>, Refusal> {
        let mut list = Vec::new();
        if reader.is_empty() {
            return Ok(Extensions(list));
        }
        let mut inside = Reader::new(vector16(reader).ok_or(Alert::DecodeError)?);
        while !inside.is_empty() {
            let kind = inside.u16().ok_or(Alert::DecodeError)?;
            let data = vector16(&mut inside).ok_or(Alert::DecodeError)?;
            if list.len() == MAX_EXTENSIONS {
                return Err(Alert::DecodeError.into());
            }
            if list.iter().any(|(other, _)| *other == kind) {
                return Err(Alert::IllegalParameter.into());
            }
            list.push((kind, data));
        }
        Ok(Extensions(list))
    }

    pub(crate) fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.0.iter().find(|(other, _)| *other == kind).map(|(_, data)| *data)
    }

    pub(crate) fn has(&self, kind: u16) -> bool {
        self.get(kind).is_some()
    }

    /// RFC 8446, section 4.2: an answer has only what was asked for.
    pub(crate) fn allow(&self, kinds: &[u16]) -> Result<(), Refusal> {
        let all = self.0.iter().all(|(kind, _)| kinds.contains(kind));
        if all { Ok(()) } else { Err(Alert::UnsupportedExtension.into()) }
    }

    /// A list of 16-bit numbers in a vector, such as groups.
    pub(crate) fn numbers(
        &self,
        kind: u16,
    ) -> Result<Option<impl Iterator<Item = u16> + Clone + use<'a>>, Refusal> {
        let Some(data) = self.get(kind) else { return Ok(None) };
        let list = whole(data, vector16).and_then(numbers);
        Ok(Some(list.ok_or(Alert::DecodeError)?))
    }

    /// What the peer says of the records that it takes (RFC 8449, section 4).
    pub(crate) fn record_size_limit(&self) -> Result<Option<u16>, Refusal> {
        let Some(data) = self.get(RECORD_SIZE_LIMIT) else { return Ok(None) };
        let limit = whole(data, Reader::u16).ok_or(Alert::DecodeError)?;
        // "Smaller than 64": no peer of good will says it.
        if limit < MIN_LIMIT { Err(Alert::IllegalParameter.into()) } else { Ok(Some(limit)) }
    }

    /// The profiles of use_srtp (RFC 5764, section 4.1.1), of those that we know. The MKI is empty or ignored.
    pub(crate) fn srtp_profiles(&self) -> Result<Vec<SrtpProfile>, Refusal> {
        let Some(data) = self.get(USE_SRTP) else { return Ok(Vec::new()) };
        let read = whole(data, |reader| {
            let profiles = vector16(reader)?;
            let _mki = vector8(reader)?;
            numbers(profiles)
        });
        Ok(read.ok_or(Alert::DecodeError)?.filter_map(SrtpProfile::from_id).collect())
    }
}

/// Appends one extension.
pub(crate) fn write(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    out.extend(kind.to_be_bytes());
    write16(out, fill);
}

/// Appends an extension that is a list of 16-bit numbers.
pub(crate) fn write_numbers(out: &mut Vec<u8>, kind: u16, list: impl Iterator<Item = u16>) {
    write(out, kind, |out| write16(out, |out| list.for_each(|number| out.extend(number.to_be_bytes()))));
}

/// Appends use_srtp.
pub(crate) fn write_srtp(out: &mut Vec<u8>, profiles: &[SrtpProfile]) {
    write(out, USE_SRTP, |out| {
        write16(out, |out| profiles.iter().for_each(|profile| out.extend(profile.id().to_be_bytes())));
        write8(out, |_| {});
    });
}

/// Appends record_size_limit.
pub(crate) fn write_record_size_limit(out: &mut Vec<u8>, limit: u16) {
    write(out, RECORD_SIZE_LIMIT, |out| out.extend(limit.to_be_bytes()));
}

/// Appends ec_point_formats: uncompressed points (RFC 8422, section 5.1.2).
pub(crate) fn write_point_formats(out: &mut Vec<u8>) {
    write(out, EC_POINT_FORMATS, |out| out.extend([1, 0]));
}

/// Appends renegotiation_info of a first handshake: empty (RFC 5746, section 3.4).
pub(crate) fn write_renegotiation(out: &mut Vec<u8>) {
    write(out, RENEGOTIATION_INFO, |out| out.push(0));
}
