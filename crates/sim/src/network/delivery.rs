//! What a packet does where it arrives: datagrams go to sockets, parts of streams to streams and listeners.

use base::Path;

use super::{Network, Node, NodeId, Stop};
use crate::packet::{Packet, Segment};
use crate::stream::{CONNECT_TIMEOUT, ConnectFailure, Stream, StreamEvent, StreamState};

impl<N: Node + 'static> Network<N> {
    pub(super) fn deliver(&mut self, id: NodeId, packet: Packet) {
        match packet.segment {
            Segment::Datagram => {
                let host = &self.places[id.0].host;
                let own = host.interfaces().contains(&packet.to.ip());
                let socket = host.socket_at(packet.to).filter(|_| own);
                self.hand_over(id, socket.map(|socket| Path { socket, remote: packet.from }), &packet);
            }
            Segment::Frame => {
                let path = self.places[id.0].host.stream_at(packet.to, packet.from);
                self.hand_over(id, path, &packet);
            }
            Segment::Syn => self.accept(id, &packet),
            Segment::SynAck => self.advance(id, &packet),
            Segment::Reset => self.end_attempt(id, &packet.reversed(), ConnectFailure::Refused),
            Segment::Close => self.end_stream(id, &packet),
        }
    }

    fn hand_over(&mut self, id: NodeId, path: Option<Path>, packet: &Packet) {
        let Some(path) = path else {
            return self.drop_packet(packet, "no socket");
        };
        let now = self.clock.now();
        self.places[id.0].occupant.get_mut().handle_datagram(now, path, &packet.bytes);
        self.trace.packet(self.clock.elapsed(), packet, "arrived");
        self.pump(id);
    }

    /// Somebody wants to connect, or goes on with the handshakes that follow.
    fn accept(&mut self, id: NodeId, packet: &Packet) {
        let place = &mut self.places[id.0];
        let Some(socket) = place.host.listener_at(packet.to) else {
            return self.carry(id, Packet::control(Segment::Reset, packet.to, packet.from));
        };
        let path = Path { socket, remote: packet.from };
        let stream = Stream { local: packet.to, state: StreamState::Open };
        if place.host.streams_mut().insert(path, stream).is_none() {
            place.occupant.get_mut().handle_stream(self.clock.now(), StreamEvent::Accepted { path });
        }
        self.carry(id, Packet::control(Segment::SynAck, packet.to, packet.from));
        self.pump(id);
    }

    /// One round trip of an attempt to connect is over.
    fn advance(&mut self, id: NodeId, packet: &Packet) {
        let now = self.clock.now();
        let place = &mut self.places[id.0];
        let Some(path) = place.host.stream_at(packet.to, packet.from) else { return };
        let Some(stream) = place.host.streams_mut().get_mut(&path) else { return };
        match &mut stream.state {
            StreamState::Connecting { round_trips_left: 0 } => {
                stream.state = StreamState::Open;
                let event = StreamEvent::Connected { path, local: packet.to };
                place.occupant.get_mut().handle_stream(now, event);
                self.pump(id);
            }
            StreamState::Connecting { round_trips_left } => {
                *round_trips_left -= 1;
                self.carry(id, Packet::control(Segment::Syn, packet.to, packet.from));
            }
            StreamState::Open => {}
        }
    }

    /// An attempt to connect, `from` here `to` there, has failed, unless it has succeeded before.
    pub(super) fn end_attempt(&mut self, id: NodeId, packet: &Packet, reason: ConnectFailure) {
        let place = &mut self.places[id.0];
        let Some(path) = place.host.stream_at(packet.from, packet.to) else { return };
        let is_open = place.host.stream(path).is_some_and(Stream::is_open);
        let event = match (is_open, reason) {
            (true, ConnectFailure::Refused) => StreamEvent::Closed { path },
            (true, _) => return,
            (false, reason) => StreamEvent::Failed { path, reason },
        };
        place.host.streams_mut().remove(&path);
        place.occupant.get_mut().handle_stream(self.clock.now(), event);
        self.pump(id);
    }

    fn end_stream(&mut self, id: NodeId, packet: &Packet) {
        let place = &mut self.places[id.0];
        let Some(path) = place.host.stream_at(packet.to, packet.from) else { return };
        place.host.streams_mut().remove(&path);
        place.occupant.get_mut().handle_stream(self.clock.now(), StreamEvent::Closed { path });
        self.pump(id);
    }

    /// Sends what the node has asked of its streams; whether there was anything.
    pub(super) fn send_stream_changes(&mut self, id: NodeId) -> bool {
        let host = &mut self.places[id.0].host;
        let (asked, outgoing) = (host.take_asked(), host.take_outgoing());
        let changed = !asked.is_empty() || !outgoing.is_empty();
        for (segment, from, to) in outgoing {
            self.carry(id, Packet::control(segment, from, to));
        }
        for (path, stream) in asked {
            let place = &mut self.places[id.0];
            let Some(stream) = stream else {
                let event = StreamEvent::Failed { path, reason: ConnectFailure::NoAddress };
                place.occupant.get_mut().handle_stream(self.clock.now(), event);
                continue;
            };
            place.host.streams_mut().insert(path, stream);
            let syn = Packet::control(Segment::Syn, stream.local, path.remote);
            self.schedule_in(CONNECT_TIMEOUT, Stop::ConnectTimeout(id), syn.clone());
            self.carry(id, syn);
        }
        changed
    }
}
