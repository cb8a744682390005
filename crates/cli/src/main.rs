//! The `visavis` program.
//!
//! # `visavis [--listen ADDR:PORT] [--max-sessions N] [--setup-timeout SECONDS]`
//! Serves the console, a web page on which a browser and visavis talk, and prints its address as the first line
//! of its output. Signalling has the shape of [RFC 9725](https://www.rfc-editor.org/rfc/rfc9725):
//!
//! | request | answer |
//! |---|---|
//! | `POST /echo`, `application/sdp`, an offer | 201, `Location: /echo/ID`, the answer with its candidates |
//! | `PATCH /echo/ID`, `application/trickle-ice-sdpfrag` ([RFC 8840](https://www.rfc-editor.org/rfc/rfc8840)) | 204 |
//! | `GET /echo/ID/status` | 200, the server end's states, path and counters as JSON |
//! | `DELETE /echo/ID` | 200 |
//!
//! What is refused is answered with `application/problem+json` of `name`, `message` and, where a line of the body
//! is to blame, `line`: 400 for what cannot be used, 403 for a name or an origin from elsewhere while listening on
//! loopback, 404, 405, 408, 413 over 1 MB, 415, 503 with too many sessions.
//!
//! Every data channel's messages are sent back as they came. Two subprotocols of data channels ask for something
//! else: on a `visavis-download` channel each text `{"bytes":N}` is answered with N bytes in binary messages; on a
//! `visavis-upload` channel binary messages are counted, and the count comes back as text `{"bytes":N}` every
//! 256 KiB and after each text message.
//!
//! # `visavis connect URL [--seconds N] [--pings N] [--json]`
//! The same without a browser: connects to a visavis server and measures ping, upload and download.
//!
//! # `visavis probe [--ice-server URL ...] [--username NAME --credential PASSWORD] [--timeout SECONDS] [--json]`
//! What a connection from here can expect: gathers candidates and says when each came and why others did not; asks each
//! STUN server from one and the same port, which tells how a NAT maps addresses; and checks each TURN server by a
//! connection of two peers that may use nothing but its relayed addresses.
//!
//! # Exit codes
//! 0: done, or the server was ended by SIGINT or SIGTERM. 1: the server could not listen, the connection or a
//! measurement failed, `probe` found that no connection can be expected, or either was interrupted. 2: the command line
//! is wrong.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use args::Command;

mod args;
mod clock;
mod connect;
mod echo;
mod probe;
mod serve;

/// What every command returns when it cannot go on: a sentence for standard error.
type Failure = String;

fn main() -> ExitCode {
    let command = match args::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            complain(&format!("{error}\nTry 'visavis --help'."));
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let result = match command {
        Command::Help => print(args::HELP),
        Command::Version => print(concat!("visavis ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Serve(options) => runtime.block_on(serve::run(options)),
        Command::Connect(options) => runtime.block_on(connect::run(options)),
        Command::Probe(options) => runtime.block_on(probe::run(options)),
    };
    // A task that still writes to a peer that is gone must not hold the program up.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output at once. A reader that has gone away is its own business.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(())
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "visavis: {text}");
}
