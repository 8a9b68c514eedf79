//! The stable names of errors. Public API: `docs/errors.md` explains each, and a test keeps both together.

use http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:ident, $title:literal;)*) => {
        /// An error's stable name, its usual status and its title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable snake_case name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The `type` of RFC 9457.
            pub const fn uri(self) -> &'static str {
                match self { $(Self::$variant => concat!("urn:astria-gateway:problem:", $name),)* }
            }

            /// The status it is answered with (`quota_exhausted` in total: 402).
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// A few words for people; the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The path is not in canonical form.
    BadPath = "bad_path", BAD_REQUEST, "The path is not in canonical form";
    /// Headers contradict each other or cannot be read.
    BadRequest = "bad_request", BAD_REQUEST, "The request cannot be understood";
    /// The body is broken, or can be read in two ways.
    BadBody = "bad_body", BAD_REQUEST, "The body cannot be understood";
    /// Not one fit `Idempotency-Key`.
    IdempotencyKeyInvalid = "idempotency_key_invalid", BAD_REQUEST, "The Idempotency-Key cannot be used";
    /// A create without an `Idempotency-Key`, where one is required.
    IdempotencyKeyRequired = "idempotency_key_required", BAD_REQUEST, "Send an Idempotency-Key";
    /// Astria answered 400.
    UpstreamRefused = "upstream_refused", BAD_REQUEST, "Astria refused the request";
    /// The login provider sent somebody back who cannot be signed in.
    LoginFailed = "login_failed", BAD_REQUEST, "Sign-in failed";
    /// No bearer token.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    /// A token that proves nothing.
    InvalidToken = "invalid_token", UNAUTHORIZED, "The access token is not valid";
    /// The token's tenant is not configured, or it has none and must have one.
    TenantUnknown = "tenant_unknown", FORBIDDEN, "The tenant is not known";
    /// The operator withdrew the end user's access.
    Blocked = "blocked", FORBIDDEN, "Access was withdrawn";
    /// A cookie came with a request that another site's page may have made.
    CsrfRefused = "csrf_refused", FORBIDDEN, "The request may come from another site";
    /// The plan has not this operation.
    OperationNotAllowed = "operation_not_allowed", FORBIDDEN, "The plan does not include this";
    /// The plan has not this parameter.
    ParameterNotAllowed = "parameter_not_allowed", FORBIDDEN, "The plan does not include this parameter";
    /// No such path; no such object, or somebody else's.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The path has other methods.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method does not fit the path";
    /// The end user's data is being erased.
    Erasing = "erasing", CONFLICT, "Your data is being erased";
    /// The create under this key is still under way.
    IdempotencyKeyInUse = "idempotency_key_in_use", CONFLICT, "The same create is under way";
    /// A theme on this tune has not ended.
    ThemeOpen = "theme_open", CONFLICT, "A theme on this tune is under way";
    /// The request would destroy something and does not say that this is meant.
    ConfirmationRequired = "confirmation_required", PRECONDITION_REQUIRED, "Say that you mean it";
    /// The body did not arrive in time.
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The body did not arrive in time";
    /// The body is too large.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The picture has no such bytes.
    RangeNotSatisfiable = "range_not_satisfiable", RANGE_NOT_SATISFIABLE, "The range lies outside of the picture";
    /// The body's type is not one that is read here.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body's type is not supported";
    /// Fields are wrong: by our judgement or by Astria's.
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "Some fields are not valid";
    /// The key belongs to another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another create";
    /// The photo is of no accepted kind, broken, or has too many pixels.
    PhotoRefused = "photo_refused", UNPROCESSABLE_ENTITY, "The photo cannot be used";
    /// Too many requests for the address or the plan.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// As many guests began as may, in this network or at all.
    TooManyGuests = "too_many_guests", TOO_MANY_REQUESTS, "Too many guests";
    /// Too many unfinished jobs of the end user.
    TooManyJobs = "too_many_jobs", TOO_MANY_REQUESTS, "Too many jobs are under way";
    /// The end user has as many streams of events as one may have.
    TooManyStreams = "too_many_streams", TOO_MANY_REQUESTS, "Too many streams are open";
    /// The plan's quota is used up.
    QuotaExhausted = "quota_exhausted", TOO_MANY_REQUESTS, "The quota is used up";
    /// A bug of ours.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
    /// Astria does not accept the operator's key.
    UpstreamCredentialRejected = "upstream_credential_rejected", BAD_GATEWAY, "The service is misconfigured";
    /// Astria failed.
    UpstreamFailed = "upstream_failed", BAD_GATEWAY, "Astria failed";
    /// Astria's answer broke off or is not what it documents.
    UpstreamReplyInvalid = "upstream_reply_invalid", BAD_GATEWAY, "Astria's answer cannot be used";
    /// Astria finds this gateway outdated.
    UpstreamOutdated = "upstream_outdated", BAD_GATEWAY, "The service is outdated";
    /// Astria cannot be reached.
    UpstreamUnreachable = "upstream_unreachable", BAD_GATEWAY, "Astria cannot be reached";
    /// Too many requests in flight here.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The service is busy";
    /// Tokens cannot be verified now.
    AuthUnavailable = "auth_unavailable", SERVICE_UNAVAILABLE, "Sign-in cannot be checked now";
    /// The login provider cannot be asked now.
    LoginUnavailable = "login_unavailable", SERVICE_UNAVAILABLE, "Sign-in is not available now";
    /// Who owns what cannot be looked up or recorded now.
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "Records cannot be reached now";
    /// Spending cannot be recorded now, so nothing is spent.
    LedgerUnavailable = "ledger_unavailable", SERVICE_UNAVAILABLE, "Spending is paused";
    /// The plan makes nothing while the operator's account has little left.
    PlanPaused = "plan_paused", SERVICE_UNAVAILABLE, "The plan is paused";
    /// Astria asks the operator's account to slow down.
    UpstreamBusy = "upstream_busy", SERVICE_UNAVAILABLE, "Astria is busy";
    /// Astria is not asked for now: it failed too often, or rejects the operator's key.
    UpstreamPaused = "upstream_paused", SERVICE_UNAVAILABLE, "Astria is not available now";
    /// The operator's account may not pay.
    UpstreamAccountExhausted = "upstream_account_exhausted", SERVICE_UNAVAILABLE, "The service is paused";
    /// Whether the create under this key was carried out is not known yet.
    OutcomeUnknown = "outcome_unknown", GATEWAY_TIMEOUT, "It is not known yet what became of the create";
    /// Astria did not answer in time.
    UpstreamTimeout = "upstream_timeout", GATEWAY_TIMEOUT, "Astria did not answer in time";
}
