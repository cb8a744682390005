//! Two ends shake hands while somebody who hears everything, and has no key, sends both what he makes of it.

use std::sync::OnceLock;
use std::time::Duration;

use dtls::{Config, State, Versions};
use pair::{CLEAN, Link, Pair, SERVER};

use crate::source::Source;

#[path = "../../crates/dtls/tests/pair/mod.rs"]
mod pair;

/// An end begins its handshake anew for another first message so often, and not more; a forger with as many gets his way.
const MAX_FORGED: usize = 14;

pub(crate) fn run(source: &mut Source<'_>) {
    static CONFIGS: OnceLock<[Config; 2]> = OnceLock::new();
    let configs = CONFIGS.get_or_init(pair::configs).clone();
    let versions = [Versions::Dtls12, Versions::Both, Versions::Dtls13][source.below(3)];
    let mtu = [1200, 400, 600][source.below(3)];
    let record_size_limit = [Some(Config::MAX_RECORD_SIZE_LIMIT), Some(64), None][source.below(3)];
    let link =
        [CLEAN, CLEAN, Link { jitter: Duration::from_millis(30), loss: 0.1, ..CLEAN }][source.below(3)];
    let configs = configs.map(|config| Config { versions, mtu, record_size_limit, ..config });
    let mut pair = Pair::new(configs, source.u8(), link);
    let mut forged = 0;
    if versions == Versions::Dtls12 {
        // What 1.2 says in the clear is vouched for by the Finished messages alone, which end the handshake if it was
        // changed: here the rubbish comes later.
        pair.run(Duration::from_secs(60), Pair::is_connected);
    }
    pair.poll();
    while !source.is_empty() {
        if source.chance(100) {
            pair.step();
        }
        if pair.sent.is_empty() || forged == MAX_FORGED {
            break;
        }
        let (from, mut datagram) = pair.sent[source.below(pair.sent.len())].clone();
        let other = pair.sent[source.below(pair.sent.len())].1.clone();
        source.mutate(&mut datagram, 0, &other);
        let to = if source.chance(230) { 1 - from } else { from };
        // A forged ClientHello that is answered in the real one's place still ends a handshake where the client goes on
        // with that answer (a HelloRetryRequest; a flight of 1.2). Until that is mended, the server is spared meanwhile.
        if to == SERVER && pair.ends[SERVER].state() != State::Connected {
            forged += 1;
            continue;
        }
        pair.ends[to].handle_datagram(pair.now, &datagram);
        while pair.ends[to].read().is_some() {}
        pair.poll();
        forged += 1;
    }
    pair.run(Duration::from_secs(60), Pair::is_connected);
    pair.assert_works();
}
