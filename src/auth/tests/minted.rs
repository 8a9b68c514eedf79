//! Tokens that the gateway signs itself.

use super::super::{Claims, MintError, Refusal, mint};
use super::{Fixture, NOW_S, SECRET, hs256_source, issuer_with};
use crate::clock::Timestamp;
use crate::principal::Principal;
use crate::secret::Secret;

#[tokio::test]
async fn a_minted_token_is_accepted_by_the_issuer_it_was_minted_for() {
    let mut issuer = issuer_with(hs256_source());
    issuer.subject_claim = "uid".to_owned();
    issuer.plan_claim = "tier".to_owned();
    let now = Timestamp::from_unix_s(NOW_S);
    let claims =
        Claims::for_issuer(&issuer, "user-9", now, 60).with_plan(&issuer, "pro").with_tenant(&issuer, "acme");
    let token = mint(&Secret::new(SECRET.to_vec()), &claims).expect("a token");
    let mut settings = issuer_with(hs256_source());
    settings.subject_claim = "uid".to_owned();
    settings.plan_claim = "tier".to_owned();
    settings.leeway_s = 0;
    let gateway = Fixture::with_issuer(settings);
    let Principal::EndUser(user) = gateway.verify(&token).await.expect("accepted");
    assert_eq!(&*user.id.subject, "user-9");
    assert_eq!(user.claimed_plan.as_deref(), Some("pro"));
    assert_eq!(user.tenant.as_deref(), Some("acme"));
    gateway.advance_s(60);
    gateway.refuses(&token, Refusal::Expired).await;
}

#[test]
fn what_the_gateway_would_refuse_is_not_minted() {
    let issuer = issuer_with(hs256_source());
    let now = Timestamp::from_unix_s(NOW_S);
    let secret = Secret::new(SECRET.to_vec());
    let short = mint(&Secret::new(vec![7; 31]), &Claims::for_issuer(&issuer, "u", now, 60));
    assert!(matches!(short, Err(MintError::SecretTooShort)));
    let nobody = mint(&secret, &Claims::for_issuer(&issuer, "", now, 60));
    assert!(matches!(nobody, Err(MintError::Unfit("subject"))));
    let plan = mint(&secret, &Claims::for_issuer(&issuer, "u", now, 60).with_plan(&issuer, "a\nb"));
    assert!(matches!(plan, Err(MintError::Unfit("plan"))));
}
