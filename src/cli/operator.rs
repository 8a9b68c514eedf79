//! The operator's commands: what the operator's API does, on the store itself, beside gateways that run on it or not.
//!
//! They print the JSON that the API answers. What they change is met by a running gateway within a second.

mod notifications;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value as Json;

use notifications::NotificationsCommand;

use super::{ConfigFile, load, misconfigured, refuse};
use crate::console::{fail, print};
use crate::gateway;
use crate::operate::{self, MAX_LIMIT, USUAL_LIMIT, Wish};
use crate::people::{Format, HeldState, PeopleError, ReservationQuery, Search, Table, UsageQuery};
use crate::quota::{Measure, Period};
use crate::state::{AppState, State};

/// See the module.
#[derive(Subcommand)]
pub(super) enum OperatorCommand {
    /// List end users who were seen, or about whom something was said.
    Users {
        #[command(flatten)]
        file: ConfigFile,
        /// A part of their subject.
        #[arg(long, default_value = "")]
        search: String,
        /// Of this issuer only.
        #[arg(long)]
        issuer: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Show one end user, or change what holds for them.
    #[command(subcommand)]
    User(UserCommand),
    /// Print what was used.
    Usage {
        #[command(flatten)]
        file: ConfigFile,
        /// The first day, YYYY-MM-DD; without it the first of the last day's month.
        #[arg(long)]
        from: Option<String>,
        /// The last day; without it today.
        #[arg(long)]
        to: Option<String>,
        /// day, operation, user, or several with commas.
        #[arg(long, default_value = "day")]
        by: String,
        /// json, jsonl or csv.
        #[arg(long, default_value = "jsonl")]
        format: String,
    },
    /// List reservations without a certain end.
    Reservations {
        #[command(flatten)]
        file: ConfigFile,
        /// open, unknown, presumed, or several with commas.
        #[arg(long, value_delimiter = ',', default_value = "open,unknown,presumed")]
        state: Vec<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Look at notifications to the app that wait or were given up, or have them sent again.
    #[command(subcommand)]
    Notifications(NotificationsCommand),
    /// List what the operator did, the newest first.
    Audit {
        #[command(flatten)]
        file: ConfigFile,
        #[command(flatten)]
        page: Page,
    },
}

/// One end user's.
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Print plan, grants, block, usage and what is held.
    Show(Whose),
    /// Give a plan that counts more than the one of their token.
    Plan {
        #[command(flatten)]
        whose: Whose,
        /// The plan.
        #[arg(long, required_unless_present = "as_claimed", conflicts_with = "as_claimed")]
        plan: Option<String>,
        /// Again the plan of their token, else the default.
        #[arg(long)]
        as_claimed: bool,
        /// Why; it is recorded.
        #[arg(long)]
        reason: String,
    },
    /// Give more quota in the present day or month, or in total.
    Grant {
        #[command(flatten)]
        whose: Whose,
        /// What of: images, tunes, inspections, videos, cost_mc or prompts.
        #[arg(long, value_parser = measure)]
        of: Measure,
        /// Over what time: day, month or total.
        #[arg(long, value_parser = period)]
        per: Period,
        /// How much more.
        #[arg(long)]
        amount: u64,
        /// Why; it is recorded.
        #[arg(long)]
        reason: String,
    },
    /// Refuse everything.
    Block {
        #[command(flatten)]
        whose: Whose,
        /// Why; it is recorded.
        #[arg(long)]
        reason: String,
    },
    /// Refuse nothing any more.
    Unblock {
        #[command(flatten)]
        whose: Whose,
        /// Why; it is recorded.
        #[arg(long)]
        reason: String,
    },
}

/// Which end user.
#[derive(Args)]
pub(super) struct Whose {
    #[command(flatten)]
    file: ConfigFile,
    /// The subject claim of their tokens.
    #[arg(long)]
    subject: String,
    /// Whose end user; may be left out if one issuer is configured.
    #[arg(long)]
    issuer: Option<String>,
}

/// Which part of a list.
#[derive(Args)]
pub(super) struct Page {
    /// Go on where `next` of the part before says.
    #[arg(long)]
    after: Option<u64>,
    /// Lines.
    #[arg(long, default_value_t = USUAL_LIMIT, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_LIMIT)))]
    limit: u32,
}

fn measure(text: &str) -> Result<Measure, String> {
    let known = Measure::ALL.into_iter().find(|of| of.name() == text);
    known.ok_or_else(|| Measure::ALL.map(Measure::name).join(", "))
}

fn period(text: &str) -> Result<Period, String> {
    let known = Period::ALL.into_iter().find(|per| per.name() == text);
    known.ok_or_else(|| Period::ALL.map(Period::name).join(", "))
}

/// Does it.
///
/// Not cancel safe.
pub(super) async fn run(command: OperatorCommand) -> ExitCode {
    let (config, secrets) = match load(command.file().config.as_deref()) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&errors),
    };
    if config.store.url == "memory:" {
        return fail(&"store.url is \"memory:\": only the gateway itself can see it");
    }
    let state = match gateway::offline(config, secrets).await {
        Ok(state) => state,
        Err(error) => return misconfigured(&error),
    };
    let done = carry_out(&state, command).await;
    state.store.close().await;
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn carry_out(state: &AppState, command: OperatorCommand) -> Result<(), PeopleError> {
    let shown = match command {
        OperatorCommand::Users { file: _, search: text, issuer, page: Page { after, limit } } => {
            let search = Search { text, issuer, after: after.unwrap_or_default(), limit };
            operate::users(state, &search).await?
        }
        OperatorCommand::User(command) => user(state, command).await?,
        OperatorCommand::Usage { file: _, from, to, by, format } => {
            let today = operate::today(state);
            let query = UsageQuery::parse(from.as_deref(), to.as_deref(), Some(&by), today)?;
            return usage(state, query, Format::parse(&format)?).await;
        }
        OperatorCommand::Reservations { file: _, state: states, page: Page { after, limit } } => {
            let states = states.iter().map(|state| HeldState::parse(state));
            let wrong = PeopleError::Word("state", "open, unknown, presumed, or several with commas");
            let states = states.collect::<Option<Vec<_>>>().ok_or(wrong)?;
            let query = ReservationQuery { states, after: after.unwrap_or_default(), limit };
            operate::reservations(state, &query).await?
        }
        OperatorCommand::Notifications(command) => notifications::run(state, &who(), command).await?,
        OperatorCommand::Audit { file: _, page: Page { after, limit } } => {
            operate::audit(state, after, limit).await?
        }
    };
    print(format_args!("{shown:#}\n"));
    Ok(())
}

