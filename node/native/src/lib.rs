//! The addon behind the npm package `visavis`: `peer::PeerConnection` for JavaScript, one to one, with W3C's spelling
//! of names and dictionaries. No protocol logic and no W3C rules: those are in `peer`, and objects and events are made
//! in `node/js`.
//!
//! All of it may be loaded into several environments of a process (worker threads): there is no state outside of the
//! objects. Nothing of ours calls into JavaScript but the wake-up of an [`event_loop::EventLoop`], which Node.js takes
//! apart itself when an environment ends.

// Compiled as a test, which has no JavaScript, it exports nothing.
#![cfg_attr(test, allow(dead_code, reason = "what is exported looks unused where nothing is exported"))]

mod certificate;
mod channels;
mod configuration;
mod descriptions;
mod endpoint;
mod error;
mod event_loop;
mod events;
mod identity;
mod media;
mod peer_connection;
mod settings;
mod stats;
mod transceivers;
mod transports;
