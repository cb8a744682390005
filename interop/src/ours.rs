//! visavis as one end of a call, with the same operations as the others; `peer.rs` documents them.

mod configuration;
mod media;

use std::sync::{Arc, Mutex};

use aws_lc_rs::{digest, rand};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;
use visavis::{
    Endpoint, Error, RtcDataChannel, RtcDataChannelEvent, RtcDataChannelInit, RtcIceCandidate,
    RtcIceCandidateInit, RtcIceGatheringState, RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent,
    RtcSessionDescription,
};

/// Our end. Dropping it closes the connection.
pub(crate) struct Ours {
    shared: Arc<Shared>,
    pub(crate) endpoint: Option<Endpoint>,
    connection: Option<RtcPeerConnection>,
    events: mpsc::UnboundedReceiver<Value>,
    /// Reads the connection's events, and would keep it open.
    pump: Option<AbortHandle>,
    gathered: watch::Sender<bool>,
}

struct Shared {
    channels: Mutex<Channels>,
    events: mpsc::UnboundedSender<Value>,
}

#[derive(Default)]
struct Channels {
    all: Vec<Arc<Channel>>,
    echo_all: bool,
}

/// A channel with what came over it.
struct Channel {
    key: usize,
    handle: RtcDataChannel,
    inbox: Mutex<Inbox>,
    arrived: Notify,
}

#[derive(Default)]
struct Inbox {
    echo: bool,
    messages: Vec<RtcMessage>,
    bytes: usize,
}

impl Drop for Ours {
    fn drop(&mut self) {
        if let Some(pump) = &self.pump {
            pump.abort();
        }
        if let Some(connection) = &self.connection {
            connection.close();
        }
    }
}

impl Ours {
    pub(crate) fn new() -> Ours {
        let (sender, events) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { channels: Mutex::default(), events: sender });
        Ours {
            shared,
            endpoint: None,
            connection: None,
            events,
            pump: None,
            gathered: watch::Sender::new(false),
        }
    }

    pub(crate) async fn next_event(&mut self) -> Option<Value> {
        self.events.recv().await
    }

    pub(crate) async fn perform(&mut self, operation: &str, arguments: &Value) -> Result<Value, Error> {
        match operation {
            "create" => self.create(&arguments["configuration"])?,
            "offer" | "answer" => return self.describe_local(operation, arguments["trickle"] == true).await,
            "remote" | "candidate" => self.signal(operation, arguments).await?,
            "close" => self.connection().close(),
            "state" => return Ok(self.state()),
            "pair" => return Ok(self.pair()),
            "transceiver" | "addTrack" | "stop" | "transceivers" => {
                return media::perform(self.connection(), operation, arguments);
            }
            "channel" => {
                let label = arguments["label"].as_str().expect("a label");
                let handle = self.connection().create_data_channel(label, init(&arguments["init"]))?;
                return Ok(json!(self.shared.register(handle).key));
            }
            "echoAll" => self.shared.channels.lock().expect("no holder panics").echo_all = true,
            _ => return self.shared.channel(arguments).perform(operation, arguments).await,
        }
        Ok(Value::Null)
    }

    fn connection(&self) -> &RtcPeerConnection {
        self.connection.as_ref().expect("`create` comes first")
    }

    fn create(&mut self, configuration: &Value) -> Result<(), Error> {
        let settings = configuration::settings(configuration);
        self.endpoint = self.endpoint.take().or_else(|| configuration::endpoint(configuration));
        let configuration = configuration::configuration(configuration);
        let connection = match &self.endpoint {
            Some(endpoint) => endpoint.new_peer_connection(configuration)?,
            None => RtcPeerConnection::with_settings(configuration, settings)?,
        };
        let mut events = connection.events();
        let (shared, gathered) = (Arc::clone(&self.shared), self.gathered.clone());
        let pump = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                if let RtcPeerConnectionEvent::IceGatheringStateChange(RtcIceGatheringState::Complete) = event
                {
                    gathered.send_replace(true);
                }
                shared.report(event);
            }
        });
        self.pump = Some(pump.abort_handle());
        self.connection = Some(connection);
        Ok(())
    }

    async fn describe_local(&mut self, operation: &str, trickle: bool) -> Result<Value, Error> {
        let connection = self.connection();
        let description = match operation {
            "offer" => connection.create_offer(None).await?,
            _ => connection.create_answer().await?,
        };
        connection.set_local_description(description).await?;
        if !trickle {
            let mut gathered = self.gathered.subscribe();
            gathered.wait_for(|gathered| *gathered).await.expect("the sender is ours");
        }
        let local = connection.local_description().expect("it was just set");
        Ok(json!({ "type": local.kind.as_str(), "sdp": local.sdp }))
    }

    async fn signal(&mut self, operation: &str, arguments: &Value) -> Result<(), Error> {
        if operation == "remote" {
            let text = |name: &str| arguments["description"][name].as_str().expect("a string");
            let kind = text("type").parse().expect("a description's type");
            return self
                .connection()
                .set_remote_description(RtcSessionDescription::new(kind, text("sdp")))
                .await;
        }
        let candidate = &arguments["candidate"];
        let string = |name: &str| candidate[name].as_str().map(str::to_owned);
        let init = (!candidate.is_null()).then(|| RtcIceCandidateInit {
            candidate: string("candidate").unwrap_or_default(),
            sdp_mid: string("sdpMid"),
            sdp_m_line_index: number(&candidate["sdpMLineIndex"]),
            username_fragment: string("usernameFragment"),
        });
        self.connection().add_ice_candidate(init).await
    }

    fn pair(&self) -> Value {
        let sctp = self.connection().sctp();
        let pair = sctp.and_then(|sctp| sctp.transport().ice_transport().get_selected_candidate_pair());
        pair.map_or(
            Value::Null,
            |pair| json!({ "local": pair.local.candidate, "remote": pair.remote.candidate }),
        )
    }

    fn state(&self) -> Value {
        let connection = self.connection();
        let sctp = connection.sctp();
        json!({
            "connection": connection.connection_state().as_str(),
            "ice": connection.ice_connection_state().as_str(),
            "gathering": connection.ice_gathering_state().as_str(),
            "signaling": connection.signaling_state().as_str(),
            "sctp": sctp.as_ref().map(|sctp| sctp.state().as_str()),
            "maxMessageSize": sctp.and_then(|sctp| sctp.max_message_size()).map(|size| size.to_string()),
        })
    }
}

