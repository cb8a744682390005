//! `visavis probe`: what a connection from here can expect of the network, and why not more.

use std::time::Duration;

use visavis::{RtcIceServer, Settings};

use crate::args::ProbeOptions;
use crate::{Failure, print};

mod explain;
mod gather;
mod nat;
mod relay;
mod report;
mod verdict;

use gather::{Gathered, gather};
use nat::Nat;
use relay::Relay;
use verdict::Verdict;

/// All that was found out.
struct Report {
    gathered: Gathered,
    nats: Vec<Nat>,
    relays: Vec<Relay>,
    verdict: Verdict,
}

/// What all parts of the examination share.
struct Terms {
    settings: Settings,
    /// The longest time for one gathering, and for one connection through a relay.
    limit: Duration,
}

/// Examines, reports, and fails where no connection can be expected.
pub(crate) async fn run(options: ProbeOptions) -> Result<(), Failure> {
    let report = tokio::select! {
        report = examine(&options) => report?,
        _ = tokio::signal::ctrl_c() => return Err("interrupted".into()),
    };
    if options.json {
        print(&format!("{:#}\n", report::to_json(&report)))?;
    } else {
        print(&report::verdict(&report.verdict))?;
    }
    if report.verdict.is_expected { Ok(()) } else { Err("no connection can be expected".into()) }
}

async fn examine(options: &ProbeOptions) -> Result<Report, Failure> {
    let servers: Vec<_> = options.ice_servers.iter().map(|url| server(options, url)).collect();
    // Servers on this machine see what comes from its loopback interface alone.
    let include_loopback = options.ice_servers.iter().any(|url| is_loopback(url));
    let terms =
        Terms { settings: Settings { include_loopback, ..Settings::default() }, limit: options.timeout };
    let say = |text: String| if options.json { Ok(()) } else { print(&text) };

    let gathered = gather(servers.clone(), terms.settings.clone(), terms.limit).await?;
    say(report::gathered(&gathered))?;

    let (relays, reflectors): (Vec<_>, Vec<_>) = servers.into_iter().partition(is_turn);
    let nats = nat::examine(reflectors, &terms).await?;
    say(report::nats(&nats))?;

    let mut checked = Vec::new();
    // One after the other: they would be in each other's way.
    for relay in relays {
        let relay = relay::examine(relay, &terms).await?;
        say(report::relay(&relay))?;
        checked.push(relay);
    }
    let verdict = Verdict::new(&gathered, &nats, &checked, options.ice_servers.is_empty());
    Ok(Report { gathered, nats, relays: checked, verdict })
}

fn server(options: &ProbeOptions, url: &str) -> RtcIceServer {
    RtcIceServer {
        urls: vec![url.to_owned()],
        username: options.username.clone(),
        credential: options.credential.clone(),
    }
}

fn is_turn(server: &RtcIceServer) -> bool {
    server.urls.iter().any(|url| is_turn_url(url))
}

/// Whether a URL names a TURN server.
pub(crate) fn is_turn_url(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("turn") || scheme.eq_ignore_ascii_case("turns")
}

/// Whether `probe` can use this URL.
///
/// # Errors
/// A sentence for the command line.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_known = ["stun", "stuns", "turn", "turns"].contains(&scheme.as_str());
    if is_known && url.contains(':') {
        Ok(())
    } else {
        Err(format!("'{url}' is not a URL of the form stun:HOST[:PORT] or turn:HOST[:PORT]"))
    }
}

/// Whether a URL names this machine.
fn is_loopback(url: &str) -> bool {
    let host = url.split_once(':').map_or("", |(_, rest)| rest);
    ["127.", "[::1]", "localhost"].iter().any(|start| host.starts_with(start))
}

/// In milliseconds.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e4).round() / 10.0
}

#[cfg(test)]
mod tests;
