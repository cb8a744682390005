//! One end of a call as a process of its own, for tests that put it into a network namespace: operations in as JSON
//! lines, answers and events out, as `js/bridge.mjs` does it for browsers. Ends with its standard input.

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    interop::serve_peer().await;
}
