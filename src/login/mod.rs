//! Signs people in at an OpenID provider: authorization code with PKCE, refresh, logout.
//!
//! A person who signs in so is the pair (issuer, subject), the same end user as with a bearer token of that issuer. The
//! protocol is the `openidconnect` crate's; signatures are verified by the gateway's own strict reader (`auth`), which
//! also keeps the provider's keys while the provider is down.
//!
//! ```text
//! let provider = Provider::new(settings, clock, tasks)?;
//! let begun = provider.begin().await?;               // seal begun.pending into a cookie, redirect to begun.url
//! let signed_in = provider.finish(&answer, &pending).await?;
//! ```
//!
//! It does *not* know HTTP's other edge, cookies, sessions or the store. It does not bind a sign-in to a browser: whoever
//! calls keeps [`Pending`] where only that browser has it, with the provider's name beside it.

mod attempt;
mod discovery;
mod fault;
mod http;
mod id_token;
mod logout_token;
mod metadata;
mod providers;
mod refusal;
mod replay;
mod return_path;
mod revocation;
mod settings;
mod tokens;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AccessToken, AuthorizationCode, ClientId, ClientSecret, CsrfToken, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RefreshToken, Scope,
};
use tokio_util::task::TaskTracker;
use url::Url;

pub use attempt::{ATTEMPT_LASTS, Attempt, Attempts};
use discovery::Discovery;
pub use fault::{Denial, LoginError, ProviderFault, RefreshError, TokenFault};
use http::Http;
use id_token::{Expected, Identity, Occasion};
pub use logout_token::LoggedOut;
use metadata::{Metadata, Proof};
pub use providers::Providers;
use refusal::{Refused, refusal};
use replay::Used;
pub use return_path::ReturnPath;
pub use settings::{ProviderSettings, ProviderSetupError, check_issuer, is_own_parameter, is_scope};
use tokens::Tokens;

use crate::auth::AuthError;
use crate::clock::{Clock, Timestamp};
use crate::secret::Secret;

/// By how much the provider's clock may differ.
const LEEWAY: Duration = Duration::from_secs(120);

/// Longest code, in bytes, that is sent on. Providers' are below 2 KiB.
const MAX_CODE_BYTES: usize = 4096;

/// Longest lifetime that an access token is believed to have.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// Random bytes of a state and of a nonce.
const RANDOM_BYTES: u32 = 32;

/// One OpenID provider. Share it as `Arc<Provider>`.
pub struct Provider {
    discovery: Arc<Discovery>,
    used_logout_tokens: Used,
}

/// A sign-in that has begun.
pub struct Begun {
    /// Where the browser goes.
    pub url: Url,
    /// What must be at hand when it comes back.
    pub pending: Pending,
}

/// What a sign-in is finished with. Only the browser that began it may have it, and only sealed: no `Debug`.
pub struct Pending {
    /// Comes back in the address.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves that the code is asked for by who began.
    pub pkce_verifier: String,
}

/// What the provider's answer says, in the parameters of the callback. `error_description` is not among them: nobody
/// is shown what a provider, or whoever made the address, wrote.
#[derive(Default)]
pub struct Answer {
    /// For which tokens are given.
    pub code: Option<String>,
    /// As it was sent.
    pub state: Option<String>,
    /// Whose answer it is (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// A person who has signed in. No `Debug`: it is personal, and holds a token.
pub struct SignedIn {
    /// The person within the issuer.
    pub subject: Arc<str>,
    /// The plan that the ID token claims, if any; whether it exists is for config to say.
    pub plan: Option<Arc<str>>,
    /// The tenant that the ID token claims, if any.
    pub tenant: Option<Arc<str>>,
    /// The provider's session (`sid`), if it has a name.
    pub provider_session: Option<String>,
    /// With which the session is refreshed, if the provider gave one.
    pub refresh_token: Option<Secret>,
    /// When the access token expires, if the provider says so.
    pub refresh_due_at: Option<Timestamp>,
    /// When the person proved themselves to the provider, if it says so.
    pub auth_time: Option<Timestamp>,
}

/// A session that has been refreshed. No `Debug`: it holds a token.
pub struct Refreshed {
    /// To be used from now on, if the provider gave a new one; else the old one stays.
    pub refresh_token: Option<Secret>,
    /// When the access token expires, if the provider says so.
    pub refresh_due_at: Option<Timestamp>,
    /// What a new ID token says; `None` if there was none, it is no proof, or the keys to prove it are not at hand: then
    /// what was known stays.
    pub claims: Option<RefreshedClaims>,
    /// Why the new ID token is no proof. The provider has not confirmed the session then: try again soon, with the new
    /// refresh token, since the old one may be used up.
    pub unproven: Option<TokenFault>,
}

/// What a new ID token says.
pub struct RefreshedClaims {
    /// As in [`SignedIn`].
    pub plan: Option<Arc<str>>,
    /// As in [`SignedIn`].
    pub tenant: Option<Arc<str>>,
}

impl Provider {
    /// Checks the settings. Fetches nothing: tasks on `tasks` do when the first person signs in.
    ///
    /// # Errors
    /// [`ProviderSetupError`]: see there.
    pub fn new(
        mut settings: ProviderSettings,
        clock: Clock,
        tasks: TaskTracker,
    ) -> Result<Self, ProviderSetupError> {
        settings.check()?;
        let secret = match settings.client_secret.take() {
            None => None,
            Some(secret) => {
                Some(ClientSecret::new(text_of(&secret).ok_or(ProviderSetupError::SecretNotText)?))
            }
        };
        let proof = Proof { client_id: ClientId::new(settings.client_id.clone()), secret };
        let http = Http::new(settings.issuer.starts_with("https:"), settings.timeout)
            .map_err(ProviderSetupError::Client)?;
        let used_logout_tokens = Used::new(clock.clone());
        Ok(Self { discovery: Discovery::new(settings, http, proof, clock, tasks), used_logout_tokens })
    }

