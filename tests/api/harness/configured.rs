//! What a gateway is configured with, kept so that a reload can give it again with one thing changed.

use std::collections::BTreeMap;

use astria_gateway::config::{Config, Environment, IssuerKeys, Secrets, load_text};
use astria_gateway::notifications::{SigningKey, SigningKeys};
use astria_gateway::secret::Secret;

pub struct Configured {
    pub config: Config,
    /// The key of `[upstream]`.
    pub api_key: String,
    pub tenant_keys: BTreeMap<String, String>,
    /// In the order of the issuers.
    pub issuer_keys: Vec<IssuerKeys>,
    pub callback: String,
    pub previous_callback: Option<String>,
    /// What signs notifications, by endpoint: the present one, then the one before.
    pub webhook_secrets: BTreeMap<String, Vec<String>>,
    /// What proves the gateway to each of its login providers.
    pub login_secret: String,
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
            previous_callback_secret: self.previous_callback.as_ref().map(secret),
            notification_keys: self
                .config
                .notifications
                .endpoints
                .keys()
                .map(|name| (name.clone(), self.signing_keys(name)))
                .collect(),
            login_secrets: self
                .config
                .login
                .providers
                .keys()
                .map(|name| (name.clone(), secret(&self.login_secret)))
                .collect(),
        };
        (self.config.clone(), secrets)
    }

    /// A new secret for callbacks' addresses; the present one is believed on.
    pub fn rotate_callback(&mut self) {
        let new = uuid::Uuid::new_v4().simple().to_string().repeat(2);
        self.previous_callback = Some(std::mem::replace(&mut self.callback, new));
    }

    fn signing_keys(&self, endpoint: &str) -> SigningKeys {
        let key = |secret: &String| SigningKey::parse(secret.as_bytes()).unwrap();
        let secrets = &self.webhook_secrets[endpoint];
        SigningKeys { current: key(&secrets[0]), previous: secrets.get(1).map(key) }
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
