//! `a=ssrc:<ssrc> <attribute>[:<value>]`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, first_field, number};

/// An attribute of one RTP source ([RFC 5576 section 4.1](https://www.rfc-editor.org/rfc/rfc5576#section-4.1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssrc {
    /// The source.
    pub id: u32,
    /// `cname`, `msid`, ..
    pub attribute: String,
    /// Its value, as it is.
    pub value: Option<String>,
}

impl Ssrc {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (id, rest) = first_field(value);
        let (attribute, value) = match rest.split_once(':') {
            Some((attribute, value)) => (attribute, Some(value.to_owned())),
            None => (rest, None),
        };
        if attribute.is_empty() {
            return None;
        }
        Some(Self { id: number(id)?, attribute: attribute.to_owned(), value })
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        write!(f, "{} {}", self.id, self.attribute)?;
        self.value.iter().try_for_each(|value| write!(f, ":{value}"))
    }
}
