//! A server of 1.3 ([RFC 8446, section 2](https://www.rfc-editor.org/rfc/rfc8446#section-2)).

use base::Rng;

use super::choice::Choice;
use super::identity::Identity;
use super::peer13;
use super::transcript::Transcript;
use super::{Established, Exporting};
use crate::config::Role;
use crate::crypto::{respond, same};
use crate::event::Version;
use crate::key_schedule::hkdf13::HandshakeSecret;
use crate::key_schedule::hkdf13::{Exporter, TrafficSecrets};
use crate::message::client_hello::ClientHello;
use crate::message::{
    Alert, Message, Refusal, certificate, certificate_request, encrypted_extensions, kind, server_hello,
};
use crate::suite::Group;

/// A HelloRetryRequest that was sent.
pub(crate) struct Retried {
    group: Group,
    /// Also the suite is bound by it.
    suite: crate::suite::Suite,
    /// The first ClientHello's random value, which the second one has too (RFC 8446, section 4.1.2).
    random: [u8; 32],
    transcript: Transcript,
    pub(crate) request: Message,
}

/// After our flight.
pub(crate) struct Answered {
    /// In the clear.
    pub(crate) hello: Message,
    /// EncryptedExtensions to Finished.
    pub(crate) messages: Vec<Message>,
    pub(crate) handshake: TrafficSecrets,
    pub(crate) application: TrafficSecrets,
    choice: Choice,
    transcript: Transcript,
    exporter: Exporter,
}

/// Asks for a share of the group that was chosen.
pub(crate) fn retry(message: &Message, hello: &ClientHello<'_>, choice: Choice) -> Retried {
    let body = server_hello::write_retry(choice.suite, choice.group);
    let request = Message::new(kind::SERVER_HELLO, 0, body);
    let mut transcript = Transcript::new(Version::Dtls13);
    transcript.push_hash_of(choice.suite.hash(), message);
    transcript.push(&request);
    Retried { group: choice.group, suite: choice.suite, random: hello.random, transcript, request }
}

impl Retried {
    /// Whether a second ClientHello does what it was asked for.
    pub(crate) fn check(&self, hello: &ClientHello<'_>, choice: &Choice) -> Result<(), Refusal> {
        let is_same = hello.random == self.random && choice.suite == self.suite;
        if is_same && choice.group == self.group && !choice.is_retried {
            Ok(())
        } else {
            Err(Alert::IllegalParameter.into())
        }
    }
}

/// Makes our flight.
pub(crate) fn answer(
    message: &Message,
    hello: &ClientHello<'_>,
    choice: Choice,
    retried: Option<&Retried>,
    identity: &Identity,
    rng: &mut Rng,
) -> Result<Answered, Refusal> {
    let hash = choice.suite.hash();
    let share = hello.share(choice.group)?.ok_or(Alert::IllegalParameter)?;
    let (public, shared) = respond(choice.group, share)?;
    let mut transcript =
        retried.map_or(Transcript::new(Version::Dtls13), |retried| retried.transcript.clone());
    transcript.push(message);
    let mut next = if retried.is_some() { 1 } else { 0 };
    let mut say = |kind, body, transcript: &mut Transcript| {
        let message = Message::new(kind, next, body);
        next += 1;
        transcript.push(&message);
        message
    };
    let body = server_hello::write13(&rng.array(), choice.suite, choice.group, &public);
    let server_hello = say(kind::SERVER_HELLO, body, &mut transcript);
    let secret = HandshakeSecret::new(choice.suite, &shared);
    let handshake = secret.traffic(&transcript.hash(hash));

    let record_size_limit = choice.limits.map(|limits| limits.ours);
    let answers = encrypted_extensions::Answers13 { srtp: choice.srtp, record_size_limit };
    let body = encrypted_extensions::write(answers);
    let mut messages = vec![say(kind::ENCRYPTED_EXTENSIONS, body, &mut transcript)];
    // RFC 8827, section 6.5: both ends have certificates.
    let body = certificate_request::write(Version::Dtls13);
    messages.push(say(kind::CERTIFICATE_REQUEST, body, &mut transcript));
    let body = certificate::write(Version::Dtls13, identity.der());
    messages.push(say(kind::CERTIFICATE, body, &mut transcript));
    let body = peer13::sign(identity, Role::Server, choice.scheme, &transcript, hash)?;
    messages.push(say(kind::CERTIFICATE_VERIFY, body, &mut transcript));
    let body = handshake.server.verify_data(&transcript.hash(hash));
    messages.push(say(kind::FINISHED, body, &mut transcript));
    let (application, exporter) = secret.application(&transcript.hash(hash));
    Ok(Answered { hello: server_hello, messages, handshake, application, choice, transcript, exporter })
}

/// Whether `messages` can be the beginning of the client's flight, and whether they are all of it.
pub(crate) fn is_flight(messages: &[Message]) -> Option<bool> {
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    // A client without a certificate sends an empty one and no CertificateVerify (RFC 8446, section 4.4.2.4).
    super::is_prefix(
        &kinds,
        &[
            &[kind::CERTIFICATE, kind::CERTIFICATE_VERIFY, kind::FINISHED],
            &[kind::CERTIFICATE, kind::FINISHED],
        ],
    )
}

/// Takes the client's flight.
pub(crate) fn finish(
    answered: Answered,
    flight: &[Message],
    identity: &Identity,
) -> Result<Established, Refusal> {
    let [chain, verify, finished] = flight else { return Err(Alert::CertificateRequired.into()) };
    let hash = answered.choice.suite.hash();
    let mut transcript = answered.transcript;
    let certificate = peer13::authenticate(identity, Role::Client, (chain, verify), &mut transcript, hash)?;
    if !same(&finished.body, &answered.handshake.client.verify_data(&transcript.hash(hash))) {
        return Err(Alert::DecryptError.into());
    }
    Ok(Established {
        suite: answered.choice.suite,
        srtp: answered.choice.srtp,
        certificate,
        export: Exporting::V13(answered.exporter),
    })
}
