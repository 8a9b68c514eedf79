//! Everything the imitation knows, behind one lock.
//!
//! One lock, because an imitation has nothing to gain from more, and it is never held across an await. A reset ends an
//! epoch: jobs and callbacks of the old one are cancelled.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::callback::CallbackClient;
use crate::faults::FaultRule;
use crate::objects::{Batch, Prompt, Tune};
use crate::recording::{RequestLog, StorageRequest};
use crate::settings::Settings;
use crate::stored::StoredContent;
use crate::{pack_seeds, tune_seeds};

const FIRST_PROMPT_ID: u64 = 30_000_001;
const FIRST_TUNE_ID: u64 = 3_000_001;
const FIRST_ORDER_ID: u64 = 500_001;

/// What all connections and jobs share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    /// (key, workspace) pairs that are accepted; a workspace of `None` is not looked at.
    pub(crate) credentials: Mutex<Vec<(String, Option<String>)>>,
    /// `http://127.0.0.1:PORT`
    pub(crate) base_url: String,
    /// The same of the storage host.
    pub(crate) storage_url: String,
    pub(crate) connections: AtomicU64,
    pub(crate) callbacks: Arc<CallbackClient>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    serial: AtomicU64,
    inner: Mutex<State>,
}

/// What the lock guards.
pub(crate) struct State {
    pub(crate) log: RequestLog,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) packs: Arc<[Value]>,
    pub(crate) gallery: Arc<[Value]>,
    pub(crate) tunes: BTreeMap<u64, Tune>,
    pub(crate) prompts: BTreeMap<u64, Prompt>,
    /// For accounts with idempotency on: what was asked for, and what it made.
    pub(crate) tune_by_title: HashMap<String, u64>,
    pub(crate) prompt_by_attributes: HashMap<String, u64>,
    /// By order id.
    pub(crate) batches: HashMap<u64, Batch>,
    /// Requests by method and route template; unrouted ones under an empty template.
    pub(crate) counts: BTreeMap<(String, String), u64>,
    pub(crate) storage_log: VecDeque<StorageRequest>,
    /// Where the addresses of pictures redirect to, if not to the storage host.
    pub(crate) redirect_target: Option<String>,
    pub(crate) stored: StoredContent,
    /// What the account has left.
    pub(crate) balance_mc: i64,
    pub(crate) epoch: CancellationToken,
    next_prompt_id: u64,
    next_tune_id: u64,
    next_order_id: u64,
}

impl Shared {
    pub(crate) fn new(settings: Settings, base_url: String, storage_url: String) -> Self {
        let stop = CancellationToken::new();
        let state = State {
            log: RequestLog::new(settings.max_requests, settings.max_recorded_bytes),
            faults: Vec::new(),
            packs: pack_seeds::account(&base_url).into(),
            gallery: pack_seeds::gallery(&base_url).into(),
            tunes: tune_seeds::shared_tunes(&base_url).into_iter().collect(),
            prompts: BTreeMap::new(),
            tune_by_title: HashMap::new(),
            prompt_by_attributes: HashMap::new(),
            batches: HashMap::new(),
            counts: BTreeMap::new(),
            storage_log: VecDeque::new(),
            redirect_target: None,
            stored: StoredContent::Picture,
            balance_mc: settings.balance_mc,
            epoch: stop.child_token(),
            next_prompt_id: FIRST_PROMPT_ID,
            next_tune_id: FIRST_TUNE_ID,
            next_order_id: FIRST_ORDER_ID,
        };
        Self {
            callbacks: Arc::new(CallbackClient::new(settings.callbacks, settings.callback_timeout_ms)),
            credentials: Mutex::new(vec![(settings.api_key.clone(), settings.workspace_id.clone())]),
            settings,
            base_url,
            storage_url,
            connections: AtomicU64::new(0),
            stop,
            tasks: TaskTracker::new(),
            serial: AtomicU64::new(1),
            inner: Mutex::new(state),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// Runs a job until it is done or its epoch ends.
    pub(crate) fn spawn_in(
        &self,
        epoch: CancellationToken,
        job: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        self.tasks.spawn(async move {
            epoch.run_until_cancelled(job).await;
        })
    }

    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        state.epoch.cancel();
        state.epoch = self.stop.child_token();
        state.log.clear();
        state.faults.clear();
        state.prompts.clear();
        state.tunes = tune_seeds::shared_tunes(&self.base_url).into_iter().collect();
        state.tune_by_title.clear();
        state.prompt_by_attributes.clear();
        state.batches.clear();
        state.counts.clear();
        state.storage_log.clear();
        state.redirect_target = None;
        state.stored = StoredContent::Picture;
        state.balance_mc = self.settings.balance_mc;
    }
}

impl State {
    pub(crate) fn next_prompt_id(&mut self) -> u64 {
        self.next_prompt_id += 1;
        self.next_prompt_id - 1
    }

    pub(crate) fn next_tune_id(&mut self) -> u64 {
        self.next_tune_id += 1;
        self.next_tune_id - 1
    }

    /// Opens a batch; its prompts are added one by one.
    pub(crate) fn open_batch(&mut self, callback: Option<String>) -> u64 {
        let id = self.next_order_id;
        self.next_order_id += 1;
        self.batches.insert(id, Batch { prompts: Vec::new(), callback });
        id
    }

    /// Takes a prompt away, from its tune's list too.
    pub(crate) fn remove_prompt(&mut self, id: u64) -> bool {
        let Some(prompt) = self.prompts.remove(&id) else { return false };
        if let Some(tune) = self.tunes.get_mut(&prompt.tune_id) {
            tune.prompts.remove(&id);
        }
        true
    }

    /// A prompt's or a tune's members; no id is both.
    pub(crate) fn object_mut(&mut self, id: u64) -> Option<&mut Map<String, Value>> {
        match self.prompts.get_mut(&id) {
            Some(prompt) => Some(&mut prompt.object),
            None => self.tunes.get_mut(&id).map(|tune| &mut tune.object),
        }
    }

    /// The account's own tunes, as shown.
    pub(crate) fn own_tunes(&self) -> Vec<Value> {
        self.tunes.values().filter(|tune| !tune.shared).map(Tune::value).collect()
    }

    pub(crate) fn all_prompts(&self) -> Vec<Value> {
        self.prompts.values().map(Prompt::value).collect()
    }
}
