//! A server of 1.2 ([RFC 5246, section 7.3](https://www.rfc-editor.org/rfc/rfc5246#section-7.3)).

use base::Rng;

use super::choice::Choice;
use super::identity::Identity;
use super::transcript::Transcript;
use super::{Established, Exporting};
use crate::config::Versions;
use crate::crypto::{KeyShare, same};
use crate::event::Version;
use crate::key_schedule::prf12::Secrets12;
use crate::message::client_hello::ClientHello;
use crate::message::key_exchange::{read_client, write_params};
use crate::message::server_hello::{Answers12, DOWNGRADE};
use crate::message::{
    Alert, Message, Refusal, certificate, certificate_request, certificate_verify, extension, kind,
    server_hello,
};

/// After our first flight.
pub(crate) struct Answered {
    /// ServerHello to ServerHelloDone.
    pub(crate) messages: Vec<Message>,
    choice: Choice,
    share: KeyShare,
    is_extended: bool,
    client_random: [u8; 32],
    server_random: [u8; 32],
    transcript: Transcript,
}

/// After the client's messages in the clear: it has proven who it is.
pub(crate) struct Proven {
    pub(crate) secrets: Secrets12,
    choice: Choice,
    transcript: Transcript,
    certificate: Vec<u8>,
}

/// Makes our first flight.
pub(crate) fn answer(
    message: &Message,
    hello: &ClientHello<'_>,
    choice: Choice,
    versions: Versions,
    identity: &Identity,
    rng: &mut Rng,
) -> Result<Answered, Refusal> {
    let mut server_random: [u8; 32] = rng.array();
    // RFC 8446, section 4.1.3: tells a client that has 1.3 that its offer was tampered with.
    if versions != Versions::Dtls12 {
        server_random[24..].copy_from_slice(&DOWNGRADE);
    }
    let is_extended = hello.extensions.has(extension::EXTENDED_MASTER_SECRET);
    let answers = Answers12 {
        has_extended_master_secret: is_extended,
        has_renegotiation_info: hello.has_renegotiation_info(),
        has_point_formats: hello.extensions.has(extension::EC_POINT_FORMATS),
        srtp: choice.srtp,
        record_size_limit: choice.limits.map(|limits| limits.ours),
    };
    let share = KeyShare::generate(choice.group)?;
    let params = write_params(choice.group, share.public());
    let signed = [&hello.random[..], &server_random, &params].concat();
    let signature = identity.sign(choice.scheme, &signed)?;
    let exchange = [params, certificate_verify::write(choice.scheme, &signature)].concat();
    let bodies = [
        (kind::SERVER_HELLO, server_hello::write12(&server_random, choice.suite, answers)),
        (kind::CERTIFICATE, certificate::write(Version::Dtls12, identity.der())),
        (kind::SERVER_KEY_EXCHANGE, exchange),
        (kind::CERTIFICATE_REQUEST, certificate_request::write(Version::Dtls12)),
        (kind::SERVER_HELLO_DONE, Vec::new()),
    ];
    let numbered = bodies.into_iter().zip(0..);
    let messages: Vec<_> = numbered.map(|((kind, body), number)| Message::new(kind, number, body)).collect();
    let mut transcript = Transcript::new(Version::Dtls12);
    transcript.push(message);
    messages.iter().for_each(|message| transcript.push(message));
    let client_random = hello.random;
    Ok(Answered { messages, choice, share, is_extended, client_random, server_random, transcript })
}

/// Whether `messages` can be the beginning of what the client says in the clear, and whether they are all of it.
pub(crate) fn is_flight(messages: &[Message]) -> Option<bool> {
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    super::is_prefix(&kinds, &[&[kind::CERTIFICATE, kind::CLIENT_KEY_EXCHANGE, kind::CERTIFICATE_VERIFY]])
}

/// Takes the client's messages in the clear. Until the signature over our random value is verified all of them could be
/// anybody's.
pub(crate) fn prove(answered: &Answered, flight: &[Message], identity: &Identity) -> Result<Proven, Refusal> {
    let [chain, exchange, verify] = flight else { return Err(Alert::UnexpectedMessage.into()) };
    let mut transcript = answered.transcript.clone();
    // RFC 5246, section 7.4.6: a client without a certificate is refused by handshake_failure.
    let der = certificate::read(Version::Dtls12, &chain.body)?.ok_or(Alert::HandshakeFailure)?;
    let key = Identity::key_of(der)?;
    transcript.push(chain);
    let point = read_client(&exchange.body)?;
    transcript.push(exchange);
    let (scheme, signature) = certificate_verify::read(Version::Dtls12, &verify.body)?;
    key.verify(scheme, false, transcript.bytes(), signature).map_err(|_| Alert::DecryptError)?;
    identity.verify(der)?;
    let premaster = answered.share.agree(point)?;
    let suite = answered.choice.suite;
    let session_hash = answered.is_extended.then(|| transcript.hash(suite.hash()));
    let secrets = Secrets12::new(
        suite,
        &premaster,
        session_hash.as_deref(),
        answered.client_random,
        answered.server_random,
    );
    transcript.push(verify);
    Ok(Proven { secrets, choice: answered.choice, transcript, certificate: der.to_vec() })
}

/// Takes the client's Finished, and makes ours with the number `next`.
pub(crate) fn finish(
    proven: Proven,
    finished: &Message,
    next: u16,
) -> Result<(Message, Established), Refusal> {
    if finished.kind != kind::FINISHED {
        return Err(Alert::UnexpectedMessage.into());
    }
    let mut transcript = proven.transcript;
    if !same(&finished.body, &proven.secrets.verify_data(true, transcript.bytes())) {
        return Err(Alert::DecryptError.into());
    }
    transcript.push(finished);
    let verify_data = proven.secrets.verify_data(false, transcript.bytes());
    let established = Established {
        suite: proven.choice.suite,
        srtp: proven.choice.srtp,
        certificate: proven.certificate,
        export: Exporting::V12(proven.secrets),
    };
    Ok((Message::new(kind::FINISHED, next, verify_data), established))
}
