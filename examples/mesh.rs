//! Everyone talks to everyone: a mesh of data channels, whose members find each other at a meeting point.
//!
//! ```text
//! cargo run -p visavis --example mesh -- serve          the meeting point, on 127.0.0.1:9000
//! cargo run -p visavis --example mesh -- join ada       a member; as many as you like
//! node node/examples/mesh.mjs join bob                  the same in JavaScript, in the same mesh
//! ```
//!
//! Signalling is one line of JSON for each message, over TCP. A member says `{"name":"ada"}` and hears
//! `{"members":[...]}`, those who are there; it calls them all. From then on `{"to":"bob", ...}` arrives at bob as
//! `{"from":"ada", ...}`, and `{"left":"ada"}` at everyone.
#![allow(clippy::print_stdout, reason = "it is a program for the terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream, tcp::OwnedReadHalf};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcIceCandidateInit, RtcMessage,
    RtcPeerConnection, RtcPeerConnectionEvent, RtcPeerConnectionEvents, RtcSessionDescription,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;
type Outbox = UnboundedSender<Value>;
type Members = Arc<Mutex<BTreeMap<String, Outbox>>>;

const ADDRESS: &str = "127.0.0.1:9000";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(ADDRESS).await,
        ["serve", address] => serve(address).await,
        ["join", name] => join(name, ADDRESS).await,
        ["join", name, address] => join(name, address).await,
        _ => Err("mesh serve [ADDRESS] | mesh join NAME [ADDRESS]".into()),
    }
}

/// The meeting point: it knows names and passes lines on, and nothing of what is in them.
async fn serve(address: &str) -> Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("meeting at {}", listener.local_addr()?);
    let members = Members::default();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(visit(stream, Arc::clone(&members)));
    }
}

async fn visit(stream: TcpStream, members: Members) -> Result<()> {
    let (mut lines, outbox) = signalling(stream);
    let hello = read(&mut lines).await?.unwrap_or_default();
    let name = hello["name"].as_str().ok_or("no name")?.to_owned();
    {
        let mut members = members.lock().expect("nobody panics with it");
        if members.contains_key(&name) {
            return Err("the name is taken".into());
        }
        outbox.send(json!({ "members": members.keys().collect::<Vec<_>>() }))?;
        members.insert(name.clone(), outbox);
    }
    while let Ok(Some(mut message)) = read(&mut lines).await {
        let Some(to) = message["to"].as_str().map(str::to_owned) else { break };
        message["from"] = json!(name);
        if let Some(outbox) = members.lock().expect("nobody panics with it").get(&to) {
            // Who has just left hears nothing more.
            let _ = outbox.send(message);
        }
    }
    let mut members = members.lock().expect("nobody panics with it");
    members.remove(&name);
    for outbox in members.values() {
        let _ = outbox.send(json!({ "left": name }));
    }
    Ok(())
}

/// A member: one connection to each other member, called by whoever came later.
async fn join(name: &str, address: &str) -> Result<()> {
    let (mut lines, outbox) = signalling(TcpStream::connect(address).await?);
    outbox.send(json!({ "name": name }))?;
    let mut peers = BTreeMap::new();
    while let Some(message) = read(&mut lines).await? {
        if let Some(left) = message["left"].as_str() {
            println!("{left} left");
            let gone: Option<RtcPeerConnection> = peers.remove(left);
            gone.inspect(RtcPeerConnection::close);
        }
        for member in message["members"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let pc = connect(name, member, &outbox)?;
            let channel = pc.create_data_channel("mesh", None)?;
            tokio::spawn(greet(channel, name.to_owned(), member.to_owned()));
            peers.insert(member.to_owned(), pc);
        }
        if let Some(from) = message["from"].as_str() {
            if !peers.contains_key(from) {
                peers.insert(from.to_owned(), connect(name, from, &outbox)?);
            }
            let pc = &peers[from];
            if let Some(kind) = message["description"]["type"].as_str() {
                let sdp = message["description"]["sdp"].as_str().unwrap_or_default();
                pc.set_remote_description(RtcSessionDescription::new(kind.parse()?, sdp)).await?;
                if kind == "offer" {
                    describe(pc, from, &outbox).await?;
                }
            } else {
                pc.add_ice_candidate(candidate(&message["candidate"])).await?;
            }
        }
    }
    Ok(())
}

