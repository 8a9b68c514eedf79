//! Every route, one line each: method, path, who may, what it does upstream.
//!
//! A route is private unless its handler takes another kind of caller. What is not here is 404.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Method;

use crate::auth::OperatorName;
use crate::call::{Answer, Call, Caller, Listener, Visitor};
use crate::callback::CallbackToken;
use crate::config::Config;
use crate::handlers::{
    account, account_data, callbacks, creates, events, guest, health, images, inspect, lists, login, openapi,
    operator, packs, prompts, session, themes, tunes, withheld,
};
use crate::images::SignedImage;
use crate::operation::Operation;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a limit: health.
    Public,
    /// Astria, proven by the token in the path.
    Callback,
    /// Whoever holds a URL that the gateway signed: browsers' `<img>` and `<video>`.
    Signed,
    /// Anybody, within the limit of their address: what comes before sign-in.
    Visitor,
    /// End users, proven by their token, or by a cookie.
    EndUser,
    /// The same, or by a ticket in the query that they got for it: a browser's `EventSource` sends no token.
    Listener,
    /// The operator's people and tools, on the private listener only, by a token of their own.
    Operator,
}

/// How large a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyCap {
    /// 64 KiB: reads, and the operator's changes.
    Small,
    /// The objects that a callback tells of.
    Callback,
    /// One photo and a few fields.
    Photo,
    /// Parameters with up to two pictures.
    Pictures,
    /// Parameters alone.
    Fields,
    /// The photos of a tune, which go to disk.
    Upload,
}

/// Room for a multipart body's heads and short fields around its photos.
const AROUND_PHOTOS_BYTES: usize = 64 * 1024;

impl BodyCap {
    /// The bytes that this is under a configuration.
    pub fn max_bytes(self, config: &Config) -> usize {
        let photo_bytes = config.photos.max_bytes;
        match self {
            Self::Small => 64 * 1024,
            Self::Callback => config.callbacks.max_body_bytes,
            Self::Photo => photo_bytes.saturating_add(AROUND_PHOTOS_BYTES),
            Self::Pictures => photo_bytes.saturating_mul(2).saturating_add(config.limits.body_bytes),
            Self::Fields => config.limits.body_bytes,
            Self::Upload => usize::try_from(config.limits.tune_upload_bytes).unwrap_or(usize::MAX),
        }
    }
}

/// A handler, by the kind of caller that it takes.
#[derive(Clone)]
pub enum Handler {
    /// See [`Access::Public`].
    Public(Answering<()>),
    /// See [`Access::Callback`].
    Callback(Answering<CallbackToken>),
    /// See [`Access::Signed`].
    Signed(Answering<SignedImage>),
    /// See [`Access::Visitor`].
    Visitor(Answering<Visitor>),
    /// See [`Access::EndUser`].
    EndUser(Answering<Caller>),
    /// See [`Access::Listener`].
    Listener(Answering<Listener>),
    /// See [`Access::Operator`].
    Operator(Answering<OperatorName>),
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

impl Who for SignedImage {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::Signed(answering)
    }
}

impl Who for Visitor {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::Visitor(answering)
    }
}

impl Who for Caller {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::EndUser(answering)
    }
}

impl Who for Listener {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::Listener(answering)
    }
}

