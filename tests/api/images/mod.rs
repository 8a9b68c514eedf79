//! Pictures under the gateway's own address: who sees them, where they come from, and what of them is shown.

mod fetched;
mod signed;
mod storage;
mod streams;

use reqwest::Method;

use super::harness::{Client, Reply, Spawn, TestGateway, spawn_gateway};
use storage::{Storage, Stored, png};

/// Where a picture is at Astria, and at its storage.
const AT_ASTRIA: &str = "/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/cat.png";
const AT_STORAGE: &str = "/bucket/abc123";

/// Astria, its storage, and a gateway before both.
struct World {
    astria: Storage,
    storage: Storage,
    gw: TestGateway,
}

impl World {
    async fn start(change: impl FnOnce(Spawn) -> Spawn) -> Self {
        let (astria, storage) = (Storage::start().await, Storage::start().await);
        let base_url = astria.url.clone();
        let spawn = spawn_gateway().config(|config| {
            config.upstream.base_url = base_url;
            config.upstream.read_retries = 0;
            config.images.hosts = vec!["127.0.0.1".into()];
            config.images.allow_private_hosts = true;
        });
        let gw = change(spawn).start().await;
        astria.put(AT_ASTRIA, Stored::To(302, format!("{}{AT_STORAGE}?X-Amz-Signature=s3cr3t", storage.url)));
        Self { astria, storage, gw }
    }

    /// With this at the end of the redirect.
    async fn with(stored: Stored) -> Self {
        let world = Self::start(|spawn| spawn).await;
        world.storage.put(AT_STORAGE, stored);
        world
    }

    /// What an owner is shown: path and query of a signed URL.
    fn signed(&self, path: &str) -> String {
        let (state, account) = (self.gw.state(), self.gw.own_account());
        let url = state.images.of(&account.key, state.clock.now()).rewrite(path).unwrap();
        url.strip_prefix(&self.gw.url).unwrap().to_owned()
    }

    fn browser(&self) -> Client {
        self.gw.anonymous()
    }

    async fn get(&self) -> Reply {
        self.browser().get(&self.signed(AT_ASTRIA)).await
    }

    async fn range(&self, range: &str) -> Reply {
        self.browser().header("range", range).get(&self.signed(AT_ASTRIA)).await
    }

    async fn head(&self) -> Reply {
        self.browser().method(Method::HEAD, &self.signed(AT_ASTRIA)).await
    }
}

/// A reply's 416, for the walk over all errors.
pub async fn out_of_range() -> Reply {
    let world = World::with(Stored::Bytes("image/png", png(1000))).await;
    world.range("bytes=0-").await;
    world.range("bytes=5000-").await
}
