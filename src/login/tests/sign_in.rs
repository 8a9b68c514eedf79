//! A sign-in from the beginning to the end, and what a browser may bring back.

use std::collections::HashMap;

use super::super::{Denial, ProviderFault, ProviderSetupError, TokenFault};
use super::*;
use fake::{DISCOVERY, KEYS};

#[tokio::test]
async fn a_person_signs_in_with_a_code_that_only_this_gateway_can_use() {
    let test = Fixture::new().await;
    assert_eq!(test.fake.count(DISCOVERY), 0, "nothing is fetched at start");
    let begun = test.begin().await;
    let asked: HashMap<_, _> = begun.url.query_pairs().into_owned().collect();
    let challenge = encode(digest::digest(&digest::SHA256, begun.pending.pkce_verifier.as_bytes()));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://app.example/gateway/login/test/callback"),
        ("scope", "openid offline_access"),
        ("state", begun.pending.state.as_str()),
        ("nonce", begun.pending.nonce.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(begun.url.as_str().starts_with(&format!("{}/authorize?", test.fake.address)));
    assert!(!begun.url.as_str().contains(&begun.pending.pkce_verifier), "the proof stays here");
    assert!(begun.pending.state.len() >= 43 && begun.pending.nonce.len() >= 43, "256 bits each");

    let changes = json!({ "plan": "pro", "tenant": "acme", "sid": "session-1", "auth_time": NOW_S - 60 });
    let token = test.key.token(&test.claims(&begun.pending, changes));
    let signed_in = test.sign_in_with(&begun, &token).await.ok().unwrap();

    assert_eq!(&*signed_in.subject, "user-1");
    assert_eq!((signed_in.plan.as_deref(), signed_in.tenant.as_deref()), (Some("pro"), Some("acme")));
    assert_eq!(signed_in.provider_session.as_deref(), Some("session-1"));
    assert_eq!(signed_in.refresh_token.as_ref().map(text), Some("refresh-1"));
    assert_eq!(signed_in.refresh_due_at, Some(Timestamp::from_unix_s(NOW_S + 300)));
    assert_eq!(signed_in.auth_time, Some(Timestamp::from_unix_s(NOW_S - 60)));
    let [exchange] = &test.fake.seen(TOKEN)[..] else { panic!("one exchange") };
    assert_eq!(exchange.form["grant_type"], "authorization_code");
    assert_eq!(exchange.form["code"], "the-code");
    assert_eq!(exchange.form["code_verifier"], begun.pending.pkce_verifier);
    assert_eq!(exchange.form["redirect_uri"], "https://app.example/gateway/login/test/callback");
    assert!(!exchange.form.contains_key("client_secret"));
    let basic = base64::engine::general_purpose::STANDARD.encode("gate%3Away:s%26cret");
    assert_eq!(exchange.authorization.as_deref(), Some(format!("Basic {basic}").as_str()));
    assert_eq!((test.fake.count(DISCOVERY), test.fake.count(KEYS)), (1, 1));
}

#[tokio::test]
async fn two_sign_ins_share_nothing() {
    let test = Fixture::new().await;
    let (one, two) = (test.begin().await.pending, test.begin().await.pending);
    assert!(one.state != two.state && one.nonce != two.nonce && one.pkce_verifier != two.pkce_verifier);
}

#[tokio::test]
async fn the_secret_goes_in_the_form_only_where_the_provider_offers_nothing_else() {
    let test = Fixture::new().await;
    let offers =
        json!({ "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"] });
    test.fake.reply(DISCOVERY, Reply::Json(200, test.fake.document(offers)));
    assert!(test.sign_in(json!({})).await.is_ok());
    let seen = &test.fake.seen(TOKEN)[0];
    assert_eq!((seen.form["client_secret"].as_str(), seen.authorization.as_deref()), ("s&cret", None));
}

#[tokio::test]
async fn a_public_client_names_itself_and_proves_itself_by_pkce_alone() {
    let test = Fixture::with(|settings| settings.client_secret = None).await;
    assert!(test.sign_in(json!({})).await.is_ok());
    let seen = &test.fake.seen(TOKEN)[0];
    assert_eq!((seen.form["client_id"].as_str(), seen.authorization.as_deref()), (CLIENT, None));
    assert!(!seen.form.contains_key("client_secret"));
}

