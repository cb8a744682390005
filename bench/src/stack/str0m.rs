//! The crate `str0m`: sans-IO, so the loop around it is ours, as its examples have it.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use super::{End, Options, Stack};
use crate::link::From;

pub struct Str0m;

pub struct Str0mEnd {
    to_send: mpsc::Sender<Bytes>,
    received: mpsc::Receiver<Bytes>,
}

/// Messages between the application and the loop; str0m's own buffer comes on top.
const QUEUE: usize = 64;

struct Driver {
    rtc: Rtc,
    socket: UdpSocket,
    channel: Option<ChannelId>,
    opened: Option<oneshot::Sender<()>>,
    to_send: mpsc::Receiver<Bytes>,
    received: mpsc::Sender<Bytes>,
    /// What str0m had no room for yet.
    waiting: Option<Bytes>,
}

async fn peer() -> anyhow::Result<(Rtc, UdpSocket)> {
    let mut rtc = Rtc::builder().build(Instant::now());
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    rtc.add_local_candidate(Candidate::host(socket.local_addr()?, "udp")?);
    Ok((rtc, socket))
}

fn start(rtc: Rtc, socket: UdpSocket) -> (Str0mEnd, oneshot::Receiver<()>) {
    let (to_send, outbox) = mpsc::channel(QUEUE);
    let (inbox, received) = mpsc::channel(QUEUE);
    let (opened, is_open) = oneshot::channel();
    let driver = Driver {
        rtc,
        socket,
        channel: None,
        opened: Some(opened),
        to_send: outbox,
        received: inbox,
        waiting: None,
    };
    tokio::spawn(async move {
        if let Err(error) = driver.run().await {
            eprintln!("str0m: {error:#}");
        }
    });
    (Str0mEnd { to_send, received }, is_open)
}

impl Driver {
    /// As str0m's documentation has it: one input or one write, and then everything that comes of it.
    async fn run(mut self) -> anyhow::Result<()> {
        let mut buffer = vec![0; 2000];
        let local = self.socket.local_addr()?;
        loop {
            let timeout = self.drain().await?;
            if !self.rtc.is_alive() {
                return Ok(());
            }
            // What is there already needs no timer.
            match self.socket.try_recv_from(&mut buffer) {
                Ok((length, source)) => {
                    self.receive(source, local, &buffer[..length])?;
                    continue;
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if self.write()? {
                continue;
            }
            let may_send = self.channel.is_some() && self.waiting.is_none();
            tokio::select! {
                ready = self.socket.readable() => ready?,
                message = self.to_send.recv(), if may_send => match message {
                    Some(message) => self.waiting = Some(message),
                    None => self.rtc.disconnect(),
                },
                () = tokio::time::sleep_until(timeout.into()) => {
                    self.rtc.handle_input(Input::Timeout(Instant::now()))?;
                }
            }
        }
    }

    /// Everything that the last input brought about, and when the next one is due.
    async fn drain(&mut self) -> anyhow::Result<Instant> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => {
                    self.socket.send_to(&transmit.contents, transmit.destination).await?;
                }
                Output::Event(event) => self.handle(event).await?,
            }
        }
    }

    fn receive(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        datagram: &[u8],
    ) -> anyhow::Result<()> {
        let contents = datagram.try_into()?;
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        Ok(self.rtc.handle_input(Input::Receive(Instant::now(), receive))?)
    }

    /// Hands over the next message, if there is one and str0m takes it.
    fn write(&mut self) -> anyhow::Result<bool> {
        let Some(id) = self.channel else { return Ok(false) };
        let Some(message) = self.waiting.take().or_else(|| self.to_send.try_recv().ok()) else {
            return Ok(false);
        };
        let Some(mut channel) = self.rtc.channel(id) else { return Ok(false) };
        let taken = channel.write(true, &message)?;
        self.waiting = (!taken).then_some(message);
        Ok(taken)
    }

    async fn handle(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::ChannelOpen(id, _) => {
                self.channel = Some(id);
                self.opened.take().map(|opened| opened.send(()));
            }
            Event::ChannelData(data) => {
                let _ = self.received.send(Bytes::from(data.data)).await;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Stack for Str0m {
    type End = Str0mEnd;

    async fn connect(options: &Options) -> anyhow::Result<(Str0mEnd, Str0mEnd)> {
        let (mut a, a_socket) = peer().await?;
        let (mut b, b_socket) = peer().await?;
        let mut change = a.sdp_api();
        let unreliable = Reliability::MaxRetransmits { retransmits: 0 };
        change.add_channel_with_config(ChannelConfig {
            label: "bench".to_owned(),
            ordered: options.reliable,
            reliability: if options.reliable { Reliability::default() } else { unreliable },
            ..ChannelConfig::default()
        });
        let (offer, pending) = change.apply().context("offer")?;
        let offer = SdpOffer::from_sdp_string(&options.carry(offer.to_sdp_string(), From::Near)?)?;
        let answer = b.sdp_api().accept_offer(offer)?;
        let answer = SdpAnswer::from_sdp_string(&options.carry(answer.to_sdp_string(), From::Far)?)?;
        a.sdp_api().accept_answer(pending, answer)?;
        let (near, near_open) = start(a, a_socket);
        let (far, far_open) = start(b, b_socket);
        near_open.await?;
        far_open.await?;
        Ok((near, far))
    }
}

impl End for Str0mEnd {
    async fn send(&self, message: Bytes) -> anyhow::Result<()> {
        self.to_send.send(message).await.context("closed")
    }

    async fn recv(&mut self) -> anyhow::Result<Bytes> {
        self.received.recv().await.context("closed")
    }

    async fn close(self) {}
}
