//! What a record and a handshake cost, beside `dimpl`, in one run: `cargo bench -p visavis-dtls`. Ratios count.
#![allow(clippy::disallowed_methods, reason = "a clock is what this is about")]
#![allow(clippy::print_stdout, reason = "the result")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};
use dimpl::{Dtls, DtlsCertificate, Output};
use dtls::{Certificate, Config, Endpoint, HashAlgorithm, Role, State, Versions};

const RECORDS: u32 = 20_000;
const HANDSHAKES: u32 = 200;
const ROUNDS: usize = 5;
const PAYLOAD: [u8; 1200] = [7; 1200];

fn path() -> Path {
    Path { socket: SocketId(0), remote: ([192, 0, 2, 1], 9).into() }
}

fn certificates() -> [Arc<Certificate>; 2] {
    let day = Duration::from_secs(86_400);
    [(); 2].map(|()| Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap()))
}

fn ours(versions: Versions, certificates: &[Arc<Certificate>; 2]) -> [Endpoint; 2] {
    let now = Instant::now();
    let mut ends = [Role::Client, Role::Server].map(|role| {
        let theirs = certificates[1 - role as usize].fingerprint(HashAlgorithm::Sha256);
        let config = Config::new(certificates[role as usize].clone(), role, vec![theirs]);
        Endpoint::new(Config { versions, mtu: 1400, ..config }, now, Rng::from_seed([role as u8; 32]))
    });
    let mut batch = SendBatch::new();
    while ends.iter().any(|end| end.state() != State::Connected) {
        for from in 0..2 {
            batch.clear();
            ends[from].poll_transmit(now, path(), &mut batch);
            batch.datagrams().for_each(|(_, datagram)| ends[1 - from].handle_datagram(now, datagram));
        }
    }
    ends
}

fn our_records(versions: Versions) -> [f64; 2] {
    let mut ends = ours(versions, &certificates());
    let (mut sealing, mut opening, now) = (Duration::ZERO, Duration::ZERO, Instant::now());
    let mut batch = SendBatch::new();
    for _ in 0..RECORDS / 32 {
        batch.clear();
        let start = Instant::now();
        for _ in 0..32 {
            ends[0].seal(now, &PAYLOAD, path(), &mut batch).unwrap();
        }
        sealing += start.elapsed();
        let start = Instant::now();
        for (_, datagram) in batch.datagrams() {
            ends[1].handle_datagram(now, datagram);
            assert_eq!(ends[1].read().map(<[u8]>::len), Some(PAYLOAD.len()));
        }
        opening += start.elapsed();
    }
    [sealing, opening].map(|time| time.as_nanos() as f64 / f64::from(RECORDS))
}

struct Theirs {
    dtls: Dtls,
    is_connected: bool,
}

fn theirs(versions: Versions, certificates: &[DtlsCertificate; 2]) -> [Theirs; 2] {
    let now = Instant::now();
    let config = Arc::new(dimpl::Config::builder().use_server_cookie(false).mtu(1400).build().unwrap());
    let mut ends = [0, 1].map(|end: usize| {
        let (config, certificate) = (config.clone(), certificates[end].clone());
        let mut dtls = match versions {
            Versions::Dtls12 => Dtls::new_12(config, certificate, now),
            _ => Dtls::new_13(config, certificate, now),
        };
        dtls.set_active(end == 0);
        dtls.handle_timeout(now).unwrap();
        Theirs { dtls, is_connected: false }
    });
    let mut buffer = vec![0; 4096];
    while ends.iter().any(|end| !end.is_connected) {
        for from in 0..2 {
            loop {
                match ends[from].dtls.poll_output(&mut buffer) {
                    Output::Packet(packet) => ends[1 - from].dtls.handle_packet(packet).unwrap(),
                    Output::Connected => ends[from].is_connected = true,
                    Output::Timeout(_) => break,
                    _ => {}
                }
            }
        }
    }
    ends
}

fn their_records(versions: Versions) -> [f64; 2] {
    let mut ends = theirs(versions, &their_certificates());
    let (mut sealing, mut opening) = (Duration::ZERO, Duration::ZERO);
    let (mut batch, mut buffer) = (SendBatch::new(), vec![0; 4096]);
    for _ in 0..RECORDS / 32 {
        batch.clear();
        let start = Instant::now();
        for _ in 0..32 {
            ends[0].dtls.send_application_data(&PAYLOAD).unwrap();
            batch.write(path(), |out| {
                let start = out.len();
                out.resize(start + 1300, 0);
                let mut written = 0;
                if let Output::Packet(packet) = ends[0].dtls.poll_output(&mut out[start..]) {
                    written = packet.len();
                }
                out.truncate(start + written);
            });
            assert!(matches!(ends[0].dtls.poll_output(&mut buffer), Output::Timeout(_)));
        }
        sealing += start.elapsed();
        let start = Instant::now();
        for (_, datagram) in batch.datagrams() {
            ends[1].dtls.handle_packet(datagram).unwrap();
            let mut read = 0;
            loop {
                match ends[1].dtls.poll_output(&mut buffer) {
                    Output::ApplicationData(data) => read = data.to_vec().len(),
                    Output::Timeout(_) => break,
                    _ => {}
                }
            }
            assert_eq!(read, PAYLOAD.len());
        }
        opening += start.elapsed();
    }
    [sealing, opening].map(|time| time.as_nanos() as f64 / f64::from(RECORDS))
}

fn their_certificates() -> [DtlsCertificate; 2] {
    [(); 2].map(|()| {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        DtlsCertificate { certificate: certificate.der().to_vec(), private_key: key.serialize_der() }
    })
}

/// Microseconds of both ends together.
fn handshakes(mut shake: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..HANDSHAKES).for_each(|_| shake());
    start.elapsed().as_micros() as f64 / f64::from(HANDSHAKES)
}

/// Of several rounds the median, for each figure.
fn medians<const N: usize>(mut round: impl FnMut() -> [f64; N]) -> [f64; N] {
    let rounds: Vec<[f64; N]> = (0..ROUNDS).map(|_| round()).collect();
    std::array::from_fn(|figure| {
        let mut values: Vec<_> = rounds.iter().map(|round| round[figure]).collect();
        values.sort_by(f64::total_cmp);
        values[ROUNDS / 2]
    })
}

fn main() {
    println!("{:24}{:>10}{:>10}{:>8}", "", "ours", "dimpl", "ratio");
    for (name, versions) in [("1.2", Versions::Dtls12), ("1.3", Versions::Dtls13)] {
        let (our_certificates, their_certificates) = (certificates(), their_certificates());
        let [our_seal, our_open, their_seal, their_open, our_shake, their_shake] = medians(|| {
            let ([a, b], [c, d]) = (our_records(versions), their_records(versions));
            let ours = handshakes(|| drop(ours(versions, &our_certificates)));
            let theirs = handshakes(|| drop(theirs(versions, &their_certificates)));
            [a, b, c, d, ours, theirs]
        });
        for (what, ours, theirs) in [
            ("seal 1,200 bytes, ns", our_seal, their_seal),
            ("open 1,200 bytes, ns", our_open, their_open),
            ("handshake, us", our_shake, their_shake),
        ] {
            println!("{:24}{ours:10.0}{theirs:10.0}{:8.2}", format!("{name} {what}"), ours / theirs);
        }
    }
}
