//! How many peers one port carries, and what each costs: `cargo run --release -p visavis --example many -- 10000`.
//!
//! This process is the server, with one [`Endpoint`]; a second one plays the clients, each with sockets of its own. Every
//! client opens a channel and gets its message back. At the end the server says what it has grown by for each of them.
//! Thousands of clients need as many sockets: `ulimit -n` says how many there may be.
#![allow(clippy::print_stdout, reason = "a command-line program")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::error::Error;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use visavis::{
    Endpoint, EndpointSettings, InterfaceFilter, IpVersions, RtcConfiguration, RtcIceGatheringState,
    RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent, RtcSdpType, RtcSessionDescription, Settings,
    driver_counters,
};

type Failure = Box<dyn Error + Send + Sync>;

/// Clients that connect at the same time.
const AT_ONCE: usize = 32;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.last().map_or(Ok(100), |count| count.parse())?;
    match arguments.first().map(String::as_str) {
        Some("lite") => server(count, true).await,
        Some(address) if address.contains(':') => clients(address, count).await,
        _ => server(count, false).await,
    }
}

async fn server(count: usize, ice_lite: bool) -> Result<(), Failure> {
    let mut settings = EndpointSettings::from("127.0.0.1:0".parse::<SocketAddr>()?);
    settings.settings.ice_lite = ice_lite;
    let endpoint = Endpoint::bind(settings)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    // It ends when we do: then there is nobody to read from.
    let _child = Command::new(std::env::current_exe()?).args([&address, &count.to_string()]).spawn()?;
    let (from, mut to) = listener.accept().await?.0.into_split();
    let mut from = BufReader::new(from);
    let (before, start) = (resident()?, Instant::now());
    let mut connections = Vec::new();
    for _ in 0..count {
        let (number, offer) = read(&mut from).await?;
        let connection = endpoint.new_peer_connection(RtcConfiguration::default())?;
        let description = RtcSessionDescription::new(RtcSdpType::Offer, offer);
        connection.set_remote_description(description).await?;
        connection.set_local_description(None).await?;
        let answer = gathered(&connection).await?;
        write(&mut to, number, &answer).await?;
        tokio::spawn(echo(connection.clone()));
        connections.push(connection);
    }
    // The clients say when all of them have got their message back.
    read(&mut from).await?;
    let (took, grown) = (start.elapsed(), resident()? - before);
    println!("{count} peers at {} in {took:.1?}", endpoint.local_addresses()[0]);
    println!("memory: {} KiB for each", grown / 1024 / count as u64);
    let (used, since) = (cpu_seconds()?, Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let load = (cpu_seconds()? - used) / since.elapsed().as_secs_f64();
    println!("idle: {:.1} % of a core", load * 100.0);
    println!("{} connections, {:?}", endpoint.connections(), driver_counters());
    Ok(())
}

/// Sends the first message of the first channel back.
async fn echo(connection: RtcPeerConnection) {
    let mut events = connection.events();
    drop(connection);
    while let Some(event) = events.next().await {
        if let RtcPeerConnectionEvent::DataChannel(channel) = event {
            if let Some(RtcMessage::Text(text)) = channel.recv().await {
                let _ = channel.send_text(text);
            }
            // It stays open as long as somebody holds it.
            std::future::pending::<()>().await;
        }
    }
}

async fn clients(server: &str, count: usize) -> Result<(), Failure> {
    let (from, to) = TcpStream::connect(server).await?.into_split();
    let to = Arc::new(Mutex::new(to));
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut waiting = std::collections::HashMap::new();
    let (offers, mut offered) = tokio::sync::mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for number in 0..count {
        let (permits, to, offers) = (Arc::clone(&permits), Arc::clone(&to), offers.clone());
        clients.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            // One socket each.
            let interfaces = InterfaceFilter { only: vec!["lo".into()], ..Default::default() };
            let settings = Settings { interfaces, ip_versions: IpVersions::V4, ..Settings::default() };
            let connection = RtcPeerConnection::with_settings(RtcConfiguration::default(), settings)?;
            let channel = connection.create_data_channel("channel", None)?;
            connection.set_local_description(None).await?;
            let offer = gathered(&connection).await?;
            let (answers, answer) = tokio::sync::oneshot::channel();
            offers.send((number as u32, answers))?;
            write(&mut *to.lock().await, number as u32, &offer).await?;
            let answer = RtcSessionDescription::new(RtcSdpType::Answer, answer.await?);
            connection.set_remote_description(answer).await?;
            channel.ready().await?;
            channel.send_text("hello")?;
            channel.recv().await.ok_or("the channel closed")?;
            Ok::<_, Failure>((connection, channel))
        });
    }
    drop(offers);
    let answers = tokio::spawn(async move {
        let mut from = BufReader::new(from);
        while let Ok((number, answer)) = read(&mut from).await {
            while !waiting.contains_key(&number) {
                let Some((number, answers)) = offered.recv().await else { return };
                waiting.insert(number, answers);
            }
            let answers: Option<tokio::sync::oneshot::Sender<String>> = waiting.remove(&number);
            let _ = answers.map(|answers| answers.send(answer));
        }
    });
    let mut connected = Vec::new();
    while let Some(client) = clients.join_next().await {
        connected.push(client??);
    }
    write(&mut *to.lock().await, 0, "done").await?;
    // Until the server has seen enough.
    answers.await?;
    Ok(())
}

/// The local description with all candidates.
async fn gathered(connection: &RtcPeerConnection) -> Result<String, Failure> {
    let mut events = connection.events();
    while connection.ice_gathering_state() != RtcIceGatheringState::Complete {
        events.next().await.ok_or("closed")?;
    }
    Ok(connection.local_description().ok_or("no description")?.sdp)
}

async fn write(to: &mut (impl AsyncWriteExt + Unpin), number: u32, text: &str) -> Result<(), Failure> {
    to.write_u32(number).await?;
    to.write_u32(u32::try_from(text.len())?).await?;
    to.write_all(text.as_bytes()).await?;
    Ok(to.flush().await?)
}

async fn read(from: &mut (impl AsyncReadExt + Unpin)) -> Result<(u32, String), Failure> {
    let number = from.read_u32().await?;
    let mut text = vec![0; from.read_u32().await? as usize];
    from.read_exact(&mut text).await?;
    Ok((number, String::from_utf8(text)?))
}

/// Bytes of this process in memory, as Linux counts them.
fn resident() -> Result<u64, Failure> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = pages.split(' ').nth(1).ok_or("no pages")?.parse()?;
    Ok(pages * 4096)
}

/// What this process has used, in hundredths as Linux counts them.
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().ok_or("no fields")?.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}
