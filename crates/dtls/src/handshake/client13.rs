//! A client of 1.3 ([RFC 8446, section 2](https://www.rfc-editor.org/rfc/rfc8446#section-2)).

use super::identity::Identity;
use super::offer::Offer;
use super::peer13;
use super::transcript::Transcript;
use super::{Established, Exporting};
use crate::config::Role;
use crate::crypto::same;
use crate::event::Version;
use crate::key_schedule::hkdf13::{HandshakeSecret, TrafficSecrets};
use crate::message::server_hello::ServerHello;
use crate::message::{
    Alert, Message, Refusal, certificate, certificate_request, encrypted_extensions, extension, kind,
};
use crate::record::Limits;
use crate::suite::Suite;

/// After the ServerHello.
pub(crate) struct Begun {
    suite: Suite,
    secret: HandshakeSecret,
    pub(crate) traffic: TrafficSecrets,
    transcript: Transcript,
}

/// After the server's Finished.
pub(crate) struct Ended {
    /// Certificate and CertificateVerify, where the server asked for them, and Finished.
    pub(crate) messages: Vec<Message>,
    pub(crate) traffic: TrafficSecrets,
    /// Where the server takes part in it (RFC 8449).
    pub(crate) limits: Option<Limits>,
    pub(crate) established: Established,
}

/// Takes a ServerHello of 1.3 that asks for no other ClientHello.
pub(crate) fn begin(offer: &Offer, message: &Message, hello: &ServerHello<'_>) -> Result<Begun, Refusal> {
    if !offer.has_13() || offer.was_verified() {
        return Err(Alert::IllegalParameter.into());
    }
    hello.extensions.allow(&[extension::SUPPORTED_VERSIONS, extension::KEY_SHARE])?;
    let shared = offer.agree(hello)?;
    let mut transcript = offer.transcript(Version::Dtls13, hello.suite);
    transcript.push(message);
    let secret = HandshakeSecret::new(hello.suite, &shared);
    let traffic = secret.traffic(&transcript.hash(hello.suite.hash()));
    Ok(Begun { suite: hello.suite, secret, traffic, transcript })
}

/// Whether `messages` can be the beginning of the server's flight, and whether they are all of it.
pub(crate) fn is_flight(messages: &[Message]) -> Option<bool> {
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    super::is_prefix(
        &kinds,
        &[
            &[
                kind::ENCRYPTED_EXTENSIONS,
                kind::CERTIFICATE_REQUEST,
                kind::CERTIFICATE,
                kind::CERTIFICATE_VERIFY,
                kind::FINISHED,
            ],
            &[kind::ENCRYPTED_EXTENSIONS, kind::CERTIFICATE, kind::CERTIFICATE_VERIFY, kind::FINISHED],
        ],
    )
}

/// Takes the server's flight and makes ours, whose first message has the number `first`.
pub(crate) fn finish(
    begun: &Begun,
    offer: &Offer,
    flight: &[Message],
    identity: &Identity,
    first: u16,
) -> Result<Ended, Refusal> {
    let hash = begun.suite.hash();
    let mut transcript = begun.transcript.clone();
    let [extensions, middle @ .., certificate, verify, finished] = flight else {
        return Err(Alert::UnexpectedMessage.into());
    };
    transcript.push(extensions);
    let answers = encrypted_extensions::read(&extensions.body)?;
    let mut schemes = None;
    for request in middle {
        transcript.push(request);
        schemes = Some(certificate_request::read(Version::Dtls13, &request.body)?);
    }
    let peer = peer13::authenticate(identity, Role::Server, (certificate, verify), &mut transcript, hash)?;
    // RFC 8446, section 4.4.4.
    if !same(&finished.body, &begun.traffic.server.verify_data(&transcript.hash(hash))) {
        return Err(Alert::DecryptError.into());
    }
    transcript.push(finished);
    let (traffic, exporter) = begun.secret.application(&transcript.hash(hash));
    let mut messages = Vec::new();
    let mut say = |kind, body, transcript: &mut Transcript| {
        let message = Message::new(kind, first + messages.len() as u16, body);
        transcript.push(&message);
        messages.push(message);
    };
    if let Some(schemes) = schemes {
        let scheme = identity.scheme(Version::Dtls13, &schemes)?;
        say(kind::CERTIFICATE, certificate::write(Version::Dtls13, identity.der()), &mut transcript);
        let signed = peer13::sign(identity, Role::Client, scheme, &transcript, hash)?;
        say(kind::CERTIFICATE_VERIFY, signed, &mut transcript);
    }
    let verify_data = begun.traffic.client.verify_data(&transcript.hash(hash));
    say(kind::FINISHED, verify_data, &mut transcript);
    let export = Exporting::V13(exporter);
    let established = Established { suite: begun.suite, srtp: answers.srtp, certificate: peer, export };
    Ok(Ended { messages, traffic, limits: offer.limits(answers.record_size_limit), established })
}
