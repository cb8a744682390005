//! Network interfaces that come and go while connections live.
//!
//! The system is asked every two seconds, by one thread for the whole process, which sleeps while there are no
//! connections. Linux would tell at once through netlink, other systems each in a way of its own; but what has to be
//! quick, that another pair takes over, is decided by data that goes unanswered and waits for nobody here.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::Thread;
use std::time::Duration;

use session::{ActionResult, Interface};

use crate::net::connection::Connection;
use crate::net::{clock, interfaces};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(2);

static WATCHED: Mutex<Watched> = Mutex::new(Watched { connections: Vec::new(), thread: None });

struct Watched {
    /// Those that are gone stay until the next look.
    connections: Vec<Weak<Connection>>,
    thread: Option<Thread>,
}

/// Tells a connection of changes, as long as it lives.
pub(crate) fn watch(connection: &Arc<Connection>) {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    // It sleeps where it found none; where there are some, each new one would have it go through all of them.
    let sleeps = watched.connections.is_empty();
    watched.connections.push(Arc::downgrade(connection));
    match &watched.thread {
        Some(thread) if sleeps => thread.unpark(),
        Some(_) => {}
        None => match std::thread::Builder::new().name("visavis-watch".to_owned()).spawn(run) {
            Ok(handle) => watched.thread = Some(handle.thread().clone()),
            Err(error) => tracing::warn!(%error, "no thread to watch the network interfaces"),
        },
    }
}

fn run() {
    let mut changes = Changes::default();
    loop {
        let connections = connections();
        if connections.is_empty() {
            changes = Changes::default();
            std::thread::park();
            continue;
        }
        if let Some(list) = changes.look(interfaces::list(clock::now())) {
            for connection in connections.iter().filter_map(Weak::upgrade) {
                connection.with(|shared| shared.results.push(ActionResult::Interfaces(list.clone())));
                connection.bell.ring();
            }
        }
        drop(connections);
        std::thread::park_timeout(PERIOD);
    }
}

fn connections() -> Vec<Weak<Connection>> {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    watched.connections.retain(|connection| connection.strong_count() > 0);
    watched.connections.clone()
}

/// What was told last, and what was seen last.
#[derive(Default)]
struct Changes {
    told: Option<Vec<Interface>>,
    seen: Vec<Interface>,
}

impl Changes {
    /// Takes a list; gives it if it is new and was seen twice: an address that is renewed goes and comes within
    /// moments, and its sockets should live on.
    fn look(&mut self, list: Vec<Interface>) -> Option<Vec<Interface>> {
        if self.told.is_none() {
            self.told = Some(list);
            return None;
        }
        let is_settled = std::mem::replace(&mut self.seen, list) == self.seen;
        (is_settled && self.told.as_ref() != Some(&self.seen))
            .then(|| self.told.insert(self.seen.clone()).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(addresses: &[[u8; 4]]) -> Vec<Interface> {
        addresses.iter().map(|ip| std::net::IpAddr::from(*ip).into()).collect()
    }

    #[test]
    fn a_change_is_told_once_it_has_settled() {
        let (one, both, other) =
            (list(&[[10, 0, 0, 1]]), list(&[[10, 0, 0, 1], [10, 0, 0, 2]]), list(&[[10, 0, 0, 2]]));
        let mut changes = Changes::default();
        assert_eq!(changes.look(one.clone()), None, "that is how it was");
        assert_eq!(changes.look(one.clone()), None);
        assert_eq!(changes.look(both.clone()), None);
        assert_eq!(changes.look(both.clone()), Some(both.clone()));
        assert_eq!(changes.look(both.clone()), None);
        // Gone for a moment.
        assert_eq!(changes.look(other.clone()), None);
        assert_eq!(changes.look(both.clone()), None);
        assert_eq!(changes.look(both), None);
        assert_eq!(changes.look(other.clone()), None);
        assert_eq!(changes.look(other.clone()), Some(other));
    }
}
