//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use lexopt::{Arg, Error, Parser, ValueExt as _};
use visavis::Redacted;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
visavis: the W3C RTCPeerConnection in Rust, face to face with a browser

Usage:
  visavis [options]                 serve the console page
  visavis connect [options] URL     measure a connection to a visavis server, without a browser;
                                    URL is http://HOST[:PORT]
  visavis probe [options]           find out what connections from here can expect of the network

Options of the server:
  --listen ADDR:PORT       where to serve (127.0.0.1:8080; port 0: any free one)
  --max-sessions N         connections at the same time (256)
  --setup-timeout SECONDS  how long a connection may take to come up before it is freed (30)

Options of connect:
  --seconds N              length of the upload, and of the download (5)
  --pings N                round trips to measure (20)
  --json                   one JSON document instead of text

Options of probe:
  --ice-server URL         a STUN or TURN server to ask, for example stun:HOST:3478 or
                           turns:HOST?transport=tcp; any number of them
  --username NAME          for the TURN servers
  --credential PASSWORD    for the TURN servers
  --timeout SECONDS        the longest time for each gathering, and for each relay (15)
  --json                   one JSON document instead of text

  -h, --help               this text
  -V, --version            the version

Exit codes: 0 done, or the server was ended by Ctrl-C or SIGTERM; 1 the server, the connection
or a measurement failed, probe found that no connection can be expected, or either was
interrupted; 2 wrong usage.
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    /// Serve the console.
    Serve(ServeOptions),
    /// Connect to a server and measure.
    Connect(ConnectOptions),
    /// Find out what connections can expect.
    Probe(ProbeOptions),
    /// Print the help text.
    Help,
    /// Print the version.
    Version,
}

/// Options of the server.
#[derive(Debug, PartialEq)]
pub(crate) struct ServeOptions {
    /// Where to listen for HTTP.
    pub(crate) listen: SocketAddr,
    /// Most sessions at the same time.
    pub(crate) max_sessions: usize,
    /// A session that is not connected after this time is freed.
    pub(crate) setup_timeout: Duration,
}

/// Options of `connect`.
#[derive(Debug, PartialEq)]
pub(crate) struct ConnectOptions {
    /// The server's URL as it was given.
    pub(crate) url: String,
    /// Length of each throughput measurement.
    pub(crate) duration: Duration,
    /// Round trips to measure.
    pub(crate) pings: u32,
    /// Whether to report as JSON.
    pub(crate) json: bool,
}

/// Options of `probe`.
#[derive(Debug, PartialEq)]
pub(crate) struct ProbeOptions {
    /// The servers' URLs as they were given.
    pub(crate) ice_servers: Vec<String>,
    /// For TURN.
    pub(crate) username: Option<String>,
    /// For TURN.
    pub(crate) credential: Option<Redacted<String>>,
    /// The longest time for each part of the examination.
    pub(crate) timeout: Duration,
    /// Whether to report as JSON.
    pub(crate) json: bool,
}

/// Reads the command line, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
    let mut parser = Parser::from_args(args);
    let mut serve = ServeOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
        max_sessions: 256,
        setup_timeout: Duration::from_secs(30),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("listen") => serve.listen = parser.value()?.parse()?,
            Arg::Long("max-sessions") => serve.max_sessions = parser.value()?.parse()?,
            Arg::Long("setup-timeout") => serve.setup_timeout = parser.value()?.parse_with(seconds)?,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Value(word) if word == "connect" => return connect(parser),
            Arg::Value(word) if word == "probe" => return probe(parser),
            arg => return Err(arg.unexpected()),
        }
    }
    Ok(Command::Serve(serve))
}

fn connect(mut parser: Parser) -> Result<Command, Error> {
    let mut url = None;
    let mut options =
        ConnectOptions { url: String::new(), duration: Duration::from_secs(5), pings: 20, json: false };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("seconds") => options.duration = parser.value()?.parse_with(seconds)?,
            Arg::Long("pings") => options.pings = parser.value()?.parse()?,
            Arg::Long("json") => options.json = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Value(word) if url.is_none() => url = Some(word.string()?),
            arg => return Err(arg.unexpected()),
        }
    }
    options.url = url.ok_or("connect needs the URL of a server, for example http://127.0.0.1:8080")?;
    crate::connect::check_url(&options.url)?;
    Ok(Command::Connect(options))
}

fn probe(mut parser: Parser) -> Result<Command, Error> {
    let mut options = ProbeOptions {
        ice_servers: Vec::new(),
        username: None,
        credential: None,
        timeout: Duration::from_secs(15),
        json: false,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("ice-server") => options.ice_servers.push(parser.value()?.string()?),
            Arg::Long("username") => options.username = Some(parser.value()?.string()?),
            Arg::Long("credential") => options.credential = Some(Redacted::new(parser.value()?.string()?)),
            Arg::Long("timeout") => options.timeout = parser.value()?.parse_with(seconds)?,
            Arg::Long("json") => options.json = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            arg => return Err(arg.unexpected()),
        }
    }
    for url in &options.ice_servers {
        crate::probe::check_url(url)?;
        if crate::probe::is_turn_url(url) && (options.username.is_none() || options.credential.is_none()) {
            return Err(format!("{url} needs --username and --credential").into());
        }
    }
    Ok(Command::Probe(options))
}

/// A number of seconds, fractions allowed, up to a day.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    match text.parse() {
        Ok(number) if number > 0.0 && number <= 86_400.0 => Ok(Duration::from_secs_f64(number)),
        _ => Err("not a number of seconds above 0 and up to 86400"),
    }
}

#[cfg(test)]
mod tests;
