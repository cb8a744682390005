//! TLS for streams: whom we trust, and a client's session.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use session::ConnectError;

/// The certificate authorities that a server's certificate may come from: those of the system, and others that the
/// application names.
///
/// The system's, because a company's own are among them, and because whoever keeps the system up to date keeps them
/// up to date. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others in their place, as for OpenSSL.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    extra: Vec<CertificateDer<'static>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    /// Trusts the system, read once for the process.
    fn system() -> Arc<Trust> {
        static SYSTEM: OnceLock<Arc<Trust>> = OnceLock::new();
        Arc::clone(SYSTEM.get_or_init(Arc::default))
    }

    /// Trusts the system, and these authorities (DER).
    pub(crate) fn and(extra: &[Vec<u8>]) -> Arc<Trust> {
        if extra.is_empty() {
            return Trust::system();
        }
        let extra = extra.iter().map(|der| CertificateDer::from(der.clone())).collect();
        Arc::new(Trust { extra, config: OnceLock::new() })
    }

    /// A client's configuration. The system's certificate authorities are read the first time, elsewhere: that blocks.
    async fn config(self: &Arc<Self>) -> Result<Arc<ClientConfig>, ConnectError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let trust = Arc::clone(self);
        tokio::task::spawn_blocking(move || trust.load()).await.map_err(|_| ConnectError::TlsFailed)
    }

    fn load(&self) -> Arc<ClientConfig> {
        Arc::clone(self.config.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::debug!(%error, "a certificate authority of the system cannot be read");
            }
            let (usable, _) = roots.add_parsable_certificates(found.certs);
            let (extra, refused) = roots.add_parsable_certificates(self.extra.iter().cloned());
            if usable + extra == 0 || refused > 0 {
                tracing::warn!(usable, extra, refused, "certificate authorities for TLS");
            }
            Arc::new(config(roots))
        }))
    }
}

fn config(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    // The provider has suites for both versions: this cannot fail.
    let builder =
        builder.with_safe_default_protocol_versions().unwrap_or_else(|error| unreachable!("{error}"));
    builder.with_root_certificates(roots).with_no_client_auth()
}

/// Begins a session with a server whose certificate must be for `name`, a host name or an address.
pub(crate) async fn client(trust: &Arc<Trust>, name: &str) -> Result<Box<ClientConnection>, ConnectError> {
    let config = trust.config().await?;
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| ConnectError::TlsFailed)?;
    ClientConnection::new(config, name).map(Box::new).map_err(|_| ConnectError::TlsFailed)
}

/// What the end of a handshake means for the connection that was to be.
pub(crate) fn handshake_error(error: &io::Error) -> ConnectError {
    tracing::debug!(%error, "no TLS");
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            ConnectError::UntrustedCertificate
        }
        _ => ConnectError::TlsFailed,
    }
}
