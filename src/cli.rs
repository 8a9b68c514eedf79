//! The command `astria-gateway`: serve, demo, check-config, migrate, backup, ledger, ownership, openapi, mint-token,
//! new-service-key, hash-service-key, and the operator's: users, user, usage, reservations, notifications, audit.
//!
//! Standard output carries what was asked for; errors and log lines go to standard error. Exit codes:
//! 0 done, 1 failed, 78 the configuration is wrong (`EX_CONFIG` of sysexits.h).

mod ledger;
mod operator;
mod used;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::adopt::{Adopted, adopt, describe};
use crate::auth::{self, mint};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, Environment, IssuerKeys, Secrets};
use crate::console::{fail, print, print_error, run_until_signal};
use crate::contract;
use crate::gateway::{self, Gateway, GatewayParts, StartError};
use crate::principal::EndUserId;
use crate::reload::Source;
use crate::serve::notify;
use crate::store::Store;
use crate::telemetry::{AccessLog, init_logging};

const EX_CONFIG: u8 = 78;

/// A backend-for-frontend between an app and the Astria image API.
#[derive(Parser)]
#[command(name = "astria-gateway", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway.
    Serve(ConfigFile),
    /// Print the effective configuration, or everything that is wrong with it.
    CheckConfig(ConfigFile),
    /// Bring the database of `store.url` to this version's schema, and print what was applied.
    Migrate(ConfigFile),
    /// Copy the database to a file, beside a gateway that runs; the copy is looked through before it gets its name.
    Backup(ledger::Backup),
    /// Look whether the record of money agrees with itself, or add what was used before the gateway.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Print the published contract: an OpenAPI document, for the configuration or for the defaults.
    Openapi(ConfigFile),
    /// Sign an access token for an end user, with a configured HS256 secret.
    MintToken(MintToken),
    /// Make a key for a server that acts for end users: the key, and the hash that stands in the configuration.
    NewServiceKey,
    /// Print the hash of a service key that is read from standard input.
    HashServiceKey,
    /// Record objects that an app had before the gateway, or ask whose one is.
    #[command(subcommand)]
    Ownership(OwnershipCommand),
    #[command(flatten)]
    Operator(operator::OperatorCommand),
    /// Run the gateway with an imitated upstream, two end users and a page to try it.
    #[cfg(feature = "demo")]
    Demo(crate::demo::DemoArgs),
}

#[derive(Args)]
struct ConfigFile {
    /// The TOML file; without it, defaults and environment alone.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum OwnershipCommand {
    /// Record tunes and their prompts as an end user's; asks Astria for them.
    Import(Import),
    /// Print whose the tune and the prompt of this number are.
    Show {
        #[command(flatten)]
        file: ConfigFile,
        /// The number at Astria.
        id: u64,
    },
}

#[derive(Args)]
struct Import {
    #[command(flatten)]
    file: ConfigFile,
    /// The end user: the subject claim of their tokens.
    #[arg(long, value_name = "SUBJECT")]
    owner: String,
    /// Whose end user; may be left out if one issuer is configured.
    #[arg(long)]
    issuer: Option<String>,
    /// On which account, if not that of [upstream].
    #[arg(long)]
    tenant: Option<String>,
    /// Tunes by id, with commas.
    #[arg(long, value_name = "ID,ID…", value_delimiter = ',', required = true)]
    tunes: Vec<u64>,
}

#[derive(Args)]
struct MintToken {
    #[command(flatten)]
    file: ConfigFile,
    /// The end user.
    #[arg(long, value_name = "NAME")]
    sub: String,
    /// The plan that the token claims.
    #[arg(long)]
    plan: Option<String>,
    /// The tenant that the token claims.
    #[arg(long)]
    tenant: Option<String>,
    /// Which issuer, if several have an HS256 secret; otherwise the first.
    #[arg(long)]
    issuer: Option<String>,
    /// Seconds until it expires.
    #[arg(long, default_value_t = 3600)]
    ttl_s: u64,
}

