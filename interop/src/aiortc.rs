//! aiortc, driven through `python/bridge.py`.

use std::process::Command;

use crate::bridge::Bridge;
use crate::missing::{aiortc_python, missing, repository};

/// Starts a process with one aiortc connection; `None` if aiortc is not installed and that is allowed.
pub(crate) async fn start() -> Option<Bridge> {
    let python = aiortc_python();
    if !python.exists() {
        missing(&format!("aiortc at {}", python.display()));
        return None;
    }
    let mut command = Command::new(python);
    command.arg(repository().join("interop/python/bridge.py"));
    Some(Bridge::start("aiortc", command).await)
}
