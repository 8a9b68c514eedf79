//! Reads what must not stand in the config file: API keys, signing secrets, public keys.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Config, ConfigError, Environment};
use crate::auth::MIN_SECRET_BYTES;
use crate::notifications::{SigningKey, SigningKeys};
use crate::secret::Secret;

/// Everything that was read from `*_file` keys and the environment.
pub struct Secrets {
    /// The operator's API key at Astria; `None` only if every end user must have a tenant.
    pub api_key: Option<Secret>,
    /// The API keys of the tenants' accounts, one for each tenant in config.
    pub tenant_keys: BTreeMap<String, Secret>,
    /// One entry an issuer, in config's order.
    pub issuer_keys: Vec<IssuerKeys>,
    /// What signs callback addresses; `None`: make one for the life of the process.
    pub callback_secret: Option<Secret>,
    /// What signed them before.
    pub previous_callback_secret: Option<Secret>,
    /// What signs notifications, one entry for each endpoint in config.
    pub notification_keys: BTreeMap<String, SigningKeys>,
    /// What the gateway proves itself with to OpenID providers; none for a public client.
    pub login_secrets: BTreeMap<String, Secret>,
}

/// An issuer's key material.
pub enum IssuerKeys {
    /// Shared secrets.
    Hs256 {
        /// Signs and verifies.
        current: Secret,
        /// Verifies only.
        previous: Option<Secret>,
    },
    /// PEM text with public keys.
    PublicKeys(Vec<u8>),
    /// To be fetched from the configured address.
    Jwks,
    /// To be fetched from the address that the discovery document names.
    Discovery,
}

/// Reads all secrets that the config names.
///
/// # Errors
/// Each file that cannot be read, is empty, or is too short, with its key; a missing API key.
pub fn load_secrets(config: &Config, environment: &Environment) -> Result<Secrets, Vec<ConfigError>> {
    let mut reader = Reader { errors: Vec::new() };
    let api_key = reader.api_key(config, environment);
    let tenant_keys = reader.tenant_keys(config, environment);
    let issuer_keys = reader.issuer_keys(config);
    let optional = |reader: &mut Reader, key: &str, path: &Path| {
        is_set(path).then(|| reader.secret(key, path)).flatten()
    };
    let callback_secret = optional(&mut reader, "callbacks.secret_file", &config.callbacks.secret_file);
    let previous_callback_secret =
        optional(&mut reader, "callbacks.previous_secret_file", &config.callbacks.previous_secret_file);
    let notification_keys = reader.notification_keys(config, environment);
    let login_secrets = reader.login_secrets(config, environment);
    if reader.errors.is_empty() {
        Ok(Secrets {
            api_key,
            tenant_keys,
            issuer_keys,
            callback_secret,
            previous_callback_secret,
            notification_keys,
            login_secrets,
        })
    } else {
        Err(reader.errors)
    }
}

/// Reads the issuers' keys alone, for who needs nothing else.
///
/// # Errors
/// As [`load_secrets`], the API key aside.
pub fn load_issuer_keys(config: &Config) -> Result<Vec<IssuerKeys>, Vec<ConfigError>> {
    let mut reader = Reader { errors: Vec::new() };
    let keys = reader.issuer_keys(config);
    if reader.errors.is_empty() { Ok(keys) } else { Err(reader.errors) }
}

/// The variable that may hold a tenant's API key: `ASTRIA_GATEWAY_TENANT_ACME_EU_API_KEY` for `acme-eu`.
pub(super) fn tenant_variable(name: &str) -> String {
    format!("ASTRIA_GATEWAY_TENANT_{}_API_KEY", name.replace('-', "_").to_ascii_uppercase())
}

/// The variable that may hold an endpoint's secret: `ASTRIA_GATEWAY_NOTIFICATIONS_MY_APP_SECRET` for `my-app`, and
/// `…_PREVIOUS_SECRET`.
pub(super) fn notification_variable(name: &str, which: &str) -> String {
    format!("ASTRIA_GATEWAY_NOTIFICATIONS_{}_{which}SECRET", name.replace('-', "_").to_ascii_uppercase())
}

/// The variable that may hold a client's secret: `ASTRIA_GATEWAY_LOGIN_MY_IDP_CLIENT_SECRET` for `my-idp`.
pub(super) fn login_variable(name: &str) -> String {
    format!("ASTRIA_GATEWAY_LOGIN_{}_CLIENT_SECRET", name.replace('-', "_").to_ascii_uppercase())
}

fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

struct Reader {
    errors: Vec<ConfigError>,
}

impl Reader {
    fn api_key(&mut self, config: &Config, environment: &Environment) -> Option<Secret> {
        let (key, path) = ("upstream.api_key_file", &config.upstream.api_key_file);
        let from_environment =
            environment.find("ASTRIA_API_KEY").or_else(|| environment.find("ASTRIA_AUTH_TOKEN"));
        if from_environment.is_none() && !is_set(path) {
            if !config.upstream.tenant_required {
                let message =
                    "no API key: set this, or ASTRIA_API_KEY or ASTRIA_AUTH_TOKEN in the environment";
                self.errors.push(ConfigError::new(key, message));
            }
            return None;
        }
        self.header_secret(key, path, from_environment)
    }

    fn tenant_keys(&mut self, config: &Config, environment: &Environment) -> BTreeMap<String, Secret> {
        let mut keys = BTreeMap::new();
        for (name, tenant) in &config.tenants {
            let (key, variable) = (format!("tenants.{name}.api_key_file"), tenant_variable(name));
            let from_environment = environment.find(&variable);
            if from_environment.is_none() && !is_set(&tenant.api_key_file) {
                let message = format!("no API key: set this, or {variable} in the environment");
                self.errors.push(ConfigError::new(key, message));
                continue;
            }
            if let Some(secret) = self.header_secret(&key, &tenant.api_key_file, from_environment) {
                keys.insert(name.clone(), secret);
            }
        }
        keys
    }

