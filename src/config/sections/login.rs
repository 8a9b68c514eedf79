//! Signing in at OpenID providers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

section! {
    /// `[login]`: people who sign in at an OpenID provider.
    Login {
        /// Milliseconds for one request to a provider, from connecting to the end of the answer.
        timeout_ms: u64 = 5_000,
        /// Seconds a session goes on that cannot be refreshed because its provider is down.
        unrefreshed_max_s: u64 = 86_400,
        /// Where the provider sends who has signed out there: a path below the public origin.
        signed_out_path: String = "/".into(),
        /// The providers, by name.
        providers: BTreeMap<String, LoginProvider> = BTreeMap::new(),
    }
}

section! {
    /// `[login.providers.<name>]`: one OpenID provider.
    LoginProvider {
        /// Its exact issuer; its discovery document stands below it.
        issuer: String = String::new(),
        /// Its name for people; empty: its name here.
        title: String = String::new(),
        /// The gateway's name at the provider.
        client_id: String = String::new(),
        /// File with the client's secret; empty: `ASTRIA_GATEWAY_LOGIN_<NAME>_CLIENT_SECRET`, or a public client.
        client_secret_file: PathBuf = PathBuf::new(),
        /// What is asked for.
        scopes: Vec<String> = vec!["openid".into(), "offline_access".into()],
        /// Claim of the ID token that names the plan; empty: none is read.
        plan_claim: String = "plan".into(),
        /// Claim of the ID token that names the tenant; empty: none is read.
        tenant_claim: String = "tenant".into(),
        /// Further parameters of the address that people are sent to.
        params: BTreeMap<String, String> = BTreeMap::new(),
    }
}
