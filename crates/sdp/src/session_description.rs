//! The session part of a description, and the description as a whole.

use std::fmt;

use crate::attribute::{Attribute, attribute_getters};
use crate::line::{MAX_MEDIA_SECTIONS, Scanner, write_line};
use crate::media_section::MediaSection;
use crate::parse_error::{ParseError, ParseErrorKind};
use crate::session_line::{Bandwidth, Connection, Origin, Timing};
use crate::{Fingerprint, Setup};

/// A session description ([RFC 8866 section 5](https://www.rfc-editor.org/rfc/rfc8866#section-5)).
///
/// ```
/// use sdp::{Attribute, MediaKind, MediaSection, Origin, SessionDescription};
/// let mut description = SessionDescription::new(Origin::new(42, 2));
/// let mut section = MediaSection::new(MediaKind::Application, "UDP/DTLS/SCTP", ["webrtc-datachannel"]);
/// section.attributes.push(Attribute::Mid("0".to_owned()));
/// description.media.push(section);
/// assert_eq!(SessionDescription::parse(&description.to_string()), Ok(description));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDescription {
    /// `o=`
    pub origin: Origin,
    /// `s=`; `-` in WebRTC.
    pub session_name: String,
    /// `i=`
    pub information: Option<String>,
    /// `u=`
    pub uri: Option<String>,
    /// `e=`
    pub emails: Vec<String>,
    /// `p=`
    pub phones: Vec<String>,
    /// `c=`
    pub connection: Option<Connection>,
    /// `b=`
    pub bandwidths: Vec<Bandwidth>,
    /// `t=`, at least one.
    pub timings: Vec<Timing>,
    /// `k=` (obsolete), as it is.
    pub key: Option<String>,
    /// The `a=` lines before the first `m=`, in order.
    pub attributes: Vec<Attribute>,
    /// The m-sections, in order.
    pub media: Vec<MediaSection>,
}

impl SessionDescription {
    /// A description without attributes and m-sections, with `s=-` and `t=0 0`.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            session_name: "-".to_owned(),
            information: None,
            uri: None,
            emails: Vec::new(),
            phones: Vec::new(),
            connection: None,
            bandwidths: Vec::new(),
            timings: vec![Timing::default()],
            key: None,
            attributes: Vec::new(),
            media: Vec::new(),
        }
    }

    /// Reads a description, in one pass.
    ///
    /// # Errors
    /// The first line that must be refused, and why.
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        let mut scanner = Scanner::new(input)?;
        let mut description = Self::parse_header(&mut scanner)?;
        while let Some(line) = scanner.peek()? {
            match line.letter {
                'm' => break,
                letter => description.attributes.push(Attribute::parse_line(line, is_known(letter))?),
            }
            scanner.next()?;
        }
        description.media = parse_media(&mut scanner)?;
        description.shrink_to_fit();
        Ok(description)
    }

    /// Gives back memory that nothing is in: descriptions are kept as long as their connections.
    fn shrink_to_fit(&mut self) {
        self.timings.shrink_to_fit();
        self.attributes.shrink_to_fit();
        self.media.shrink_to_fit();
    }

    /// RFC 8866 section 5: the order is fixed, "to allow for error detection and a simple parser".
    fn parse_header(scanner: &mut Scanner<'_>) -> Result<Self, ParseError> {
        let version = scanner.expect('v')?;
        if version.value.trim_end() != "0" {
            return Err(version.error(ParseErrorKind::InvalidVersion));
        }
        let line = scanner.expect('o')?;
        let origin = Origin::parse(line.value).ok_or(line.error(ParseErrorKind::InvalidOrigin))?;
        let mut description = Self::new(origin);
        description.session_name = scanner.expect('s')?.value.to_owned();
        description.information = scanner.next_if('i')?.map(|line| line.value.to_owned());
        description.uri = scanner.next_if('u')?.map(|line| line.value.to_owned());
        while let Some(line) = scanner.next_if('e')? {
            description.emails.push(line.value.to_owned());
        }
        while let Some(line) = scanner.next_if('p')? {
            description.phones.push(line.value.to_owned());
        }
        if let Some(line) = scanner.next_if('c')? {
            let connection = Connection::parse(line.value);
            description.connection = Some(connection.ok_or(line.error(ParseErrorKind::InvalidConnection))?);
        }
        while let Some(line) = scanner.next_if('b')? {
            let bandwidth = Bandwidth::parse(line.value);
            description.bandwidths.push(bandwidth.ok_or(line.error(ParseErrorKind::InvalidBandwidth))?);
        }
        description.timings = parse_timings(scanner)?;
        description.key = scanner.next_if('k')?.map(|line| line.value.to_owned());
        Ok(description)
    }

    /// The m-section with this `a=mid`.
    pub fn media_by_mid(&self, mid: &str) -> Option<&MediaSection> {
        self.media.iter().find(|section| section.mid() == Some(mid))
    }

    /// The mids of each `a=group:BUNDLE` ([RFC 9143](https://www.rfc-editor.org/rfc/rfc9143)), in order.
    pub fn bundle_groups(&self) -> impl Iterator<Item = &[String]> {
        self.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::Group { semantics, mids } if semantics == "BUNDLE" => Some(mids.as_slice()),
            _ => None,
        })
    }

    /// The `a=ice-ufrag` that holds for `section`: its own, else that of the session.
    pub fn ice_ufrag_for<'a>(&'a self, section: &'a MediaSection) -> Option<&'a str> {
        section.ice_ufrag().or_else(|| self.ice_ufrag())
    }

    /// The `a=ice-pwd` that holds for `section`: its own, else that of the session.
    pub fn ice_pwd_for<'a>(&'a self, section: &'a MediaSection) -> Option<&'a str> {
        section.ice_pwd().or_else(|| self.ice_pwd())
    }

    /// The `a=fingerprint`s that hold for `section`: its own if it has any, else those of the session
    /// ([RFC 8122 section 5](https://www.rfc-editor.org/rfc/rfc8122#section-5)).
    pub fn fingerprints_for<'a>(&'a self, section: &'a MediaSection) -> Vec<&'a Fingerprint> {
        let own: Vec<_> = section.fingerprints().collect();
        if own.is_empty() { self.fingerprints().collect() } else { own }
    }

    /// The `a=setup` that holds for `section`: its own, else that of the session.
    pub fn setup_for(&self, section: &MediaSection) -> Option<Setup> {
        section.setup().or_else(|| self.setup())
    }

    /// Whether the `a=ice-options` of `section` or of the session list `option`, such as `trickle`.
    pub fn has_ice_option_for(&self, section: &MediaSection, option: &str) -> bool {
        section.has_ice_option(option) || self.has_ice_option(option)
    }
}