/// Runs the command that was asked for.
///
/// Not cancel safe.
pub async fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Serve(file) => serve(file.config.as_deref()).await,
        Command::CheckConfig(file) => check_config(file.config.as_deref()).await,
        Command::Migrate(file) => migrate(file.config.as_deref()).await,
        Command::Backup(what) => ledger::back_up(what).await,
        Command::Ledger(what) => ledger::run(what).await,
        Command::Openapi(file) => openapi(file.config.as_deref()),
        Command::MintToken(what) => mint_token(&what),
        Command::NewServiceKey => new_service_key(),
        Command::HashServiceKey => hash_service_key(),
        Command::Ownership(OwnershipCommand::Import(what)) => import(&what).await,
        Command::Ownership(OwnershipCommand::Show { file, id }) => show(file.config.as_deref(), id).await,
        Command::Operator(command) => operator::run(command).await,
        #[cfg(feature = "demo")]
        Command::Demo(args) => crate::demo::run(args).await,
    }
}

async fn serve(file: Option<&Path>) -> ExitCode {
    let source = Source { file: file.map(Path::to_owned), environment: Environment::of_process() };
    let (config, secrets) = match source.load() {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    let _logging = init_logging(&config.log);
    if config.store.url == "memory:" {
        tracing::warn!("store.url is \"memory:\": a restart forgets who owns what, and what was spent");
    }
    let (access_log, _access_guard) = match AccessLog::to_stderr(&config.log) {
        Ok(started) => started,
        Err(error) => return fail(&error),
    };
    let parts =
        GatewayParts { config, secrets, clock: Clock::system(), extra_routes: Vec::new(), access_log };
    match Gateway::start(parts).await {
        Err(error @ StartError::Part(_)) => misconfigured(&error),
        Err(error @ StartError::Listen(_)) => fail(&error),
        Ok(gateway) => {
            tracing::info!(listen = %gateway.listen(), operator = %gateway.operator_listen(), "ready");
            gateway.state().authenticator.fetch_keys_early();
            notify::ready();
            run_until_signal(gateway, Some(source)).await
        }
    }
}

fn load(file: Option<&Path>) -> Result<(Config, Secrets), Vec<ConfigError>> {
    config::load_with_secrets(file, &Environment::of_process())
}

async fn check_config(file: Option<&Path>) -> ExitCode {
    let (config, secrets) = match load(file) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    let text = toml::to_string(&config);
    if let Err(error) = gateway::check(config, secrets).await {
        return misconfigured(&error);
    }
    match text {
        Err(error) => fail(&error),
        Ok(text) => {
            print(format_args!("# upstream API key: ***\n# signing secrets: ***\n{text}"));
            ExitCode::SUCCESS
        }
    }
}

async fn import(what: &Import) -> ExitCode {
    let (config, secrets) = match load(what.file.config.as_deref()) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    let issuers: BTreeSet<&str> = config.auth.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    let issuer = match (&what.issuer, issuers.len()) {
        (Some(issuer), _) => issuer.clone(),
        (None, 1) => issuers.into_iter().collect(),
        (None, _) => return fail(&"say whose end user it is: --issuer"),
    };
    if !config.auth.issuers.iter().any(|known| known.issuer == issuer) {
        return fail(&"no issuer of that name is configured");
    }
    let owner = EndUserId { issuer: issuer.into(), subject: what.owner.as_str().into() };
    let state = match gateway::offline(config, secrets).await {
        Ok(state) => state,
        Err(error) => return misconfigured(&error),
    };
    let mut code = ExitCode::SUCCESS;
    for tune in &what.tunes {
        match adopt(&state, what.tenant.as_deref(), &owner, *tune).await {
            Ok(Adopted { tune, prompts, new }) => {
                print(format_args!("tune {tune} with {prompts} prompts: {new} newly recorded\n"));
            }
            Err(error) => code = fail(&error),
        }
    }
    state.store.close().await;
    code
}

async fn show(file: Option<&Path>, id: u64) -> ExitCode {
    let (config, secrets) = match load(file) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    let state = match gateway::offline(config, secrets).await {
        Ok(state) => state,
        Err(error) => return misconfigured(&error),
    };
    let described = describe(&state, id).await;
    state.store.close().await;
    match described {
        Ok(text) => {
            print(format_args!("{text}"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

async fn migrate(file: Option<&Path>) -> ExitCode {
    // No secret is needed for it, so none is read.
    let config = match config::load(file, &Environment::of_process()) {
        Ok(config) => config,
        Err(errors) => return refuse(&errors),
    };
    if config.store.url == "memory:" {
        return fail(&"store.url is \"memory:\": there is nothing to migrate");
    }
    match Store::migrate(&config.store).await {
        Err(error) => fail(&error),
        Ok(applied) if applied.is_empty() => {
            print(format_args!("nothing to do\n"));
            ExitCode::SUCCESS
        }
        Ok(applied) => {
            for name in applied {
                print(format_args!("applied {name}\n"));
            }
            ExitCode::SUCCESS
        }
    }
}

/// Without a file the environment counts for nothing: the same text on every machine.
fn openapi(file: Option<&Path>) -> ExitCode {
    let config = match file {
        None => Ok(Config::default()),
        Some(file) => config::load(Some(file), &Environment::of_process()),
    };
    match config {
        Err(errors) => refuse(&errors),
        Ok(config) => {
            print(format_args!("{}", contract::text(&contract::document(&config))));
            ExitCode::SUCCESS
        }
    }
}

fn mint_token(what: &MintToken) -> ExitCode {
    let loaded = config::load(what.file.config.as_deref(), &Environment::of_process())
        .and_then(|config| config::load_issuer_keys(&config).map(|keys| (config, keys)));
    let (config, issuer_keys) = match loaded {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    let wanted = |issuer: &str| what.issuer.as_deref().is_none_or(|name| name == issuer);
    let found = config.auth.issuers.iter().zip(&issuer_keys).find_map(|(issuer, keys)| match keys {
        IssuerKeys::Hs256 { current, .. } if wanted(&issuer.issuer) => Some((issuer, current)),
        _ => None,
    });
    let Some((issuer, secret)) = found else {
        return fail(&"no configured issuer of that name has an HS256 secret");
    };
    if let Some(plan) = &what.plan
        && !config.plans.contains_key(plan)
    {
        print_error(format_args!(
            "note: there is no plan {plan:?}; the gateway will use {:?}",
            config.plans_default
        ));
    }
    let (plan, tenant) = (what.plan.as_deref(), what.tenant.as_deref());
    let claims = issuer.claims(&what.sub, plan, tenant, Clock::system().now(), what.ttl_s);
    match mint(secret, &claims) {
        Ok(token) => {
            print(format_args!("{token}\n"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn new_service_key() -> ExitCode {
    match auth::new_service_key() {
        Ok((key, sha256)) => {
            print(format_args!("key     {key}\nsha256  {sha256}\n"));
            ExitCode::SUCCESS
        }
        Err(_) => fail(&"the machine gives no random numbers"),
    }
}

fn hash_service_key() -> ExitCode {
    let mut line = String::new();
    if let Err(error) = std::io::stdin().read_line(&mut line) {
        return fail(&error);
    }
    match auth::hash_service_key(line.trim_end_matches(['\n', '\r'])) {
        Some(sha256) => {
            print(format_args!("{sha256}\n"));
            ExitCode::SUCCESS
        }
        None => fail(&"that is no service key: make one with new-service-key"),
    }
}

fn refuse(errors: &[ConfigError]) -> ExitCode {
    for error in errors {
        print_error(format_args!("{error}"));
    }
    ExitCode::from(EX_CONFIG)
}

fn misconfigured(error: &StartError) -> ExitCode {
    print_error(format_args!("{error}"));
    ExitCode::from(EX_CONFIG)
}
