//! Every route, one line each: method, path, who may, what it does upstream.
//!
//! A route is private unless its handler takes another kind of caller. What is not here is 404.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Method;

use crate::call::{Answer, Call, Caller};
use crate::callback::CallbackToken;
use crate::handlers::{account, callbacks, health, inspect, packs, prompts, withheld};
use crate::operation::Operation;

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

/// A handler, by the kind of caller that it takes.
#[derive(Clone)]
pub enum Handler {
    /// See [`Access::Public`].
    Public(Answering<()>),
    /// See [`Access::Callback`].
    Callback(Answering<CallbackToken>),
    /// See [`Access::EndUser`].
    EndUser(Answering<Caller>),
}

/// A handler's function with its future boxed: the one box that the inbound list costs.
pub type Answering<W> = Arc<dyn Fn(Call<W>) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Who a handler can take: this is how its type says who may use its route.
pub trait Who: Sized {
    /// Wraps a handler's function.
    fn handler(answering: Answering<Self>) -> Handler;
}

impl Who for () {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::Public(answering)
    }
}

impl Who for CallbackToken {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::Callback(answering)
    }
}

impl Who for Caller {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::EndUser(answering)
    }
}

/// One line of the table.
#[derive(Clone)]
pub struct Route {
    /// `GET` answers `HEAD` too.
    pub method: Method,
    /// With `{names}` for what varies.
    pub path: &'static str,
    /// What it does upstream, if anything.
    pub operation: Option<Operation>,
    /// How large a body may be.
    pub body: BodyCap,
    /// Stands under `server.base_path`; health does not.
    pub under_base_path: bool,
    /// Who answers.
    pub handler: Handler,
}

impl Route {
    fn new<W, F, A>(method: Method, path: &'static str, handler: F) -> Self
    where
        W: Who,
        F: Fn(Call<W>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        let handler = W::handler(Arc::new(move |call| Box::pin(handler(call))));
        Self { method, path, operation: None, body: BodyCap::Small, under_base_path: true, handler }
    }

    /// A `GET` route.
    pub fn get<W, F, A>(path: &'static str, handler: F) -> Self
    where
        W: Who,
        F: Fn(Call<W>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::GET, path, handler)
    }

    /// A `POST` route.
    pub fn post<W, F, A>(path: &'static str, handler: F) -> Self
    where
        W: Who,
        F: Fn(Call<W>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::POST, path, handler)
    }

    /// A `DELETE` route.
    pub fn delete<W, F, A>(path: &'static str, handler: F) -> Self
    where
        W: Who,
        F: Fn(Call<W>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::DELETE, path, handler)
    }

    /// Names the operation.
    #[must_use]
    pub const fn does(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
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

    /// Who may use it.
    pub const fn access(&self) -> Access {
        match self.handler {
            Handler::Public(_) => Access::Public,
            Handler::Callback(_) => Access::Callback,
            Handler::EndUser(_) => Access::EndUser,
        }
    }
}

/// The table.
pub fn table() -> Vec<Route> {
    vec![
        Route::get("/healthz", health::live).at_root(),
        Route::get("/readyz", health::ready).at_root(),
        Route::post("/gateway/callbacks/{token}", callbacks::receive),
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
