//! What a client offers, once, and again where it is asked to.

use base::Rng;

use super::transcript::Transcript;
use crate::config::Versions;
use crate::crypto::{KeyShare, Refused};
use crate::event::Version;
use crate::message::client_hello::Offered;
use crate::message::server_hello::ServerHello;
use crate::message::{Alert, Message, Refusal, extension, hello_verify_request, kind};
use crate::record::{Limits, most};
use crate::suite::{Group, Suite};

/// Groups of which a share is sent at once, as browsers do: most servers have one of them.
const SHARED: [Group; 2] = [Group::X25519MlKem768, Group::X25519];
/// A longer cookie of a HelloRetryRequest would not fit into a datagram beside the rest.
const MAX_COOKIE: usize = 512;

/// The client's side of the beginning. All of its keys are kept until the peer is known, as what asked for another
/// ClientHello may have come from anybody.
pub(crate) struct Offer {
    random: [u8; 32],
    /// What we take (RFC 8449).
    record_size_limit: Option<u16>,
    has_12: bool,
    has_13: bool,
    shares: Vec<KeyShare>,
    first: Message,
    second: Option<Second>,
}

/// Why there is a second ClientHello.
pub(crate) enum Second {
    /// RFC 6347, section 4.2.1: neither the first ClientHello nor the request is part of the transcript.
    Verify { hello: Message },
    /// RFC 8446, section 4.1.4.
    Retry { request: Message, suite: Suite, share: Option<KeyShare>, hello: Message },
}

impl Offer {
    pub(crate) fn new(
        versions: Versions,
        record_size_limit: Option<u16>,
        rng: &mut Rng,
    ) -> Result<Offer, Refused> {
        let (has_12, has_13) = (versions != Versions::Dtls13, versions != Versions::Dtls12);
        // For a server that chooses 1.2, one more than its protocol has is no less than that.
        let best = if has_13 { Version::Dtls13 } else { Version::Dtls12 };
        let record_size_limit = record_size_limit.map(|limit| limit.min(most(best)));
        let groups = SHARED.into_iter().filter(|_| has_13);
        let shares: Vec<_> = groups.map(KeyShare::generate).collect::<Result<_, _>>()?;
        let first = Message::new(kind::CLIENT_HELLO, 0, Vec::new());
        let random = rng.array();
        let mut offer = Offer { random, record_size_limit, has_12, has_13, shares, first, second: None };
        offer.first.body = offer.write(&offer.shares.iter().collect::<Vec<_>>(), &[], None);
        Ok(offer)
    }

    fn write(&self, shares: &[&KeyShare], cookie12: &[u8], cookie13: Option<&[u8]>) -> Vec<u8> {
        let shares: Vec<_> = shares.iter().map(|share| (share.group(), share.public())).collect();
        Offered {
            random: self.random,
            cookie12,
            cookie13,
            record_size_limit: self.record_size_limit,
            has_12: self.has_12,
            has_13: self.has_13,
            shares: &shares,
        }
        .to_bytes()
    }

    pub(crate) fn random(&self) -> [u8; 32] {
        self.random
    }

    /// What both ends take, if the server answers the extension.
    pub(crate) fn limits(&self, answer: Option<u16>) -> Option<Limits> {
        self.record_size_limit.zip(answer).map(|(ours, peers)| Limits { ours, peers })
    }

    pub(crate) fn has_12(&self) -> bool {
        self.has_12
    }

    pub(crate) fn has_13(&self) -> bool {
        self.has_13
    }

    /// The latest ClientHello.
    pub(crate) fn hello(&self) -> &Message {
        match &self.second {
            None => &self.first,
            Some(Second::Verify { hello } | Second::Retry { hello, .. }) => hello,
        }
    }

    /// Back to the first ClientHello.
    pub(crate) fn take_second(&mut self) -> Option<Second> {
        self.second.take()
    }

    /// What was taken is good after all.
    pub(crate) fn restore(&mut self, second: Option<Second>) {
        self.second = second;
    }

    /// Answers a HelloVerifyRequest, which comes first or not at all.
    pub(crate) fn verify(&mut self, request: &Message) -> Result<(), Refusal> {
        if self.second.is_some() || !self.has_12 {
            return Err(Alert::UnexpectedMessage.into());
        }
        let cookie = hello_verify_request::read(&request.body)?;
        let body = self.write(&self.shares.iter().collect::<Vec<_>>(), cookie, None);
        self.second = Some(Second::Verify { hello: Message::new(kind::CLIENT_HELLO, 1, body) });
        Ok(())
    }

    /// Answers a HelloRetryRequest.
    pub(crate) fn retry(&mut self, request: &Message, hello: &ServerHello<'_>) -> Result<(), Refusal> {
        if self.second.is_some() || !self.has_13 {
            return Err(Alert::UnexpectedMessage.into());
        }
        hello.extensions.allow(&[extension::SUPPORTED_VERSIONS, extension::KEY_SHARE, extension::COOKIE])?;
        let (group, cookie) = (hello.retry_group()?, hello.retry_cookie()?);
        // RFC 8446, section 4.2.8: a group that we offered, and of which we sent no share; section 4.1.4: a request
        // that changes nothing is none.
        let is_shared = |group| self.shares.iter().any(|share| share.group() == group);
        let is_useless = group.map_or(cookie.is_none(), is_shared);
        if is_useless || cookie.is_some_and(|cookie| cookie.len() > MAX_COOKIE) {
            return Err(Alert::IllegalParameter.into());
        }
        let share = group.map(KeyShare::generate).transpose()?;
        let shares = share.as_ref().map_or(self.shares.iter().collect(), |share| vec![share]);
        let hello_again = Message::new(kind::CLIENT_HELLO, 1, self.write(&shares, &[], cookie));
        self.second =
            Some(Second::Retry { request: request.clone(), suite: hello.suite, share, hello: hello_again });
        Ok(())
    }

    /// The secret that the server's share makes with ours (RFC 8446, section 4.1.3: of a group that we sent a share of
    /// and, after a HelloRetryRequest, with the suite that it named).
    pub(crate) fn agree(&self, hello: &ServerHello<'_>) -> Result<Vec<u8>, Refusal> {
        let (group, answer) = hello.share()?;
        let ours = match &self.second {
            Some(Second::Retry { suite, .. }) if *suite != hello.suite => None,
            Some(Second::Retry { share: Some(share), .. }) => Some(share).filter(|it| it.group() == group),
            _ => self.shares.iter().find(|share| share.group() == group),
        };
        Ok(ours.ok_or(Alert::IllegalParameter)?.agree(answer)?)
    }

    /// Whether a HelloVerifyRequest was answered, which 1.3 does not have (RFC 9147, section 5.1).
    pub(crate) fn was_verified(&self) -> bool {
        matches!(self.second, Some(Second::Verify { .. }))
    }

    /// Whether a HelloRetryRequest was answered, after which there is no 1.2.
    pub(crate) fn was_retried(&self) -> bool {
        matches!(self.second, Some(Second::Retry { .. }))
    }

    /// The transcript up to the latest ClientHello.
    pub(crate) fn transcript(&self, version: Version, suite: Suite) -> Transcript {
        let mut transcript = Transcript::new(version);
        if let Some(Second::Retry { request, .. }) = &self.second {
            transcript.push_hash_of(suite.hash(), &self.first);
            transcript.push(request);
        }
        transcript.push(self.hello());
        transcript
    }
}