async fn user(state: &State, command: UserCommand) -> Result<Json, PeopleError> {
    let (whose, reason, wish) = match command {
        UserCommand::Show(Whose { file: _, subject, issuer }) => {
            let id = operate::end_user(&state.config, issuer.as_deref(), &subject)?;
            return operate::user(state, &id).await;
        }
        UserCommand::Plan { whose, plan, as_claimed: _, reason } => (whose, reason, Wish::Plan(plan)),
        UserCommand::Grant { whose, of, per, amount, reason } => {
            (whose, reason, Wish::Grant { of, per, amount })
        }
        UserCommand::Block { whose, reason } => (whose, reason, Wish::Block(true)),
        UserCommand::Unblock { whose, reason } => (whose, reason, Wish::Block(false)),
    };
    let id = operate::end_user(&state.config, whose.issuer.as_deref(), &whose.subject)?;
    operate::change(state, &who(), id, &reason, wish).await
}

async fn usage(state: &State, query: UsageQuery, format: Format) -> Result<(), PeopleError> {
    let (mut pages, mut table) = (operate::usage(state, query), Table::new(format, query.by));
    print(format_args!("{}", table.head()));
    while let Some(rows) = pages.next().await? {
        print(format_args!("{}", table.rows(&rows)));
    }
    print(format_args!("{}", table.end()));
    Ok(())
}

/// Who runs this: the number is the system's word, the name is what they call themselves.
fn who() -> String {
    let uid = rustix::process::getuid().as_raw();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = std::env::var("USER").ok();
    match name.filter(|name| (1..=64).contains(&name.len()) && name.chars().all(is_plain)) {
        Some(name) => format!("command, uid {uid} ({name})"),
        None => format!("command, uid {uid}"),
    }
}

impl OperatorCommand {
    const fn file(&self) -> &ConfigFile {
        match self {
            Self::Users { file, .. }
            | Self::Usage { file, .. }
            | Self::Reservations { file, .. }
            | Self::Audit { file, .. } => file,
            Self::Notifications(command) => command.file(),
            Self::User(command) => match command {
                UserCommand::Show(whose)
                | UserCommand::Plan { whose, .. }
                | UserCommand::Grant { whose, .. }
                | UserCommand::Block { whose, .. }
                | UserCommand::Unblock { whose, .. } => &whose.file,
            },
        }
    }
}
