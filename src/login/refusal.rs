//! How a provider's token endpoint says no, told apart: of the person, or of something else.

use openidconnect::RequestTokenError;

use super::fault::{ProviderFault, gateways_own};

/// How a token endpoint said no.
pub(super) enum Refused {
    /// The code or refresh token is good no more.
    Grant,
    /// Something else, which has nothing to do with the person.
    Otherwise(ProviderFault),
}

type TokenError = RequestTokenError<
    ProviderFault,
    openidconnect::StandardErrorResponse<openidconnect::core::CoreErrorResponseType>,
>;

pub(super) fn refusal(error: TokenError) -> Refused {
    Refused::Otherwise(match error {
        RequestTokenError::ServerResponse(answer) => {
            let word: &str = answer.error().as_ref();
            // The last three are what some providers say of a session that the person must renew themselves.
            match word {
                "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
                    return Refused::Grant;
                }
                "temporarily_unavailable" | "server_error" => ProviderFault::SaysSo,
                other => ProviderFault::RefusesGateway(gateways_own(other).unwrap_or("other")),
            }
        }
        RequestTokenError::Request(fault) => fault,
        // What the crate could not read is not kept: it may hold tokens.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => ProviderFault::Malformed,
    })
}
