//! How many peers one port carries, and what each costs: `cargo run --release -p visavis --example many -- 10000`.
//!
//! This process is the server, with one [`Endpoint`]; a second one plays the clients, each with sockets of its own. Every
//! client opens a channel and gets its message back; a minute later all send another one at once. Both say what each
//! connection has cost them. Thousands of clients need as many sockets: `ulimit -n` says how many there may be.
#![allow(clippy::print_stdout, reason = "a command-line program")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::error::Error;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use visavis::{
    Endpoint, EndpointSettings, InterfaceFilter, IpVersions, RtcConfiguration, RtcDataChannel,
    RtcIceGatheringState, RtcPeerConnection, RtcPeerConnectionEvent, RtcSdpType, RtcSessionDescription,
    Settings, driver_counters,
};

type Failure = Box<dyn Error + Send + Sync>;
type Client = (RtcPeerConnection, RtcDataChannel);
/// Where clients put their offers, each with where the answer goes.
type Offers = mpsc::UnboundedSender<(String, oneshot::Sender<String>)>;

/// Clients that connect at the same time.
const AT_ONCE: usize = 32;
/// For how long nothing happens.
const IDLE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.pop().map_or(Ok(100), |count| count.parse())?;
    match arguments.first().map(String::as_str) {
        Some(address) if address.contains(':') => clients(address, count).await,
        mode => server(count, mode == Some("lite")).await,
    }
}

async fn server(count: usize, ice_lite: bool) -> Result<(), Failure> {
    let mut settings = EndpointSettings::from("127.0.0.1:0".parse::<SocketAddr>()?);
    settings.settings.ice_lite = ice_lite;
    let endpoint = Endpoint::bind(settings)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let mut child = Command::new(std::env::current_exe()?).args([&address, &count.to_string()]).spawn()?;
    let (mut from, mut to) = halves(listener.accept().await?.0)?;
    let (mut usage, start) = (Usage::now()?, Instant::now());
    let mut step = start;
    for connected in 1..=count {
        let offer = read(&mut from).await?;
        let connection = endpoint.new_peer_connection(RtcConfiguration::default())?;
        let description = RtcSessionDescription::new(RtcSdpType::Offer, offer);
        connection.set_remote_description(description).await?;
        connection.set_local_description(None).await?;
        write(&mut to, &gathered(&connection).await?).await?;
        tokio::spawn(echo(connection));
        if connected % 1000 == 0 {
            println!("{connected}: {:.0} in a second", 1e3 / step.elapsed().as_secs_f64());
            step = Instant::now();
        }
    }
    // When all of them have got their message back.
    read(&mut from).await?;
    println!("{count}: {:.0} in a second", count as f64 / start.elapsed().as_secs_f64());
    usage.print("server, set up", count)?;
    tokio::time::sleep(IDLE).await;
    usage.print("server, idle", count)?;
    write(&mut to, "").await?;
    read(&mut from).await?;
    usage.print("server, a message each", count)?;
    println!("{:?}", driver_counters());
    child.wait()?;
    Ok(())
}

/// Sends back what comes on channels, one after another.
async fn echo(connection: RtcPeerConnection) {
    let mut events = connection.events();
    while let Some(event) = events.next().await {
        let RtcPeerConnectionEvent::DataChannel(channel) = event else { continue };
        while let Some(message) = channel.recv().await {
            let _ = channel.send_message(message);
        }
    }
}

