use super::*;

fn parse_words(words: &[&str]) -> Result<Command, String> {
    parse(words.iter().map(OsString::from)).map_err(|error| error.to_string())
}

#[test]
fn no_arguments_serve_on_loopback() {
    let expected = ServeOptions {
        listen: "127.0.0.1:8080".parse().unwrap(),
        max_sessions: 256,
        setup_timeout: Duration::from_secs(30),
    };
    assert_eq!(parse_words(&[]), Ok(Command::Serve(expected)));
}

#[test]
fn the_server_takes_its_options() {
    let words = ["--listen", "[::1]:0", "--max-sessions=2", "--setup-timeout", "0.5"];
    let expected = ServeOptions {
        listen: "[::1]:0".parse().unwrap(),
        max_sessions: 2,
        setup_timeout: Duration::from_millis(500),
    };
    assert_eq!(parse_words(&words), Ok(Command::Serve(expected)));
}

#[test]
fn connect_takes_its_options_on_either_side_of_the_url() {
    let words = ["connect", "--json", "http://localhost:8080", "--seconds", "2", "--pings", "3"];
    let expected = ConnectOptions {
        url: "http://localhost:8080".into(),
        duration: Duration::from_secs(2),
        pings: 3,
        json: true,
    };
    assert_eq!(parse_words(&words), Ok(Command::Connect(expected)));
}

#[test]
fn what_is_wrong_is_named() {
    for (words, part) in [
        (&["--listen", "here"][..], "here"),
        (&["--setup-timeout", "-1"], "seconds"),
        (&["--setup-timeout", "NaN"], "seconds"),
        (&["--fast"], "--fast"),
        (&["serve"], "serve"),
        (&["connect"], "needs the URL"),
        (&["connect", "http://a", "http://b"], "http://b"),
        (&["connect", "https://example.org"], "https"),
        (&["connect", "ftp://example.org"], "http://"),
    ] {
        let error = parse_words(words).unwrap_err();
        assert!(error.contains(part), "{words:?}: {error}");
    }
}

#[test]
fn help_and_version_win() {
    assert_eq!(parse_words(&["--help"]), Ok(Command::Help));
    assert_eq!(parse_words(&["connect", "-h"]), Ok(Command::Help));
    assert_eq!(parse_words(&["-V"]), Ok(Command::Version));
}
