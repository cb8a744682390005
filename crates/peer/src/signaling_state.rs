//! Which description may be set in which state
//! ([RFC 9429, section 3.2](https://www.rfc-editor.org/rfc/rfc9429#section-3.2)).

use crate::{Error, SdpType, SignalingState};

impl SignalingState {
    /// The state after a description of this type was set, if it may be set in this one.
    ///
    /// Rollback is decided first by webrtc-pc, set a session description, step 2: only while a negotiation without a
    /// provisional answer is under way; and then by RFC 9429, section 4.1.10.2: an offer is taken back on the side that
    /// it was set on.
    pub(crate) fn after(self, remote: bool, kind: SdpType) -> Result<SignalingState, Error> {
        use SdpType::{Answer, Offer, PrAnswer, Rollback};
        use SignalingState::{
            HaveLocalOffer, HaveLocalPranswer, HaveRemoteOffer, HaveRemotePranswer, Stable,
        };
        match (self, remote, kind) {
            (Stable | HaveLocalOffer, false, Offer) => Ok(HaveLocalOffer),
            (Stable | HaveRemoteOffer, true, Offer) => Ok(HaveRemoteOffer),
            (HaveRemoteOffer | HaveLocalPranswer, false, Answer) => Ok(Stable),
            (HaveRemoteOffer | HaveLocalPranswer, false, PrAnswer) => Ok(HaveLocalPranswer),
            (HaveLocalOffer | HaveRemotePranswer, true, Answer) => Ok(Stable),
            (HaveLocalOffer | HaveRemotePranswer, true, PrAnswer) => Ok(HaveRemotePranswer),
            (HaveLocalOffer, false, Rollback) | (HaveRemoteOffer, true, Rollback) => Ok(Stable),
            _ => {
                let side = if remote { "remote" } else { "local" };
                Err(Error::invalid_state(format!("a {side} {kind} cannot be set in the state {self}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9429, section 3.2, figure 2, and W3C's rule for rollback.
    #[test]
    fn the_transition_table_is_the_specification_s() {
        use SignalingState::*;
        let mut table = String::new();
        for state in [Stable, HaveLocalOffer, HaveRemoteOffer, HaveLocalPranswer, HaveRemotePranswer, Closed]
        {
            for (remote, side) in [(false, "local"), (true, "remote")] {
                for kind in [SdpType::Offer, SdpType::PrAnswer, SdpType::Answer, SdpType::Rollback] {
                    if let Ok(next) = state.after(remote, kind) {
                        table.push_str(&format!("{state} + {side} {kind} = {next}\n"));
                    }
                }
            }
        }
        expect_test::expect![[r#"
            stable + local offer = have-local-offer
            stable + remote offer = have-remote-offer
            have-local-offer + local offer = have-local-offer
            have-local-offer + local rollback = stable
            have-local-offer + remote pranswer = have-remote-pranswer
            have-local-offer + remote answer = stable
            have-remote-offer + local pranswer = have-local-pranswer
            have-remote-offer + local answer = stable
            have-remote-offer + remote offer = have-remote-offer
            have-remote-offer + remote rollback = stable
            have-local-pranswer + local pranswer = have-local-pranswer
            have-local-pranswer + local answer = stable
            have-remote-pranswer + remote pranswer = have-remote-pranswer
            have-remote-pranswer + remote answer = stable
        "#]]
        .assert_eq(&table);
    }
}
