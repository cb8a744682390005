//! The compiled program, from the outside.

mod command_line;
mod connect;
mod http;
mod probe;
mod server;
