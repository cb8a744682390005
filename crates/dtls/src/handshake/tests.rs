//! What a peer that does not play by the rules gets to hear, procedure by procedure.

use std::sync::Arc;

use super::choice::Choice;
use super::offer::Offer;
use super::*;
use crate::message::client_hello::ClientHello;
use crate::message::server_hello::{DOWNGRADE, ServerHello};
use crate::message::{certificate, certificate_verify};
use crate::{Certificate, Fingerprint, HashAlgorithm};

struct Two {
    client: Identity,
    server: Identity,
    client_certificate: Arc<Certificate>,
    rng: Rng,
}

fn certificate() -> Arc<Certificate> {
    let day = Duration::from_secs(86_400);
    Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap())
}

fn identity(ours: &Arc<Certificate>, theirs: &Certificate) -> Identity {
    let fingerprint: Fingerprint = theirs.fingerprint(HashAlgorithm::Sha256);
    Identity::new(ours.clone(), vec![fingerprint], false).unwrap()
}

fn two() -> Two {
    let (client, server) = (certificate(), certificate());
    Two {
        client: identity(&client, &server),
        server: identity(&server, &client),
        client_certificate: client,
        rng: Rng::from_seed([1; 32]),
    }
}

fn offer(two: &mut Two, versions: Versions) -> Offer {
    Offer::new(versions, Some(Config::MAX_RECORD_SIZE_LIMIT), &mut two.rng).unwrap()
}

fn choose(hello: &ClientHello<'_>, versions: Versions, identity: &Identity) -> Result<Choice, Refusal> {
    Choice::new(hello, versions, Some(Config::MAX_RECORD_SIZE_LIMIT), identity)
}

fn answer13(two: &mut Two, offer: &Offer) -> server13::Answered {
    let message = offer.hello();
    let hello = ClientHello::read(&message.body).unwrap();
    let choice = choose(&hello, Versions::Both, &two.server).unwrap();
    server13::answer(message, &hello, choice, None, &two.server, &mut two.rng).unwrap()
}

/// The client's flight, by a server that answered.
fn client_flight13(two: &Two, offer: &Offer, answered: &server13::Answered) -> Vec<Message> {
    let hello = ServerHello::read(&answered.hello.body).unwrap();
    let begun = client13::begin(offer, &answered.hello, &hello).unwrap();
    client13::finish(&begun, offer, &answered.messages, &two.client, 1).unwrap().messages
}

fn alert<T>(result: Result<T, Refusal>) -> Option<Alert> {
    result.err().map(|refusal| refusal.alert)
}

/// B11: no certificate, no proof of its key, somebody else's proof, a bad Finished.
#[test]
fn a_server_of_13_refuses_a_client_that_proves_nothing() {
    let mut two = two();
    let offer = offer(&mut two, Versions::Both);
    let finish = |two: &mut Two, change: &dyn Fn(&mut Vec<Message>)| {
        let answered = answer13(two, &offer);
        let mut flight = client_flight13(two, &offer, &answered);
        change(&mut flight);
        server13::finish(answered, &flight, &two.server)
    };
    assert_eq!(alert(finish(&mut two, &|_| {})), None);
    let empty = |flight: &mut Vec<Message>| flight[0].body = vec![0, 0, 0, 0];
    assert_eq!(alert(finish(&mut two, &empty)), Some(Alert::CertificateRequired));
    let silent = |flight: &mut Vec<Message>| drop(flight.remove(1));
    assert_eq!(alert(finish(&mut two, &silent)), Some(Alert::CertificateRequired));
    let thief = |flight: &mut Vec<Message>| flight[1].body[10] ^= 1;
    assert_eq!(alert(finish(&mut two, &thief)), Some(Alert::DecryptError));
    let unfinished = |flight: &mut Vec<Message>| flight[2].body[0] ^= 1;
    assert_eq!(alert(finish(&mut two, &unfinished)), Some(Alert::DecryptError));
    let other = certificate();
    let mut refused = finish(&mut two, &|flight| {
        flight[0].body = certificate::write(Version::Dtls13, other.der());
    });
    assert_eq!(refused.as_mut().err().map(|it| it.cause), Some(FailureCause::FingerprintMismatch));
}

