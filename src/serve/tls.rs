//! The public listener's certificate: read, checked, and read again when its files change.
//!
//! TLS 1.2 and 1.3 by rustls with aws-lc-rs, HTTP/2 and HTTP/1.1 by ALPN. Content is compared, not file times, so a
//! changed link (Kubernetes) counts and a touched file does not.
//!
//! What it does *not* do: several certificates by name, client certificates, OCSP, and judging whether browsers will
//! believe the certificate.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use thiserror::Error;
use tokio_rustls::rustls;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;

use super::Control;
use crate::config::Tls;

/// ALPN's name of HTTP/2.
pub(super) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// How often the files are looked at.
pub const LOOK_AFTER: Duration = Duration::from_secs(10);

/// Why a certificate and its key cannot be used; holds nothing of the key.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds no PEM text of the kind that is wanted.
    #[error("{} holds no {wanted}", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        wanted: &'static str,
    },
    /// They do not fit together, or are of a kind that is not supported.
    #[error("the certificate and the key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
}

/// Reads and checks the pair, as `check-config` does. `None`: none is configured.
///
/// # Errors
/// Unreadable files, files without PEM, a key that is not the certificate's.
pub fn load(tls: &Tls) -> Result<Option<Arc<ServerConfig>>, TlsError> {
    if tls.certificate_file.as_os_str().is_empty() {
        return Ok(None);
    }
    Files::read(tls)?.config().map(Some)
}

/// The files' bytes.
struct Files<'a> {
    tls: &'a Tls,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl<'a> Files<'a> {
    fn read(tls: &'a Tls) -> Result<Self, TlsError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| TlsError::Read { path: path.clone(), source })
        };
        Ok(Self { tls, certificate: read(&tls.certificate_file)?, key: read(&tls.key_file)? })
    }

    fn digests(&self) -> [Digest; 2] {
        [digest(&SHA256, &self.certificate), digest(&SHA256, &self.key)]
    }

    fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let empty = |path: &PathBuf, wanted| TlsError::Empty { path: path.clone(), wanted };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| empty(&self.tls.certificate_file, "certificate in PEM form"))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| empty(&self.tls.key_file, "private key in PEM form"))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        // Sessions come back by ticket: nothing is kept here for them.
        config.ticketer = Ticketer::new()?;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 1;
        Ok(Arc::new(config))
    }
}

/// Keeps a [`Control`]'s certificate the one that stands in the files.
pub struct Reloader {
    tls: Tls,
    control: Arc<Control>,
    seen: Option<[Digest; 2]>,
}

impl Reloader {
    /// For a control that [`load`] has just given its certificate.
    pub fn new(tls: Tls, control: Arc<Control>) -> Self {
        let seen = Files::read(&tls).ok().map(|files| files.digests());
        Self { tls, control, seen }
    }

    /// `true`: the files changed, and new connections get the new certificate.
    ///
    /// # Errors
    /// The files changed to a pair that cannot be used: the old one stays. The same bad pair is an error once.
    pub fn look(&mut self) -> Result<bool, TlsError> {
        if self.tls.certificate_file.as_os_str().is_empty() {
            return Ok(false);
        }
        let files = Files::read(&self.tls)?;
        let digests = files.digests();
        let same = |seen: &[Digest; 2]| seen.iter().zip(&digests).all(|(a, b)| a.as_ref() == b.as_ref());
        if self.seen.as_ref().is_some_and(same) {
            return Ok(false);
        }
        self.seen = Some(digests);
        self.control.set_tls(Some(files.config()?));
        Ok(true)
    }

    /// Looks every `after` until `stop`, and says in the log what came of it. Cancel safe.
    pub async fn keep_looking(mut self, after: Duration, stop: CancellationToken) {
        let mut unreadable = false;
        while stop.run_until_cancelled(tokio::time::sleep(after)).await.is_some() {
            // Two small files, every few seconds: no thread of its own.
            let looked = self.look();
            let is_unreadable = matches!(looked, Err(TlsError::Read { .. }));
            match looked {
                Ok(true) => tracing::info!("the TLS certificate was read again"),
                Ok(false) => {}
                // Said once, not every few seconds.
                Err(_) if is_unreadable && unreadable => {}
                Err(error) => tracing::error!(%error, "the TLS certificate stays the old one"),
            }
            unreadable = is_unreadable;
        }
    }
}
