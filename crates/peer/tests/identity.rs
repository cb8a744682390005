//! webrtc-identity, where no identity provider can be loaded.

mod stage;

use peer::{
    Configuration, ErrorDetail, ErrorName, Event, IdentityProviderOptions, OfferOptions, SdpType,
    SessionDescriptionInit,
};
use stage::{A, Stage, connection, start};

fn options(protocol: &str) -> IdentityProviderOptions {
    IdentityProviderOptions { protocol: protocol.to_owned(), ..IdentityProviderOptions::default() }
}

/// What the next promise or event says.
fn next(pc: &mut peer::PeerConnection) -> Option<Event> {
    while pc.run_task(start()) {}
    pc.poll_event()
}

/// The error of the promise that settles next.
fn rejection(pc: &mut peer::PeerConnection) -> Option<(ErrorName, Option<ErrorDetail>)> {
    match next(pc) {
        Some(Event::Settled(_, Err(error))) => Some((error.name, error.detail)),
        _ => None,
    }
}

const NOT_LOADED: Option<(ErrorName, Option<ErrorDetail>)> =
    Some((ErrorName::OperationError, Some(ErrorDetail::IdpLoadFailure)));

#[test]
fn what_needs_a_provider_fails_to_load_it() {
    let mut pc = connection(Configuration::default(), 1);
    pc.get_identity_assertion();
    assert_eq!(rejection(&mut pc), NOT_LOADED);
    pc.create_offer(start(), OfferOptions::default());
    assert_eq!(rejection(&mut pc), None, "no identity is wanted yet");
    let slash = pc.set_identity_provider("idp.example", &options("a/b")).map_err(|error| error.name);
    assert_eq!(slash, Err(ErrorName::SyntaxError));
    pc.set_identity_provider("idp.example", &options("default")).expect("it is open");
    pc.create_offer(start(), OfferOptions::default());
    assert_eq!(rejection(&mut pc), NOT_LOADED);
    pc.close(start());
    let closed = pc.set_identity_provider("idp.example", &options("default")).map_err(|error| error.name);
    assert_eq!(closed, Err(ErrorName::InvalidStateError));
    pc.get_identity_assertion();
    assert_eq!(rejection(&mut pc), Some((ErrorName::InvalidStateError, None)));
}

/// An offer of data, with an identity if wanted.
fn offer(with_identity: bool) -> SessionDescriptionInit {
    let mut stage = Stage::new();
    stage.channel(A);
    stage.set_local(A);
    stage.run();
    let sdp = stage.pcs[A].local_description().expect("an offer").sdp.clone();
    let identity = if with_identity { "t=0 0\r\na=identity:e30=\r\n" } else { "t=0 0\r\n" };
    SessionDescriptionInit { kind: Some(SdpType::Offer), sdp: sdp.replacen("t=0 0\r\n", identity, 1) }
}

#[test]
fn an_identity_that_cannot_be_validated_rejects_peer_identity_and_holds_up_nothing() {
    let mut pc = connection(Configuration::default(), 2);
    pc.set_remote_description(start(), offer(true));
    let mut events = Vec::new();
    while let Some(event) = next(&mut pc) {
        events.push(event);
    }
    let settled = events.iter().position(|event| matches!(event, Event::Settled(_, Ok(_))));
    let rejected = events.iter().position(|event| matches!(event, Event::PeerIdentity(Err(_))));
    assert!(settled.is_some() && settled < rejected, "{events:?}");
}

#[test]
fn a_target_peer_identity_is_never_reached() {
    let target =
        Configuration { peer_identity: Some("a@idp.example".to_owned()), ..Configuration::default() };
    let mut pc = connection(target.clone(), 3);
    pc.set_remote_description(start(), offer(true));
    assert_eq!(rejection(&mut pc), NOT_LOADED);
    pc.set_remote_description(start(), offer(false));
    assert_eq!(rejection(&mut pc), Some((ErrorName::OperationError, None)));
    assert!(pc.remote_description().is_none());
    let changed = pc.set_configuration(start(), Configuration::default()).map_err(|error| error.name);
    assert_eq!(changed, Err(ErrorName::InvalidModificationError));
    assert!(pc.set_configuration(start(), target).is_ok());
}
