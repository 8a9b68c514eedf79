//! What a test, the demo or the command line may choose about the imitation.
//!
//! One struct with defaults, so that a test names only what it is about. It reads no environment.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// How a callback's body holds its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Envelope {
    /// The object itself.
    #[default]
    Bare,
    /// Under its name: `{"prompt": {…}}` or `{"tune": {…}}`.
    Wrapped,
}

impl FromStr for Envelope {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bare" => Ok(Self::Bare),
            "wrapped" => Ok(Self::Wrapped),
            _ => Err("expected `bare` or `wrapped`"),
        }
    }
}

/// What a delete replies: older documents show the first, current clients expect the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteReply {
    /// 200 with `{"message": "…"}`.
    #[default]
    Message,
    /// 204 without a body.
    NoContent,
}

/// What the creation of a prompt replies: clients accept both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PromptReply {
    /// The prompt.
    #[default]
    Object,
    /// An array of one prompt.
    Array,
}

/// What a pack run on existing tunes replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PackRunReply {
    /// `{status, order, prompt_ids}`.
    #[default]
    Order,
    /// The tune itself if the run names one tune, else the order.
    TuneIfSingle,
}

/// What `GET /users` replies: no document shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsersReply {
    /// The account.
    #[default]
    Object,
    /// A list of one account.
    ListOfOne,
    /// 404, as if there were no such route.
    Absent,
}

/// Everything that may be chosen. Start from [`Settings::default`].
#[derive(Clone)]
pub struct Settings {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The only key that is let in. An imitation's key is no secret.
    pub api_key: String,
    /// The only workspace that is let in; `None` does not look at the header.
    pub workspace_id: Option<String>,
    /// How long a tune trains.
    pub train_ms: u64,
    /// How long a prompt generates.
    pub generate_ms: u64,
    /// How long it takes until the prompts of a theme appear.
    pub theme_ms: u64,
    /// The shape of callback bodies.
    pub envelope: Envelope,
    /// What `DELETE /tunes/:id` replies.
    pub delete_tune_reply: DeleteReply,
    /// What the `DELETE` of a prompt replies.
    pub delete_prompt_reply: DeleteReply,
    /// The status of a like: 201 in the documents, 200 in the expectation of a web client. The body is empty.
    pub like_status: u16,
    /// The status of a like taken back: 201 in the documents. The body is empty.
    pub unlike_status: u16,
    /// The status of a theme: 201 in the documents' text, 200 in their sample. The body is empty.
    pub theme_status: u16,
    /// What the creation of a prompt replies.
    pub prompt_reply: PromptReply,
    /// What a pack run on existing tunes replies.
    pub pack_run_reply: PackRunReply,
    /// Shows pictures under `/rails/active_storage/blobs/…`, relative to the API host, as older objects do.
    pub relative_images: bool,
    /// Where the storage host listens, to which such a picture's address redirects; port 0 lets the system choose.
    pub storage_listen: SocketAddr,
    /// What `GET /users` replies.
    pub users_reply: UsersReply,
    /// The account's money at the start, in thousandths of a cent: what is made is taken off it, below zero too.
    pub balance_mc: i64,
    /// Price of one image, in thousandths of a cent.
    pub cost_per_image_mc: u64,
    /// Price of one tune, in thousandths of a cent.
    pub cost_per_tune_mc: u64,
    /// Images of a prompt that names no number: an account setting at the upstream.
    pub default_num_images: u64,
    /// Answer a known tune title (of a pack run too), or known prompt attributes, with the object that has them: an account setting too.
    pub idempotent: bool,
    /// Whether anybody is called back.
    pub callbacks: bool,
    /// How long a callback may take before it is given up. It is never repeated.
    pub callback_timeout_ms: u64,
    /// How many requests are remembered; the oldest are forgotten first.
    pub max_requests: usize,
    /// How many bytes of uploaded files are remembered with them.
    pub max_recorded_bytes: usize,
    /// The largest request body taken.
    pub max_body_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_key: "sd_mock_key".to_owned(),
            workspace_id: None,
            train_ms: 200,
            generate_ms: 100,
            theme_ms: 50,
            envelope: Envelope::Bare,
            delete_tune_reply: DeleteReply::Message,
            delete_prompt_reply: DeleteReply::Message,
            like_status: 201,
            unlike_status: 201,
            theme_status: 201,
            prompt_reply: PromptReply::Object,
            pack_run_reply: PackRunReply::Order,
            relative_images: false,
            storage_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users_reply: UsersReply::Object,
            balance_mc: 5_000_000,
            cost_per_image_mc: 4_000,
            cost_per_tune_mc: 150_000,
            default_num_images: 4,
            idempotent: false,
            callbacks: true,
            callback_timeout_ms: 5_000,
            max_requests: 100_000,
            max_recorded_bytes: 256 * 1024 * 1024,
            max_body_bytes: 64 * 1024 * 1024,
        }
    }
}