impl Who for OperatorName {
    fn handler(answering: Answering<Self>) -> Handler {
        Handler::Operator(answering)
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

    /// A `PUT` route.
    pub fn put<W, F, A>(path: &'static str, handler: F) -> Self
    where
        W: Who,
        F: Fn(Call<W>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::PUT, path, handler)
    }

    /// A `PATCH` route, and the same as `PUT`: Rails takes both.
    pub fn patch<W, F, A>(path: &'static str, handler: F) -> [Self; 2]
    where
        W: Who,
        F: Fn(Call<W>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        [Self::new(Method::PATCH, path, handler.clone()), Self::new(Method::PUT, path, handler)]
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

    /// Whether its handler reads its body as parameters.
    pub const fn reads_params(&self) -> bool {
        match self.body {
            BodyCap::Photo | BodyCap::Pictures | BodyCap::Fields | BodyCap::Upload => true,
            BodyCap::Small | BodyCap::Callback => false,
        }
    }

    /// Who may use it.
    pub const fn access(&self) -> Access {
        match self.handler {
            Handler::Public(_) => Access::Public,
            Handler::Callback(_) => Access::Callback,
            Handler::Signed(_) => Access::Signed,
            Handler::Visitor(_) => Access::Visitor,
            Handler::EndUser(_) => Access::EndUser,
            Handler::Listener(_) => Access::Listener,
            Handler::Operator(_) => Access::Operator,
        }
    }
}

/// The table. Astria's own paths that end in a word stand in it once more with `.json` (see `JSON_FORMS`); an id at a
/// path's end may have the suffix anyway.
pub fn table() -> Vec<Route> {
    let mut table = vec![
        Route::get("/healthz", health::live).at_root(),
        Route::get("/readyz", health::ready).at_root(),
        Route::get("/gateway/openapi.json", openapi::get),
        Route::post("/gateway/callbacks/{token}", callbacks::receive).body(BodyCap::Callback),
        Route::get("/gateway/session", session::get),
        Route::post("/gateway/session", session::begin),
        Route::delete("/gateway/session", session::end),
        Route::get("/gateway/sessions", session::list),
        Route::delete("/gateway/sessions", session::end_all),
        Route::delete("/gateway/sessions/{id}", session::end_one),
        Route::post("/gateway/guest", guest::begin),
        Route::get("/gateway/login", login::list),
        Route::get("/gateway/login/{provider}", login::begin),
        Route::get("/gateway/login/{provider}/callback", login::finish),
        Route::post("/gateway/login/{provider}/backchannel", login::backchannel),
        Route::post("/gateway/logout", login::log_out).body(BodyCap::Fields),
        Route::get("/gateway/account", account::get),
        Route::get("/gateway/account/data", account_data::export),
        Route::get("/gateway/events", events::listen),
        Route::post("/gateway/events/ticket", events::give_ticket),
        Route::get("/gateway/creates/{id}", creates::get),
        Route::delete("/gateway/account/data", account_data::erase),
        Route::get("/rails/active_storage/blobs/{*rest}", images::get).does(Operation::GetImage),
        Route::get("/packs", packs::list).does(Operation::ListPacks),
        // What it would make is the operator's, as all of /users, /workspaces and /cli.
        Route::post("/packs", withheld::not_found),
        Route::get("/gallery/packs", packs::gallery).does(Operation::ListGalleryPacks),
        Route::get("/p/{id}", packs::get).does(Operation::GetPack),
        Route::post("/p/{pack_id}/tunes", tunes::run_pack).does(Operation::RunPack).body(BodyCap::Upload),
        Route::post("/images/inspect", inspect::inspect).does(Operation::InspectImage).body(BodyCap::Photo),
        Route::post("/tunes", tunes::create).does(Operation::CreateTune).body(BodyCap::Upload),
        Route::get("/tunes", lists::tunes).does(Operation::ListTunes),
        Route::get("/tunes/{id}", tunes::get).does(Operation::GetTune),
        Route::delete("/tunes/{id}", tunes::delete).does(Operation::DeleteTune),
        Route::get("/gallery/tunes", tunes::gallery).does(Operation::ListGalleryTunes),
        // With its suffix only: the bare word is a page of the vendor's site.
        Route::get("/gallery.json", tunes::gallery).does(Operation::ListGalleryTunes),
        Route::post("/prompts", prompts::create_at_root)
            .does(Operation::CreatePrompt)
            .body(BodyCap::Pictures),
        Route::post("/tunes/{tune_id}/prompts", prompts::create_on_tune)
            .does(Operation::CreatePrompt)
            .body(BodyCap::Pictures),
        Route::get("/prompts", lists::prompts).does(Operation::ListPrompts),
        Route::get("/tunes/{tune_id}/prompts", lists::prompts_of_tune).does(Operation::ListPrompts),
        Route::get("/prompts/{id}", prompts::get).does(Operation::GetPrompt),
        Route::get("/tunes/{tune_id}/prompts/{id}", prompts::get).does(Operation::GetPrompt),
        Route::delete("/prompts/{id}", prompts::delete).does(Operation::DeletePrompt),
        Route::delete("/tunes/{tune_id}/prompts/{id}", prompts::delete).does(Operation::DeletePrompt),
        Route::post("/prompts/{id}/duplicate", prompts::duplicate)
            .does(Operation::DuplicatePrompt)
            .body(BodyCap::Pictures),
        Route::post("/themes", themes::create).does(Operation::CreateTheme).body(BodyCap::Fields),
    ];
    for path in ["/prompts/{id}/likes", "/prompts/{id}/like"] {
        table.push(Route::post(path, prompts::like).does(Operation::LikePrompt));
        table.push(Route::delete(path, prompts::unlike).does(Operation::UnlikePrompt));
    }
    let changes = Route::patch("/tunes/{id}", tunes::update);
    table.extend(changes.map(|route| route.does(Operation::UpdateTune).body(BodyCap::Fields)));
    for path in ["/prompts/{id}", "/tunes/{tune_id}/prompts/{id}"] {
        // What it would change is the operator's: packs and workspaces.
        let change = Route::patch(path, withheld::not_found);
        table.extend(change.map(|route| route.does(Operation::UpdatePrompt)));
    }
    for (path, with_suffix) in JSON_FORMS {
        let forms: Vec<Route> = table.iter().filter(|route| route.path == path).cloned().collect();
        table.extend(forms.into_iter().map(|route| Route { path: with_suffix, ..route }));
    }
    table
}

/// The private listener's table: no end user's path stands in it.
pub fn operator_table() -> Vec<Route> {
    let table = vec![
        Route::get("/healthz", health::live),
        Route::get("/readyz", health::ready),
        Route::get("/metrics", health::metrics),
        Route::get("/operator/users", operator::users),
        Route::get("/operator/user", operator::user),
        Route::put("/operator/user/plan", operator::plan),
        Route::post("/operator/user/grants", operator::grant),
        Route::put("/operator/user/block", operator::block),
        Route::get("/operator/usage", operator::usage),
        Route::get("/operator/reservations", operator::reservations),
        Route::get("/operator/audit", operator::audit),
        Route::get("/operator/notifications", operator::notifications),
        Route::post("/operator/notifications/replay", operator::replay),
    ];
    table.into_iter().map(Route::at_root).collect()
}

/// Astria's paths that end in a word, and the same with the suffix of the older API.
const JSON_FORMS: [(&str, &str); 12] = [
    ("/packs", "/packs.json"),
    ("/gallery/packs", "/gallery/packs.json"),
    ("/p/{pack_id}/tunes", "/p/{pack_id}/tunes.json"),
    ("/images/inspect", "/images/inspect.json"),
    ("/tunes", "/tunes.json"),
    ("/gallery/tunes", "/gallery/tunes.json"),
    ("/prompts", "/prompts.json"),
    ("/tunes/{tune_id}/prompts", "/tunes/{tune_id}/prompts.json"),
    ("/prompts/{id}/duplicate", "/prompts/{id}/duplicate.json"),
    ("/prompts/{id}/likes", "/prompts/{id}/likes.json"),
    ("/prompts/{id}/like", "/prompts/{id}/like.json"),
    ("/themes", "/themes.json"),
];
