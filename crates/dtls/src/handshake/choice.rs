//! How a server chooses.

use super::identity::Identity;
use crate::config::Versions;
use crate::event::Version;
use crate::message::client_hello::ClientHello;
use crate::message::extension::{COOKIE, KEY_SHARE};
use crate::message::{Alert, Refusal};
use crate::record::{Limits, most};
use crate::suite::{Group, Scheme, SrtpProfile, Suite};

/// What the server takes of what was offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) suite: Suite,
    pub(crate) group: Group,
    /// In 1.3: the client sent no share of the group yet.
    pub(crate) is_retried: bool,
    pub(crate) scheme: Scheme,
    pub(crate) srtp: Option<SrtpProfile>,
    /// Where the client has asked (RFC 8449, section 4).
    pub(crate) limits: Option<Limits>,
}

impl Choice {
    /// Chooses the version first (RFC 8446, section 4.2.1), then suite, group and signature scheme. `record_size_limit`:
    /// what we take.
    pub(crate) fn new(
        hello: &ClientHello<'_>,
        versions: Versions,
        record_size_limit: Option<u16>,
        identity: &Identity,
    ) -> Result<Choice, Refusal> {
        if !hello.allows_no_compression() {
            return Err(Alert::IllegalParameter.into());
        }
        let version = if versions != Versions::Dtls12 && hello.offers_13()? {
            Version::Dtls13
        } else if versions != Versions::Dtls13 && hello.offers_12()? {
            Version::Dtls12
        } else {
            return Err(Alert::ProtocolVersion.into());
        };
        let kind = identity.key_kind();
        let mut suites = hello.suites();
        let suite = suites.find(|suite| suite.version() == version && suite.suits(kind));
        let suite = suite.ok_or(Alert::HandshakeFailure)?;
        let (group, is_retried) = match version {
            Version::Dtls13 => group13(hello)?,
            Version::Dtls12 => (group12(hello)?, false),
        };
        let schemes = match (hello.schemes()?, version) {
            (Some(schemes), _) => schemes,
            // RFC 8446, section 9.2; RFC 5246, section 7.4.1.4.1 has SHA-1 in its place, which we have not.
            (None, Version::Dtls13) => return Err(Alert::MissingExtension.into()),
            (None, Version::Dtls12) => return Err(Alert::HandshakeFailure.into()),
        };
        let scheme = identity.scheme(version, &schemes)?;
        let offered = hello.extensions.srtp_profiles()?;
        let srtp = SrtpProfile::ALL.into_iter().find(|profile| offered.contains(profile));
        // A client of 1.2 ends the handshake if it reads of more than 1.2 has.
        let ours = record_size_limit.map(|limit| limit.min(most(version)));
        let limits = ours.zip(hello.extensions.record_size_limit()?);
        let limits = limits.map(|(ours, peers)| Limits { ours, peers });
        Ok(Choice { suite, group, is_retried, scheme, srtp, limits })
    }
}

/// The best group of which there is a share; else the best one, of which a share is asked for.
fn group13(hello: &ClientHello<'_>) -> Result<(Group, bool), Refusal> {
    // RFC 8446, section 9.2.
    let offered = hello.groups()?.ok_or(Alert::MissingExtension)?;
    if !hello.extensions.has(KEY_SHARE) {
        return Err(Alert::MissingExtension.into());
    }
    // We gave no cookie that could come back.
    if hello.extensions.has(COOKIE) {
        return Err(Alert::IllegalParameter.into());
    }
    let ours = Group::V13.into_iter().filter(|group| offered.contains(group));
    for group in ours.clone() {
        if hello.share(group)?.is_some() {
            return Ok((group, false));
        }
    }
    let best = ours.clone().next().ok_or(Alert::HandshakeFailure)?;
    Ok((best, true))
}

/// RFC 8422, section 5.1: without the extension any group will do, and P-256 is what everybody has.
fn group12(hello: &ClientHello<'_>) -> Result<Group, Refusal> {
    let offered = hello.groups()?.unwrap_or(vec![Group::P256]);
    let group = Group::V12.into_iter().find(|group| offered.contains(group));
    group.ok_or(Alert::HandshakeFailure.into())
}
