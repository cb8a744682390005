//! One port for many connections.

use std::io;
use std::net::SocketAddr;

use napi::bindgen_prelude::JsObjectValue;
use napi::{Env, Status};
use napi_derive::napi;
use visavis::EndpointSettings;

use crate::error::{OrThrow, invalid, throw};
use crate::settings::Settings;

/// What an endpoint is made with.
#[napi(object, object_to_js = false)]
pub struct EndpointOptions {
    /// Where to listen: an address with a port each, or a port alone, which stands for all addresses.
    pub addresses: Vec<String>,
    /// Also listen for TCP.
    pub tcp: bool,
    /// For each connection.
    pub settings: Settings,
}

/// Where a socket is bound.
#[napi(object, object_from_js = false)]
pub struct SocketAddress {
    /// The IP address.
    pub address: String,
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// The port.
    pub port: u32,
}

/// Sockets that connections share. They stay open as long as this object, or one of its connections.
#[napi]
pub struct Endpoint {
    pub(crate) endpoint: visavis::Endpoint,
}

#[napi]
impl Endpoint {
    /// Opens the sockets.
    #[napi(constructor)]
    pub fn new(env: Env, options: EndpointOptions) -> napi::Result<Self> {
        let EndpointOptions { addresses, tcp, settings } = options;
        let addresses =
            addresses.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>().or_throw(&env)?;
        let mut settings_of_all = EndpointSettings::from(addresses);
        settings_of_all.tcp = tcp;
        settings_of_all.settings = settings.over(settings_of_all.settings).or_throw(&env)?;
        match visavis::Endpoint::bind(settings_of_all) {
            Ok(endpoint) => Ok(Endpoint { endpoint }),
            Err(error) => Err(throw_io(&env, &error)),
        }
    }

    /// Where it listens.
    #[napi]
    pub fn local_addresses(&self) -> Vec<SocketAddress> {
        let describe = |address: SocketAddr| SocketAddress {
            address: address.ip().to_string(),
            family: if address.is_ipv4() { "IPv4" } else { "IPv6" },
            port: u32::from(address.port()),
        };
        self.endpoint.local_addresses().into_iter().map(describe).collect()
    }

    /// How many connections there are.
    #[napi]
    pub fn connections(&self) -> f64 {
        self.endpoint.connections() as f64
    }

    /// Closes all connections; there can be no new ones.
    #[napi]
    pub fn close(&self) {
        self.endpoint.close();
    }
}

fn parse(text: &str) -> Result<SocketAddr, peer::Error> {
    text.parse().map_err(|_| invalid("address with a port, like 192.0.2.1:3478 or [2001:db8::1]:3478,", text))
}

/// Throws an error of the system as Node.js's own sockets have it.
fn throw_io(env: &Env, error: &io::Error) -> napi::Error {
    let code = match error.kind() {
        io::ErrorKind::InvalidInput => {
            return throw(env, &peer::Error::new(peer::ErrorName::TypeError, error.to_string()));
        }
        io::ErrorKind::AddrInUse => Some("EADDRINUSE"),
        io::ErrorKind::AddrNotAvailable => Some("EADDRNOTAVAIL"),
        io::ErrorKind::PermissionDenied => Some("EACCES"),
        _ => None,
    };
    let thrown = || {
        let message = format!("bind {}: {error}", code.unwrap_or("failed"));
        let mut object = env.create_error(napi::Error::from_reason(message))?;
        if let Some(code) = code {
            object.set_named_property("code", code)?;
        }
        object.set_named_property("syscall", "bind")?;
        env.throw(object)
    };
    match thrown() {
        Ok(()) => napi::Error::from_status(Status::PendingException),
        Err(error) => error,
    }
}
