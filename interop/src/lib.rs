//! Browsers and other stacks as subprocesses, against visavis.
//!
//! Every end of a call, ours too, is a [`Peer`] with the same few operations, so that one test body runs between any two
//! of them: [`bodies`] holds what is tested, the files under `tests/` say between whom.
//! `cargo xtask test` installs what these tests need, builds the program and runs them.
#![forbid(unsafe_code)]

mod aiortc;
pub mod bodies;
mod bridge;
mod browser;
mod coturn;
mod deadline;
pub mod figures;
mod missing;
pub mod netns;
mod ours;
mod page_server;
mod peer;
mod program;
mod stdio;

pub use browser::{Browser, BrowserKind, Page};
pub use coturn::Coturn;
pub use deadline::{BULK, CALL, CONNECT, within};
pub use missing::{aiortc_python, allow_missing, missing, repository, target_directory};
pub use page_server::PageServer;
pub use peer::{Description, Peer, Received};
pub use program::Program;
pub use stdio::serve_peer;
