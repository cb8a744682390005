//! Generating an answer (RFC 9429, section 5.3).

use ice::Credentials;
use sdp::Setup;

use super::m_section::{MSection, TransportLines};
use super::negotiation::Negotiation;
use super::parsed::{Description, data_index};

impl Negotiation {
    /// The SDP of an answer to the pending remote offer; `None` without one. Draws new credentials where the offer
    /// restarts ICE; changes no slot.
    pub(crate) fn create_answer(&mut self) -> Option<String> {
        let offer = self.pending_remote.clone()?;
        let credentials = self.answer_credentials(&offer);
        let transport = TransportLines {
            candidates: self.candidates_of(&credentials.ufrag),
            credentials,
            fingerprint: self.fingerprint.clone(),
            setup: self.answer_setup(&offer),
            // RFC 8842, section 5.3: not in answer to an offer without one.
            tls_id: offer.data.as_ref().and_then(|data| data.tls_id.as_ref()).map(|_| self.tls_id.clone()),
        };
        Some(self.write_description(&answer_sections(&offer), &transport, answer_options(&offer)))
    }

    /// New credentials if the offer has new ones (RFC 9429, section 5.3.1: an ICE restart is answered by one), those
    /// in use otherwise.
    fn answer_credentials(&mut self, offer: &Description) -> Credentials {
        let of = |description: &Description| description.data.as_ref().map(|data| data.credentials.clone());
        // A provisional answer to this very offer was set already.
        if let Some(credentials) = self.pending_local.as_ref().and_then(of) {
            return credentials;
        }
        let remote_before = self.current_remote.as_ref().and_then(of);
        match self.current_local.as_ref().and_then(of) {
            Some(local) if remote_before.is_some() && remote_before == of(offer) => local,
            Some(_) => Credentials::generate(&mut self.rng),
            None => self.first_credentials.clone(),
        }
    }

    /// RFC 8842, section 5.3: active where the offer leaves the choice, which saves a round trip; the role of a
    /// DTLS association that stands stays as it is.
    fn answer_setup(&self, offer: &Description) -> Setup {
        let standing = self.standing().and_then(|standing| standing.dtls.as_ref()).map(|dtls| dtls.role);
        // RFC 4145, section 4.1: an offer without the attribute is an active one.
        match offer.data.as_ref().map(|data| data.setup.unwrap_or(Setup::Active)) {
            Some(Setup::Active) => Setup::Passive,
            Some(Setup::Passive) => Setup::Active,
            _ if standing == Some(dtls::Role::Server) => Setup::Passive,
            _ => Setup::Active,
        }
    }
}

/// Data is accepted, once; everything else is rejected.
fn answer_sections(offer: &Description) -> Vec<MSection> {
    let data = data_index(&offer.parsed);
    let sections = offer.parsed.media.iter().enumerate();
    sections
        .map(|(index, section)| {
            if Some(index) != data {
                return MSection::rejection_of(section);
            }
            let mid = section.mid().map(str::to_owned);
            // RFC 9143, section 7.3: only what the offer has grouped can be grouped in the answer.
            let bundled =
                offer.parsed.bundle_groups().any(|group| mid.as_ref().is_some_and(|mid| group.contains(mid)));
            // RFC 9429, section 5.3.1: exactly the offered protocol and formats.
            MSection::Data {
                mid,
                bundled,
                protocol: section.protocol.clone(),
                formats: section.formats.clone(),
            }
        })
        .collect()
}

/// RFC 9429, section 5.3.1: "trickle" and "ice2", each only if the offer has it.
fn answer_options(offer: &Description) -> Vec<String> {
    let parsed = &offer.parsed;
    let offered = |option: &&str| {
        parsed.has_ice_option(option) || parsed.media.iter().any(|section| section.has_ice_option(option))
    };
    ["trickle", "ice2"].into_iter().filter(offered).map(str::to_owned).collect()
}
