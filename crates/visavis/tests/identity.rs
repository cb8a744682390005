//! Identity, where no provider can be loaded.

mod pair;

use pair::peer;
use visavis::{ErrorName, RtcErrorDetailType, RtcSdpType, RtcSessionDescription};

#[tokio::test]
async fn what_needs_an_identity_provider_fails() {
    let pc = peer();
    let error = pc.get_identity_assertion().await.unwrap_err();
    assert_eq!(error.detail, Some(RtcErrorDetailType::IdpLoadFailure));
    assert!(pc.create_offer(None).await.is_ok());
    pc.set_identity_provider("idp.example", None).unwrap();
    let error = pc.create_offer(None).await.unwrap_err();
    assert_eq!(error.detail, Some(RtcErrorDetailType::IdpLoadFailure));
    assert_eq!((pc.idp_login_url(), pc.idp_error_info()), (None, None));
}

#[tokio::test]
async fn the_peer_s_identity_cannot_be_validated() {
    let (a, b) = (peer(), peer());
    let _channel = a.create_data_channel("", None).unwrap();
    let offer = a.create_offer(None).await.unwrap();
    let sdp = offer.sdp.replacen("t=0 0\r\n", "t=0 0\r\na=identity:e30=\r\n", 1);
    b.set_remote_description(RtcSessionDescription::new(RtcSdpType::Offer, sdp)).await.unwrap();
    let error = b.peer_identity().await.unwrap_err();
    assert_eq!(error.detail, Some(RtcErrorDetailType::IdpLoadFailure));
    let waiting = tokio::spawn({
        let a = a.clone();
        async move { a.peer_identity().await }
    });
    a.close();
    assert_eq!(waiting.await.unwrap().unwrap_err().name, ErrorName::InvalidStateError);
}
