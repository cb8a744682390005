//! Our end of a call as the program of a process: the other side of [`crate::bridge`].

use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::ours::Ours;

/// Performs what comes in on standard input, until that ends.
pub async fn serve_peer() {
    let (sender, mut requests) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let request = line.ok().and_then(|line| serde_json::from_str::<Value>(&line).ok());
            if request.is_none_or(|request| sender.send(request).is_err()) {
                return;
            }
        }
    });
    let mut ours = Ours::new();
    write(&json!({ "ready": "visavis" }));
    loop {
        tokio::select! {
            request = requests.recv() => match request {
                Some(request) => answer(&mut ours, &request).await,
                None => return,
            },
            event = ours.next_event() => match event {
                Some(event) => write(&json!({ "event": event })),
                None => return,
            },
        }
    }
}

async fn answer(ours: &mut Ours, request: &Value) {
    let operation = request["op"].as_str().expect("a request names its operation");
    write(&match ours.perform(operation, request).await {
        Ok(value) => json!({ "id": request["id"], "ok": value }),
        Err(error) => json!({ "id": request["id"], "error": error.to_string() }),
    });
}

fn write(line: &Value) {
    // A test that is over does not listen.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
