//! `astria-gateway backup`, `ledger check` and `ledger import`: for the record of money.
//!
//! The first two work beside a gateway that runs, and need no secret.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::used::{self, UsedError};
use super::{ConfigFile, load, misconfigured, refuse};
use crate::clock::Clock;
use crate::config::{self, AccountChoice, Config, Environment};
use crate::console::{fail, print};
use crate::gateway;
use crate::store::{Checked, Imported, Store};

#[derive(Args)]
pub(super) struct Backup {
    /// Where the copy shall lie.
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    /// Put it in the place of a file that exists.
    #[arg(long)]
    force: bool,
}

#[derive(Subcommand)]
pub(super) enum LedgerCommand {
    /// Compare every total with the sum of its entries; exit code 1 if something differs.
    Check(ConfigFile),
    /// Count what end users used before the gateway: the figures of a CSV file, `issuer,subject,of,day,amount`, such as `https://id.example,anna,images,2026-11-20,12`.
    Import(Import),
}

#[derive(Args)]
pub(super) struct Import {
    /// The CSV file, with those five names in its first line.
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    /// On which account, if not that of [upstream].
    #[arg(long)]
    tenant: Option<String>,
}

/// The configuration, without a secret. The error is the exit code, and what is wrong was said.
fn without_secrets(file: Option<&Path>) -> Result<Config, ExitCode> {
    let config = config::load(file, &Environment::of_process()).map_err(|errors| refuse(&errors))?;
    if config.store.url == "memory:" {
        return Err(fail(&"store.url is \"memory:\": there is no file"));
    }
    Ok(config)
}

/// Not cancel safe.
pub(super) async fn back_up(what: Backup) -> ExitCode {
    let config = match without_secrets(what.config.config.as_deref()) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match Store::back_up(&config.store, what.file.clone(), what.force).await {
        Err(error) => fail(&error),
        Ok(Checked { entries, reservations, .. }) => {
            let file = what.file.display();
            print(format_args!(
                "{file}: {entries} entries, {reservations} reservations; the ledger agrees\n"
            ));
            ExitCode::SUCCESS
        }
    }
}

/// Not cancel safe.
pub(super) async fn run(command: LedgerCommand) -> ExitCode {
    match command {
        LedgerCommand::Check(file) => check(&file).await,
        LedgerCommand::Import(what) => import(what).await,
    }
}

async fn check(file: &ConfigFile) -> ExitCode {
    let config = match without_secrets(file.config.as_deref()) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let checked = match Store::check(&config.store).await {
        Ok(checked) => checked,
        Err(error) => return fail(&error),
    };
    let Checked { entries, reservations, totals, charges, differences } = checked;
    let size = format!("{entries} entries, {reservations} reservations, {totals} totals, {charges} objects");
    if differences.is_empty() {
        print(format_args!("the ledger agrees: {size}\n"));
        return ExitCode::SUCCESS;
    }
    for difference in &differences {
        print(format_args!("{difference}\n"));
    }
    fail(&format!("the ledger does not agree: {} differences in {size}", differences.len()))
}

/// Not cancel safe.
async fn import(what: Import) -> ExitCode {
    let (config, secrets) = match load(what.config.config.as_deref()) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    if config.store.url == "memory:" {
        return fail(&"store.url is \"memory:\": there is no file");
    }
    let text = match std::fs::read_to_string(&what.file) {
        Ok(text) => text,
        Err(error) => return fail(&format!("{}: {error}", what.file.display())),
    };
    let issuers: Vec<&str> = config.auth.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    let used = match used::parse(&text, &issuers) {
        Ok(used) => used,
        Err(UsedError { line, why }) => {
            return fail(&format!("{}, line {line}: {why}", what.file.display()));
        }
    };
    let state = match gateway::offline(config.clone(), secrets).await {
        Ok(state) => state,
        Err(error) => return misconfigured(&error),
    };
    let choice = what.tenant.as_deref().map_or(AccountChoice::Upstream, AccountChoice::Tenant);
    let account = state.accounts.get(choice).map(|account| account.key.clone());
    state.store.close().await;
    let Some(account) = account else {
        return fail(&"no account: configure its API key, or name another tenant");
    };
    let at = Clock::system().now();
    let place = (account, what.tenant);
    match Store::import_used(&config.store, used::name(&text), place, used, at).await {
        Err(error) => fail(&error),
        Ok(Imported { creates, .. }) => {
            print(format_args!("booked what end users used on {creates} days\n"));
            ExitCode::SUCCESS
        }
    }
}
