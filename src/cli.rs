//! The command `astria-gateway`: serve, demo, check-config, mint-token, new-service-key, hash-service-key.
//!
//! Standard output carries what was asked for; errors and log lines go to standard error. Exit codes:
//! 0 done, 1 failed, 78 the configuration is wrong (`EX_CONFIG` of sysexits.h).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::auth::{self, mint};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, Environment, IssuerKeys, Secrets};
use crate::console::{fail, print, print_error, run_until_signal};
use crate::gateway::{self, Gateway, GatewayParts, StartError};
use crate::reload::Source;
use crate::serve::notify;
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
    /// Sign an access token for an end user, with a configured HS256 secret.
    MintToken(MintToken),
    /// Make a key for a server that acts for end users: the key, and the hash that stands in the configuration.
    NewServiceKey,
    /// Print the hash of a service key that is read from standard input.
    HashServiceKey,
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
        Command::CheckConfig(file) => check_config(file.config.as_deref()),
        Command::MintToken(what) => mint_token(&what),
        Command::NewServiceKey => new_service_key(),
        Command::HashServiceKey => hash_service_key(),
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
    if config.store.url != "memory:" {
        tracing::warn!(
            "store.url is not used yet: quota and ownership are kept in memory and lost at restart"
        );
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

fn check_config(file: Option<&Path>) -> ExitCode {
    let (config, secrets) = match load(file) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    let text = toml::to_string(&config);
    if let Err(error) = gateway::check(config, secrets) {
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