    fn notification_keys(
        &mut self,
        config: &Config,
        environment: &Environment,
    ) -> BTreeMap<String, SigningKeys> {
        let mut keys = BTreeMap::new();
        for (name, endpoint) in &config.notifications.endpoints {
            let key = |member: &str| format!("notifications.endpoints.{name}.{member}");
            let variable = notification_variable(name, "");
            let from_environment = environment.find(&variable);
            if from_environment.is_none() && !is_set(&endpoint.secret_file) {
                let message = format!("no signing secret: set this, or {variable} in the environment");
                self.errors.push(ConfigError::new(key("secret_file"), message));
                continue;
            }
            let current = self.signing_key(&key("secret_file"), &endpoint.secret_file, from_environment);
            let path = &endpoint.previous_secret_file;
            let variable = notification_variable(name, "PREVIOUS_");
            let from_environment = environment.find(&variable);
            let previous = (from_environment.is_some() || is_set(path))
                .then(|| self.signing_key(&key("previous_secret_file"), path, from_environment))
                .flatten();
            keys.extend(current.map(|current| (name.clone(), SigningKeys { current, previous })));
        }
        keys
    }

    fn login_secrets(&mut self, config: &Config, environment: &Environment) -> BTreeMap<String, Secret> {
        let mut secrets = BTreeMap::new();
        for (name, provider) in &config.login.providers {
            let (key, path) =
                (format!("login.providers.{name}.client_secret_file"), &provider.client_secret_file);
            let from_environment = environment.find(&login_variable(name));
            if from_environment.is_none() && !is_set(path) {
                continue; // a public client
            }
            let bytes = match from_environment {
                Some(text) => Some(text.as_bytes().to_vec()),
                None => self.file(&key, path, 1),
            };
            match bytes {
                Some(bytes) if std::str::from_utf8(&bytes).is_err() => {
                    self.errors.push(ConfigError::new(key, "the client's secret is no text"));
                }
                bytes => secrets.extend(bytes.map(|bytes| (name.clone(), Secret::new(bytes)))),
            }
        }
        secrets
    }

    /// From the environment, which wins, or from its file.
    fn signing_key(&mut self, key: &str, path: &Path, from_environment: Option<&str>) -> Option<SigningKey> {
        let secret = Secret::new(match from_environment {
            Some(text) => text.as_bytes().to_vec(),
            None => self.file(key, path, 1)?,
        });
        let parsed = SigningKey::parse(secret.expose().trim_ascii());
        parsed.map_err(|fault| self.errors.push(ConfigError::new(key, fault.to_string()))).ok()
    }

    /// An API key from the environment, which wins, or from its file.
    fn header_secret(&mut self, key: &str, path: &Path, from_environment: Option<&str>) -> Option<Secret> {
        let bytes = match from_environment {
            Some(text) => text.as_bytes().to_vec(),
            None => self.file(key, path, 1)?,
        };
        if !bytes.iter().all(u8::is_ascii_graphic) {
            let message = "the API key has characters that no header may carry";
            self.errors.push(ConfigError::new(key, message));
            return None;
        }
        Some(Secret::new(bytes))
    }

    /// One entry an issuer, unless there were errors.
    fn issuer_keys(&mut self, config: &Config) -> Vec<IssuerKeys> {
        let issuers = config.auth.issuers.iter().enumerate();
        issuers
            .filter_map(|(i, issuer)| {
                let key = |name: &str| format!("auth.issuers[{i}].{name}");
                if !issuer.jwks_url.is_empty() {
                    Some(IssuerKeys::Jwks)
                } else if issuer.discover {
                    Some(IssuerKeys::Discovery)
                } else if is_set(&issuer.public_key_file) {
                    self.file(&key("public_key_file"), &issuer.public_key_file, 1).map(IssuerKeys::PublicKeys)
                } else if !is_set(&issuer.hs256_secret_file) {
                    None // no key source at all: validation says so
                } else {
                    let current = self.secret(&key("hs256_secret_file"), &issuer.hs256_secret_file);
                    let previous = is_set(&issuer.hs256_previous_secret_file)
                        .then(|| {
                            self.secret(
                                &key("hs256_previous_secret_file"),
                                &issuer.hs256_previous_secret_file,
                            )
                        })
                        .flatten();
                    current.map(|current| IssuerKeys::Hs256 { current, previous })
                }
            })
            .collect()
    }

    fn secret(&mut self, key: &str, path: &Path) -> Option<Secret> {
        self.file(key, path, MIN_SECRET_BYTES).map(Secret::new)
    }

    /// The file's bytes; of a text, without the line feed at its end that editors add.
    fn file(&mut self, key: &str, path: &Path, min_bytes: usize) -> Option<Vec<u8>> {
        match std::fs::read(path) {
            Err(error) => {
                self.errors.push(ConfigError::new(key, format!("{}: {error}", path.display())));
                None
            }
            Ok(mut bytes) => {
                if std::str::from_utf8(&bytes).is_ok() {
                    let text = bytes
                        .strip_suffix(b"\n")
                        .map_or(bytes.as_slice(), |t| t.strip_suffix(b"\r").unwrap_or(t));
                    bytes.truncate(text.len());
                }
                if bytes.len() < min_bytes {
                    let message = format!(
                        "{}: holds {} bytes, needs at least {min_bytes}",
                        path.display(),
                        bytes.len()
                    );
                    self.errors.push(ConfigError::new(key, message));
                    return None;
                }
                Some(bytes)
            }
        }
    }
}
