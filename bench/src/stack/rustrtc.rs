//! The crate `rustrtc`.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use rustrtc::transports::datachannel::{DataChannel, DataChannelConfig, DataChannelEvent};
use rustrtc::{PeerConnection, PeerConnectionEvent, RtcConfiguration, SdpType, SessionDescription};

use super::{End, Options, Stack};
use crate::link::From;

pub struct Rustrtc;

pub struct RustrtcEnd {
    pc: PeerConnection,
    channel: Arc<DataChannel>,
}

fn local(
    pc: &PeerConnection,
    kind: SdpType,
    options: &Options,
    from: From,
) -> anyhow::Result<SessionDescription> {
    let sdp = pc.local_description().context("gathered")?.to_sdp_string();
    Ok(SessionDescription::parse(kind, &options.carry(sdp, from)?)?)
}

impl Stack for Rustrtc {
    type End = RustrtcEnd;

    async fn connect(options: &Options) -> anyhow::Result<(RustrtcEnd, RustrtcEnd)> {
        let configuration =
            || RtcConfiguration { bind_ip: Some("127.0.0.1".to_owned()), ..RtcConfiguration::default() };
        let (a, b) = (PeerConnection::new(configuration()), PeerConnection::new(configuration()));
        let ordered = DataChannelConfig {
            ordered: options.reliable,
            max_retransmits: (!options.reliable).then_some(0),
            ..DataChannelConfig::default()
        };
        let near = a.create_data_channel("bench", Some(ordered))?;
        let offer = a.create_offer().await?;
        a.set_local_description(offer)?;
        a.wait_for_gathering_complete().await;
        b.set_remote_description(local(&a, SdpType::Offer, options, From::Near)?).await?;
        let answer = b.create_answer().await?;
        b.set_local_description(answer)?;
        b.wait_for_gathering_complete().await;
        a.set_remote_description(local(&b, SdpType::Answer, options, From::Far)?).await?;
        let far = loop {
            match b.recv().await.context("closed")? {
                PeerConnectionEvent::DataChannel(channel) => break channel,
                _ => continue,
            }
        };
        loop {
            match near.recv().await.context("closed")? {
                DataChannelEvent::Open => break,
                DataChannelEvent::Close => bail!("closed"),
                _ => continue,
            }
        }
        Ok((RustrtcEnd { pc: a, channel: near }, RustrtcEnd { pc: b, channel: far }))
    }
}

impl End for RustrtcEnd {
    async fn send(&self, message: Bytes) -> anyhow::Result<()> {
        Ok(self.pc.send_data(self.channel.id, &message).await?)
    }

    async fn recv(&mut self) -> anyhow::Result<Bytes> {
        loop {
            match self.channel.recv().await.context("closed")? {
                DataChannelEvent::Message(message) => return Ok(message),
                DataChannelEvent::Close => bail!("closed"),
                _ => continue,
            }
        }
    }

    async fn close(self) {
        self.pc.close();
    }
}
