//! Makes the operator's accounts from a configuration, and keeps those that a reload leaves as they were.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::{StartError, part};
use crate::accounts::{Account, Accounts, Balance};
use crate::clock::Clock;
use crate::config::Config;
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::ownership::AccountKey;
use crate::packs::{PackCache, PackRules, PackSettings};
use crate::quota::{QuotaRule, SharedBy};
use crate::secret::Secret;
use crate::stack::{self, UpstreamParts};
use crate::telemetry::Metrics;
use crate::upstream::Upstream;
use crate::upstream::account::AccountState;
use crate::upstream::client::Client;
use crate::upstream::measure::Observer;
use crate::upstream::set_credential::SetCredentialLayer;
use crate::upstream::set_workspace::SetWorkspaceLayer;
use crate::upstream::target::Target;

/// The name of the account that `[upstream]` describes; no tenant's name begins like it.
const OWN: &str = "-";

/// What all accounts of one configuration have in common.
pub(super) struct Maker<'a> {
    config: &'a Config,
    clock: &'a Clock,
    tasks: &'a TaskTracker,
    metrics: &'a Arc<Metrics>,
    client: Client,
    target: Target,
    /// What is in force.
    present: Option<(&'a Accounts, &'a Config)>,
}

impl<'a> Maker<'a> {
    /// Opens no connection. The pool in force is kept, unless its settings changed.
    pub(super) fn new(
        config: &'a Config,
        clock: &'a Clock,
        tasks: &'a TaskTracker,
        metrics: &'a Arc<Metrics>,
        present: Option<(&'a Accounts, &'a Config)>,
    ) -> Result<Self, StartError> {
        let settings = config.upstream.client_settings();
        let kept = present.and_then(|(accounts, before)| {
            let unchanged = before.upstream.client_settings() == settings;
            accounts.all().next().filter(|_| unchanged).map(|account| account.client.clone())
        });
        let client = match kept {
            Some(client) => client,
            None => {
                Client::new(settings, clock.clone()).map_err(|error| part("root certificates")(&error))?
            }
        };
        let target = Target::parse(&config.upstream.base_url)
            .ok_or_else(|| StartError::Part("upstream.base_url is no http or https URL".into()))?;
        Ok(Self { config, clock, tasks, metrics, client, target, present })
    }

    /// All of them.
    pub(super) fn accounts(
        &self,
        own_key: Option<Secret>,
        mut tenant_keys: BTreeMap<String, Secret>,
    ) -> Result<Accounts, StartError> {
        let workspace = &self.config.upstream.workspace_id;
        let quotas = &self.config.upstream.quotas;
        let own = own_key.map(|key| self.account(OWN, workspace, quotas, key)).transpose()?;
        let tenants = self.config.tenants.iter().map(|(name, tenant)| {
            let key = tenant_keys
                .remove(name)
                .ok_or_else(|| StartError::Part(format!("tenants.{name}: there is no API key")))?;
            Ok((name.clone(), self.account(name, &tenant.workspace_id, &tenant.quotas, key)?))
        });
        Ok(Accounts { own, tenants: tenants.collect::<Result<_, StartError>>()? })
    }

    fn account(
        &self,
        name: &str,
        workspace: &str,
        quotas: &[QuotaRule],
        key: Secret,
    ) -> Result<Arc<Account>, StartError> {
        let settings = format!("{:?} {:?} {quotas:?}", self.config.upstream, self.config.packs);
        let credential = fingerprint(&[workspace.as_bytes(), key.expose()]);
        let made_of = fingerprint(&[settings.as_bytes(), &credential]);
        let known = self.known(name);
        if let Some(known) = known.filter(|known| known.made_of == made_of) {
            return Ok(Arc::clone(known));
        }
        let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(self.metrics);
        let limits = self.config.upstream.account_limits();
        let shared = match known {
            Some(known) => Arc::clone(&known.shared),
            None => AccountState::new(limits, self.clock, Arc::clone(&observer)),
        };
        // Of another key or workspace, it would be another account's.
        let same = known.filter(|known| known.credential == credential);
        let balance = same.map_or_else(Arc::<Balance>::default, |known| Arc::clone(&known.balance));
        let cannot_stand = |what: &str| StartError::Part(format!("{what} cannot stand in a header"));
        let stack = stack::upstream(UpstreamParts {
            observer,
            clock: self.clock.clone(),
            account: Arc::clone(&shared),
            read_retries: self.config.upstream.read_retries,
            workspace: SetWorkspaceLayer::new(workspace).ok_or_else(|| cannot_stand("the workspace's id"))?,
            credential: SetCredentialLayer::new(key).ok_or_else(|| cannot_stand("the API key"))?,
            client: self.client.clone(),
        });
        let upstream = Upstream::new(stack, self.target.clone(), Arc::clone(&shared));
        let packs =
            PackCache::new(self.pack_settings(), upstream.clone(), self.clock.clone(), self.tasks.clone());
        // The workspace is part of the account's name, so that a change of it starts empty.
        let key = AccountKey::new(format!("{name}/{workspace}"));
        let shown = if name == OWN { "upstream" } else { name };
        Ok(Arc::new(Account {
            name: shown.to_owned(),
            made_of,
            credential,
            shared,
            client: self.client.clone(),
            ceiling: quotas.iter().map(|rule| QuotaRule { shared_by: SharedBy::Account, ..*rule }).collect(),
            key,
            upstream,
            packs,
            balance,
        }))
    }

    /// The account of this name that is in force.
    fn known(&self, name: &str) -> Option<&'a Arc<Account>> {
        let (accounts, _) = self.present?;
        if name == OWN { accounts.own.as_ref() } else { accounts.tenants.get(name) }
    }

    fn pack_settings(&self) -> PackSettings {
        let packs = &self.config.packs;
        PackSettings {
            fresh: Duration::from_secs(packs.fresh_s),
            stale: Duration::from_secs(packs.stale_s),
            negative: Duration::from_secs(packs.negative_s),
            max_bytes: packs.max_bytes,
            rules: PackRules { allow: packs.allow.clone() },
        }
    }
}

/// Whatever something is made of, secrets among it: where one byte of it changes, so does this.
fn fingerprint(pieces: &[&[u8]]) -> Fingerprint {
    let mut fingerprint = Fingerprinter::new();
    for piece in pieces {
        fingerprint.part(piece);
    }
    fingerprint.finish()
}

/// After a reload: accounts that go on under other figures or another key are told.
pub(super) fn put_in_force(before: &Accounts, now: &Accounts, config: &Config) {
    let limits = config.upstream.account_limits();
    for account in now.all() {
        account.shared.set_limits(limits);
        let was = before.all().find(|other| Arc::ptr_eq(&other.shared, &account.shared));
        if was.is_some_and(|was| was.credential != account.credential) {
            account.shared.credential_changed();
        }
    }
}
