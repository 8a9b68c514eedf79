//! Tokens that the gateway signs itself.

use super::super::{Claims, IssuerSettings, MintError, Refusal, mint};
use super::{Fixture, NOW_S, SECRET, hs256_source, issuer_with};
use crate::clock::Timestamp;
use crate::principal::Principal;
use crate::secret::Secret;

/// What the issuer's own settings accept, for one minute.
fn claims_for(issuer: &IssuerSettings, subject: &str) -> Claims {
    Claims {
        issuer: issuer.issuer.as_ref().to_owned(),
        audience: (issuer.audience_claim.clone(), issuer.audiences[0].clone()),
        required: Vec::new(),
        token_type: issuer.token_types[0].clone(),
        subject: (issuer.subject_claim.clone(), subject.to_owned()),
        plan: None,
        tenant: None,
        issued_at: Timestamp::from_unix_s(NOW_S),
        lifetime_s: 60,
    }
}

#[tokio::test]
async fn a_minted_token_is_accepted_by_the_issuer_it_was_minted_for() {
    let mut issuer = issuer_with(hs256_source());
    issuer.subject_claim = "uid".to_owned();
    issuer.plan_claim = "tier".to_owned();
    let mut claims = claims_for(&issuer, "user-9");
    claims.plan = Some(("tier".to_owned(), "pro".to_owned()));
    claims.tenant = Some((issuer.tenant_claim.clone(), "acme".to_owned()));
    let token = mint(&Secret::new(SECRET.to_vec()), &claims).expect("a token");
    let mut settings = issuer_with(hs256_source());
    settings.subject_claim = "uid".to_owned();
    settings.plan_claim = "tier".to_owned();
    settings.leeway_s = 0;
    let gateway = Fixture::with_issuer(settings);
    let Principal::EndUser(user) = gateway.verify(&token).await.expect("accepted") else {
        panic!("an end user")
    };
    assert_eq!(&*user.id.subject, "user-9");
    assert_eq!(user.claimed_plan.as_deref(), Some("pro"));
    assert_eq!(user.tenant.as_deref(), Some("acme"));
    gateway.advance_s(60);
    gateway.refuses(&token, Refusal::Expired).await;
}

#[test]
fn what_the_gateway_would_refuse_is_not_minted() {
    let issuer = issuer_with(hs256_source());
    let secret = Secret::new(SECRET.to_vec());
    let short = mint(&Secret::new(vec![7; 31]), &claims_for(&issuer, "u"));
    assert!(matches!(short, Err(MintError::SecretTooShort)));
    let nobody = mint(&secret, &claims_for(&issuer, ""));
    assert!(matches!(nobody, Err(MintError::Unfit("subject"))));
    let broken = Some((issuer.plan_claim.clone(), "a\nb".to_owned()));
    let plan = mint(&secret, &Claims { plan: broken, ..claims_for(&issuer, "u") });
    assert!(matches!(plan, Err(MintError::Unfit("plan"))));
}
