//! A provider's answer with tokens.
//!
//! The crate's own type takes the ID token apart while it reads the answer, before a signature was looked at. Here it
//! stays a text until the gateway's strict reader has proven it. What has tokens in it has no `Debug` that shows them,
//! and is never written.

use std::fmt;
use std::time::Duration;

use openidconnect::core::{CoreIdToken, CoreTokenType};
use openidconnect::{AccessToken, OAuth2TokenResponse, RefreshToken, Scope};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// See the module.
#[derive(Deserialize)]
pub(super) struct Tokens {
    access_token: AccessToken,
    #[serde(deserialize_with = "token_type")]
    token_type: CoreTokenType,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    id_token: Option<String>,
}

impl Tokens {
    /// As it came; nothing in it is proven.
    pub(super) fn id_token_text(&self) -> Option<&str> {
        self.id_token.as_deref()
    }
}

/// In any case, as RFC 6749 section 7.1 has it.
fn token_type<'de, D: Deserializer<'de>>(reader: D) -> Result<CoreTokenType, D::Error> {
    let text = String::deserialize(reader)?.to_ascii_lowercase();
    Ok(if text == "bearer" { CoreTokenType::Bearer } else { CoreTokenType::Extension(text) })
}

/// Some providers write the number as a text; what is neither says nothing.
fn seconds<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(reader)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Serialize for Tokens {
    /// The crate asks for it; nothing is written.
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_unit()
    }
}

impl OAuth2TokenResponse for Tokens {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl
    openidconnect::TokenResponse<
        openidconnect::EmptyAdditionalClaims,
        openidconnect::core::CoreGenderClaim,
        openidconnect::core::CoreJweContentEncryptionAlgorithm,
        openidconnect::core::CoreJwsSigningAlgorithm,
    > for Tokens
{
    /// Always none: see the module.
    fn id_token(&self) -> Option<&CoreIdToken> {
        None
    }
}