async fn clients(server: &str, count: usize) -> Result<(), Failure> {
    let (mut from, mut to) = halves(TcpStream::connect(server).await?)?;
    let mut usage = Usage::now()?;
    let (offers, mut offered): (Offers, _) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut clients = JoinSet::new();
    for _ in 0..count {
        clients.spawn(connect(Arc::clone(&permits), offers.clone()));
    }
    drop(offers);
    let (waiting, mut next) = mpsc::unbounded_channel::<oneshot::Sender<String>>();
    // Answers come in the order of the offers; after the last one, when the idle minute is over, one that is for nobody.
    let answered = tokio::spawn(async move {
        while let Ok(answer) = read(&mut from).await {
            let _ = next.recv().await?.send(answer);
        }
        None::<()>
    });
    while let Some((offer, answer)) = offered.recv().await {
        waiting.send(answer)?;
        write(&mut to, &offer).await?;
    }
    drop(waiting);
    let connected = clients.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    usage.print("clients, set up", count)?;
    write(&mut to, "").await?;
    answered.await?;
    usage.print("clients, idle", count)?;
    let start = Instant::now();
    for (_, channel) in &connected {
        channel.send_text("hello")?;
    }
    for (_, channel) in &connected {
        channel.recv().await.ok_or("the channel closed")?;
    }
    println!("a message to each and back: {} ms", start.elapsed().as_millis());
    write(&mut to, "").await
}

/// A connection whose channel carries messages.
async fn connect(permits: Arc<Semaphore>, offers: Offers) -> Result<Client, Failure> {
    let _permit = permits.acquire_owned().await?;
    // One socket each.
    let interfaces = InterfaceFilter { only: vec!["lo".into()], ..Default::default() };
    let settings = Settings { interfaces, ip_versions: IpVersions::V4, ..Settings::default() };
    let connection = RtcPeerConnection::with_settings(RtcConfiguration::default(), settings)?;
    let channel = connection.create_data_channel("channel", None)?;
    connection.set_local_description(None).await?;
    let (to, answer) = oneshot::channel();
    offers.send((gathered(&connection).await?, to))?;
    let answer = RtcSessionDescription::new(RtcSdpType::Answer, answer.await?);
    connection.set_remote_description(answer).await?;
    channel.ready().await?;
    channel.send_text("hello")?;
    channel.recv().await.ok_or("the channel closed")?;
    Ok((connection, channel))
}

/// The local description with all candidates.
async fn gathered(connection: &RtcPeerConnection) -> Result<String, Failure> {
    let mut events = connection.events();
    while connection.ice_gathering_state() != RtcIceGatheringState::Complete {
        events.next().await.ok_or("closed")?;
    }
    Ok(connection.local_description().ok_or("no description")?.sdp)
}

fn halves(stream: TcpStream) -> Result<(BufReader<OwnedReadHalf>, OwnedWriteHalf), Failure> {
    // Each description is waited for.
    stream.set_nodelay(true)?;
    let (from, to) = stream.into_split();
    Ok((BufReader::new(from), to))
}

async fn write(to: &mut OwnedWriteHalf, text: &str) -> Result<(), Failure> {
    let length = u32::try_from(text.len())?.to_be_bytes();
    Ok(to.write_all(&[&length, text.as_bytes()].concat()).await?)
}

async fn read(from: &mut BufReader<OwnedReadHalf>) -> Result<String, Failure> {
    let mut text = vec![0; from.read_u32().await? as usize];
    from.read_exact(&mut text).await?;
    Ok(String::from_utf8(text)?)
}

/// Bytes of memory and seconds of the processor that this process has used.
struct Usage(f64, f64);

impl Usage {
    /// As Linux counts: pages, and hundredths of a second.
    fn now() -> Result<Usage, Failure> {
        let pages = std::fs::read_to_string("/proc/self/statm")?;
        let pages: f64 = pages.split(' ').nth(1).ok_or("no pages")?.parse()?;
        let stat = std::fs::read_to_string("/proc/self/stat")?;
        let fields: Vec<&str> = stat.rsplit(')').next().ok_or("no fields")?.split_whitespace().collect();
        Ok(Usage(pages * 4096.0, (fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0))
    }

    /// Says what each connection has taken since the last time.
    fn print(&mut self, what: &str, count: usize) -> Result<(), Failure> {
        let before = std::mem::replace(self, Usage::now()?);
        let (kib, seconds) = ((self.0 - before.0) / 1024.0, self.1 - before.1);
        println!("{what}: {:.1} KiB and {:.3} ms each", kib / count as f64, seconds * 1e3 / count as f64);
        Ok(())
    }
}
