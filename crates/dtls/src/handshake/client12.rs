//! A client of 1.2 ([RFC 5246, section 7.3](https://www.rfc-editor.org/rfc/rfc5246#section-7.3)).

use super::identity::Identity;
use super::offer::Offer;
use super::transcript::Transcript;
use super::{Established, Exporting};
use crate::crypto::{KeyShare, same};
use crate::event::Version;
use crate::key_schedule::prf12::Secrets12;
use crate::message::key_exchange::{ServerKeyExchange, write_client};
use crate::message::server_hello::{DOWNGRADE, ServerHello};
use crate::message::{
    Alert, Message, Refusal, certificate, certificate_request, certificate_verify, encrypted_extensions,
    extension, kind,
};
use crate::record::Limits;
use crate::suite::SrtpProfile;

/// After our flight.
pub(crate) struct Sent {
    /// Certificate and CertificateVerify, where the server asked for them, ClientKeyExchange, and Finished, which is
    /// the last one and the one that is protected.
    pub(crate) messages: Vec<Message>,
    pub(crate) secrets: Secrets12,
    /// Where the server takes part in it (RFC 8449).
    pub(crate) limits: Option<Limits>,
    transcript: Transcript,
    srtp: Option<SrtpProfile>,
    certificate: Vec<u8>,
}

/// Whether `messages` can be the beginning of the server's flight, and whether they are all of it.
pub(crate) fn is_flight(messages: &[Message]) -> Option<bool> {
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    let start = [kind::SERVER_HELLO, kind::CERTIFICATE, kind::SERVER_KEY_EXCHANGE];
    super::is_prefix(
        &kinds,
        &[
            &[&start[..], &[kind::CERTIFICATE_REQUEST, kind::SERVER_HELLO_DONE]].concat(),
            &[&start[..], &[kind::SERVER_HELLO_DONE]].concat(),
        ],
    )
}

/// What a ServerHello of 1.2 may not say.
pub(crate) fn check_hello(offer: &Offer, hello: &ServerHello<'_>) -> Result<(), Refusal> {
    if !offer.has_12() || offer.was_retried() {
        return Err(Alert::ProtocolVersion.into());
    }
    // RFC 8446, section 4.1.3: a server that has 1.3 chose 1.2, though we have 1.3. It did not see our offer.
    if offer.has_13() && hello.random.ends_with(&DOWNGRADE) {
        return Err(Alert::IllegalParameter.into());
    }
    hello.extensions.allow(&[
        extension::EXTENDED_MASTER_SECRET,
        extension::RENEGOTIATION_INFO,
        extension::EC_POINT_FORMATS,
        extension::USE_SRTP,
        extension::SUPPORTED_GROUPS,
        extension::RECORD_SIZE_LIMIT,
    ])?;
    hello.extensions.record_size_limit()?;
    // RFC 5746, section 3.4: empty in a first handshake.
    match hello.extensions.get(extension::RENEGOTIATION_INFO) {
        None | Some([0]) => Ok(()),
        Some(_) => Err(Alert::HandshakeFailure.into()),
    }
}

/// Takes the server's flight and makes ours, whose first message has the number `first`. Until the signature over our
/// random value is verified all of it could be anybody's.
pub(crate) fn answer(
    offer: &Offer,
    flight: &[Message],
    identity: &Identity,
    first: u16,
) -> Result<Sent, Refusal> {
    let [hello_message, chain, exchange, middle @ .., _done] = flight else {
        return Err(Alert::UnexpectedMessage.into());
    };
    let hello = ServerHello::read(&hello_message.body)?;
    check_hello(offer, &hello)?;
    let mut transcript = offer.transcript(Version::Dtls12, hello.suite);
    flight.iter().for_each(|message| transcript.push(message));

    let der = certificate::read(Version::Dtls12, &chain.body)?.ok_or(Alert::BadCertificate)?;
    let key = Identity::key_of(der)?;
    if !hello.suite.suits(key.kind) {
        return Err(Alert::IllegalParameter.into());
    }
    let exchange = ServerKeyExchange::read(&exchange.body)?;
    let (scheme, signature) = certificate_verify::read(Version::Dtls12, exchange.signature)?;
    let signed = [&offer.random()[..], &hello.random, exchange.params].concat();
    key.verify(scheme, false, &signed, signature).map_err(|_| Alert::DecryptError)?;
    identity.verify(der)?;

    let share = KeyShare::generate(exchange.group)?;
    let premaster = share.agree(exchange.point)?;
    let mut messages = Vec::new();
    let mut say = |kind, body, transcript: &mut Transcript| {
        let message = Message::new(kind, first + messages.len() as u16, body);
        transcript.push(&message);
        messages.push(message);
    };
    let mut scheme = None;
    for request in middle {
        let schemes = certificate_request::read(Version::Dtls12, &request.body)?;
        scheme = Some(identity.scheme(Version::Dtls12, &schemes)?);
        say(kind::CERTIFICATE, certificate::write(Version::Dtls12, identity.der()), &mut transcript);
    }
    say(kind::CLIENT_KEY_EXCHANGE, write_client(share.public()), &mut transcript);
    // RFC 7627, section 5.2. A server without it is tolerated, as browsers do: what the extension prevents needs
    // resumption or renegotiation, and we have neither.
    let is_extended = hello.extensions.has(extension::EXTENDED_MASTER_SECRET);
    let session_hash = is_extended.then(|| transcript.hash(hello.suite.hash()));
    let secrets =
        Secrets12::new(hello.suite, &premaster, session_hash.as_deref(), offer.random(), hello.random);
    if let Some(scheme) = scheme {
        let signature = identity.sign(scheme, transcript.bytes())?;
        say(kind::CERTIFICATE_VERIFY, certificate_verify::write(scheme, &signature), &mut transcript);
    }
    let verify_data = secrets.verify_data(true, transcript.bytes());
    say(kind::FINISHED, verify_data, &mut transcript);
    let srtp = encrypted_extensions::chosen_profile(&hello.extensions)?;
    let limits = offer.limits(hello.extensions.record_size_limit()?);
    Ok(Sent { messages, secrets, limits, transcript, srtp, certificate: der.to_vec() })
}

/// Takes the server's Finished.
pub(crate) fn finish(sent: Sent, finished: &Message) -> Result<Established, Refusal> {
    if finished.kind != kind::FINISHED {
        return Err(Alert::UnexpectedMessage.into());
    }
    if !same(&finished.body, &sent.secrets.verify_data(false, sent.transcript.bytes())) {
        return Err(Alert::DecryptError.into());
    }
    Ok(Established {
        suite: sent.secrets.suite,
        srtp: sent.srtp,
        certificate: sent.certificate,
        export: Exporting::V12(sent.secrets),
    })
}
