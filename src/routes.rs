//! Every route, one line each: method, path, who may, what it does upstream.
//!
//! A route is private unless its line says otherwise. What is not here is 404.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

use crate::handlers::{account, callbacks, health, inspect, packs, prompts, withheld};
use crate::operation::Operation;
use crate::state::AppState;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a limit: health.
    Public,
    /// Astria, proven by the token in the path.
    Callback,
    /// End users, proven by their token.
    EndUser,
}

/// How large a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyCap {
    /// 64 KiB that nobody reads: reads and callbacks.
    Small,
    /// One photo and a few fields.
    Photo,
    /// Parameters with up to two pictures.
    Pictures,
}

/// One line of the table.
pub struct Route {
    /// `GET` answers `HEAD` too.
    pub method: Method,
    /// With `{names}` for what varies.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// What it does upstream, if anything.
    pub operation: Option<Operation>,
    /// How large a body may be.
    pub body: BodyCap,
    /// Stands under `server.base_path`; health does not.
    pub under_base_path: bool,
    /// Who answers.
    pub handler: MethodRouter<AppState>,
}

impl Route {
    fn new<H: Handler<T, AppState>, T: 'static>(method: Method, path: &'static str, handler: H) -> Self {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let handler = on(filter, handler);
        let (access, body) = (Access::EndUser, BodyCap::Small);
        Self { method, path, access, operation: None, body, under_base_path: true, handler }
    }

    /// A `GET` route.
    pub fn get<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::GET, path, handler)
    }

    /// A `POST` route.
    pub fn post<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::POST, path, handler)
    }

    /// A `DELETE` route.
    pub fn delete<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::DELETE, path, handler)
    }

    /// Names the operation.
    #[must_use]
    pub const fn does(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Lets others in than end users.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Lets a larger body in.
    #[must_use]
    pub const fn body(mut self, body: BodyCap) -> Self {
        self.body = body;
        self
    }

    /// Stands at the root whatever the base path.
    #[must_use]
    pub const fn at_root(mut self) -> Self {
        self.under_base_path = false;
        self
    }
}

/// The table.
pub fn table() -> Vec<Route> {
    vec![
        Route::get("/healthz", health::live).access(Access::Public).at_root(),
        Route::get("/readyz", health::ready).access(Access::Public).at_root(),
        Route::post("/gateway/callbacks/{token}", callbacks::receive).access(Access::Callback),
        Route::get("/gateway/account", account::get),
        Route::get("/packs", packs::list).does(Operation::ListPacks),
        Route::get("/gallery/packs", packs::gallery).does(Operation::ListGalleryPacks),
        Route::get("/p/{id}", packs::get).does(Operation::GetPack),
        Route::post("/images/inspect", inspect::inspect).does(Operation::InspectImage).body(BodyCap::Photo),
        Route::post("/prompts", prompts::create_at_root)
            .does(Operation::CreatePrompt)
            .body(BodyCap::Pictures),
        Route::get("/prompts", withheld::not_found).does(Operation::ListPrompts),
        Route::get("/prompts/{id}", prompts::get).does(Operation::GetPrompt),
        Route::delete("/prompts/{id}", withheld::not_found).does(Operation::DeletePrompt),
        Route::post("/tunes/{tune_id}/prompts", prompts::create_on_tune)
            .does(Operation::CreatePrompt)
            .body(BodyCap::Pictures),
        Route::get("/tunes/{tune_id}/prompts", withheld::not_found).does(Operation::ListPrompts),
        Route::get("/tunes/{tune_id}/prompts/{id}", prompts::get_of_tune).does(Operation::GetPrompt),
        Route::delete("/tunes/{tune_id}/prompts/{id}", withheld::not_found).does(Operation::DeletePrompt),
    ]
}
