//! What follows from all that was found out.

use super::gather::Gathered;
use super::nat::{Mapping, Nat};
use super::relay::Relay;

/// What can be expected.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    /// Whether a connection can be expected at all.
    pub(super) is_expected: bool,
    /// With whom: `any`, `most`, `unknown`, `open`, `local` or `none`.
    pub(super) peers: &'static str,
    /// The same for people, and what would help.
    pub(super) text: &'static str,
}

impl Verdict {
    pub(super) fn new(gathered: &Gathered, nats: &[Nat], relays: &[Relay], is_without_servers: bool) -> Self {
        let works = relays.iter().any(|relay| relay.outcome.is_ok());
        Self::of(
            works,
            !gathered.candidates.is_empty(),
            nats.iter().map(|nat| nat.mapping),
            is_without_servers,
        )
    }

    fn of(
        is_relayed: bool,
        has_candidates: bool,
        mappings: impl Iterator<Item = Mapping> + Clone,
        is_without_servers: bool,
    ) -> Self {
        let has = |wanted: &[Mapping]| mappings.clone().any(|mapping| wanted.contains(&mapping));
        let (is_expected, peers, text) = if is_relayed {
            (true, "any", "with any peer that has a network: a TURN server carries what finds no other way")
        } else if !has_candidates {
            (false, "none", "no network interface has an address that can be used")
        } else if has(&[Mapping::None]) {
            (
                true,
                "most",
                "with most peers: others see the address of this machine as it is. Not where a firewall refuses UDP; a TURN server helps there",
            )
        } else if has(&[Mapping::EndpointIndependent]) {
            (
                true,
                "most",
                "with most peers. Not with one behind a NAT whose mapping depends on the endpoint; a TURN server helps there",
            )
        } else if has(&[Mapping::Unknown]) {
            (
                true,
                "unknown",
                "with many peers, maybe: how the NAT maps addresses takes two STUN servers to find out",
            )
        } else if has(&[Mapping::EndpointDependent]) {
            (
                false,
                "open",
                "the mapping of this NAT depends on the endpoint, so nobody behind another one finds the way in. It takes a TURN server",
            )
        } else if is_without_servers {
            (
                true,
                "local",
                "with peers of the same network. Name STUN and TURN servers to find out about others",
            )
        } else {
            (
                false,
                "local",
                "of the servers, none gave an address, so nobody outside of this network finds the way in",
            )
        };
        Verdict { is_expected, peers, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_way_decides() {
        use Mapping::{EndpointDependent, EndpointIndependent, None, Unknown};
        for (is_relayed, has_candidates, mappings, is_without_servers, expected) in [
            (true, true, &[EndpointDependent][..], false, (true, "any")),
            (true, false, &[], false, (true, "any")),
            (false, false, &[], true, (false, "none")),
            (false, true, &[EndpointDependent, None], false, (true, "most")),
            (false, true, &[EndpointDependent, EndpointIndependent], false, (true, "most")),
            (false, true, &[Unknown], false, (true, "unknown")),
            (false, true, &[EndpointDependent], false, (false, "open")),
            (false, true, &[], true, (true, "local")),
            (false, true, &[], false, (false, "local")),
        ] {
            let verdict =
                Verdict::of(is_relayed, has_candidates, mappings.iter().copied(), is_without_servers);
            assert_eq!((verdict.is_expected, verdict.peers), expected, "{mappings:?}");
        }
    }
}
