//! `astria-gateway notifications …`

use clap::Subcommand;
use serde_json::Value as Json;

use super::super::ConfigFile;
use super::Page;
use crate::notifications::{ListState, Listing};
use crate::operate;
use crate::people::PeopleError;
use crate::state::State;

/// See the module.
#[derive(Subcommand)]
pub(in crate::cli) enum NotificationsCommand {
    /// List them, the oldest first.
    List {
        #[command(flatten)]
        file: ConfigFile,
        /// waiting or given_up.
        #[arg(long, default_value = "given_up", value_parser = list_state)]
        state: ListState,
        /// Of this endpoint only.
        #[arg(long)]
        endpoint: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Send those again that were given up: some, or all of an endpoint.
    Replay {
        #[command(flatten)]
        file: ConfigFile,
        /// Their ids (msg_…), with commas.
        #[arg(long, value_name = "ID,ID…", value_delimiter = ',', required_unless_present = "endpoint")]
        ids: Vec<String>,
        /// All of this endpoint.
        #[arg(long, conflicts_with = "ids")]
        endpoint: Option<String>,
        /// Why; it is recorded.
        #[arg(long)]
        reason: String,
    },
}

fn list_state(text: &str) -> Result<ListState, String> {
    ListState::parse(text).ok_or_else(|| "waiting, given_up".into())
}

pub(super) async fn run(
    state: &State,
    who: &str,
    command: NotificationsCommand,
) -> Result<Json, PeopleError> {
    match command {
        NotificationsCommand::List { file: _, state: which, endpoint, page: Page { after, limit } } => {
            let after = after.unwrap_or_default();
            operate::notifications(state, Listing { state: which, endpoint, after, limit }).await
        }
        NotificationsCommand::Replay { file: _, ids, endpoint, reason } => {
            operate::replay(state, who, ids, endpoint, &reason).await
        }
    }
}

impl NotificationsCommand {
    pub(super) const fn file(&self) -> &ConfigFile {
        match self {
            Self::List { file, .. } | Self::Replay { file, .. } => file,
        }
    }
}
