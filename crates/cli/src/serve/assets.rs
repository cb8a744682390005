//! The console page, carried inside the program.

/// A file of the page.
pub(crate) struct Asset {
    /// Its `Content-Type`.
    pub(crate) media_type: &'static str,
    /// Its contents.
    pub(crate) body: &'static str,
}

macro_rules! assets {
    ($($path:literal: $file:literal, $media_type:literal;)*) => {
        /// The file at this path of the server.
        pub(crate) fn find(path: &str) -> Option<Asset> {
            match path {
                $($path => Some(Asset {
                    media_type: $media_type,
                    body: include_str!(concat!("../page/", $file)),
                }),)*
                _ => None,
            }
        }
    };
}

assets! {
    "/": "index.html", "text/html; charset=utf-8";
    "/style.css": "style.css", "text/css; charset=utf-8";
    "/favicon.svg": "favicon.svg", "image/svg+xml";
    "/app.js": "app.js", "text/javascript; charset=utf-8";
    "/peer.js": "peer.js", "text/javascript; charset=utf-8";
    "/plot.js": "plot.js", "text/javascript; charset=utf-8";
    "/transfer.js": "transfer.js", "text/javascript; charset=utf-8";
    "/format.js": "format.js", "text/javascript; charset=utf-8";
    "/hasher.js": "hasher.js", "text/javascript; charset=utf-8";
    "/sha256.js": "sha256.js", "text/javascript; charset=utf-8";
}
