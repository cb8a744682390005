//! Multicast DNS ([RFC 6762](https://www.rfc-editor.org/rfc/rfc6762)), as far as candidates need it: names of hosts are
//! looked up, and answered for.
//!
//! One thread and one set of sockets for the whole process, started on first use; the sockets are closed while nobody
//! needs them.

mod engine;
mod sockets;
mod wire;

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use ice::MdnsName;
use tokio::sync::{mpsc, oneshot};

use crate::net::clock;
use engine::Engine;
use sockets::Sockets;

/// What connections ask for. Each has a bound on what it asks: names of its sockets, and of candidates.
enum Command {
    Publish(MdnsName, IpAddr),
    Unpublish(MdnsName),
    Resolve(MdnsName, oneshot::Sender<Vec<IpAddr>>),
}

/// The way to the thread, once there is one.
static SERVICE: Mutex<Option<mpsc::UnboundedSender<Command>>> = Mutex::new(None);

/// A name that is answered for until this is dropped.
pub(crate) struct Publication(MdnsName);

impl Publication {
    /// Has `name` stand for `ip`.
    pub(crate) fn new(name: MdnsName, ip: IpAddr) -> Publication {
        command(Command::Publish(name.clone(), ip));
        Publication(name)
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        command(Command::Unpublish(self.0.clone()));
    }
}

/// The addresses that a name stands for; none if nobody answers in time.
pub(crate) async fn resolve(name: MdnsName) -> Vec<IpAddr> {
    let (answer, answered) = oneshot::channel();
    command(Command::Resolve(name, answer));
    answered.await.unwrap_or_default()
}

fn command(command: Command) {
    let mut service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    if service.is_none() {
        match start() {
            Ok(sender) => *service = Some(sender),
            // A name that nobody answers for is as good as one that nobody hears.
            Err(error) => tracing::warn!(%error, "no thread for multicast DNS"),
        }
    }
    if let Some(sender) = &*service {
        let _ = sender.send(command);
    }
}

fn start() -> std::io::Result<mpsc::UnboundedSender<Command>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (sender, commands) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("visavis-mdns".to_owned())
        .spawn(move || runtime.block_on(serve(commands)))?;
    Ok(sender)
}

/// What wakes the thread.
enum Input {
    Command(Command),
    /// A datagram of this length in the buffer.
    Datagram(usize),
    Timeout,
}

async fn serve(mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut engine = Engine::default();
    let mut sockets = Sockets::default();
    let mut buffer = vec![0; wire::MAX_LENGTH];
    loop {
        let deadline = engine.deadline();
        let mut alarm = pin!(async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        });
        let input = poll_fn(|cx| {
            if let Poll::Ready(command) = commands.poll_recv(cx) {
                return Poll::Ready(command.map(Input::Command));
            }
            if let Poll::Ready(length) = sockets.poll_receive(cx, &mut buffer) {
                return Poll::Ready(Some(Input::Datagram(length)));
            }
            alarm.as_mut().poll(cx).map(|()| Some(Input::Timeout))
        })
        .await;
        let now = clock::now();
        match input {
            None => return,
            Some(Input::Command(command)) => {
                sockets.refresh(now);
                match command {
                    Command::Publish(name, ip) => engine.publish(name, ip),
                    Command::Unpublish(name) => engine.unpublish(&name),
                    Command::Resolve(name, answer) => engine.resolve(now, name, answer),
                }
            }
            Some(Input::Datagram(length)) => engine.handle(now, &buffer[..length]),
            // An interface may have come up since the last question.
            Some(Input::Timeout) => sockets.refresh(now),
        }
        engine.handle_timeout(now);
        while let Some(datagram) = engine.poll_transmit() {
            sockets.send(&datagram);
        }
        if engine.is_idle() {
            sockets.close();
        }
    }
}
