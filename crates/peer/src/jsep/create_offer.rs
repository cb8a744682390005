//! Generating an offer (RFC 9429, section 5.2).

use std::collections::BTreeSet;

use ice::Credentials;
use sdp::{Attribute, Setup};

use super::m_section::{MSection, TransportLines};
use super::negotiation::Negotiation;
use super::parsed::{Description, is_data};

impl Negotiation {
    /// The SDP of an offer. Draws new credentials where ICE is to restart; changes no slot.
    pub(crate) fn create_offer(&mut self, has_channels: bool, ice_restart: bool) -> String {
        let credentials = self.offer_credentials(ice_restart);
        let transport = TransportLines {
            candidates: self.candidates_of(&credentials.ufrag),
            credentials,
            fingerprint: self.fingerprint.clone(),
            // RFC 8842, section 5.2: actpass in every offer, later ones included.
            setup: Setup::ActPass,
            // RFC 8842, section 5.2: in every offer, and the same as long as the association is.
            tls_id: Some(self.tls_id.clone()),
        };
        let sections = self.offer_sections(has_channels);
        // RFC 9429, section 5.2.1; "ice2" says that we follow RFC 8445 (its section 10).
        self.write_description(&sections, &transport, vec!["trickle".to_owned(), "ice2".to_owned()])
    }

    /// The credentials in use, or new ones: asked for by the application, because restartIce() wants those in use
    /// replaced, or because the ICE configuration changed (RFC 9429, sections 5.2.2 and 5.2.3.1).
    fn offer_credentials(&mut self, ice_restart: bool) -> Credentials {
        let ice_restart = ice_restart || self.needs_ice_restart;
        let current = self.local().and_then(|description| description.data.as_ref());
        match current.map(|data| data.credentials.clone()) {
            Some(credentials) if !ice_restart && !self.must_replace(&credentials) => credentials,
            Some(_) => Credentials::generate(&mut self.rng),
            None => self.first_credentials.clone(),
        }
    }

    /// The candidates that were gathered for a generation, as lines.
    pub(crate) fn candidates_of(&self, ufrag: &str) -> Vec<Attribute> {
        let description = [&self.pending_local, &self.current_local]
            .into_iter()
            .flatten()
            .find(|description| description.ufrag() == Some(ufrag));
        let section = description.and_then(|description| {
            description.parsed.media.get(description.data.as_ref().map_or(usize::MAX, |data| data.index))
        });
        let is_candidate =
            |line: &&Attribute| matches!(line, Attribute::Candidate(_) | Attribute::EndOfCandidates);
        section
            .map(|section| section.attributes.iter().filter(is_candidate).cloned().collect())
            .unwrap_or_default()
    }

    /// The m-sections that stand, in their places, and one for data if channels want it.
    fn offer_sections(&self, has_channels: bool) -> Vec<MSection> {
        let mut sections = match (&self.current_local, &self.current_remote) {
            (Some(local), Some(remote)) => standing_sections(local, remote),
            _ => Vec::new(),
        };
        let has_data = sections.iter().any(|section| matches!(section, MSection::Data { .. }));
        if has_channels && !has_data {
            let data = MSection::data(Some(self.new_mid()));
            // RFC 9429, section 5.2.2: a rejected m-section is recycled, with a new mid, before one is appended.
            let rejected = |section: &&mut MSection| matches!(section, MSection::Rejected { .. });
            match sections.iter_mut().find(rejected) {
                Some(recycled) => *recycled = data,
                None => sections.push(data),
            }
        }
        sections
    }

    /// The smallest number that is no mid yet.
    fn new_mid(&self) -> String {
        let used: BTreeSet<&str> = [&self.current_local, &self.current_remote]
            .into_iter()
            .flatten()
            .flat_map(|description| description.parsed.media.iter().filter_map(|section| section.mid()))
            .collect();
        let mut number = 0u32;
        // Ends after at most one step for each mid in use.
        while used.contains(number.to_string().as_str()) {
            number += 1;
        }
        number.to_string()
    }
}

/// The m-sections of the last negotiation: data where both sides accepted it, else rejected.
fn standing_sections(local: &Description, remote: &Description) -> Vec<MSection> {
    let pairs = local.parsed.media.iter().zip(&remote.parsed.media);
    pairs
        .map(|(local, remote)| {
            if is_data(local) && !local.is_rejected() && !remote.is_rejected() {
                MSection::data(local.mid().map(str::to_owned))
            } else {
                MSection::rejection_of(local)
            }
        })
        .collect()
}
