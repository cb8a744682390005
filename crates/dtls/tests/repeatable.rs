//! In a simulation, two runs with one seed look the same from outside.

mod pair;

use std::sync::Arc;
use std::time::Duration;

use dtls::{Certificate, Config, HashAlgorithm, Versions};
use pair::{BAD, Pair, configs};

#[test]
fn the_same_seed_gives_datagrams_of_the_same_lengths() {
    for versions in [Versions::Dtls12, Versions::Both] {
        let run = || {
            let day = Duration::from_secs(86_400);
            let certificates = [(); 2]
                .map(|()| Arc::new(Certificate::generate_for_simulation(20_000 * day, 30 * day).unwrap()));
            let mut configs = configs().map(|config| Config { versions, deterministic: true, ..config });
            for end in 0..2 {
                configs[end].certificate = certificates[end].clone();
                configs[end].remote_fingerprints =
                    vec![certificates[1 - end].fingerprint(HashAlgorithm::Sha256)];
            }
            let mut pair = Pair::new(configs, 5, BAD);
            pair.run(Duration::from_secs(60), Pair::is_connected);
            let lengths: Vec<_> = pair.sent.iter().map(|(from, datagram)| (*from, datagram.len())).collect();
            (pair.now - pair.started, lengths)
        };
        let first = run();
        for _ in 0..10 {
            assert_eq!(run(), first, "{versions:?}");
        }
    }
}
