//! Reads what the operator's API is asked: a query, or a small JSON body. What it does not know it refuses, because a name
//! that is misspelt would otherwise mean "all".
//!
//! - Answers: `bad_body`, `body_too_large`, `body_timeout`, `unsupported_media_type`, `validation_failed`.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use crate::auth::OperatorName;
use crate::call::Call;
use crate::middleware::body_limit::too_large;
use crate::operate::{MAX_LIMIT, USUAL_LIMIT};
use crate::params::{BodyKind, Object, ParamsError, Value, body_kind, parse_query};
use crate::problem::{Code, Problem};

/// The query of a call.
pub(super) struct Asked(Object);

impl Asked {
    pub(super) fn read<B>(call: &Call<OperatorName, B>) -> Result<Self, Problem> {
        Ok(Self(parse_query(call.query(), &call.state.param_limits)?.root))
    }

    /// The text of a parameter; `None` if it was not sent.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        match self.0.shift_remove(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "takes one value")),
        }
    }

    /// The place where a list goes on.
    pub(super) fn after(&mut self) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text("after")? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| wrong("after", "is not what `next` gave"))
    }

    /// How many lines.
    pub(super) fn limit(&mut self) -> Result<u32, Problem> {
        let Some(text) = self.text("limit")? else { return Ok(USUAL_LIMIT) };
        let limit: Option<u32> = text.parse().ok().filter(|limit| *limit > 0);
        limit.map(|limit| limit.min(MAX_LIMIT)).ok_or_else(|| wrong("limit", "is a number above 0"))
    }

    /// Everything was taken.
    pub(super) fn end(self) -> Result<(), Problem> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(wrong(&name, "is not a parameter of this")),
        }
    }
}

/// The body of a call.
pub(super) async fn body<T: DeserializeOwned>(
    call: Call<OperatorName>,
) -> Result<(Call<OperatorName, ()>, T), Problem> {
    let (call, body) = call.split();
    let mut types = call.headers().get_all(CONTENT_TYPE).iter();
    let kind = body_kind(types.next().map(http::HeaderValue::as_bytes));
    if types.next().is_some() || kind.is_ok_and(|kind| !matches!(kind, BodyKind::Json)) {
        return Err(ParamsError::UnsupportedMediaType.into());
    }
    // Not out of the memory for end users' bodies: when that is full, the operator must be heard all the same.
    let max_bytes = body.max_bytes;
    let collecting = Limited::new(body.proven()?, max_bytes).collect();
    let patience = Duration::from_millis(call.state.config.limits.body_timeout_ms);
    let bytes = match tokio::time::timeout(patience, collecting).await {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(too_large(max_bytes));
        }
        Ok(Err(_)) => return Err(Problem::new(Code::BadBody, "The body broke off.")),
        Err(_) => return Err(Problem::new(Code::BodyTimeout, "Send the body faster.")),
    };
    let read = serde_json::from_slice(&bytes).map_err(|error| {
        let code = if error.is_data() { Code::ValidationFailed } else { Code::BadBody };
        Problem::new(code, error.to_string())
    })?;
    Ok((call, read))
}

fn wrong(name: &str, what: &str) -> Problem {
    Problem::new(Code::ValidationFailed, "Mend the parameters that are named, then send again.")
        .with_errors(vec![(name.to_owned(), vec![what.to_owned()])])
}
