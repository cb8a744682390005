//! coturn, the STUN and TURN server of Debian, in the middle of an internet of namespaces.

use std::process::{Child, Stdio};

use crate::missing::{missing, target_directory};
use crate::netns::{Internet, SERVER_IPV4, SERVER_IPV6, runs};

/// A running server. Killed when dropped.
pub struct Coturn {
    child: Child,
}

impl Coturn {
    /// Serves `user` with `password` on both of the server's addresses, UDP and TCP, ports 3478 and 443; `None` if it is not installed and
    /// that is allowed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(internet: &Internet) -> Option<Coturn> {
        if !runs("sh", &["-c", "command -v turnserver"]) {
            missing("turnserver (Debian's coturn)");
            return None;
        }
        let mut command = internet.core().command("turnserver");
        command.args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech", "--realm", "interop"]);
        command.args(["--alt-listening-port", "443"]);
        let pidfile = target_directory().join(format!("interop/coturn-{}.pid", std::process::id()));
        command.args(["--user", "user:password", "--log-file", "stdout", "--pidfile"]).arg(pidfile);
        command.args(["-L", &SERVER_IPV4.to_string(), "-L", &SERVER_IPV6.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("`ip` runs");
        // Its own messages come late, and it has several listeners: UDP is last.
        let script =
            "for n in $(seq 200); do ss -Hlun sport = :3478 | grep -q :: && exit; sleep 0.05; done; exit 1";
        let listens = internet.core().command("sh").args(["-c", script]).status();
        assert!(listens.is_ok_and(|status| status.success()), "coturn does not listen");
        Some(Coturn { child })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
