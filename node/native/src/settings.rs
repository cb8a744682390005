//! What W3C leaves to browsers: `peer::Settings`.

use std::net::IpAddr;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use peer::{
    AddressFilter, AddressRange, Error, ErrorName, ExternalMode, InterfaceFilter, IpVersions, TcpPolicy,
};

use crate::error::invalid;

/// Interfaces by name.
#[napi(object, object_to_js = false)]
pub struct Interfaces {
    /// Those that are used; none: all.
    pub only: Vec<String>,
    /// Those that are not used in any case.
    pub except: Vec<String>,
}

/// Which addresses may be used: rules in this order, of which the first that has an address decides.
#[napi(object, object_to_js = false)]
pub struct Addresses {
    /// Ranges that may.
    pub allow: Vec<String>,
    /// Ranges that may not.
    pub deny: Vec<String>,
    /// Whether nothing else may but what is on the public Internet.
    pub public_only: bool,
}

impl Addresses {
    fn into_peer(self) -> Result<AddressFilter, Error> {
        let mut filter = AddressFilter::default();
        for range in &self.allow {
            filter = filter.allow(parse_range(range)?);
        }
        for range in &self.deny {
            filter = filter.deny(parse_range(range)?);
        }
        Ok(if self.public_only { filter.and(AddressFilter::public_only()) } else { filter })
    }
}

/// The outside of a NAT that keeps ports.
#[napi(object, object_to_js = false)]
pub struct ExternalAddress {
    /// The outside address.
    pub external: String,
    /// The inside address.
    pub internal: Option<String>,
    /// `replace` or `add`.
    pub mode: String,
}

impl ExternalAddress {
    fn into_peer(self) -> Result<peer::ExternalAddress, Error> {
        Ok(peer::ExternalAddress {
            external: parse_address(&self.external)?,
            internal: self.internal.as_deref().map(parse_address).transpose()?,
            mode: match self.mode.as_str() {
                "replace" => ExternalMode::Replace,
                "add" => ExternalMode::Add,
                other => return Err(invalid("mode", other)),
            },
        })
    }
}

/// The first and the last port.
#[napi(object, object_to_js = false)]
pub struct Ports {
    /// The first.
    pub min: u32,
    /// The last.
    pub max: u32,
}

/// `peer::Settings`, of which each has its default where it is missing.
#[napi(object, object_to_js = false)]
pub struct Settings {
    /// `include_loopback`
    pub include_loopback: Option<bool>,
    /// `interfaces`
    pub interfaces: Option<Interfaces>,
    /// `local_addresses`
    pub local_addresses: Option<Addresses>,
    /// `ip_versions`: `both`, `ipv4` or `ipv6`.
    pub ip_versions: Option<String>,
    /// `ports`
    pub ports: Option<Ports>,
    /// `external_addresses`
    pub external_addresses: Option<Vec<ExternalAddress>>,
    /// `gather_continually`
    pub gather_continually: Option<bool>,
    /// `hide_addresses`
    pub hide_addresses: Option<bool>,
    /// `remote_addresses`
    pub remote_addresses: Option<Addresses>,
    /// `tcp`: `off` or `active`; who listens is an endpoint's.
    pub tcp: Option<String>,
    /// `sctp_init`
    pub sctp_init: Option<bool>,
    /// `ice_lite`
    pub ice_lite: Option<bool>,
    /// `dscp`
    pub dscp: Option<u32>,
    /// `tls_roots`
    pub tls_roots: Option<Vec<Uint8Array>>,
    /// `dtls_in_stun`
    pub dtls_in_stun: Option<bool>,
    /// `renomination`
    pub renomination: Option<bool>,
}

impl Settings {
    /// As the state machine has them.
    pub(crate) fn into_peer(self) -> Result<peer::Settings, Error> {
        self.over(peer::Settings::default())
    }

    /// The same, over other defaults.
    pub(crate) fn over(self, mut settings: peer::Settings) -> Result<peer::Settings, Error> {
        let Settings { include_loopback, gather_continually, hide_addresses, .. } = self;
        let Settings { sctp_init, ice_lite, dtls_in_stun, renomination, .. } = self;
        for (given, field) in [
            (include_loopback, &mut settings.include_loopback),
            (gather_continually, &mut settings.gather_continually),
            (hide_addresses, &mut settings.hide_addresses),
            (sctp_init, &mut settings.sctp_init),
            (ice_lite, &mut settings.ice_lite),
            (dtls_in_stun, &mut settings.dtls_in_stun),
            (renomination, &mut settings.renomination),
        ] {
            *field = given.unwrap_or(*field);
        }
        if let Some(Interfaces { only, except }) = self.interfaces {
            settings.interfaces = InterfaceFilter { only, except };
        }
        if let Some(addresses) = self.local_addresses {
            settings.local_addresses = addresses.into_peer()?;
        }
        if let Some(addresses) = self.remote_addresses {
            settings.remote_addresses = addresses.into_peer()?;
        }
        if let Some(versions) = self.ip_versions {
            settings.ip_versions = parse_versions(&versions)?;
        }
        if let Some(Ports { min, max }) = self.ports {
            let port = |port: u32| u16::try_from(port).map_err(|_| invalid("port", &port.to_string()));
            settings.ports = Some(port(min)?..=port(max)?);
        }
        if let Some(addresses) = self.external_addresses {
            let addresses = addresses.into_iter().map(ExternalAddress::into_peer);
            settings.external_addresses = addresses.collect::<Result<_, _>>()?;
        }
        if let Some(tcp) = self.tcp {
            settings.tcp = match tcp.as_str() {
                "off" => TcpPolicy::Off,
                "active" => TcpPolicy::Active,
                other => return Err(invalid("tcp", other)),
            };
        }
        if let Some(dscp) = self.dscp {
            settings.dscp = u8::try_from(dscp).map_err(|_| invalid("dscp", &dscp.to_string()))?;
        }
        if let Some(roots) = self.tls_roots {
            settings.tls_roots = roots.iter().map(|root| root.to_vec()).collect();
        }
        Ok(settings)
    }
}

fn parse_versions(text: &str) -> Result<IpVersions, Error> {
    match text {
        "both" => Ok(IpVersions::Both),
        "ipv4" => Ok(IpVersions::V4),
        "ipv6" => Ok(IpVersions::V6),
        other => Err(invalid("ipVersions", other)),
    }
}

fn parse_address(text: &str) -> Result<IpAddr, Error> {
    text.parse().map_err(|_| invalid("IP address", text))
}

fn parse_range(text: &str) -> Result<AddressRange, Error> {
    text.parse().map_err(|error| Error::new(ErrorName::TypeError, format!("'{text}' is {error}")))
}
