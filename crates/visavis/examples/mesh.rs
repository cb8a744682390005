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
//! `{"from":"ada", ...}`, and `{"left":"ada"}` at everyone. What is sent to somebody who has just left is lost.
#![allow(clippy::print_stdout, reason = "it is a program for the terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream, tcp::OwnedReadHalf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcIceCandidateInit, RtcMessage,
    RtcPeerConnection, RtcPeerConnectionEvent, RtcSessionDescription,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;
type Outbox = UnboundedSender<Value>;
type Inbox = UnboundedReceiver<Value>;
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
        outbox.send(json!({ "members": members.keys().collect::<Vec<_>>() }))?;
        members.insert(name.clone(), outbox);
    }
    while let Ok(Some(mut message)) = read(&mut lines).await {
        let Some(to) = message["to"].as_str().map(str::to_owned) else { break };
        message["from"] = json!(name);
        if let Some(outbox) = members.lock().expect("nobody panics with it").get(&to) {
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
        for member in message["members"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            peers.insert(member.to_owned(), meet(name, member, true, &outbox));
        }
        if let Some(left) = message["left"].as_str() {
            println!("{left} left");
            peers.remove(left);
        }
        if let Some(from) = message["from"].as_str() {
            let peer = peers.entry(from.to_owned()).or_insert_with(|| meet(name, from, false, &outbox));
            let _ = peer.send(message);
        }
    }
    Ok(())
}

/// Begins a connection. It takes the messages from its peer, and ends when nobody can send it any.
fn meet(name: &str, peer: &str, calls: bool, outbox: &Outbox) -> Outbox {
    let (to_it, inbox) = unbounded_channel();
    let (name, peer, outbox) = (name.to_owned(), peer.to_owned(), outbox.clone());
    tokio::spawn(async move {
        if let Err(error) = converse(&name, &peer, calls, inbox, outbox).await {
            println!("{peer} is lost: {error}");
        }
    });
    to_it
}

/// One task for each connection, so that what it signals is in order: a description before its candidates.
async fn converse(name: &str, peer: &str, calls: bool, mut inbox: Inbox, outbox: Outbox) -> Result<()> {
    let pc = RtcPeerConnection::new(RtcConfiguration { include_loopback: true, ..Default::default() })?;
    let mut events = pc.events();
    if calls {
        tokio::spawn(greet(pc.create_data_channel("mesh", None)?, name.to_owned(), peer.to_owned()));
    }
    loop {
        tokio::select! {
            message = inbox.recv() => match message {
                Some(message) => hear(&pc, peer, &message, &outbox).await?,
                None => break,
            },
            event = events.next() => match event {
                Some(RtcPeerConnectionEvent::NegotiationNeeded) => describe(&pc, peer, &outbox).await?,
                Some(RtcPeerConnectionEvent::IceCandidate(Some(candidate))) => {
                    let candidate = json!({ "candidate": candidate.candidate, "sdpMid": candidate.sdp_mid });
                    outbox.send(json!({ "to": peer, "candidate": candidate }))?;
                }
                Some(RtcPeerConnectionEvent::DataChannel(channel)) => {
                    tokio::spawn(greet(channel, name.to_owned(), peer.to_owned()));
                }
                Some(RtcPeerConnectionEvent::ConnectionStateChange(state)) => println!("{peer} is {}", state.as_str()),
                Some(_) => {}
                None => break,
            },
        }
    }
    pc.close();
    Ok(())
}

async fn hear(pc: &RtcPeerConnection, peer: &str, message: &Value, outbox: &Outbox) -> Result<()> {
    if let Some(kind) = message["description"]["type"].as_str() {
        let sdp = message["description"]["sdp"].as_str().unwrap_or_default();
        pc.set_remote_description(RtcSessionDescription::new(kind.parse()?, sdp)).await?;
        return if kind == "offer" { describe(pc, peer, outbox).await } else { Ok(()) };
    }
    // Null is the end of the candidates.
    let candidate = message["candidate"]["candidate"].as_str().map(|line| RtcIceCandidateInit {
        candidate: line.to_owned(),
        sdp_mid: message["candidate"]["sdpMid"].as_str().map(str::to_owned),
        ..Default::default()
    });
    Ok(pc.add_ice_candidate(candidate).await?)
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