impl Shared {
    fn emit(&self, event: Value) {
        // Nobody listens any more when the test is over.
        let _ = self.events.send(event);
    }

    fn report(self: &Arc<Self>, event: RtcPeerConnectionEvent) {
        self.emit(match event {
            RtcPeerConnectionEvent::ConnectionStateChange(state) => {
                json!({ "type": "connection", "state": state.as_str() })
            }
            RtcPeerConnectionEvent::IceConnectionStateChange(state) => {
                json!({ "type": "ice", "state": state.as_str() })
            }
            RtcPeerConnectionEvent::IceCandidate(candidate) => {
                json!({ "type": "candidate", "candidate": candidate.as_ref().map(candidate_json) })
            }
            RtcPeerConnectionEvent::DataChannel(handle) => {
                let mut event = self.register(handle).describe();
                event["type"] = json!("channel");
                event
            }
            RtcPeerConnectionEvent::Track(event) => json!({
                "type": "track",
                "mid": event.transceiver.mid(),
                "kind": event.track.kind().as_str(),
                "streams": event.streams.len(),
            }),
            _ => return,
        });
    }

    /// Gives a channel its key, and reads its events until it is closed.
    fn register(self: &Arc<Self>, handle: RtcDataChannel) -> Arc<Channel> {
        let mut channels = self.channels.lock().expect("no holder panics");
        let inbox = Mutex::new(Inbox { echo: channels.echo_all, ..Inbox::default() });
        let channel = Arc::new(Channel { key: channels.all.len(), handle, inbox, arrived: Notify::new() });
        channels.all.push(Arc::clone(&channel));
        let (shared, read) = (Arc::clone(self), Arc::clone(&channel));
        tokio::spawn(async move {
            let mut events = read.handle.events();
            while let Some(event) = events.next().await {
                let kind = match event {
                    RtcDataChannelEvent::Message(message) => {
                        read.take(message).await;
                        continue;
                    }
                    RtcDataChannelEvent::Open => "open",
                    RtcDataChannelEvent::Close => "close",
                    RtcDataChannelEvent::Error(_) => "error",
                    _ => continue,
                };
                shared.emit(json!({ "type": kind, "key": read.key }));
            }
        });
        channel
    }

    fn channel(&self, arguments: &Value) -> Arc<Channel> {
        let key = number::<usize>(&arguments["key"]).expect("a channel's key");
        Arc::clone(&self.channels.lock().expect("no holder panics").all[key])
    }
}