#[test]
fn a_client_of_13_refuses_a_server_that_proves_nothing() {
    let mut two = two();
    let offer = offer(&mut two, Versions::Both);
    let answered = answer13(&mut two, &offer);
    let hello = ServerHello::read(&answered.hello.body).unwrap();
    let begun = client13::begin(&offer, &answered.hello, &hello).unwrap();
    let finish = |change: &dyn Fn(&mut Vec<Message>)| {
        let mut flight = answered.messages.clone();
        change(&mut flight);
        client13::finish(&begun, &offer, &flight, &two.client, 1)
    };
    assert_eq!(alert(finish(&|_| {})), None);
    assert_eq!(alert(finish(&|flight| flight[3].body[10] ^= 1)), Some(Alert::DecryptError));
    assert_eq!(alert(finish(&|flight| flight[4].body[0] ^= 1)), Some(Alert::DecryptError));
    // Our own proof comes back: the context says whose it is.
    let ours = client_flight13(&two, &offer, &answered);
    let reflected = finish(&|flight| flight[2..4].clone_from_slice(&ours[..2]));
    assert_eq!(reflected.err().map(|it| it.cause), Some(FailureCause::FingerprintMismatch));
    for missing in 0..5 {
        let mut flight = answered.messages.clone();
        flight.remove(missing);
        let is_whole = client13::is_flight(&flight) == Some(true);
        assert_eq!(is_whole, missing == 1, "only the request for a certificate may be missing");
    }
}

fn answer12(two: &mut Two, offer: &Offer, versions: Versions) -> server12::Answered {
    let message = offer.hello();
    let hello = ClientHello::read(&message.body).unwrap();
    let choice = choose(&hello, Versions::Dtls12, &two.server).unwrap();
    server12::answer(message, &hello, choice, versions, &two.server, &mut two.rng).unwrap()
}

#[test]
fn a_server_of_12_refuses_a_client_that_proves_nothing() {
    let mut two = two();
    let offer = offer(&mut two, Versions::Dtls12);
    let answered = answer12(&mut two, &offer, Versions::Dtls12);
    let sent = client12::answer(&offer, &answered.messages, &two.client, 1).unwrap();
    let prove = |change: &dyn Fn(&mut Vec<Message>)| {
        let mut flight = sent.messages[..3].to_vec();
        change(&mut flight);
        server12::prove(&answered, &flight, &two.server)
    };
    assert_eq!(alert(prove(&|_| {})), None);
    assert_eq!(alert(prove(&|flight| flight[0].body = vec![0; 3])), Some(Alert::HandshakeFailure));
    assert_eq!(alert(prove(&|flight| flight[2].body[10] ^= 1)), Some(Alert::DecryptError));
    // Another one's certificate in the clear is anybody's: without its proof it ends nothing.
    let other = certificate();
    let forged = prove(&|flight| flight[0].body = certificate::write(Version::Dtls12, other.der()));
    assert_eq!(forged.err().map(|it| it.cause), Some(FailureCause::Handshake));
    assert_eq!(server12::is_flight(&sent.messages[..2]), Some(false), "the proof is not left out");
    assert_eq!(server12::is_flight(&[sent.messages[0].clone(), sent.messages[2].clone()]), None);
    // The last message under the right keys, and not under wrong ones.
    let proven = prove(&|_| {}).unwrap();
    assert_eq!(alert(server12::finish(proven, &sent.messages[3], 5)), None);
    let mut finished = sent.messages[3].clone();
    finished.body[0] ^= 1;
    let proven = prove(&|_| {}).unwrap();
    assert_eq!(alert(server12::finish(proven, &finished, 5)), Some(Alert::DecryptError));
}

