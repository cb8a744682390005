//! One network namespace.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Before the process id in the name of each namespace.
const PREFIX: &str = "visavis-";

/// A network namespace with a name of its own. Gone when dropped; programs in it should have ended before.
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A new one, whose loopback interface is up; `None` where that may not be done.
    pub(super) fn try_new(label: &str) -> Option<Namespace> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        if number == 0 {
            remove_leftovers();
        }
        let name = format!("{PREFIX}{}-{number}-{label}", std::process::id());
        if !runs("ip", &["netns", "add", &name]) {
            return None;
        }
        let namespace = Namespace { name };
        namespace.ip("link set lo up");
        Some(namespace)
    }

    /// Its name, for `ip netns`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `program` inside.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// `ip` with these arguments, which no argument of has spaces.
    ///
    /// # Panics
    /// If it fails.
    pub fn ip(&self, arguments: &str) {
        let mut command = Command::new("ip");
        command.args(["-n", &self.name]).args(arguments.split(' '));
        let output = command.output().expect("`ip` runs");
        assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Gives what leaves an interface this discipline, as `tc` writes it.
    pub(super) fn limit(&self, interface: &str, discipline: &str) {
        let mut command = self.command("tc");
        command.args(["qdisc", "add", "dev", interface, "root"]).args(discipline.split(' '));
        assert!(command.status().is_ok_and(|status| status.success()), "tc: {discipline}");
    }

    /// Loads nftables rules.
    ///
    /// # Panics
    /// If they are not accepted.
    pub fn nft(&self, rules: &str) {
        let mut child =
            self.command("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().expect("`nft` runs");
        let mut input = child.stdin.take().expect("stdin is piped");
        input.write_all(rules.as_bytes()).expect("`nft` reads its rules");
        drop(input);
        assert!(child.wait().expect("`nft` ends").success(), "nft did not take {rules}");
    }

    /// Waits until the system takes the interface `out` for connected, which takes it up to a second.
    pub(super) fn wait_for_cable(&self) {
        let is_up = || {
            let output =
                self.command("cat").arg("/sys/class/net/out/operstate").output().expect("`cat` runs");
            output.stdout.starts_with(b"up")
        };
        assert!((0..10_000).any(|_| is_up()), "the cable of {} is not connected", self.name);
    }

    /// Makes a router of it.
    pub(super) fn forward(&self) {
        let script =
            "echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding";
        let status = self.command("sh").args(["-c", script]).status().expect("`sh` runs");
        assert!(status.success(), "{} does not forward", self.name);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        let _ = runs("ip", &["netns", "del", &self.name]);
    }
}

/// Whether a program succeeds.
pub(crate) fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Removes what runs that were killed have left.
fn remove_leftovers() {
    let Ok(directory) = std::fs::read_dir("/run/netns") else { return };
    for entry in directory.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        let lives = |owner: &str| std::path::Path::new("/proc").join(owner).exists();
        if owner.is_some_and(|owner| !lives(owner)) {
            runs("ip", &["netns", "del", &name]);
        }
    }
}