impl Channel {
    async fn take(&self, message: RtcMessage) {
        let echo = self.inbox.lock().expect("no holder panics").echo;
        if echo {
            // A channel that has ended takes no echo.
            if self.handle.ready().await.is_ok() {
                let _ = self.handle.send_message(message);
            }
            return;
        }
        let mut inbox = self.inbox.lock().expect("no holder panics");
        inbox.bytes += message.len();
        inbox.messages.push(message);
        self.arrived.notify_one();
    }

    async fn perform(&self, operation: &str, arguments: &Value) -> Result<Value, Error> {
        let count = |name: &str| number::<usize>(&arguments[name]).unwrap_or(0);
        match operation {
            "echo" => self.inbox.lock().expect("no holder panics").echo = true,
            "send" => self.handle.send_text(arguments["text"].as_str().expect("a text"))?,
            "closeChannel" => self.handle.close(),
            "describe" => return Ok(self.describe()),
            "numbers" => {
                for n in 0..count("count") {
                    self.handle.ready().await?;
                    self.handle.send_text(n.to_string())?;
                }
            }
            "blast" => return self.blast(count("bytes"), count("size")).await,
            "progress" => return Ok(json!(self.inbox.lock().expect("no holder panics").bytes)),
            "receive" => return Ok(self.receive(count("messages"), count("bytes")).await),
            _ => panic!("unknown operation {operation}"),
        }
        Ok(Value::Null)
    }

    async fn blast(&self, bytes: usize, size: usize) -> Result<Value, Error> {
        let mut all = vec![0; bytes];
        rand::fill(&mut all).expect("the system has randomness");
        let all = Bytes::from(all);
        for at in (0..bytes).step_by(size) {
            self.handle.ready().await?;
            self.handle.send(all.slice(at..bytes.min(at + size)))?;
        }
        Ok(json!(hex(digest::digest(&digest::SHA256, &all).as_ref())))
    }

    async fn receive(&self, messages: usize, bytes: usize) -> Value {
        let inbox = loop {
            {
                let mut inbox = self.inbox.lock().expect("no holder panics");
                if inbox.messages.len() >= messages && inbox.bytes >= bytes {
                    let echo = inbox.echo;
                    break std::mem::replace(&mut *inbox, Inbox { echo, ..Inbox::default() });
                }
            }
            self.arrived.notified().await;
        };
        let mut digest = digest::Context::new(&digest::SHA256);
        let mut texts = Vec::new();
        let mut numbered = true;
        for (n, message) in inbox.messages.iter().enumerate() {
            match message {
                RtcMessage::Text(text) => {
                    digest.update(text.as_bytes());
                    numbered &= *text == n.to_string();
                    texts.push(text.as_str());
                }
                RtcMessage::Binary(bytes) => {
                    digest.update(bytes);
                    numbered = false;
                }
            }
        }
        texts.truncate(16);
        json!({
            "messages": inbox.messages.len(),
            "bytes": inbox.bytes,
            "sha256": hex(digest.finish().as_ref()),
            "numbered": numbered,
            "texts": texts,
        })
    }

    fn describe(&self) -> Value {
        let handle = &self.handle;
        json!({
            "key": self.key,
            "label": handle.label(),
            "protocol": handle.protocol(),
            "ordered": handle.ordered(),
            "maxRetransmits": handle.max_retransmits(),
            "maxPacketLifeTime": handle.max_packet_life_time(),
            "negotiated": handle.negotiated(),
            "id": handle.id(),
            "readyState": handle.ready_state().as_str(),
            "bufferedAmount": handle.buffered_amount(),
        })
    }
}

fn init(init: &Value) -> RtcDataChannelInit {
    RtcDataChannelInit {
        ordered: init["ordered"].as_bool().unwrap_or(true),
        max_packet_life_time: number(&init["maxPacketLifeTime"]),
        max_retransmits: number(&init["maxRetransmits"]),
        protocol: init["protocol"].as_str().unwrap_or_default().to_owned(),
        negotiated: init["negotiated"].as_bool().unwrap_or(false),
        id: number(&init["id"]),
        ..RtcDataChannelInit::default()
    }
}

/// `RTCIceCandidate.toJSON()`.
fn candidate_json(candidate: &RtcIceCandidate) -> Value {
    json!({
        "candidate": candidate.candidate,
        "sdpMid": candidate.sdp_mid,
        "sdpMLineIndex": candidate.sdp_m_line_index,
        "usernameFragment": candidate.username_fragment,
    })
}

fn number<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    T::try_from(value.as_u64()?).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