#[test]
fn a_client_of_12_refuses_a_server_that_proves_nothing() {
    let mut two = two();
    let offer = offer(&mut two, Versions::Dtls12);
    let answered = answer12(&mut two, &offer, Versions::Dtls12);
    let answer = |change: &dyn Fn(&mut Vec<Message>)| {
        let mut flight = answered.messages.clone();
        change(&mut flight);
        client12::answer(&offer, &flight, &two.client, 1)
    };
    assert_eq!(alert(answer(&|_| {})), None);
    // The server's random value, its point, its signature: all of it is signed.
    assert_eq!(alert(answer(&|flight| flight[0].body[9] ^= 1)), Some(Alert::DecryptError));
    assert_eq!(alert(answer(&|flight| flight[2].body[9] ^= 1)), Some(Alert::DecryptError));
    let last = answered.messages[2].body.len() - 1;
    assert_eq!(alert(answer(&|flight| flight[2].body[last] ^= 1)), Some(Alert::DecryptError));
    // A certificate of somebody else with its own proof is a mismatch.
    let mallory = certificate();
    two.server = identity(&mallory, &two.client_certificate);
    let answered = answer12(&mut two, &offer, Versions::Dtls12);
    let refused = client12::answer(&offer, &answered.messages, &two.client, 1);
    assert_eq!(refused.err().map(|it| it.cause), Some(FailureCause::FingerprintMismatch));
}

/// B14: who makes two ends that have 1.3 speak 1.2 is found out.
#[test]
fn a_downgrade_is_seen_by_the_client() {
    let mut two = two();
    let both = offer(&mut two, Versions::Both);
    let answered = answer12(&mut two, &both, Versions::Both);
    let hello = ServerHello::read(&answered.messages[0].body).unwrap();
    assert!(hello.random.ends_with(&DOWNGRADE));
    assert_eq!(alert(client12::check_hello(&both, &hello)), Some(Alert::IllegalParameter));
    // A server that has 1.2 alone says nothing of the kind.
    let answered = answer12(&mut two, &both, Versions::Dtls12);
    let hello = ServerHello::read(&answered.messages[0].body).unwrap();
    assert_eq!(alert(client12::check_hello(&both, &hello)), None);
}

/// B14: 1.0, null ciphers, nothing in common.
#[test]
fn weak_offers_are_refused() {
    let mut two = two();
    let body = offer(&mut two, Versions::Dtls12).hello().body.clone();
    let choose = |body: &[u8], versions| {
        ClientHello::read(body).and_then(|hello| self::choose(&hello, versions, &two.server))
    };
    assert_eq!(alert(choose(&body, Versions::Both)), None);
    assert_eq!(alert(choose(&body, Versions::Dtls13)), Some(Alert::ProtocolVersion));
    let mut old = body.clone();
    old[1] = 0xff;
    assert_eq!(alert(choose(&old, Versions::Both)), Some(Alert::ProtocolVersion), "DTLS 1.0");
    // The suites begin behind version, random value, two empty vectors and their own length.
    let mut null = body.clone();
    let length = usize::from(u16::from_be_bytes([body[36], body[37]]));
    null[38..38 + length].fill(0);
    assert_eq!(alert(choose(&null, Versions::Both)), Some(Alert::HandshakeFailure));
    for length in 0..body.len() {
        // The extensions may be missing as a whole; then there are no signature schemes.
        assert!(choose(&body[..length], Versions::Both).is_err(), "{length}");
    }
}

#[test]
fn a_retry_that_changes_nothing_or_comes_twice_is_refused() {
    use crate::message::server_hello::write_retry;
    use crate::suite::Group;
    let mut two = two();
    let retry = |offer: &mut Offer, group| {
        let body = write_retry(Suite::Aes128GcmSha256, group);
        let message = Message::new(kind::SERVER_HELLO, 0, body);
        let hello = ServerHello::read(&message.body).unwrap();
        assert!(hello.is_retry());
        offer.retry(&message, &hello)
    };
    let mut offer = offer(&mut two, Versions::Both);
    assert_eq!(alert(retry(&mut offer, Group::X25519)), Some(Alert::IllegalParameter), "it was sent");
    assert_eq!(alert(retry(&mut offer, Group::P384)), None);
    assert_eq!(offer.hello().sequence, 1);
    assert_eq!(alert(retry(&mut offer, Group::P256)), Some(Alert::UnexpectedMessage));
    let _ = offer.take_second();
    assert_eq!(offer.hello().sequence, 0);
}

