//! Who stands at a place: one of the nodes that the network is about, or a server of any kind.

use std::any::Any;
use std::fmt;

use crate::network::Node;

/// A node that is not of the network's own kind. Every `Node` that borrows nothing is one.
pub trait Server: Node + Any {}

impl<T: Node + Any> Server for T {}

pub(crate) enum Occupant<N> {
    Node(N),
    Server(Box<dyn Server>),
}

impl<N: Node + 'static> Occupant<N> {
    pub(crate) fn get(&self) -> &dyn Node {
        match self {
            Occupant::Node(node) => node,
            Occupant::Server(server) => server.as_ref(),
        }
    }

    pub(crate) fn get_mut(&mut self) -> &mut dyn Node {
        match self {
            Occupant::Node(node) => node,
            Occupant::Server(server) => server.as_mut(),
        }
    }

    pub(crate) fn node(&self) -> &N {
        match self {
            Occupant::Node(node) => node,
            Occupant::Server(_) => panic!("a server is not a node of the network's own kind"),
        }
    }

    pub(crate) fn node_mut(&mut self) -> &mut N {
        match self {
            Occupant::Node(node) => node,
            Occupant::Server(_) => panic!("a server is not a node of the network's own kind"),
        }
    }

    pub(crate) fn server<S: Server>(&self) -> &S {
        let server = match self {
            Occupant::Server(server) => (server.as_ref() as &dyn Any).downcast_ref(),
            Occupant::Node(_) => None,
        };
        server.expect("a server of this type")
    }

    pub(crate) fn server_mut<S: Server>(&mut self) -> &mut S {
        let server = match self {
            Occupant::Server(server) => (server.as_mut() as &mut dyn Any).downcast_mut(),
            Occupant::Node(_) => None,
        };
        server.expect("a server of this type")
    }
}

impl<N: fmt::Debug> fmt::Debug for Occupant<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Occupant::Node(node) => node.fmt(f),
            Occupant::Server(_) => f.write_str("a server"),
        }
    }
}
