//! The page that the browsers' ends of calls live in.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PAGE: &str = "<!doctype html><meta charset=utf-8><title>peer</title><link rel=icon href=data:,>\
                    <script src=/peer.js></script>";
const SCRIPT: &str = include_str!("../js/peer.js");

/// Serves an empty page with `window.peer` on the loopback interface (a secure context to both browsers).
/// Ends when dropped.
pub struct PageServer {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl PageServer {
    /// Starts serving on a free port.
    pub async fn start() -> PageServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback interface has free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        PageServer { address, task }
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The same page as one file.
    pub(crate) fn document() -> String {
        format!("<!doctype html><meta charset=utf-8><title>peer</title><script>{SCRIPT}</script>")
    }

    /// The script that gives a page `window.peer`, for pages from elsewhere.
    pub fn script() -> &'static str {
        SCRIPT
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request per connection; a browser's GET fits in one buffer.
async fn serve(mut stream: TcpStream) {
    let mut request = vec![0; 16 * 1024];
    let mut length = 0;
    while !request[..length].windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut request[length..]).await {
            Ok(read) if read > 0 => length += read,
            _ => return,
        }
    }
    let (kind, body) = match request.starts_with(b"GET /peer.js ") {
        true => ("text/javascript", SCRIPT),
        false => ("text/html", PAGE),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A browser that went away misses nothing.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}
