//! Connect and close, over and over, a third of the connections broken off in each phase: afterwards the process
//! holds what it held before. `VISAVIS_CHURN` sets the number of cycles.

mod pair;

use std::time::Duration;

use pair::{connected, negotiate, peer, trickle};
use visavis::{RtcPeerConnectionEvent, RtcPeerConnectionState, driver_counters};

const AT_ONCE: usize = 16;

async fn cycle(number: usize) {
    match number % 3 {
        0 => {
            let (a, b) = (peer(), peer());
            let _channel = a.create_data_channel("sdp only", None).unwrap();
            negotiate(&a, &b).await;
        }
        1 => {
            let (a, b) = (peer(), peer());
            let channel = a.create_data_channel("under way", None).unwrap();
            negotiate(&a, &b).await;
            let (mut events_a, mut events_b) = (a.events(), b.events());
            tokio::join!(trickle(&mut events_a, &b), trickle(&mut events_b, &a));
            // Every other one is in the middle of ICE, the others are in the middle of DTLS or of SCTP.
            while number.is_multiple_of(2) && a.connection_state() != RtcPeerConnectionState::Connected {
                if let Some(RtcPeerConnectionEvent::ConnectionStateChange(state)) = events_a.next().await {
                    assert_ne!(state, RtcPeerConnectionState::Failed);
                }
            }
            drop(channel);
        }
        _ => {
            let pair = connected().await;
            pair.channel_a.send_text("hello").unwrap();
            assert!(pair.channel_b.recv().await.is_some());
            if number.is_multiple_of(2) {
                pair.a.close();
            }
        }
    }
}

async fn cycles(numbers: std::ops::Range<usize>) {
    let mut running = tokio::task::JoinSet::new();
    for number in numbers {
        running.spawn(cycle(number));
        if running.len() >= AT_ONCE {
            running.join_next().await.expect("one is running").unwrap();
        }
    }
    while let Some(finished) = running.join_next().await {
        finished.unwrap();
    }
    while driver_counters().connections > 0 {
        tokio::task::yield_now().await;
    }
}

/// Open descriptors, threads and resident kilobytes.
///
/// Threads that list interfaces (`visavis-0b`) are left out: they end two seconds after their last list, so how many
/// there are says how many connections a busy machine had at the same time, within the bound that each worker has.
fn usage() -> (usize, usize, usize) {
    let entries = |directory| std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_lister = |name: &str| name.starts_with("visavis-") && name.trim_end().ends_with('b');
    // One that ends meanwhile has no name any more.
    let names = entries("/proc/self/task").filter_map(|task| std::fs::read_to_string(task.join("comm")).ok());
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    (entries("/proc/self/fd").count(), names.filter(|name| !is_lister(name)).count(), pages * 4)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connect_and_close_leaves_nothing_behind() {
    let count = std::env::var("VISAVIS_CHURN").map_or(300, |count| count.parse().unwrap());
    // A cycle takes milliseconds; a second for each closing would show.
    let limit = Duration::from_secs(60) + Duration::from_millis(50) * count as u32;
    tokio::time::timeout(limit, async {
        cycles(0..100).await;
        let (files, threads, memory) = usage();
        cycles(0..count).await;
        let (files_after, threads_after, memory_after) = usage();
        assert_eq!(driver_counters().sockets, 0);
        assert_eq!(driver_counters().panics, 0);
        assert!(files_after <= files, "{files} descriptors grew to {files_after}");
        assert!(threads_after <= threads, "{threads} threads grew to {threads_after}");
        assert!(memory_after <= memory + 16 * 1024, "{memory} kB grew to {memory_after}");
    })
    .await
    .expect("the test hangs");
}
