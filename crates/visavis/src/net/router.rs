//! Which connection a datagram belongs to.
