//! The upstream's routes, recognised as Rails' router does.
//!
//! Slashes are squeezed, one at the end is ignored, `.json` is a format, `%2F` stays inside a segment and is decoded after
//! the match, literal segments are compared as spelled. It does not handle requests.
//!
//! Source: own runs of Rails 7.2, `fixtures/rails-7.2-rack-3.1.txt`.

use percent_encoding::percent_decode_str;

/// What a route runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// `GET /packs`
    ListPacks,
    /// `GET /gallery/packs`
    ListGalleryPacks,
    /// `GET /p/:id`, by number or slug.
    ShowPack,
    /// `POST /images/inspect`
    Inspect,
    /// `POST /tunes`
    CreateTune,
    /// `GET /tunes`
    ListTunes,
    /// `GET /gallery/tunes`
    ListGalleryTunes,
    /// `GET /tunes/:id`
    ShowTune,
    /// `PATCH` or `PUT /tunes/:id`
    UpdateTune,
    /// `DELETE /tunes/:id`
    DeleteTune,
    /// `POST /tunes/:tune_id/prompts` and `POST /prompts`
    CreatePrompt,
    /// `GET /tunes/:tune_id/prompts` and `GET /prompts`
    ListPrompts,
    /// `GET /tunes/:tune_id/prompts/:id` and `GET /prompts/:id`
    ShowPrompt,
    /// `PATCH` or `PUT` of a prompt.
    UpdatePrompt,
    /// `DELETE` of a prompt.
    DeletePrompt,
    /// `POST` or `DELETE` of a like.
    Like,
    /// `POST /p/:pack_id/tunes`
    RunPack,
    /// `POST /themes`
    CreateTheme,
    /// `POST /prompts/:id/duplicate`
    DuplicatePrompt,
    /// `GET /rails/active_storage/blobs/redirect/:signed_id/:filename`, and the older form without `redirect`.
    RedirectBlob,
    /// `GET /rails/active_storage/blobs/proxy/:signed_id/:filename`
    ProxyBlob,
    /// `GET /users`
    ShowAccount,
}

/// Method, template, action. Templates are written as they are counted: see [`crate::MockAstria::count`].
const ROUTES: &[(&str, &str, Action)] = &[
    ("GET", "/packs", Action::ListPacks),
    ("GET", "/gallery/packs", Action::ListGalleryPacks),
    ("GET", "/gallery/tunes", Action::ListGalleryTunes),
    ("GET", "/p/:id", Action::ShowPack),
    ("POST", "/images/inspect", Action::Inspect),
    ("POST", "/tunes", Action::CreateTune),
    ("GET", "/tunes", Action::ListTunes),
    ("GET", "/tunes/:id", Action::ShowTune),
    ("PATCH", "/tunes/:id", Action::UpdateTune),
    ("PUT", "/tunes/:id", Action::UpdateTune),
    ("DELETE", "/tunes/:id", Action::DeleteTune),
    ("POST", "/tunes/:tune_id/prompts", Action::CreatePrompt),
    ("GET", "/tunes/:tune_id/prompts", Action::ListPrompts),
    ("GET", "/tunes/:tune_id/prompts/:id", Action::ShowPrompt),
    ("PATCH", "/tunes/:tune_id/prompts/:id", Action::UpdatePrompt),
    ("PUT", "/tunes/:tune_id/prompts/:id", Action::UpdatePrompt),
    ("DELETE", "/tunes/:tune_id/prompts/:id", Action::DeletePrompt),
    ("POST", "/prompts", Action::CreatePrompt),
    ("GET", "/prompts", Action::ListPrompts),
    ("GET", "/prompts/:id", Action::ShowPrompt),
    ("DELETE", "/prompts/:id", Action::DeletePrompt),
    ("POST", "/prompts/:id/likes", Action::Like),
    ("POST", "/prompts/:id/like", Action::Like),
    ("DELETE", "/prompts/:id/likes", Action::Like),
    ("DELETE", "/prompts/:id/like", Action::Like),
    ("GET", "/gallery", Action::ListGalleryTunes),
    ("POST", "/p/:pack_id/tunes", Action::RunPack),
    ("POST", "/themes", Action::CreateTheme),
    ("GET", "/users", Action::ShowAccount),
    ("POST", "/prompts/:id/duplicate", Action::DuplicatePrompt),
    ("GET", "/rails/active_storage/blobs/redirect/:signed_id/:filename", Action::RedirectBlob),
    ("GET", "/rails/active_storage/blobs/proxy/:signed_id/:filename", Action::ProxyBlob),
    ("GET", "/rails/active_storage/blobs/:signed_id/:filename", Action::RedirectBlob),
];

/// A recognised request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What runs.
    pub action: Action,
    /// The path with its parameters by name: `/tunes/:tune_id/prompts/:id`.
    pub template: &'static str,
    /// Path parameters, decoded; `format` among them if the path had a suffix.
    pub path_params: Vec<(String, String)>,
}

/// Finds the route of a request; `path` is undecoded and has no query. `None` is 404.
#[must_use]
pub fn recognise(method: &str, path: &str) -> Option<Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let last = segments.pop()?;
    let (last, format) = match last.split_once('.') {
        Some((name, format)) if !name.is_empty() && !format.is_empty() => (name, Some(format)),
        _ => (last, None),
    };
    if segments.iter().any(|segment| segment.contains('.')) || format.is_some_and(|f| f.contains('.')) {
        return None;
    }
    segments.push(last);
    ROUTES.iter().filter(|(verb, ..)| *verb == method).find_map(|(_, template, action)| {
        let mut path_params = match_segments(template, &segments)?;
        path_params.extend(format.map(|format| ("format".to_owned(), decode(format))));
        Some(Route { action: *action, template, path_params })
    })
}

fn match_segments(template: &str, segments: &[&str]) -> Option<Vec<(String, String)>> {
    let mut params = Vec::new();
    let mut given = segments.iter();
    for wanted in template.split('/').skip(1) {
        let given = given.next()?;
        match wanted.strip_prefix(':') {
            Some(name) => params.push((name.to_owned(), decode(given))),
            None if wanted == *given => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(params)
}

fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
