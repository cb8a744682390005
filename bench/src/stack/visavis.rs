//! Ours.

use anyhow::Context as _;
use bytes::Bytes;
use visavis::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcIceGatheringState, RtcMessage, RtcPeerConnection,
    RtcPeerConnectionEvent, RtcPeerConnectionEvents,
};

use super::{End, Stack};

pub struct Visavis;

pub struct VisavisEnd {
    pc: RtcPeerConnection,
    channel: RtcDataChannel,
}

fn peer() -> anyhow::Result<(RtcPeerConnection, RtcPeerConnectionEvents)> {
    let pc = RtcPeerConnection::new(RtcConfiguration { include_loopback: true, ..RtcConfiguration::default() })?;
    let events = pc.events();
    Ok((pc, events))
}

async fn gathered(pc: &RtcPeerConnection, events: &mut RtcPeerConnectionEvents) -> anyhow::Result<()> {
    while pc.ice_gathering_state() != RtcIceGatheringState::Complete {
        events.next().await.context("closed")?;
    }
    Ok(())
}

impl Stack for Visavis {
    type End = VisavisEnd;

    async fn connect() -> anyhow::Result<(VisavisEnd, VisavisEnd)> {
        let (a, mut a_events) = peer()?;
        let (b, mut b_events) = peer()?;
        let near = a.create_data_channel("bench", None)?;
        a.set_local_description(None).await?;
        gathered(&a, &mut a_events).await?;
        b.set_remote_description(a.local_description().context("offer")?).await?;
        b.set_local_description(None).await?;
        gathered(&b, &mut b_events).await?;
        a.set_remote_description(b.local_description().context("answer")?).await?;
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
