//! Lets requests for images in by the signature in their URL.
//!
//! No token is asked: an `<img>` sends none. What does not verify is told what every unknown path is told; it was
//! charged to its address before.
//!
//! - Answers: `not_found`.

use crate::call::Call;
use crate::images::{SignedImage, is_image_path};
use crate::problem::Problem;
use crate::state::State;

/// Whether a path is an image's: these alone may hold escapes, in one spelling that is signed.
pub fn names_image(state: &State, path: &str) -> bool {
    below_base(state, path).is_some_and(is_image_path)
}

/// See the module.
///
/// # Errors
/// The URL is not one of ours, or not any more.
pub fn image_gate(call: Call<()>) -> Result<Call<SignedImage>, Problem> {
    let state = &call.state;
    let path = below_base(state, call.head.uri.path()).unwrap_or_default();
    let image = state.images.verify(path, call.query(), state.clock.now()).ok_or_else(Problem::not_found)?;
    Ok(call.of(image))
}

fn below_base<'a>(state: &State, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(state.config.server.base_path.as_str())
}
