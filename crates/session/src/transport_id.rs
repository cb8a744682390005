//! The name of a transport.

/// Names one transport of a session. Given by whoever plans it, and never reused within a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportId(pub u32);
