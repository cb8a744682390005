//! RTP header extensions: their ids, and which of them both sides want (RFC 8285, section 5; webrtc-extensions, RTP
//! header extension control).

use sdp::{Attribute, Extmap, MediaSection};

use crate::{HeaderExtensionCapability, HeaderExtensionParameters, TransceiverDirection};

/// RFC 8285, section 5: ids from here on leave the choice to the answerer.
const FIRST_OPEN_ID: u16 = 4096;

/// What the ids of a session stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExtensionIds {
    used: Vec<(u16, String)>,
}

/// The `a=extmap` lines of an m-section.
pub(crate) fn extmaps(section: &MediaSection) -> impl Iterator<Item = &Extmap> {
    section.attributes.iter().filter_map(|attribute| match attribute {
        Attribute::Extmap(extmap) => Some(extmap),
        _ => None,
    })
}

fn direction_of(extmap: &Extmap) -> TransceiverDirection {
    extmap.direction.map_or(TransceiverDirection::SendRecv, TransceiverDirection::from)
}

/// The attribute's direction: none where the extension goes wherever its m-section goes.
fn written(direction: TransceiverDirection) -> Option<sdp::Direction> {
    (direction != TransceiverDirection::SendRecv).then(|| direction.into())
}

impl ExtensionIds {
    /// Notes what the m-section of a description, ours or the peer's, has settled.
    pub(crate) fn note(&mut self, section: &MediaSection) {
        for extmap in extmaps(section).filter(|extmap| extmap.id < FIRST_OPEN_ID) {
            if !self.used.iter().any(|(id, uri)| *id == extmap.id || *uri == extmap.uri) {
                self.used.push((extmap.id, extmap.uri.clone()));
            }
        }
    }

    /// The id of an extension: the one that it has, else a free one; the one-byte form's first, where 15 is reserved.
    fn id(&mut self, uri: &str) -> Option<u16> {
        if let Some((id, _)) = self.used.iter().find(|(_, used)| used == uri) {
            return Some(*id);
        }
        let id = (1..=14).chain(16..=255).find(|id| !self.used.iter().any(|(used, _)| used == id))?;
        self.used.push((id, uri.to_owned()));
        Some(id)
    }

    /// The lines of an offer.
    pub(crate) fn offer(&mut self, wanted: &[HeaderExtensionCapability]) -> Vec<Extmap> {
        let wanted = wanted.iter().filter(|wanted| wanted.direction != TransceiverDirection::Stopped);
        let extmap = |wanted: &HeaderExtensionCapability| {
            let id = self.id(&wanted.uri)?;
            let direction = written(wanted.direction);
            Some(Extmap { id, direction, uri: wanted.uri.clone(), attributes: None })
        };
        wanted.filter_map(extmap).collect()
    }

    /// The lines of an answer: what the offer has and we want, with the offer's ids.
    pub(crate) fn answer(
        &mut self,
        wanted: &[HeaderExtensionCapability],
        offered: &MediaSection,
    ) -> Vec<Extmap> {
        let mut answered: Vec<Extmap> = Vec::new();
        for extmap in extmaps(offered) {
            let Some(wanted) = wanted.iter().find(|wanted| wanted.uri == extmap.uri) else { continue };
            let offered = direction_of(extmap).reversed();
            let direction = TransceiverDirection::new(
                offered.sends() && wanted.direction.sends(),
                offered.receives() && wanted.direction.receives(),
            );
            let is_used = direction.sends() || direction.receives();
            let is_new = !answered.iter().any(|answered| answered.uri == extmap.uri);
            if !is_used || !is_new {
                continue;
            }
            let id = if extmap.id < FIRST_OPEN_ID { Some(extmap.id) } else { self.id(&extmap.uri) };
            let Some(id) = id else { continue };
            answered.push(Extmap {
                id,
                direction: written(direction),
                uri: extmap.uri.clone(),
                attributes: None,
            });
        }
        answered
    }
}

/// What an answer has settled, for [[NegotiatedHeaderExtensions]]: each extension with the direction in which it is
/// used, seen from here. `answer` is ours or, if `remote`, the peer's.
pub(crate) fn negotiated(
    wanted: &[HeaderExtensionCapability],
    answer: &MediaSection,
    remote: bool,
) -> Vec<HeaderExtensionCapability> {
    let settled = |wanted: &HeaderExtensionCapability| {
        let extmap = extmaps(answer).find(|extmap| extmap.uri == wanted.uri);
        let direction = extmap.map_or(TransceiverDirection::Stopped, |extmap| {
            let direction = direction_of(extmap);
            if remote { direction.reversed() } else { direction }
        });
        HeaderExtensionCapability { uri: wanted.uri.clone(), direction }
    };
    wanted.iter().map(settled).collect()
}

/// The parameters of those negotiated extensions that are used in one direction.
pub(crate) fn parameters(
    negotiated: &[HeaderExtensionCapability],
    answer: &MediaSection,
    is_used: fn(TransceiverDirection) -> bool,
) -> Vec<HeaderExtensionParameters> {
    let known = |extmap: &&Extmap| {
        negotiated.iter().any(|negotiated| negotiated.uri == extmap.uri && is_used(negotiated.direction))
    };
    let parameters = |extmap: &Extmap| HeaderExtensionParameters {
        uri: extmap.uri.clone(),
        id: extmap.id,
        encrypted: false,
    };
    extmaps(answer).filter(known).map(parameters).collect()
}
