//! The `visavis` program as people run it, in the profile of the tests.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::missing::target_directory;

/// A running server on a free port of the loopback interface. Killed when dropped.
pub struct Program {
    child: Child,
    url: String,
}

impl Program {
    /// Where the build is.
    ///
    /// # Panics
    /// If it is not built.
    pub fn path() -> PathBuf {
        let path = target_directory().join("debug/visavis");
        assert!(path.exists(), "no {}; `cargo build` makes it", path.display());
        path
    }

    /// Starts the server and waits for the address that it prints.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start() -> Program {
        let mut child = Command::new(Self::path())
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut first = String::new();
        // Ends with the program, if it prints nothing.
        let read = BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut first);
        let url = first.trim_end().strip_prefix("visavis: ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("its first line is not its address: {first:?}, {read:?}"));
        Program { child, url }
    }

    /// The console's address, without a slash at the end.
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
