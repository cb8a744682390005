//! What a Node.js addon is linked with.

fn main() {
    napi_build::setup();
}
