//! ServerKeyExchange and ClientKeyExchange of 1.2
//! ([RFC 8422, section 5.4](https://www.rfc-editor.org/rfc/rfc8422#section-5.4)).

use base::Reader;

use super::alert::decode;
use super::vector::{vector8, whole, write8};
use super::{Alert, Refusal};
use crate::suite::Group;

/// ECCurveType: a curve by its name.
const NAMED_CURVE: u8 = 3;

/// What a server sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerKeyExchange<'a> {
    pub(crate) group: Group,
    pub(crate) point: &'a [u8],
    /// What is signed, behind both random values.
    pub(crate) params: &'a [u8],
    /// Scheme and signature.
    pub(crate) signature: &'a [u8],
}

impl<'a> ServerKeyExchange<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<ServerKeyExchange<'a>, Refusal> {
        let mut reader = Reader::new(body);
        let mut fields = || Some((reader.u8()?, reader.u16()?, vector8(&mut reader)?));
        let (curve_type, group, point) = decode(fields())?;
        let group = Group::from_id(group).filter(|group| Group::V12.contains(group));
        let group = group.filter(|_| curve_type == NAMED_CURVE).ok_or(Alert::IllegalParameter)?;
        let (params, signature) = body.split_at(body.len() - reader.remaining());
        Ok(ServerKeyExchange { group, point, params, signature })
    }
}

/// The parameters that a server signs.
pub(crate) fn write_params(group: Group, point: &[u8]) -> Vec<u8> {
    let mut out = vec![NAMED_CURVE];
    out.extend(group.id().to_be_bytes());
    write8(&mut out, |out| out.extend_from_slice(point));
    out
}

/// The point of a ClientKeyExchange.
pub(crate) fn read_client(body: &[u8]) -> Result<&[u8], Refusal> {
    decode(whole(body, vector8))
}

/// The body of a ClientKeyExchange.
pub(crate) fn write_client(point: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write8(&mut out, |out| out.extend_from_slice(point));
    out
}
