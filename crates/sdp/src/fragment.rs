//! `application/trickle-ice-sdpfrag`: candidates on their way between two peers, as WHIP and SIP carry them
//! ([RFC 8840 section 9](https://www.rfc-editor.org/rfc/rfc8840#section-9)).

use std::fmt;

use crate::attribute::{Attribute, Candidate, attribute_getters};
use crate::line::Scanner;
use crate::media_section::MediaSection;
use crate::parse_error::ParseError;
use crate::session_description::parse_media;

/// The media type of a fragment.
pub const MEDIA_TYPE: &str = "application/trickle-ice-sdpfrag";

/// A fragment: attributes of the whole session, and of m-sections whose `m=` is a stand-in, found by `a=mid`.
///
/// ```
/// let text = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
///             a=candidate:1 1 udp 2130706431 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n";
/// let fragment = sdp::Fragment::parse(text)?;
/// assert_eq!(fragment.ice_ufrag(), Some("EsAw"));
/// let (mid, candidate) = fragment.all_candidates().next().unwrap();
/// assert_eq!((mid, candidate.port), (Some("0"), 61764));
/// assert!(fragment.media[0].end_of_candidates());
/// assert_eq!(fragment.to_string(), text);
/// # Ok::<(), sdp::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// The `a=` lines before the first `m=`.
    pub attributes: Vec<Attribute>,
    /// The m-sections.
    pub media: Vec<MediaSection>,
}

impl Fragment {
    /// Reads a fragment, with the limits and the refusals of a description.
    ///
    /// # Errors
    /// The first line that must be refused, and why.
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        let mut scanner = Scanner::new(input)?;
        let mut attributes = Vec::new();
        while let Some(line) = scanner.peek()? {
            if line.letter == 'm' {
                break;
            }
            attributes.push(Attribute::parse_line(line, "vosiuepcbtrzk".contains(line.letter))?);
            scanner.next()?;
        }
        Ok(Self { attributes, media: parse_media(&mut scanner)? })
    }

    /// Every candidate with the mid of its m-section, in order; without mid for those before the first `m=`.
    pub fn all_candidates(&self) -> impl Iterator<Item = (Option<&str>, &Candidate)> {
        let session = self.candidates().map(|candidate| (self.mid(), candidate));
        let media = self.media.iter();
        session
            .chain(media.flat_map(|section| section.candidates().map(|candidate| (section.mid(), candidate))))
    }
}

attribute_getters!(Fragment);

impl std::str::FromStr for Fragment {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attributes.iter().try_for_each(|attribute| attribute.write_line(f))?;
        self.media.iter().try_for_each(|section| section.fmt(f))
    }
}