fn connect(name: &str, peer: &str, outbox: &Outbox) -> Result<RtcPeerConnection> {
    let pc = RtcPeerConnection::new(RtcConfiguration { include_loopback: true, ..Default::default() })?;
    tokio::spawn(listen(pc.clone(), pc.events(), name.to_owned(), peer.to_owned(), outbox.clone()));
    Ok(pc)
}

/// What a connection has to say, until it ends.
async fn listen(
    pc: RtcPeerConnection,
    mut events: RtcPeerConnectionEvents,
    name: String,
    peer: String,
    outbox: Outbox,
) -> Result<()> {
    while let Some(event) = events.next().await {
        match event {
            RtcPeerConnectionEvent::NegotiationNeeded => describe(&pc, &peer, &outbox).await?,
            RtcPeerConnectionEvent::IceCandidate(Some(candidate)) => {
                let candidate = json!({ "candidate": candidate.candidate, "sdpMid": candidate.sdp_mid });
                outbox.send(json!({ "to": peer, "candidate": candidate }))?;
            }
            RtcPeerConnectionEvent::DataChannel(channel) => {
                tokio::spawn(greet(channel, name.clone(), peer.clone()));
            }
            RtcPeerConnectionEvent::ConnectionStateChange(state) => println!("{peer} is {}", state.as_str()),
            _ => {}
        }
    }
    Ok(())
}

/// Says hello, and prints what comes back.
async fn greet(channel: RtcDataChannel, name: String, peer: String) -> Result<()> {
    let mut events = channel.events();
    while let Some(event) = events.next().await {
        match event {
            RtcDataChannelEvent::Open => {
                channel.send_text(format!("hello {peer}, this is {name} in Rust"))?
            }
            RtcDataChannelEvent::Message(RtcMessage::Text(text)) => println!("{peer} says: {text}"),
            _ => {}
        }
    }
    Ok(())
}

/// Offers or answers, whichever it is time for.
async fn describe(pc: &RtcPeerConnection, peer: &str, outbox: &Outbox) -> Result<()> {
    pc.set_local_description(None).await?;
    let local = pc.local_description().ok_or("closed meanwhile")?;
    let description = json!({ "type": local.kind.as_str(), "sdp": local.sdp });
    Ok(outbox.send(json!({ "to": peer, "description": description }))?)
}

/// `null` is the end of the candidates.
fn candidate(json: &Value) -> Option<RtcIceCandidateInit> {
    Some(RtcIceCandidateInit {
        candidate: json["candidate"].as_str()?.to_owned(),
        sdp_mid: json["sdpMid"].as_str().map(str::to_owned),
        sdp_m_line_index: None,
        username_fragment: None,
    })
}

/// A stream of JSON lines in, and a queue of them out.
fn signalling(stream: TcpStream) -> (Lines<BufReader<OwnedReadHalf>>, Outbox) {
    let (reader, mut writer) = stream.into_split();
    let (outbox, mut queue) = unbounded_channel::<Value>();
    tokio::spawn(async move {
        while let Some(message) = queue.recv().await {
            writer.write_all(format!("{message}\n").as_bytes()).await?;
        }
        std::io::Result::Ok(())
    });
    (BufReader::new(reader).lines(), outbox)
}

async fn read(lines: &mut Lines<BufReader<OwnedReadHalf>>) -> Result<Option<Value>> {
    Ok(lines.next_line().await?.map(|line| serde_json::from_str(&line)).transpose()?)
}
