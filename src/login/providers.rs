//! The login providers of a configuration, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::{Provider, ProviderSettings, ProviderSetupError};
use crate::clock::Clock;

/// See the module.
#[derive(Default)]
pub struct Providers(BTreeMap<Arc<str>, Arc<Provider>>);

impl Providers {
    /// Fetches nothing.
    ///
    /// # Errors
    /// The first provider that cannot be used, by name.
    pub fn new(
        settings: Vec<ProviderSettings>,
        clock: &Clock,
        tasks: &TaskTracker,
    ) -> Result<Self, (String, ProviderSetupError)> {
        let made = settings.into_iter().map(|settings| {
            let name = settings.name.clone();
            match Provider::new(settings, clock.clone(), tasks.clone()) {
                Ok(provider) => Ok((Arc::from(name), Arc::new(provider))),
                Err(error) => Err((name, error)),
            }
        });
        made.collect::<Result<_, _>>().map(Self)
    }

    /// The provider of this name, which is config's own text from here on.
    pub fn get(&self, name: &str) -> Option<(&Arc<str>, &Arc<Provider>)> {
        self.0.get_key_value(name)
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Provider>)> {
        self.0.iter()
    }
}
