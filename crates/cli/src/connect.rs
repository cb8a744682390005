//! `visavis connect URL`: the same peer without a browser.

use std::cell::OnceCell;
use std::time::Duration;

use hyper::Uri;
use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDtlsTransportEvent, RtcIceGatheringState, RtcPeerConnection,
    RtcPeerConnectionState, RtcSdpType, RtcSessionDescription,
};

use crate::args::ConnectOptions;
use crate::{Failure, clock};

mod client;
mod measure;
mod report;

use client::Client;
use report::{Report, Reporter};

/// Longest time from the offer to the first open channel.
const SETUP_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the offer waits for its candidates.
const GATHERING_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest time for telling the server that the session is over.
const DELETE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the peer gets to hear that the connection ends.
const FAREWELL: Duration = Duration::from_millis(100);

/// Whether `connect` can use this URL.
///
/// # Errors
/// A sentence for the command line.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    base(url).map(|_| ())
}

/// Host, port and path of the server that `url` names.
fn base(url: &str) -> Result<(String, u16, String), String> {
    let invalid = || format!("'{url}' is not a URL of the form http://HOST[:PORT]");
    let uri: Uri = url.parse().map_err(|_| invalid())?;
    match uri.scheme_str() {
        // A bare host:port is what people type.
        Some("http") | None => {}
        Some("https") => return Err("https is not supported yet; give a http:// URL".into()),
        Some(_) => return Err(invalid()),
    }
    let authority = uri.authority().ok_or_else(invalid)?;
    let path = uri.path().trim_end_matches('/').to_owned();
    Ok((authority.host().to_owned(), authority.port_u16().unwrap_or(80), path))
}

/// Connects, measures and reports.
pub(crate) async fn run(options: ConnectOptions) -> Result<(), Failure> {
    let (host, port, path) = base(&options.url)?;
    let client = Client::new(host, port).await?;
    let configuration = RtcConfiguration { include_loopback: client.is_loopback(), ..Default::default() };
    let pc = RtcPeerConnection::new(configuration).map_err(|error| error.to_string())?;
    let reporter = Reporter::new(&options);
    let resource = OnceCell::new();
    let result = tokio::select! {
        result = work(&options, &client, &pc, &path, &reporter, &resource) => result,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    reporter.clear();
    // However it ended. The server frees the session anyway when it hears that the connection is closed.
    if let Some(resource) = resource.get() {
        let request = client.request("DELETE", resource, None, String::new());
        let _ = tokio::time::timeout(DELETE_TIMEOUT, request).await;
    }
    pc.close();
    let _ = tokio::time::timeout(FAREWELL, std::future::pending::<()>()).await;
    reporter.finish(result?)
}

async fn work(
    options: &ConnectOptions,
    client: &Client,
    pc: &RtcPeerConnection,
    path: &str,
    reporter: &Reporter,
    resource: &OnceCell<String>,
) -> Result<Report, Failure> {
    let started = clock::now();
    reporter.connecting();
    let ping = pc.create_data_channel("ping", None).map_err(|error| error.to_string())?;
    tokio::time::timeout(SETUP_TIMEOUT, set_up(client, pc, path, &ping, resource))
        .await
        .map_err(|_| format!("not connected within {} s: no path was found", SETUP_TIMEOUT.as_secs()))??;
    let mut report = Report::new(&options.url, clock::now() - started, pc).await;
    reporter.connected(&report);
    let measured = async {
        report.pings = measure::pings(&ping, options.pings).await?;
        reporter.pings(&report);
        report.upload = Some(measure::upload(pc, options.duration, reporter).await?);
        reporter.throughput("upload", report.upload);
        report.download = Some(measure::download(pc, options.duration, reporter).await?);
        reporter.throughput("download", report.download);
        Ok(report)
    };
    tokio::select! {
        measured = measured => measured,
        failure = watch(pc) => Err(failure),
    }
}

/// Makes the offer, takes the answer, and waits for the channel. `resource` becomes the session's path on the server.
async fn set_up(
    client: &Client,
    pc: &RtcPeerConnection,
    path: &str,
    ping: &RtcDataChannel,
    resource: &OnceCell<String>,
) -> Result<(), Failure> {
    pc.set_local_description(None).await.map_err(|error| error.to_string())?;
    let _ = tokio::time::timeout(GATHERING_TIMEOUT, gathered(pc)).await;
    let offer = pc.local_description().ok_or("the connection was closed")?;
    let response =
        client.request("POST", &format!("{path}/echo"), Some("application/sdp"), offer.sdp).await?;
    if response.status != 201 {
        return Err(response.refusal());
    }
    let _ = resource.set(response.location.ok_or("the server named no Location")?);
    let answer = RtcSessionDescription::new(RtcSdpType::Answer, response.body);
    pc.set_remote_description(answer)
        .await
        .map_err(|error| format!("the server's answer cannot be used: {error}"))?;
    tokio::select! {
        ready = ping.ready() => ready.map_err(|_| "the channel was closed before it opened")?,
        failure = watch(pc) => return Err(failure),
    }
    Ok(())
}

async fn gathered(pc: &RtcPeerConnection) {
    let mut events = pc.events();
    while pc.ice_gathering_state() != RtcIceGatheringState::Complete && events.next().await.is_some() {}
}

/// Waits until the connection fails; why it did.
async fn watch(pc: &RtcPeerConnection) -> Failure {
    let mut events = pc.events();
    while pc.connection_state() != RtcPeerConnectionState::Failed {
        match events.next().await {
            Some(_) => {}
            None => return "the connection was closed".into(),
        }
    }
    if let Some(mut events) = pc.sctp().map(|sctp| sctp.transport().events()) {
        while let Some(event) = events.try_next() {
            if let RtcDtlsTransportEvent::Error(error) = event {
                return error.to_string();
            }
        }
    }
    "the connection failed: no path to the server answers".into()
}
