//! `a=rid:<id> <send|recv>[ <restrictions>]`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, fields, payload_type};

/// Which end sends a stream with a RID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RidDirection {
    /// `send`: the maker of the description.
    Send,
    /// `recv`: its reader.
    Recv,
}

/// A restricted RTP stream ([RFC 8851](https://www.rfc-editor.org/rfc/rfc8851#section-4)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rid {
    /// Letters, digits, `-` and `_`; 1 to 255 of them.
    pub id: String,
    /// Who sends.
    pub direction: RidDirection,
    /// `pt=..`, `max-width=..`, .. in order; a name may be without a value.
    pub restrictions: Vec<(String, Option<String>)>,
}

impl Rid {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let id = fields.next().filter(|id| is_rid_id(id))?;
        let direction = match fields.next()? {
            "send" => RidDirection::Send,
            "recv" => RidDirection::Recv,
            _ => return None,
        };
        let restrictions = fields.next().map_or_else(Vec::new, parse_restrictions);
        fields.next().is_none().then(|| Self { id: id.to_owned(), direction, restrictions })
    }

    /// The payload types of the restriction `pt`; none if there is no such restriction.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> {
        let values = self.restrictions.iter().filter(|(name, _)| name == "pt");
        values.flat_map(|(_, value)| value.as_deref().unwrap_or_default().split(',').filter_map(payload_type))
    }
}

/// RFC 8851 section 10 as updated: rid-id = 1*(alpha-numeric / "-" / "_"); RFC 8852 bounds it to 255 bytes.
pub(super) fn is_rid_id(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=255).contains(&text.len()) && text.bytes().all(known)
}

fn parse_restrictions(text: &str) -> Vec<(String, Option<String>)> {
    let pair = |part: &str| match part.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (part.to_owned(), None),
    };
    text.split(';').map(pair).collect()
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        let direction = match self.direction {
            RidDirection::Send => "send",
            RidDirection::Recv => "recv",
        };
        write!(f, "{} {direction}", self.id)?;
        for (index, (name, value)) in self.restrictions.iter().enumerate() {
            write!(f, "{}{name}", if index == 0 { " " } else { ";" })?;
            value.iter().try_for_each(|value| write!(f, "={value}"))?;
        }
        Ok(())
    }
}
