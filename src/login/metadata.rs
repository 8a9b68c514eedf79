//! What a provider says about itself, and the client of the `openidconnect` crate made from it.
//!
//! The document comes over https or from this machine, and each address in it must be as well protected. Its `issuer`
//! is ours letter for letter: otherwise one provider could answer for another.
//! Source: OpenID Connect Discovery 1.0 sections 3 and 4.3, RFC 8414 section 3.3.
//!
//! It does *not* take algorithms from the document: the keys say what they may be used for.

use std::sync::Arc;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, Client, ClientId, ClientSecret, EmptyAdditionalClaims,
    EndSessionUrl, EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySet, ProviderMetadata, RedirectUrl,
    RevocationUrl, StandardErrorResponse,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::fault::ProviderFault;
use super::settings::ProviderSettings;
use super::tokens::Tokens;
use crate::auth::{PublishedKeys, is_as_safe, key_set_url};

/// The crate's client, with the endpoints that a sign-in needs.
pub(super) type RelyingParty = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// What the crate does not read by itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Further {
    end_session_endpoint: Option<EndSessionUrl>,
    revocation_endpoint: Option<RevocationUrl>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Further {}

type Document = ProviderMetadata<
    Further,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// How the gateway proves itself to the provider, as text for the crate, which zeroes nothing.
pub(super) struct Proof {
    pub(super) client_id: ClientId,
    pub(super) secret: Option<ClientSecret>,
}

/// A provider as it is known now.
pub(super) struct Metadata {
    pub(super) client: RelyingParty,
    pub(super) keys: Arc<PublishedKeys>,
    pub(super) end_session: Option<EndSessionUrl>,
    pub(super) revocation: Option<Url>,
    pub(super) auth_type: AuthType,
    /// Its answers say whose they are (RFC 9207).
    pub(super) names_issuer: bool,
}

impl Metadata {
    /// Reads the document. `keys_at` gives the keys of an address: those in use, if it is still the same.
    pub(super) fn read(
        document: &[u8],
        settings: &ProviderSettings,
        proof: &Proof,
        keys_at: impl FnOnce(Url) -> Result<Arc<PublishedKeys>, ProviderFault>,
    ) -> Result<Self, ProviderFault> {
        let key_set = key_set_url(document, &settings.issuer)?;
        let document: Document = serde_json::from_slice(document).map_err(|_| ProviderFault::Malformed)?;
        let safe = |url: &Url| is_as_safe(url, &settings.issuer);
        let further = document.additional_metadata();
        let authorization = document.authorization_endpoint();
        if !safe(authorization.url()) {
            return Err(ProviderFault::Endpoint("authorization_endpoint"));
        }
        let token = document
            .token_endpoint()
            .filter(|token| safe(token.url()))
            .ok_or(ProviderFault::Endpoint("token_endpoint"))?;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| ProviderFault::Malformed)?;
        let redirect =
            RedirectUrl::new(settings.redirect_uri.clone()).map_err(|_| ProviderFault::Malformed)?;
        let auth_type = auth_type(document.token_endpoint_auth_methods_supported());
        let client = Client::new(proof.client_id.clone(), issuer, JsonWebKeySet::default())
            .set_auth_uri(authorization.clone())
            .set_token_uri(token.clone())
            .set_redirect_uri(redirect)
            .set_auth_type(auth_type.clone());
        let client = match &proof.secret {
            Some(secret) => client.set_client_secret(secret.clone()),
            None => client,
        };
        Ok(Self {
            client,
            keys: keys_at(key_set)?,
            end_session: further.end_session_endpoint.clone().filter(|end| safe(end.url())),
            revocation: further.revocation_endpoint.as_ref().map(|end| end.url().clone()).filter(safe),
            auth_type,
            names_issuer: further.authorization_response_iss_parameter_supported,
        })
    }
}

/// In the header, unless the provider offers the form only.
fn auth_type(offered: Option<&Vec<CoreClientAuthMethod>>) -> AuthType {
    let offers = |method| offered.is_some_and(|all| all.contains(&method));
    let is_form_only =
        offers(CoreClientAuthMethod::ClientSecretPost) && !offers(CoreClientAuthMethod::ClientSecretBasic);
    if is_form_only { AuthType::RequestBody } else { AuthType::BasicAuth }
}