#[tokio::test]
async fn what_config_adds_stands_in_the_address_and_cannot_replace_what_is_the_gateways() {
    let audience = [("audience".to_owned(), "https://api.example".to_owned())];
    let test = Fixture::with(|settings| settings.extra_params = audience.into()).await;
    let asked: HashMap<_, _> = test.begin().await.url.query_pairs().into_owned().collect();
    assert_eq!(asked["audience"], "https://api.example");
    for name in ["state", "redirect_uri", "response_type", "code_challenge_method", "request"] {
        let mut settings = settings("https://login.example");
        settings.extra_params = [(name.to_owned(), "x".to_owned())].into();
        let error = Provider::new(settings, test.clock.clone(), TaskTracker::new()).err();
        assert!(matches!(error, Some(ProviderSetupError::OwnParameter(_))), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_this_browser_did_not_begin_is_refused_before_the_provider_is_asked() {
    let test = Fixture::new().await;
    let begun = test.begin().await;
    let other = test.begin().await;
    for state in [
        None,
        Some(String::new()),
        Some(other.pending.state.clone()),
        Some(format!("{}a", begun.pending.state)),
    ] {
        let answer = Answer { state, ..answer(&begun) };
        assert!(matches!(test.provider.finish(&answer, &begun.pending).await, Err(LoginError::State)));
    }
    let empty = Pending { state: String::new(), nonce: String::new(), pkce_verifier: String::new() };
    let answer = Answer { state: Some(String::new()), code: Some("the-code".into()), ..Answer::default() };
    assert!(matches!(test.provider.finish(&answer, &empty).await, Err(LoginError::State)));
    assert_eq!(test.fake.count(TOKEN), 0);
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_before_its_code_is_given_away() {
    let test = Fixture::new().await;
    let begun = test.begin().await;
    for issuer in ["https://evil.example".to_owned(), format!("{}/", test.fake.address), String::new()] {
        let answer = Answer { iss: Some(issuer), ..answer(&begun) };
        assert!(matches!(test.provider.finish(&answer, &begun.pending).await, Err(LoginError::Issuer)));
    }
    assert_eq!(test.fake.count(TOKEN), 0);
}

#[tokio::test]
async fn an_answer_without_an_issuer_is_refused_where_the_provider_names_itself() {
    let test = Fixture::new().await;
    let says = json!({ "authorization_response_iss_parameter_supported": true });
    test.fake.reply(DISCOVERY, Reply::Json(200, test.fake.document(says)));
    let begun = test.begin().await;
    assert!(matches!(test.provider.finish(&answer(&begun), &begun.pending).await, Err(LoginError::Issuer)));
    assert_eq!(test.fake.count(TOKEN), 0);
    let token = test.key.token(&test.claims(&begun.pending, json!({})));
    test.fake.reply(TOKEN, Reply::Json(200, tokens(json!({ "id_token": token }))));
    let named = Answer { iss: Some(test.fake.address.clone()), ..answer(&begun) };
    assert!(test.provider.finish(&named, &begun.pending).await.is_ok());
}

#[tokio::test]
async fn a_provider_that_says_no_is_understood_and_not_quoted() {
    let test = Fixture::new().await;
    let said = async |error: &str| {
        let begun = test.begin().await;
        let answer = Answer { code: None, error: Some(error.into()), ..answer(&begun) };
        test.provider.finish(&answer, &begun.pending).await.err().unwrap()
    };
    assert!(matches!(said("access_denied").await, LoginError::Denied(Denial::AccessDenied)));
    assert!(matches!(said("login_required").await, LoginError::Denied(Denial::LoginRequired)));
    let strange = said("<script>alert(1)</script>").await;
    assert!(matches!(strange, LoginError::Denied(Denial::Other)) && !strange.to_string().contains('<'));
    assert!(matches!(said("temporarily_unavailable").await, LoginError::Unavailable(ProviderFault::SaysSo)));
    let refuses = said("invalid_scope").await;
    assert!(matches!(refuses, LoginError::Unavailable(ProviderFault::RefusesGateway("invalid_scope"))));
    assert_eq!(test.fake.count(TOKEN), 0);
}

#[tokio::test]
async fn an_answer_without_a_code_or_with_a_code_and_an_error_is_none() {
    let test = Fixture::new().await;
    let begun = test.begin().await;
    let both = |code: Option<String>, error: Option<&str>| Answer {
        code,
        error: error.map(str::to_owned),
        ..answer(&begun)
    };
    for answer in [
        both(None, None),
        both(Some(String::new()), None),
        both(Some("x".repeat(4097)), None),
        both(Some("the-code".into()), Some("access_denied")),
    ] {
        let error = test.provider.finish(&answer, &begun.pending).await.err();
        assert!(matches!(error, Some(LoginError::Malformed)));
    }
    assert_eq!(test.fake.count(TOKEN), 0);
}

#[tokio::test]
async fn a_code_that_is_used_up_and_a_gateway_that_is_not_known_are_told_apart() {
    let test = Fixture::new().await;
    let refused = async |status: u16, error: &str| {
        let begun = test.begin().await;
        let secret = "description of the-code";
        test.fake.reply(TOKEN, Reply::Json(status, json!({ "error": error, "error_description": secret })));
        let error = test.provider.finish(&answer(&begun), &begun.pending).await.err().unwrap();
        assert!(!format!("{error:?} {error}").contains("the-code"));
        error
    };
    assert!(matches!(refused(400, "invalid_grant").await, LoginError::Code));
    let fault = refused(401, "invalid_client").await;
    assert!(matches!(fault, LoginError::Unavailable(ProviderFault::RefusesGateway("invalid_client"))));
}

#[tokio::test]
async fn the_answer_needs_an_id_token_and_no_refresh_token() {
    let test = Fixture::new().await;
    let begun = test.begin().await;
    test.fake.reply(TOKEN, Reply::Json(200, tokens(json!({}))));
    let error = test.provider.finish(&answer(&begun), &begun.pending).await.err();
    assert!(matches!(error, Some(LoginError::Token(TokenFault::Missing))));

    let token = test.key.token(&test.claims(&begun.pending, json!({})));
    let less =
        json!({ "id_token": token, "refresh_token": null, "expires_in": null, "token_type": "Bearer" });
    test.fake.reply(TOKEN, Reply::Json(200, tokens(less)));
    let signed_in = test.provider.finish(&answer(&begun), &begun.pending).await.ok().unwrap();
    assert!(signed_in.refresh_token.is_none() && signed_in.refresh_due_at.is_none());
    assert!(signed_in.plan.is_none() && signed_in.provider_session.is_none());
}

#[test]
fn an_issuer_over_http_that_is_not_on_this_machine_is_refused() {
    for issuer in ["http://login.example", "http://10.0.0.1", "ftp://login.example", "login.example", ""] {
        let error = Provider::new(settings(issuer), Clock::system(), TaskTracker::new()).err();
        assert!(matches!(error, Some(ProviderSetupError::Issuer(_))), "{issuer}");
    }
}
