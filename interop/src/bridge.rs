//! A subprocess that answers JSON lines with JSON lines.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::deadline::{CALL, within};

/// What one operation comes to.
type Answer = oneshot::Receiver<Result<Value, String>>;

/// How long a bridge may take to end what it started, after its input closed.
const ENDING: Duration = Duration::from_secs(10);

/// A running bridge. Dropping it closes the bridge's standard input, which ends the bridge and what it started.
pub(crate) struct Bridge {
    name: String,
    child: Child,
    state: Arc<Mutex<State>>,
    /// In a mutex only because receivers are not `Sync`.
    ended: Mutex<std_mpsc::Receiver<()>>,
}

#[derive(Default)]
struct State {
    /// `None` after the bridge was told to end.
    input: Option<ChildStdin>,
    last_id: u64,
    /// `None` once the bridge's output ended: nothing will be answered.
    pending: Option<BTreeMap<u64, oneshot::Sender<Result<Value, String>>>>,
    /// Where each page's events go; a bridge without pages has page 0.
    pages: BTreeMap<u64, Events>,
}

/// The events of one page, from the page's beginning even if nobody took the receiver yet.
struct Events {
    sender: mpsc::UnboundedSender<Value>,
    receiver: Option<mpsc::UnboundedReceiver<Value>>,
}

impl Default for Events {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { sender, receiver: Some(receiver) }
    }
}

impl Bridge {
    /// Starts `command` and waits until it says that it is ready.
    pub(crate) async fn start(name: &str, mut command: Command) -> Bridge {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let output = child.stdout.take().expect("stdout is piped");
        let state = Arc::new(Mutex::new(State {
            input: child.stdin.take(),
            pending: Some(BTreeMap::new()),
            ..State::default()
        }));
        let (ready, is_ready) = oneshot::channel();
        let (end, ended) = std_mpsc::channel();
        let reader = Reader { name: name.to_owned(), state: Arc::clone(&state), ready: Some(ready) };
        std::thread::spawn(move || {
            reader.run(output);
            // Nobody listens when the bridge ends by itself.
            let _ = end.send(());
        });
        let bridge = Bridge { name: name.to_owned(), child, state, ended: Mutex::new(ended) };
        within(CALL, &format!("{name} to start"), is_ready)
            .await
            .unwrap_or_else(|_| panic!("{name} ended before it was ready; its messages stand above"));
        bridge
    }

    /// One operation; `arguments` is an object.
    pub(crate) async fn request(&self, operation: &str, arguments: Value) -> Result<Value, String> {
        let answer = self.submit(operation, arguments)?;
        answer.await.unwrap_or_else(|_| Err(format!("{} ended before it answered", self.name)))
    }

    /// One operation whose outcome nobody waits for.
    pub(crate) fn tell(&self, operation: &str, arguments: Value) {
        // A bridge that has ended has nothing to do.
        let _ = self.submit(operation, arguments);
    }

    /// False once nothing will be answered.
    pub(crate) fn runs(&self) -> bool {
        self.state.lock().is_ok_and(|state| state.pending.is_some())
    }

    fn submit(&self, operation: &str, mut arguments: Value) -> Result<Answer, String> {
        let mut state = self.state.lock().expect("no holder panics");
        state.last_id += 1;
        let id = state.last_id;
        arguments["id"] = json!(id);
        arguments["op"] = json!(operation);
        let (sender, receiver) = oneshot::channel();
        let ended = || format!("{} has ended", self.name);
        state.pending.as_mut().ok_or_else(ended)?.insert(id, sender);
        let line = format!("{arguments}\n");
        let input = state.input.as_mut().ok_or_else(ended)?;
        input.write_all(line.as_bytes()).map_err(|error| error.to_string())?;
        Ok(receiver)
    }

    /// What page `page` emits. Taken once.
    pub(crate) fn events(&self, page: u64) -> mpsc::UnboundedReceiver<Value> {
        let mut state = self.state.lock().expect("no holder panics");
        state.pages.entry(page).or_default().receiver.take().expect("a page's events are taken once")
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Ok(mut state) = self.state.lock() {
            state.input = None;
        }
        if self.ended.get_mut().is_ok_and(|ended| ended.recv_timeout(ENDING).is_err()) {
            // Its own id and nothing else; it may have ended meanwhile.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

struct Reader {
    name: String,
    state: Arc<Mutex<State>>,
    ready: Option<oneshot::Sender<()>>,
}

impl Reader {
    fn run(mut self, output: ChildStdout) {
        for line in BufReader::new(output).lines() {
            let Ok(line) = line else { break };
            match serde_json::from_str(&line) {
                Ok(line) => self.handle(line),
                Err(_) => self.report(&line),
            }
        }
        self.state.lock().expect("no holder panics").pending = None;
    }

    fn handle(&mut self, mut line: Value) {
        if let Some(version) = line["ready"].as_str() {
            self.report(version);
            if let Some(ready) = self.ready.take() {
                // The starter may have given up.
                let _ = ready.send(());
            }
        } else if let Some(id) = line["id"].as_u64() {
            let result = match line["error"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(line["ok"].take()),
            };
            let sender =
                self.state.lock().expect("no holder panics").pending.as_mut().and_then(|all| all.remove(&id));
            if let Some(sender) = sender {
                // A caller that met its deadline is gone.
                let _ = sender.send(result);
            }
        } else if let Some(event) = line.get_mut("event").map(Value::take) {
            let page = line["page"].as_u64().unwrap_or(0);
            let mut state = self.state.lock().expect("no holder panics");
            // A page that was dropped is not listened to.
            let _ = state.pages.entry(page).or_default().sender.send(event);
        } else {
            self.report(&line.to_string());
        }
    }

    #[allow(
        clippy::print_stderr,
        reason = "the only trace of what happens inside a browser; shown when a test fails"
    )]
    fn report(&self, text: &str) {
        eprintln!("{}: {text}", self.name);
    }
}
