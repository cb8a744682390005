//! The crate `webrtc` (webrtc-rs).

use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceGatheringState, RTCSessionDescription,
};

use super::{End, Options, Stack};
use crate::link::From;

pub struct Webrtc;

pub struct WebrtcEnd {
    pc: Arc<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
}

enum Notice {
    Gathered,
    Channel(Arc<dyn DataChannel>),
}

#[derive(Clone)]
struct Handler(mpsc::UnboundedSender<Notice>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.0.send(Notice::Gathered);
        }
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        let _ = self.0.send(Notice::Channel(channel));
    }
}

/// The high-water mark of its own benchmark, `data-channels-stress-bench`. Without a limit `writable` never waits.
const SEND_BUFFER: usize = 1024 * 1024;

async fn peer() -> anyhow::Result<(Arc<dyn PeerConnection>, mpsc::UnboundedReceiver<Notice>)> {
    let (notices, inbox) = mpsc::unbounded_channel();
    let pc = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(MediaEngine::default())
        .with_handler(Arc::new(Handler(notices)))
        .with_udp_addrs(vec!["127.0.0.1:0".to_string()])
        .with_data_channel_send_buffer_limit(SEND_BUFFER)
        .build()
        .await?;
    Ok((Arc::new(pc), inbox))
}

async fn gathered(inbox: &mut mpsc::UnboundedReceiver<Notice>) -> anyhow::Result<()> {
    while !matches!(inbox.recv().await.context("closed")?, Notice::Gathered) {}
    Ok(())
}

impl Stack for Webrtc {
    type End = WebrtcEnd;

    async fn connect(options: &Options) -> anyhow::Result<(WebrtcEnd, WebrtcEnd)> {
        let (a, mut a_inbox) = peer().await?;
        let (b, mut b_inbox) = peer().await?;
        let unreliable =
            RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..RTCDataChannelInit::default() };
        let near = a.create_data_channel("bench", (!options.reliable).then_some(unreliable)).await?;
        let offer = a.create_offer(None).await?;
        a.set_local_description(offer).await?;
        gathered(&mut a_inbox).await?;
        let offer = options.carry(a.local_description().await.context("offer")?.sdp, From::Near)?;
        b.set_remote_description(RTCSessionDescription::offer(offer)?).await?;
        let answer = b.create_answer(None).await?;
        b.set_local_description(answer).await?;
        gathered(&mut b_inbox).await?;
        let answer = options.carry(b.local_description().await.context("answer")?.sdp, From::Far)?;
        a.set_remote_description(RTCSessionDescription::answer(answer)?).await?;
        let far = loop {
            if let Notice::Channel(channel) = b_inbox.recv().await.context("closed")? {
                break channel;
            }
        };
        loop {
            match near.poll().await.context("closed")? {
                DataChannelEvent::OnOpen => break,
                DataChannelEvent::OnClose => bail!("closed"),
                _ => continue,
            }
        }
        Ok((WebrtcEnd { pc: a, channel: near }, WebrtcEnd { pc: b, channel: far }))
    }
}

impl End for WebrtcEnd {
    async fn send(&self, message: Bytes) -> anyhow::Result<()> {
        self.channel.writable().await?;
        Ok(self.channel.send(BytesMut::from(message)).await?)
    }

    async fn recv(&mut self) -> anyhow::Result<Bytes> {
        loop {
            match self.channel.poll().await.context("closed")? {
                DataChannelEvent::OnMessage(message) => return Ok(message.data.freeze()),
                DataChannelEvent::OnClose => bail!("closed"),
                _ => continue,
            }
        }
    }

    async fn close(self) {
        let _ = self.pc.close().await;
    }
}
