//! `a=ssrc-group:<semantics> <ssrc>..`.

use std::fmt::{self, Write as _};

use crate::line::{OneLine, fields, number};

/// Sources that belong together ([RFC 5576 section 4.2](https://www.rfc-editor.org/rfc/rfc5576#section-4.2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsrcGroup {
    /// `FID` (a stream and its retransmissions), `SIM`, `FEC-FR`, ..
    pub semantics: String,
    /// The sources, in order.
    pub ids: Vec<u32>,
}

impl SsrcGroup {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = fields(value);
        let semantics = fields.next()?.to_owned();
        let ids = fields.map(number).collect::<Option<_>>()?;
        Some(Self { semantics, ids })
    }
}

impl fmt::Display for SsrcGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = OneLine(f);
        f.write_str(&self.semantics)?;
        self.ids.iter().try_for_each(|id| write!(f, " {id}"))
    }
}
