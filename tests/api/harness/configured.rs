//! What a gateway is configured with, kept so that a reload can give it again with one thing changed.

use std::collections::BTreeMap;

use astria_gateway::config::{Config, Environment, IssuerKeys, Secrets, load_text};
use astria_gateway::secret::Secret;

pub struct Configured {
    pub config: Config,
    /// The key of `[upstream]`.
    pub api_key: String,
    pub tenant_keys: BTreeMap<String, String>,
    /// In the order of the issuers.
    pub issuer_keys: Vec<IssuerKeys>,
    pub callback: String,
}

impl Configured {
    /// As they would be loaded: what a file could not say must not be tested either.
    pub fn parts(&self) -> (Config, Secrets) {
        load_text(&toml::to_string(&self.config).unwrap(), &Environment::default()).unwrap();
        let secret = |text: &String| Secret::from(text.clone());
        let secrets = Secrets {
            api_key: Some(secret(&self.api_key)),
            tenant_keys: self.tenant_keys.iter().map(|(name, key)| (name.clone(), secret(key))).collect(),
            issuer_keys: self.issuer_keys.iter().map(copy).collect(),
            callback_secret: Some(secret(&self.callback)),
            previous_callback_secret: None,
        };
        (self.config.clone(), secrets)
    }

    /// (key, workspace) of every account.
    pub fn credentials(&self) -> Vec<(String, String)> {
        let own = (self.api_key.clone(), self.config.upstream.workspace_id.clone());
        let tenants = self.config.tenants.iter().map(|(name, tenant)| {
            let key = self.tenant_keys[name].clone();
            (key, tenant.workspace_id.clone())
        });
        std::iter::once(own).chain(tenants).collect()
    }
}

/// Secrets cannot be cloned: the real ones are read from their files again.
fn copy(keys: &IssuerKeys) -> IssuerKeys {
    let again = |secret: &Secret| Secret::new(secret.expose().to_vec());
    match keys {
        IssuerKeys::Hs256 { current, previous } => {
            IssuerKeys::Hs256 { current: again(current), previous: previous.as_ref().map(again) }
        }
        IssuerKeys::PublicKeys(pem) => IssuerKeys::PublicKeys(pem.clone()),
        IssuerKeys::Jwks => IssuerKeys::Jwks,
        IssuerKeys::Discovery => IssuerKeys::Discovery,
    }
}
