//! `a=extmap:<id>[/<direction>] <URI>[ <attributes>]`.

use std::fmt::{self, Write as _};

use super::direction::Direction;
use crate::line::{OneLine, first_field, number};

/// An RTP header extension and its id ([RFC 8285 section 5](https://www.rfc-editor.org/rfc/rfc8285#section-5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extmap {
    /// 1 to 14 for the one-byte form, to 255 for the two-byte form, 4096 to 4351 where an offer leaves the choice.
    pub id: u16,
    /// Which way it is used, if not as the m-section.
    pub direction: Option<Direction>,
    /// What the extension is.
    pub uri: String,
    /// The parameters of the extension, as they are.
    pub attributes: Option<String>,
}

impl Extmap {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (id, rest) = first_field(value);
        let (uri, attributes) = first_field(rest);
        let (id, direction) = match id.split_once('/') {
            Some((id, direction)) => (id, Some(Direction::parse(direction)?)),
            None => (id, None),
        };
        // RFC 8285 section 5: 1 to 255, and 4096 to 4351 in offers; 0 is padding in RTP.
        let id = number(id).filter(|id| matches!(id, 1..=255 | 4096..=4351))?;
        if uri.is_empty() {
            return None;
        }
        let attributes = (!attributes.is_empty()).then(|| attributes.to_owned());
        Some(Self { id, direction, uri: uri.to_owned(), attributes })
    }
}

impl fmt::Display for Extmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        write!(f, "{}", self.id)?;
        self.direction.iter().try_for_each(|direction| write!(f, "/{direction}"))?;
        write!(f, " {}", self.uri)?;
        self.attributes.iter().try_for_each(|attributes| write!(f, " {attributes}"))
    }
}