#[test]
fn proofs_of_12_and_13_are_not_exchangeable() {
    let two = two();
    let signed = certificate_verify::signed13(Role::Client, &[7; 32]);
    assert_ne!(signed, certificate_verify::signed13(Role::Server, &[7; 32]));
    // RSA with PKCS #1 padding is not of 1.3.
    let body = certificate_verify::write(crate::suite::Scheme::RsaPkcs1Sha256, &[1; 256]);
    assert_eq!(alert(certificate_verify::read(Version::Dtls13, &body)), Some(Alert::IllegalParameter));
    assert!(certificate_verify::read(Version::Dtls12, &body).is_ok());
    drop(two);
}

/// RFC 8449, section 4: less than 64 is illegal, whoever says it, and a number has two bytes.
#[test]
fn limits_of_records_that_nobody_means_are_refused() {
    use crate::message::{encrypted_extensions, extension};
    let mut two = two();
    let offer = offer(&mut two, Versions::Both);
    let body = offer.hello().body.clone();
    let at = body.windows(6).position(|bytes| bytes == [0, 28, 0, 2, 0x40, 1]).expect("the extension");
    let said = |limit: &[u8]| {
        let mut body = body.clone();
        body[at + 4..at + 6].copy_from_slice(limit);
        ClientHello::read(&body).and_then(|hello| self::choose(&hello, Versions::Both, &two.server))
    };
    let peers = |limit| said(limit).map(|choice| choice.limits.map(|limits| limits.peers));
    assert_eq!(peers(&[0, 64]), Ok(Some(64)));
    assert_eq!(peers(&[0xff, 0xff]), Ok(Some(0xffff)), "a later version may have more");
    assert_eq!(alert(peers(&[0, 63])), Some(Alert::IllegalParameter));
    let answered = |limit: &[u8]| {
        let mut body = Vec::new();
        crate::message::extension::write(&mut body, extension::RECORD_SIZE_LIMIT, |out| out.extend(limit));
        let body = [&(body.len() as u16).to_be_bytes(), &body[..]].concat();
        encrypted_extensions::read(&body).map(|answers| answers.record_size_limit)
    };
    assert_eq!(answered(&[0, 64]), Ok(Some(64)));
    assert_eq!(alert(answered(&[0, 63])), Some(Alert::IllegalParameter));
    assert_eq!(alert(answered(&[0])), Some(Alert::DecodeError));
    assert_eq!(alert(answered(&[0, 64, 0])), Some(Alert::DecodeError));
    // A server of 1.2 says it in the clear.
    let offer = self::offer(&mut two, Versions::Dtls12);
    let mut answered = answer12(&mut two, &offer, Versions::Dtls12);
    let hello = &mut answered.messages[0].body;
    let at = hello.windows(6).position(|bytes| bytes == [0, 28, 0, 2, 0x40, 0]).expect("the extension");
    hello[at + 4..at + 6].copy_from_slice(&[0, 63]);
    let hello = ServerHello::read(hello).unwrap();
    assert_eq!(alert(client12::check_hello(&offer, &hello)), Some(Alert::IllegalParameter));
}

/// A server says what it takes to those alone who asked.
#[test]
fn a_limit_of_records_answers_another_one() {
    let mut two = two();
    let (old, new) = (offer(&mut two, Versions::Dtls12), offer(&mut two, Versions::Dtls13));
    for (offer, versions) in [(&old, Versions::Dtls12), (&new, Versions::Dtls13)] {
        let mut message = offer.hello().clone();
        let at = message.body.windows(4).position(|bytes| bytes == [0, 28, 0, 2]).expect("the extension");
        for is_asked in [true, false] {
            if !is_asked {
                // Of a kind that nobody knows.
                message.body[at..at + 2].copy_from_slice(&[0xfa, 0xfa]);
            }
            let hello = ClientHello::read(&message.body).unwrap();
            let choice = choose(&hello, versions, &two.server).unwrap();
            let answer = if versions == Versions::Dtls12 {
                server12::answer(&message, &hello, choice, versions, &two.server, &mut two.rng)
                    .unwrap()
                    .messages
            } else {
                server13::answer(&message, &hello, choice, None, &two.server, &mut two.rng).unwrap().messages
            };
            let is_said = answer[0].body.windows(4).any(|bytes| bytes == [0, 28, 0, 2]);
            assert_eq!(is_said, is_asked, "{versions:?}");
        }
    }
}
