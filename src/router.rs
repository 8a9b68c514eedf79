//! Finds the route of a request: the path first, then the method.
//!
//! Paths are canonical before they come here, so one spelling leads to one route.

use std::collections::BTreeMap;

use http::Method;
use http::header::{ALLOW, HeaderValue};

use crate::call::PathValues;
use crate::problem::{Code, Problem};
use crate::routes::Route;

/// All routes, by path.
pub struct Router(matchit::Router<Methods>);

/// What stands at one path.
struct Methods {
    routes: Vec<Route>,
    /// What a 405 names.
    allow: HeaderValue,
}

impl Router {
    /// Puts the routes under `base_path`.
    ///
    /// # Errors
    /// Two templates cannot stand side by side, or the base path is no path.
    pub fn new(base_path: &str, routes: Vec<Route>) -> Result<Self, matchit::InsertError> {
        let mut by_path: BTreeMap<String, Vec<Route>> = BTreeMap::new();
        for route in routes {
            let base = if route.under_base_path { base_path } else { "" };
            by_path.entry(format!("{base}{}", route.path)).or_default().push(route);
        }
        let mut router = matchit::Router::new();
        for (path, routes) in by_path {
            router.insert(path, Methods { allow: allow(&routes), routes })?;
        }
        Ok(Self(router))
    }

    /// The route of a request, and what stood for its `{names}`.
    ///
    /// # Errors
    /// 404 for an unknown path, 405 for a method that a known one does not have.
    pub fn find(&self, method: &Method, path: &str) -> Result<(&Route, PathValues), Problem> {
        let found = self.0.at(path).map_err(|_| Problem::not_found())?;
        // GET answers HEAD too.
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let methods = found.value;
        let route = methods.routes.iter().find(|route| route.method == *wanted).ok_or_else(|| {
            Problem::new(Code::MethodNotAllowed, "Use a method that the Allow header names.")
                .with_header(ALLOW, methods.allow.clone())
        })?;
        let values = found.params.iter().map(|(_, value)| value.to_owned()).collect();
        Ok((route, PathValues::new(route.path, values)))
    }
}

fn allow(routes: &[Route]) -> HeaderValue {
    let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    HeaderValue::try_from(methods.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
