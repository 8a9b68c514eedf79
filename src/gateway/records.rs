//! What the durable store gives the gateway: the index, and secrets that must stay the same as long as it lives.

use std::sync::Arc;

use super::{StartError, part};
use crate::clock::Clock;
use crate::images::ImageKey;
use crate::ownership::{Index as _, Ownership, Subjects, Titles};
use crate::pseudonym::Pseudonyms;
use crate::secret::Secret;
use crate::state::State;
use crate::store::{Observer, Store, StoreSettings};

/// See the module. Cheap to clone; outlives a reload.
#[derive(Clone)]
pub(super) struct Records {
    pub(super) store: Arc<Store>,
    pub(super) ownership: Ownership,
    pub(super) subjects: Arc<dyn Subjects>,
    pub(super) titles: Titles,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) image_key: ImageKey,
}

impl Records {
    /// Opens the store.
    pub(super) async fn open(
        settings: &StoreSettings,
        clock: Clock,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StartError> {
        let store = Store::open(settings, clock, observer).await.map_err(|error| part("store")(&error))?;
        let store = Arc::new(store);
        let key = async |name| store.key(name).await.map_err(|error| part("store")(&error));
        let (titles, pseudonyms, images) =
            (key("titles").await?, key("pseudonyms").await?, key("images").await?);
        Ok(Self {
            ownership: Ownership::new(Arc::<Store>::clone(&store)),
            subjects: Arc::<Store>::clone(&store),
            titles: Titles::new(&titles),
            pseudonyms: Pseudonyms::new(&pseudonyms),
            image_key: ImageKey::new(&Secret::new(images.to_vec()))
                .ok_or_else(|| StartError::Part("the key of images is too short".into()))?,
            store,
        })
    }

    /// Those that are in use.
    pub(super) fn of(state: &State) -> Self {
        Self {
            store: Arc::clone(&state.store),
            ownership: state.ownership.clone(),
            subjects: Arc::clone(&state.subjects),
            titles: state.titles.clone(),
            pseudonyms: state.pseudonyms.clone(),
            image_key: state.images.key().clone(),
        }
    }

    /// Nothing but what lives as long as the process: for a look at a configuration.
    pub(super) async fn of_nothing(clock: Clock) -> Result<Self, StartError> {
        let settings = StoreSettings { url: "memory:".into(), ..StoreSettings::default() };
        Self::open(&settings, clock, Arc::new(())).await
    }
}
