//! `cargo xtask setup`: what the tests need beyond a Rust toolchain and a C compiler.
//!
//! Debian's packages come through apt-get (as root, or with a sudo that asks nothing), puppeteer-core and what node/ is
//! made and tested with through npm, aiortc through pip into a virtual environment, cargo-deny through cargo; the last three into the repository's ignored directories.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::process::{capture, cargo, command, run};
use crate::{repository, target_directory};

/// One thing that tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    CargoDeny,
    Node,
    Chromium,
    Firefox,
    Python,
    Namespaces,
    Puppeteer,
    Aiortc,
    NodePackage,
    Ecosystem,
}

/// A need that is not met, and why.
pub(crate) struct Missing {
    pub(crate) need: Need,
    reason: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.need.name(), self.reason)
    }
}

/// The oldest Node.js that our package is for; puppeteer-core is content with older ones.
const NODE_MAJOR: u32 = 20;

impl Need {
    /// Those before others that they need.
    pub(crate) const ALL: &[Need] = &[
        Need::CargoDeny,
        Need::Node,
        Need::Chromium,
        Need::Firefox,
        Need::Python,
        Need::Namespaces,
        Need::Puppeteer,
        Need::Aiortc,
        Need::NodePackage,
        Need::Ecosystem,
    ];
    /// What the tests against real peers use.
    pub(crate) const PEERS: &[Need] = &[
        Need::Node,
        Need::Chromium,
        Need::Firefox,
        Need::Python,
        Need::Namespaces,
        Need::Puppeteer,
        Need::Aiortc,
    ];

    fn name(self) -> &'static str {
        match self {
            Need::CargoDeny => "cargo-deny",
            Need::Node => "Node.js and npm",
            Need::Chromium => "Chromium",
            Need::Firefox => "Firefox ESR",
            Need::Python => "Python 3 with venv",
            Need::Namespaces => "ip, nft and coturn",
            Need::Puppeteer => "puppeteer-core",
            Need::Aiortc => "aiortc",
            Need::NodePackage => "the packages of node/",
            Need::Ecosystem => "the packages of node/ecosystem/",
        }
    }

    /// The Debian packages that meet it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Need::Node => &["nodejs", "npm"],
            Need::Chromium => &["chromium"],
            Need::Firefox => &["firefox-esr"],
            Need::Python => &["python3", "python3-venv"],
            Need::Namespaces => &["iproute2", "nftables", "coturn"],
            Need::CargoDeny | Need::Puppeteer | Need::Aiortc | Need::NodePackage | Need::Ecosystem => &[],
        }
    }

    fn is_met(self) -> bool {
        match self {
            Need::CargoDeny => cargo_deny().is_some(),
            Need::Node => {
                node_major().is_some_and(|major| major >= NODE_MAJOR) && runs("npm", &["--version"])
            }
            Need::Chromium => browser("VISAVIS_CHROMIUM", "/usr/bin/chromium").exists(),
            Need::Firefox => browser("VISAVIS_FIREFOX", "/usr/bin/firefox-esr").exists(),
            Need::Python => runs("python3", &["-c", "import venv, ensurepip"]),
            Need::Namespaces => ["ip", "nft", "turnserver"].iter().all(|program| is_on_path(program)),
            Need::Puppeteer => npm_is_installed("interop"),
            Need::NodePackage => npm_is_installed("node"),
            Need::Ecosystem => npm_is_installed("node/ecosystem"),
            Need::Aiortc => same(&venv().join("requirements.txt"), &requirements()),
        }
    }

    fn install(self) -> Result<(), String> {
        match self {
            Need::CargoDeny => install_cargo_deny(),
            Need::Puppeteer => install_npm("interop"),
            Need::NodePackage => install_npm("node"),
            Need::Ecosystem => install_npm("node/ecosystem"),
            Need::Aiortc => install_aiortc(),
            Need::Node | Need::Chromium | Need::Firefox | Need::Python | Need::Namespaces => {
                Err(format!("Debian's {} did not bring it", self.packages().join(" and ")))
            }
        }
    }
}

/// `cargo xtask setup`.
pub(crate) fn command_line() -> bool {
    let missing = install(Need::ALL);
    for missing in &missing {
        println!("missing: {missing}");
    }
    missing.is_empty()
}