    /// What it was made from, the secret aside.
    pub fn settings(&self) -> &ProviderSettings {
        &self.discovery.settings
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`LoginError::Unavailable`]: the provider was never reached, and is not now.
    ///
    /// Cancel safe.
    pub async fn begin(&self) -> Result<Begun, LoginError> {
        let metadata = self.discovery.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let settings = self.settings();
        // The crate asks for `openid` by itself.
        let scopes = settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let request = metadata
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(RANDOM_BYTES),
                || Nonce::new_random_len(RANDOM_BYTES),
            )
            .add_scopes(scopes)
            .set_pkce_challenge(challenge);
        let request = settings
            .extra_params
            .iter()
            .fold(request, |request, (name, value)| request.add_extra_param(name.as_str(), value.as_str()));
        let (url, state, nonce) = request.url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            pkce_verifier: verifier.into_secret(),
        };
        Ok(Begun { url, pending })
    }

    /// Finishes a sign-in with what the browser came back with.
    ///
    /// What costs nothing is checked before the provider is asked for anything: an answer that this browser did not
    /// begin causes no request.
    ///
    /// # Errors
    /// [`LoginError`]: see there. The code is spent even then; the person begins anew.
    ///
    /// Not cancel safe: a code can be used once.
    pub async fn finish(&self, answer: &Answer, pending: &Pending) -> Result<SignedIn, LoginError> {
        if pending.state.is_empty()
            || !answer.state.as_deref().is_some_and(|state| same(state, &pending.state))
        {
            return Err(LoginError::State);
        }
        if answer.iss.as_deref().is_some_and(|issuer| issuer != self.settings().issuer) {
            return Err(LoginError::Issuer);
        }
        let metadata = self.discovery.metadata().await?;
        if answer.iss.is_none() && metadata.names_issuer {
            return Err(LoginError::Issuer);
        }
        let code = match (&answer.code, &answer.error) {
            (Some(code), None) if (1..=MAX_CODE_BYTES).contains(&code.len()) => code.clone(),
            (None, Some(error)) => return Err(fault::of_callback(error)),
            _ => return Err(LoginError::Malformed),
        };
        let tokens = metadata
            .client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.pkce_verifier.clone()))
            .request_async(&self.discovery.http)
            .await
            .map_err(|error| match refusal(error) {
                Refused::Grant => LoginError::Code,
                Refused::Otherwise(fault) => fault.into(),
            })?;
        let text = tokens.id_token_text().ok_or(TokenFault::Missing)?;
        let identity =
            self.identity(&metadata, text, tokens.access_token(), Occasion::SignIn { nonce: &pending.nonce });
        let Identity { subject, plan, tenant, provider_session, auth_time } = identity.await?;
        let refresh_due_at = self.due_at(&tokens);
        let refresh_token = secret_of(tokens.refresh_token());
        Ok(SignedIn { subject, plan, tenant, provider_session, refresh_token, refresh_due_at, auth_time })
    }

    /// Asks for new tokens. The caller makes sure that one refresh token is on its way once only: providers that rotate
    /// them end the session when one comes twice.
    ///
    /// # Errors
    /// [`RefreshError`]: see there.
    ///
    /// Not cancel safe: the provider may have rotated the token. Run it in a task.
    pub async fn refresh(
        &self,
        refresh_token: &Secret,
        expected_subject: &str,
    ) -> Result<Refreshed, RefreshError> {
        let metadata = self.discovery.metadata().await?;
        let old = RefreshToken::new(text_of(refresh_token).ok_or(RefreshError::Refused)?);
        let tokens = metadata.client.exchange_refresh_token(&old).request_async(&self.discovery.http).await;
        let tokens = tokens.map_err(|error| match refusal(error) {
            Refused::Grant => RefreshError::Refused,
            Refused::Otherwise(fault) => fault.into(),
        })?;
        let (claims, unproven) = match tokens.id_token_text() {
            None => (None, None),
            Some(text) => {
                let occasion = Occasion::Refresh { subject: expected_subject };
                self.refreshed(self.identity(&metadata, text, tokens.access_token(), occasion).await)?
            }
        };
        let refresh_due_at = self.due_at(&tokens);
        let refresh_token = secret_of(tokens.refresh_token());
        Ok(Refreshed { refresh_token, refresh_due_at, claims, unproven })
    }

    /// What becomes of a refresh by its ID token. The provider may have rotated the refresh token: what is wrong with
    /// the ID token must not lose it.
    fn refreshed(
        &self,
        identity: Result<Identity, LoginError>,
    ) -> Result<(Option<RefreshedClaims>, Option<TokenFault>), RefreshError> {
        match identity {
            Ok(Identity { plan, tenant, .. }) => Ok((Some(RefreshedClaims { plan, tenant }), None)),
            Err(LoginError::Token(TokenFault::Subject)) => Err(RefreshError::Refused),
            Err(LoginError::Token(fault)) => Ok((None, Some(fault))),
            Err(other) => {
                let name = &self.settings().name;
                tracing::warn!(login.provider = %name, login.fault = %other, "refreshed ID token not looked at");
                Ok((None, None))
            }
        }
    }

    /// Where a person goes to sign out at the provider, too; `None` if it has no such place, or was not asked yet. No
    /// ID token stands in it: the provider asks the person.
    pub fn logout_url(&self, state: &str) -> Option<Url> {
        let settings = self.settings();
        let place = self.discovery.known()?.end_session.clone()?;
        let back = PostLogoutRedirectUrl::new(settings.post_logout_redirect_uri.clone()).ok()?;
        let request = LogoutRequest::from(place)
            .set_client_id(ClientId::new(settings.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new(state.to_owned()));
        Some(request.http_get_url())
    }

    /// Reads what the provider posts when somebody has signed out there. Call [`Provider::logged_out`] when it has been
    /// done, and not before: a provider that was told of a failure posts the same token again.
    ///
    /// # Errors
    /// [`LoginError`]: see there; [`TokenFault::Replayed`] for a token that has done its work.
    ///
    /// Cancel safe.
    pub async fn verify_logout_token(&self, token: &str) -> Result<LoggedOut, LoginError> {
        let metadata = self.discovery.metadata().await?;
        let signed = metadata.keys.verify(token).await?;
        let logged_out = logout_token::judge(&signed, self.settings(), self.discovery.clock.now())?;
        if self.used_logout_tokens.contains(&logged_out.jti) {
            return Err(TokenFault::Replayed.into());
        }
        Ok(logged_out)
    }

    /// Remembers that this logout token has done its work.
    pub fn logged_out(&self, token: &LoggedOut) {
        self.used_logout_tokens.insert(&token.jti);
    }

    async fn identity(
        &self,
        metadata: &Metadata,
        text: &str,
        access_token: &AccessToken,
        occasion: Occasion<'_>,
    ) -> Result<Identity, LoginError> {
        let signed = metadata.keys.verify(text).await.map_err(|error: AuthError| LoginError::from(error))?;
        let now = self.discovery.clock.now();
        let expected = Expected { access_token: access_token.secret(), now, occasion };
        Ok(id_token::judge(&signed, text, self.settings(), &expected)?)
    }

    fn due_at(&self, tokens: &Tokens) -> Option<Timestamp> {
        let lifetime = tokens.expires_in()?.min(MAX_LIFETIME);
        Some(self.discovery.clock.now().plus(lifetime))
    }
}

/// Whether two texts are the same, in a time that does not tell how much of them is.
fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn text_of(secret: &Secret) -> Option<String> {
    std::str::from_utf8(secret.expose()).ok().map(str::to_owned)
}

fn secret_of(token: Option<&RefreshToken>) -> Option<Secret> {
    token.map(|token| Secret::from(token.secret().clone()))
}
