//! What can be wrong with what a remote description says about RTP.

use std::collections::{BTreeMap, BTreeSet};

use sdp::{Attribute, MediaSection};

use super::media::extensions::extmaps;
use super::media::payload_types::collides_with_rtcp;
use super::parsed::{Description, media_kind};
use crate::Error;

/// Payload types that cannot be told from RTCP (RFC 5761, section 4), and ids of header extensions that two m-sections
/// of one transport use for different ones, the one that says whose a packet is among them (RFC 9143, sections 9.2 and
/// 10.3).
///
/// Two codecs of two m-sections may have one payload type. RFC 9143, section 10.1.1, forbids that, but Firefox does it
/// when it adds an m-section to a bundle that it has not offered; and who goes by section 9.2 never needs a payload type
/// that several m-sections have.
pub(crate) fn check_formats(description: &Description) -> Result<(), Error> {
    let mut extensions: BTreeMap<(usize, u16), &str> = BTreeMap::new();
    for (index, section) in description.used() {
        if media_kind(section).is_none() {
            continue;
        }
        let tag = description.tag(index);
        let numbers = section.formats.iter().filter_map(|format| format.parse::<u8>().ok());
        if let Some(number) = numbers.into_iter().find(|&number| collides_with_rtcp(number)) {
            return Err(Error::invalid_access(format!(
                "the payload type {number} of m-section {index} cannot be told from RTCP"
            )));
        }
        for extmap in extmaps(section) {
            let known = extensions.entry((tag, extmap.id)).or_insert(&extmap.uri);
            if *known != extmap.uri {
                return Err(Error::invalid_access(format!(
                    "the id {} stands for two header extensions in one bundle",
                    extmap.id
                )));
            }
        }
    }
    Ok(())
}

/// RFC 8285, section 6: the id of a header extension that was negotiated stays with it. `standing` are the descriptions
/// that were set before. What was offered and not answered stands for nothing.
pub(crate) fn check_extension_ids<'a>(
    description: &Description,
    standing: impl Iterator<Item = &'a Description>,
) -> Result<(), Error> {
    for before in standing.filter(|before| before.is_answer()) {
        for (index, section) in description.used() {
            let Some(known) = before.section(index).filter(|_| !before.is_rejected(index)) else { continue };
            let is_other = |extmap: &&sdp::Extmap| {
                extmaps(known).any(|known| known.id == extmap.id && known.uri != extmap.uri)
            };
            if section.mid() == known.mid()
                && let Some(extmap) = extmaps(section).find(is_other)
            {
                return Err(Error::invalid_access(format!(
                    "the id {} of m-section {index} stood for another header extension",
                    extmap.id
                )));
            }
        }
    }
    Ok(())
}

/// RFC 8830, section 2: one track of one stream is in one m-section. Where the tracks have no names, as in descriptions
/// that follow RFC 9429, any number of them may be in a stream.
pub(crate) fn check_msids(description: &Description) -> Result<(), Error> {
    let mut known = BTreeSet::new();
    for (index, section) in description.used() {
        let named = section.attributes.iter().filter_map(|line| match line {
            Attribute::Msid { stream, track: Some(track) } if stream != "-" => Some((stream, track)),
            _ => None,
        });
        // One line may be there twice.
        let named: BTreeSet<_> = named.collect();
        if named.iter().any(|msid| !known.insert(*msid)) {
            // webrtc-pc, set a session description, step 4.6.7.
            return Err(Error::operation(format!(
                "the track of m-section {index} is in another one already"
            )));
        }
    }
    Ok(())
}

/// RFC 8853, section 5.1: an m-section has at most one `a=simulcast` line.
pub(crate) fn check_simulcast(description: &Description) -> Result<(), Error> {
    let lines = |section: &MediaSection| {
        section.attributes.iter().filter(|line| matches!(line, Attribute::Simulcast(_))).count()
    };
    match description.used().find(|(_, section)| lines(section) > 1) {
        Some((index, _)) => {
            Err(Error::invalid_access(format!("m-section {index} has two a=simulcast lines")))
        }
        None => Ok(()),
    }
}
