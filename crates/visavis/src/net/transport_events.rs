//! The transports of a connection, as far as handles ask about them, and where their events come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use peer::{
    DtlsTransportEvent, DtlsTransportView, Event, IceTransportEvent, IceTransportView, SctpTransport,
    TransportId,
};

use crate::RtcSctpTransportEvent;
use crate::net::connection::{Fate, Shared};
use crate::net::event_queue::Awake;
use crate::net::event_source::EventSource;

/// With so many transports those are looked for that the state machine has forgotten. It remembers half as many.
const LOOK_AT: usize = 4096;

/// What the lock guards of it.
#[derive(Default)]
pub(crate) struct TransportEvents {
    ice: BTreeMap<TransportId, Arc<EventSource<IceTransportEvent>>>,
    dtls: BTreeMap<TransportId, Arc<EventSource<DtlsTransportEvent>>>,
    sctp: Arc<EventSource<RtcSctpTransportEvent>>,
    is_over: bool,
}

impl TransportEvents {
    /// No more events come.
    fn end(&mut self, awake: &mut Awake) {
        self.is_over = true;
        self.ice.values().for_each(|source| source.end(awake));
        self.dtls.values().for_each(|source| source.end(awake));
        self.sctp.end(awake);
    }

    /// Forgets transports that nobody knows any more, when there are many.
    fn tidy(&mut self, is_known: impl Fn(TransportId) -> bool) {
        if self.ice.len().max(self.dtls.len()) >= LOOK_AT {
            self.ice.retain(|id, _| is_known(*id));
            self.dtls.retain(|id, _| is_known(*id));
        }
    }
}

impl Shared {
    /// The attributes of a DTLS transport; `None` if it is long gone.
    pub(crate) fn dtls_transport(&self, id: TransportId) -> Option<DtlsTransportView> {
        if self.fate == Fate::Broken { None } else { self.peer.dtls_transport(id) }
    }

    /// The attributes of an ICE transport; `None` if it is long gone.
    pub(crate) fn ice_transport(&self, id: TransportId) -> Option<IceTransportView> {
        if self.fate == Fate::Broken { None } else { self.peer.ice_transport(id) }
    }

    /// The attributes of the SCTP transport.
    pub(crate) fn sctp_transport(&self) -> Option<SctpTransport> {
        if self.fate == Fate::Broken { None } else { self.peer.sctp() }
    }

    /// Where the events of an ICE transport come from.
    pub(crate) fn ice_events(&mut self, id: TransportId) -> Arc<EventSource<IceTransportEvent>> {
        let Shared { peer, transports, awake, .. } = self;
        transports.tidy(|id| peer.ice_transport(id).is_some());
        let source = transports.ice.entry(id).or_default();
        if transports.is_over {
            source.end(awake);
        }
        Arc::clone(source)
    }

    /// Where the events of a DTLS transport come from.
    pub(crate) fn dtls_events(&mut self, id: TransportId) -> Arc<EventSource<DtlsTransportEvent>> {
        let Shared { peer, transports, awake, .. } = self;
        transports.tidy(|id| peer.dtls_transport(id).is_some());
        let source = transports.dtls.entry(id).or_default();
        if transports.is_over {
            source.end(awake);
        }
        Arc::clone(source)
    }

    /// Where the events of the SCTP transport come from.
    pub(crate) fn sctp_events(&self) -> Arc<EventSource<RtcSctpTransportEvent>> {
        Arc::clone(&self.transports.sctp)
    }

    /// Takes what is about a transport; gives back what is not.
    pub(crate) fn take_transport_event(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::IceTransport(id, event) => self.ice_events(id).push(event, &mut self.awake),
            Event::DtlsTransport(id, event) => self.dtls_events(id).push(event, &mut self.awake),
            Event::SctpStateChange(state) => {
                self.sctp_events().push(RtcSctpTransportEvent::StateChange(state), &mut self.awake);
            }
            event => return Some(event),
        }
        None
    }

    /// The connection has ended: no more events come.
    pub(crate) fn end_transports(&mut self) {
        self.transports.end(&mut self.awake);
    }
}