/// Meets `needs` as far as possible, and answers those that are not met.
pub(crate) fn install(needs: &[Need]) -> Vec<Missing> {
    let packages: Vec<&str> =
        needs.iter().filter(|need| !need.is_met()).flat_map(|need| need.packages()).copied().collect();
    let system = if packages.is_empty() { Ok(()) } else { install_packages(&packages) };
    let mut missing = Vec::new();
    for &need in needs {
        if need.is_met() {
            continue;
        }
        let result = match &system {
            Err(error) if !need.packages().is_empty() => Err(error.clone()),
            _ => need.install(),
        };
        let reason = match result {
            Ok(()) if need.is_met() => continue,
            Ok(()) => "was installed, but is not found".to_owned(),
            Err(reason) => reason,
        };
        missing.push(Missing { need, reason });
    }
    missing
}

/// One apt-get after the other: they share a lock.
fn install_packages(packages: &[&str]) -> Result<(), String> {
    let root = capture(command("id", &["-u"])).is_some_and(|output| output.stdout.trim_ascii() == b"0");
    if !root && !runs("sudo", &["-n", "true"]) {
        return Err(format!(
            "needs `apt-get install {}` by root; we are not, and sudo asks",
            packages.join(" ")
        ));
    }
    let apt_get = |arguments: &[&str]| {
        let mut command = if root { command("apt-get", &[]) } else { command("sudo", &["-n", "apt-get"]) };
        command.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        run(command)
    };
    apt_get(&["--quiet", "update"])?;
    apt_get(&[&["--quiet", "--yes", "--no-install-recommends", "install"], packages].concat())
}

/// The program: ours under target/, else the one on the path.
pub(crate) fn cargo_deny() -> Option<PathBuf> {
    let ours = tools().join("bin/cargo-deny");
    let candidates = [ours, PathBuf::from("cargo-deny")];
    candidates.into_iter().find(|program| {
        capture(command(program, &["--version"])).is_some_and(|output| output.status.success())
    })
}

/// From source, which takes some minutes: published binaries come from elsewhere, or are too old for our manifests.
/// Unoptimised, since it runs for a second.
fn install_cargo_deny() -> Result<(), String> {
    let root = tools();
    let mut install = cargo(&["install", "--locked", "--debug", "cargo-deny@0.20.2", "--root"]);
    install.arg(&root).env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", root.join("build"));
    let result = run(install);
    // What stays there after the installation is not used again.
    let _ = fs::remove_dir_all(root.join("build"));
    result
}

/// Installs exactly what a directory's lock file names.
fn install_npm(directory: &str) -> Result<(), String> {
    let mut install = command("npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    install.current_dir(repository().join(directory));
    run(install)?;
    copy(&repository().join(directory).join("package-lock.json"), &npm_stamp(directory))
}

fn npm_is_installed(directory: &str) -> bool {
    same(&npm_stamp(directory), &repository().join(directory).join("package-lock.json"))
}

fn install_aiortc() -> Result<(), String> {
    let venv = venv();
    let mut create = command("python3", &["-m", "venv", "--clear"]);
    create.arg(&venv);
    run(create)?;
    let mut install = command(
        venv.join("bin/python"),
        &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"],
    );
    install.arg(requirements());
    run(install)?;
    copy(&requirements(), &venv.join("requirements.txt"))
}

fn tools() -> PathBuf {
    target_directory().join("tools")
}

fn venv() -> PathBuf {
    target_directory().join("interop/venv")
}

fn requirements() -> PathBuf {
    repository().join("interop/requirements.txt")
}

/// The lock file that node_modules was installed from.
fn npm_stamp(directory: &str) -> PathBuf {
    repository().join(directory).join("node_modules/.installed-from.json")
}

fn browser(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from)
}

fn node_major() -> Option<u32> {
    let output = capture(command("node", &["--version"]))?;
    let version = String::from_utf8(output.stdout).ok()?;
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    capture(command(program, arguments)).is_some_and(|output| output.status.success())
}

fn is_on_path(program: &str) -> bool {
    runs("sh", &["-c", &format!("command -v {program}")])
}

/// Whether both files are there and equal.
fn same(one: &PathBuf, other: &PathBuf) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

fn copy(from: &PathBuf, to: &PathBuf) -> Result<(), String> {
    fs::copy(from, to).map(|_| ()).map_err(|error| format!("cannot write {}: {error}", to.display()))
}
