//! What these tests need from the machine, and what happens without it.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("interop/ is in the repository").to_path_buf()
}

/// Where builds and everything else that is not kept go.
pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// The Python that has aiortc, as `cargo xtask setup` installs it.
pub fn aiortc_python() -> PathBuf {
    target_directory().join("interop/venv/bin/python")
}

/// Whether a test may pass when its peer is not installed (`VISAVIS_ALLOW_MISSING=1`).
pub fn allow_missing() -> bool {
    std::env::var_os("VISAVIS_ALLOW_MISSING").is_some_and(|value| value == "1")
}

/// Called by a test that cannot run without `what`: says so loudly, so that the caller may return.
///
/// # Panics
/// Unless missing peers are allowed.
#[allow(clippy::print_stderr, reason = "a test that did not run must not look like one that did")]
pub fn missing(what: &str) {
    assert!(
        allow_missing(),
        "missing: {what}. `cargo xtask setup` installs it; VISAVIS_ALLOW_MISSING=1 goes without."
    );
    eprintln!("MISSING: {what}. This test was NOT run.");
}
