//! The program's outputs and exit codes.

use std::process::{Command, Output};

use crate::server::Server;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_visavis")).args(arguments).output().expect("the program runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("visavis connect"));
    let version = run(&["--version"]);
    assert_eq!(
        String::from_utf8_lossy(&version.stdout),
        concat!("visavis ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [
        &["--what"][..],
        &["connect"],
        &["connect", "https://example.org"],
        &["--listen", "8080"],
        &["probe", "--ice-server", "example.org"],
        &["probe", "--ice-server", "turn:example.org", "--username", "user"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("visavis --help"), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_port_that_is_taken_is_said_so() {
    let server = Server::start(&[]);
    let output = run(&["--listen", &server.address.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("taken by another program"), "{}", stderr(&output));
}

#[test]
fn connect_says_why_it_cannot() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let output = run(&["connect", &format!("http://{}", closed.expect("a port"))]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot reach"), "{}", stderr(&output));
    let full = Server::start(&["--max-sessions", "0"]);
    let output = run(&["connect", &full.url()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("refused the connection (503)"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_in_order() {
    for signal in ["INT", "TERM"] {
        let server = Server::start(&[]);
        assert_eq!(server.post("application/sdp", crate::server::OFFER.as_bytes()).status, 201);
        let status = server.end_with(signal);
        assert_eq!(status.code(), Some(0), "{signal}: {status}");
    }
}
