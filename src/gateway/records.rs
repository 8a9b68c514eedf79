//! What the durable store gives the gateway: the index, and secrets that must stay the same as long as it lives.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{StartError, part};
use crate::clock::Clock;
use crate::config::Quota;
use crate::guests::{GuestKeys, KnownGuests};
use crate::images::ImageKey;
use crate::login::Attempts;
use crate::money::Millicents;
use crate::ownership::{AccountKey, Index as _, Ownership, Subjects, Titles};
use crate::people::{Overrides, People};
use crate::pseudonym::Pseudonyms;
use crate::quota::Books as _;
use crate::secret::Secret;
use crate::sessions::CsrfTokens;
use crate::state::State;
use crate::store::{CarryOver, Imported, Observer, Store, StoreSettings};
use crate::streams::Tickets;

/// See the module. Cheap to clone; outlives a reload.
#[derive(Clone)]
pub(super) struct Records {
    pub(super) store: Arc<Store>,
    pub(super) ownership: Ownership,
    pub(super) subjects: Arc<dyn Subjects>,
    pub(super) people: Arc<dyn People>,
    pub(super) overrides: Arc<Overrides>,
    pub(super) titles: Titles,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) image_key: ImageKey,
    /// Signs callback addresses where no other secret is configured.
    pub(super) callback_secret: Arc<Secret>,
    pub(super) tickets: Arc<Tickets>,
    pub(super) csrf_tokens: Arc<CsrfTokens>,
    pub(super) guest_keys: Arc<GuestKeys>,
    pub(super) known_guests: Arc<KnownGuests>,
    pub(super) login_attempts: Arc<Attempts>,
    /// What kinds of jobs last cost, as it was at the start.
    pub(super) last_costs: Vec<(AccountKey, String, Millicents)>,
}

impl Records {
    /// Opens the store, and counts what the version before did not.
    pub(super) async fn open(
        settings: &StoreSettings,
        quota: &Quota,
        clock: Clock,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StartError> {
        let how = CarryOver {
            zone: TimeZone::get(&quota.time_zone).map_err(|error| part("quota.time_zone")(&error))?,
            unknown_cost: quota.unknown_cost_mc,
            clock: clock.clone(),
        };
        let store =
            Store::open(settings, clock.clone(), observer).await.map_err(|error| part("store")(&error))?;
        let counted = Store::carry_over(settings, how).await.map_err(|error| part("store")(&error))?;
        if counted.creates > 0 {
            let Imported { creates, objects } = counted;
            tracing::info!(creates, objects, "what was used before is counted in the ledger");
        }
        let store = Arc::new(store);
        let key = async |name| store.key(name).await.map_err(|error| part("store")(&error));
        let (titles, pseudonyms, images) =
            (key("titles").await?, key("pseudonyms").await?, key("images").await?);
        let callback_secret = Arc::new(Secret::new(key("callbacks").await?.to_vec()));
        let tickets = Tickets::new(&key("events_ticket").await?)
            .map_err(|_| StartError::Part("the key of tickets is not taken".into()))?;
        let csrf_tokens = Arc::new(CsrfTokens::new(&key("csrf").await?));
        let login_attempts = Attempts::new(&key("login").await?)
            .map_err(|_| StartError::Part("the key of sign-ins is not taken".into()))?;
        let guest_keys = Arc::new(GuestKeys::new(&key("guests").await?));
        let pseudonyms = Pseudonyms::new(&pseudonyms);
        let people: Arc<dyn People> = Arc::<Store>::clone(&store);
        let overrides = Overrides::load(Arc::clone(&people), pseudonyms.clone(), clock).await;
        let overrides = overrides.map_err(|error| part("store")(&error))?;
        let last_costs = store.last_costs().await.map_err(|error| part("store")(&error))?;
        Ok(Self {
            people,
            overrides: Arc::new(overrides),
            last_costs: last_costs
                .into_iter()
                .map(|(account, kind, each_mc)| (account, kind, Millicents(each_mc)))
                .collect(),
            ownership: Ownership::new(Arc::<Store>::clone(&store)),
            subjects: Arc::<Store>::clone(&store),
            titles: Titles::new(&titles),
            pseudonyms,
            image_key: ImageKey::new(&Secret::new(images.to_vec()))
                .ok_or_else(|| StartError::Part("the key of images is too short".into()))?,
            callback_secret,
            tickets: Arc::new(tickets),
            csrf_tokens,
            guest_keys,
            known_guests: Arc::default(),
            login_attempts: Arc::new(login_attempts),
            store,
        })
    }

    /// Those that are in use.
    pub(super) fn of(state: &State) -> Self {
        Self {
            store: Arc::clone(&state.store),
            ownership: state.ownership.clone(),
            subjects: Arc::clone(&state.subjects),
            people: Arc::clone(&state.people),
            overrides: Arc::clone(&state.overrides),
            titles: state.titles.clone(),
            pseudonyms: state.pseudonyms.clone(),
            image_key: state.images.key().clone(),
            callback_secret: Arc::clone(&state.own_callback_secret),
            tickets: Arc::clone(&state.tickets),
            csrf_tokens: Arc::clone(&state.csrf_tokens),
            guest_keys: Arc::clone(&state.guest_keys),
            known_guests: Arc::clone(&state.known_guests),
            login_attempts: Arc::clone(&state.login_attempts),
            last_costs: Vec::new(),
        }
    }

    /// Nothing but what lives as long as the process: for a look at a configuration.
    pub(super) async fn of_nothing(clock: Clock) -> Result<Self, StartError> {
        let settings = StoreSettings { url: "memory:".into(), ..StoreSettings::default() };
        Self::open(&settings, &Quota::default(), clock, Arc::new(())).await
    }
}
