//! Ours.

use anyhow::Context as _;
use bytes::Bytes;
use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcDataChannelInit, RtcIceGatheringState,
    RtcMessage, RtcPeerConnection, RtcPeerConnectionEvent, RtcPeerConnectionEvents, RtcSessionDescription,
    Settings,
};

use super::{End, Options, Stack};
use crate::link::From;

/// `ON_RUNTIME`: driven by the runtime that the measurement runs in, instead of visavis's own threads.
pub struct Visavis<const ON_RUNTIME: bool>;

pub struct VisavisEnd {
    pc: RtcPeerConnection,
    channel: RtcDataChannel,
}

fn peer(on_runtime: bool) -> anyhow::Result<(RtcPeerConnection, RtcPeerConnectionEvents)> {
    let configuration = RtcConfiguration { include_loopback: true, ..RtcConfiguration::default() };
    let pc = if on_runtime {
        RtcPeerConnection::on_current_runtime(configuration, Settings::default())?
    } else {
        RtcPeerConnection::new(configuration)?
    };
    let events = pc.events();
    Ok((pc, events))
}

async fn gathered(pc: &RtcPeerConnection, events: &mut RtcPeerConnectionEvents) -> anyhow::Result<()> {
    while pc.ice_gathering_state() != RtcIceGatheringState::Complete {
        events.next().await.context("closed")?;
    }
    Ok(())
}

fn local(pc: &RtcPeerConnection, options: &Options, from: From) -> anyhow::Result<RtcSessionDescription> {
    let description = pc.local_description().context("gathered")?;
    Ok(RtcSessionDescription::new(description.kind, options.carry(description.sdp, from)?))
}

impl<const ON_RUNTIME: bool> Stack for Visavis<ON_RUNTIME> {
    type End = VisavisEnd;

    async fn connect(options: &Options) -> anyhow::Result<(VisavisEnd, VisavisEnd)> {
        let (a, mut a_events) = peer(ON_RUNTIME)?;
        let (b, mut b_events) = peer(ON_RUNTIME)?;
        let unreliable =
            RtcDataChannelInit { ordered: false, max_retransmits: Some(0), ..RtcDataChannelInit::default() };
        let near = a.create_data_channel("bench", (!options.reliable).then_some(unreliable))?;
        a.set_local_description(None).await?;
        gathered(&a, &mut a_events).await?;
        b.set_remote_description(local(&a, options, From::Near)?).await?;
        b.set_local_description(None).await?;
        gathered(&b, &mut b_events).await?;
        a.set_remote_description(local(&b, options, From::Far)?).await?;
        let far = loop {
            if let RtcPeerConnectionEvent::DataChannel(channel) = b_events.next().await.context("closed")? {
                break channel;
            }
        };
        let mut events = near.events();
        while !matches!(events.next().await.context("closed")?, RtcDataChannelEvent::Open) {}
        Ok((VisavisEnd { pc: a, channel: near }, VisavisEnd { pc: b, channel: far }))
    }
}

impl End for VisavisEnd {
    async fn send(&self, message: Bytes) -> anyhow::Result<()> {
        self.channel.ready().await?;
        Ok(self.channel.send(message)?)
    }

    async fn recv(&mut self) -> anyhow::Result<Bytes> {
        match self.channel.recv().await.context("closed")? {
            RtcMessage::Binary(bytes) => Ok(bytes),
            RtcMessage::Text(text) => Ok(Bytes::from(text)),
        }
    }

    async fn close(self) {
        self.pc.close();
    }
}