attribute_getters!(SessionDescription);

/// The letters that RFC 8866 gives a place before the attributes of a session or to an m-section.
fn is_known(letter: char) -> bool {
    "vosiuepcbtrzkm".contains(letter)
}

fn parse_timings(scanner: &mut Scanner<'_>) -> Result<Vec<Timing>, ParseError> {
    let mut timings = Vec::new();
    let mut next = Some(scanner.expect('t')?);
    while let Some(line) = next {
        let mut timing = Timing::parse(line.value).ok_or(line.error(ParseErrorKind::InvalidTiming))?;
        while let Some(line) = scanner.next_if('r')? {
            timing.repeats.push(line.value.to_owned());
        }
        timing.zone = scanner.next_if('z')?.map(|line| line.value.to_owned());
        timings.push(timing);
        next = scanner.next_if('t')?;
    }
    Ok(timings)
}

/// Reads m-sections to the end of the input.
pub(crate) fn parse_media(scanner: &mut Scanner<'_>) -> Result<Vec<MediaSection>, ParseError> {
    let mut media = Vec::new();
    while let Some(line) = scanner.next_if('m')? {
        if media.len() == MAX_MEDIA_SECTIONS {
            return Err(line.error(ParseErrorKind::TooManyMediaSections));
        }
        media.push(MediaSection::parse(line, scanner)?);
    }
    Ok(media)
}

impl std::str::FromStr for SessionDescription {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        Self::parse(input)
    }
}

impl fmt::Display for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, 'v', &0)?;
        write_line(f, 'o', &self.origin)?;
        write_line(f, 's', &self.session_name)?;
        self.information.iter().try_for_each(|value| write_line(f, 'i', value))?;
        self.uri.iter().try_for_each(|value| write_line(f, 'u', value))?;
        self.emails.iter().try_for_each(|value| write_line(f, 'e', value))?;
        self.phones.iter().try_for_each(|value| write_line(f, 'p', value))?;
        self.connection.iter().try_for_each(|value| write_line(f, 'c', value))?;
        self.bandwidths.iter().try_for_each(|value| write_line(f, 'b', value))?;
        for timing in &self.timings {
            write_line(f, 't', &format_args!("{} {}", timing.start, timing.stop))?;
            timing.repeats.iter().try_for_each(|value| write_line(f, 'r', value))?;
            timing.zone.iter().try_for_each(|value| write_line(f, 'z', value))?;
        }
        self.key.iter().try_for_each(|value| write_line(f, 'k', value))?;
        self.attributes.iter().try_for_each(|attribute| attribute.write_line(f))?;
        self.media.iter().try_for_each(|section| section.fmt(f))
    }
}
