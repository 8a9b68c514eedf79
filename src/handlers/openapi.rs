//! `GET /gateway/openapi.json`: the published contract, with this gateway's address and limits.

use super::rendered::send;
use crate::call::{Answer, Call};
use crate::packs::Rendered;

/// For everybody: it says nothing that is not in the repository or in a refusal. Made when it is first asked for: most
/// gateways are never asked, and it takes milliseconds.
pub async fn get(call: Call<()>) -> Answer {
    let state = &call.state;
    let rendered =
        state.contract.get_or_init(|| Rendered::of((state.write_contract)(&state.config).into_bytes()));
    Ok(send(rendered, call.headers(), "public, max-age=300"))
}
