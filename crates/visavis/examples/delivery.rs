//! One end of `node/bench/delivery.mjs`: a process that sends messages as fast as they are taken, or one that receives
//! them and says what that cost.
//!
//! `delivery send COUNT SIZE` writes an offer and reads an answer; `delivery receive COUNT` reads the offer and writes
//! the answer, and at the end
//! `result MEASURED_COUNT WALL_NS WORKERS_CPU_NS OTHERS_CPU_NS`. A description is one line, its lines separated by `|`.
#![allow(clippy::print_stdout, reason = "a command-line program")]

use std::io::{BufRead as _, stdin};
use std::time::Instant;

use visavis::{
    Bytes, Error, RtcConfiguration, RtcDataChannel, RtcPeerConnection, RtcPeerConnectionEvent, RtcSdpType,
    RtcSessionDescription,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
    let pc = RtcPeerConnection::new(RtcConfiguration { include_loopback: true, ..Default::default() })?;
    if arguments.first().is_some_and(|mode| mode == "send") {
        send(&pc, number(1), number(2)).await
    } else {
        receive(&pc, number(1)).await
    }
}

async fn send(pc: &RtcPeerConnection, count: usize, size: usize) -> Result<(), Error> {
    let channel = pc.create_data_channel("delivery", None)?;
    pc.set_local_description(None).await?;
    tell(pc).await;
    pc.set_remote_description(hear(RtcSdpType::Answer)).await?;
    let message = Bytes::from(vec![7; size]);
    for _ in 0..count {
        channel.ready().await?;
        channel.send(message.clone())?;
    }
    // The receiver closes when it has everything.
    while channel.recv().await.is_some() {}
    Ok(())
}

async fn receive(pc: &RtcPeerConnection, count: usize) -> Result<(), Error> {
    pc.set_remote_description(hear(RtcSdpType::Offer)).await?;
    pc.set_local_description(None).await?;
    tell(pc).await;
    let channel = incoming(pc).await;
    // Before the measurement, as on Node.js, where what they go through is compiled then.
    let warm_up = count / 5;
    for _ in 0..warm_up {
        channel.recv().await;
    }
    let measured = count - warm_up;
    let (began, [workers, others]) = (now(), cpu_time());
    for _ in 0..measured {
        channel.recv().await;
    }
    let [workers_after, others_after] = cpu_time();
    let wall = (now() - began).as_nanos();
    println!("result {measured} {wall} {} {}", workers_after - workers, others_after - others);
    pc.close();
    Ok(())
}

async fn incoming(pc: &RtcPeerConnection) -> RtcDataChannel {
    let mut events = pc.events();
    loop {
        match events.next().await {
            Some(RtcPeerConnectionEvent::DataChannel(channel)) => return channel,
            Some(_) => {}
            None => panic!("the connection closed"),
        }
    }
}

/// Writes the local description, with all candidates.
async fn tell(pc: &RtcPeerConnection) {
    let mut events = pc.events();
    while !matches!(events.next().await, Some(RtcPeerConnectionEvent::IceCandidate(None)) | None) {}
    let description = pc.local_description().expect("a description is set");
    println!("{}", description.sdp.trim_end().replace("\r\n", "|"));
}

/// Reads the remote description.
fn hear(kind: RtcSdpType) -> RtcSessionDescription {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).expect("a description");
    RtcSessionDescription::new(kind, line.trim_end().replace('|', "\r\n") + "\r\n")
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

/// What the library's threads and all others of this process have computed so far, in nanoseconds, as Linux counts it.
fn cpu_time() -> [u64; 2] {
    let mut times = [0, 0];
    for thread in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file| std::fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let spent = read("schedstat").split(' ').next().and_then(|text| text.parse::<u64>().ok());
        times[usize::from(!read("comm").starts_with("visavis-"))] += spent.unwrap_or(0);
    }
    times
}
