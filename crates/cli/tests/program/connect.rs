//! `visavis connect` against `visavis`: both ends are ours.

use std::process::Command;

use crate::server::Server;

fn connect(server: &Server, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_visavis"))
        .args(["connect", &server.url(), "--seconds", "0.3", "--pings", "5"])
        .args(arguments)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn it_measures_and_prints_lines() {
    let server = Server::start(&[]);
    let text = connect(&server, &[]);
    let names: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["connected", "ping", "upload", "download"], "{text}");
    assert!(!text.contains(['\r', '\x1b']), "no bar without a terminal");
}

#[test]
fn it_reports_as_json_and_leaves_nothing_behind() {
    let server = Server::start(&["--max-sessions", "1"]);
    for _ in 0..2 {
        let report: serde_json::Value = serde_json::from_str(&connect(&server, &["--json"])).expect("JSON");
        assert_eq!(report["pingMilliseconds"]["count"], 5);
        assert_eq!(report["selectedCandidatePair"]["local"]["protocol"], "udp");
        for direction in ["upload", "download"] {
            assert!(report[direction]["bytes"].as_u64().expect("a count") > 0, "{report}");
            assert!(report[direction]["bitsPerSecond"].as_f64().expect("a rate") > 0.0);
        }
    }
}
