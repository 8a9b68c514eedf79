//! Facts of the domain → codes: exhaustive matches, so that a new error does not compile until somebody
//! chose its code.

use http::HeaderValue;
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_RANGE, WWW_AUTHENTICATE};

use super::{Code, Problem};
use crate::auth::AuthError;
use crate::idempotency::{KeyError, MAX_KEY_CHARS};
use crate::intake::{IntakeError, SpoolError};
use crate::operation::Operation;
use crate::ownership::{IndexError, OwnershipError};
use crate::params::{ParamsError, SpoolingError};
use crate::people::PeopleError;
use crate::photo::{PhotoError, SpooledPhotoError};
use crate::policy::PolicyError;
use crate::quota::{Period, QuotaError, SharedBy};
use crate::sessions::SessionsError;
use crate::upstream::blob::BlobError;
use crate::upstream::{PauseReason, Spent, UpstreamError};

/// A look at what a lost answer made takes about as long.
const UNKNOWN_RETRY_AFTER_S: u64 = 60;
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer");
const CHALLENGE_INVALID: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");

impl Problem {
    /// No token came at all.
    pub fn unauthenticated() -> Self {
        Self::unauthenticated_because("Send an access token as `Authorization: Bearer …`.")
    }

    /// The same in other words.
    pub fn unauthenticated_because(detail: &'static str) -> Self {
        Self::new(Code::Unauthenticated, detail).with_header(WWW_AUTHENTICATE, CHALLENGE)
    }

    /// A cookie came, and nothing that a page of another site could not have sent.
    pub fn csrf_refused() -> Self {
        let detail =
            "Send the csrf_token of GET /gateway/session as X-CSRF-Token, from a page of this service.";
        Self::new(Code::CsrfRefused, detail)
    }

    /// A ticket came that opens nothing.
    pub fn invalid_ticket() -> Self {
        Self::new(Code::InvalidToken, "Ask for a new ticket: `POST /gateway/events/ticket`.")
            .with_header(WWW_AUTHENTICATE, CHALLENGE_INVALID)
    }

    /// A token came that is not one of the operator's.
    pub fn invalid_operator_token() -> Self {
        Self::new(Code::InvalidToken, "Send a token of the operator's.")
            .with_header(WWW_AUTHENTICATE, CHALLENGE_INVALID)
    }

    /// A failed call upstream, for the operation that made it.
    pub fn of_upstream(error: &UpstreamError, operation: Operation) -> Self {
        let problem = match error {
            UpstreamError::Unreachable => {
                Self::new(Code::UpstreamUnreachable, "Nothing was sent; try again in a moment.")
                    .with_retry_after_s(2)
            }
            UpstreamError::TimedOut => Self::new(
                Code::UpstreamTimeout,
                if operation.creates_cost() {
                    "The request may have been carried out: do not repeat it, look for its result first."
                } else {
                    "Try again in a moment."
                },
            ),
            UpstreamError::Cut
            | UpstreamError::Unreadable
            | UpstreamError::TooLarge
            | UpstreamError::SecretEchoed => Self::new(
                Code::UpstreamReplyInvalid,
                "The answer was withheld. Ask the operator, with the request id.",
            ),
            UpstreamError::Busy { retry_after_s } => {
                Self::new(Code::UpstreamBusy, "This is not your limit; try again later.")
                    .with_retry_after_s(*retry_after_s)
            }
            UpstreamError::Paused { retry_after_s, reason } => match reason {
                PauseReason::AccountExhausted => Self::new(
                    Code::UpstreamAccountExhausted,
                    "Nothing you can mend: the operator has been told.",
                )
                .with_retry_after_s(*retry_after_s),
                PauseReason::Failing | PauseReason::CredentialRejected => {
                    Self::new(Code::UpstreamPaused, "Nothing was sent; try again later.")
                        .with_retry_after_s(*retry_after_s)
                }
            },
            UpstreamError::Overloaded { retry_after_s } => {
                Self::new(Code::Overloaded, "Nothing was sent; try again in a moment.")
                    .with_retry_after_s(*retry_after_s)
            }
            UpstreamError::CredentialRejected => Self::new(
                Code::UpstreamCredentialRejected,
                "Nothing you can mend: the operator has been told.",
            ),
            UpstreamError::AccountExhausted => {
                Self::new(Code::UpstreamAccountExhausted, "Nothing you can mend: the operator has been told.")
                    .with_retry_after_s(60)
            }
            UpstreamError::Outdated => {
                Self::new(Code::UpstreamOutdated, "Nothing you can mend: the operator has been told.")
            }
            UpstreamError::NotFound => Self::not_found(),
            UpstreamError::Invalid(messages) => {
                Self::new(Code::ValidationFailed, "Mend the fields that are named, then send again.")
                    .with_errors(messages.fields().to_vec())
            }
            UpstreamError::Refused(messages) => {
                Self::new(Code::UpstreamRefused, "Change the request, then send again.")
                    .with_errors(messages.fields().to_vec())
            }
            UpstreamError::Failed { .. } | UpstreamError::Unexpected { .. } => Self::new(
                Code::UpstreamFailed,
                "Try again later; if it stays, ask the operator with the request id.",
            ),
        };
        if operation.creates_cost() { problem.with_spent(error.spent(operation)) } else { problem }
    }

    /// A create of which nobody knows what became: where it will be told, and that it must not be sent again blindly.
    pub fn outcome_unknown(error: Option<&UpstreamError>, status_url: String) -> Self {
        let code = match error {
            Some(UpstreamError::TimedOut) => Code::UpstreamTimeout,
            _ => Code::OutcomeUnknown,
        };
        let detail = "The request may have been carried out: do not repeat it under another key. Its outcome is looked \
                      for and will be told at `status_url`.";
        Self::new(code, detail)
            .with_status(StatusCode::GATEWAY_TIMEOUT)
            .with_spent(Spent::Unknown)
            .with_status_url(status_url)
            .with_retry_after_s(UNKNOWN_RETRY_AFTER_S)
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Upstream(error) => Self::of_upstream(&error, Operation::GetImage),
            BlobError::OutOfRange { whole } => {
                let problem = Self::new(Code::RangeNotSatisfiable, "Ask for bytes that the picture has.");
                let size = whole.and_then(|whole| HeaderValue::try_from(format!("bytes */{whole}")).ok());
                match size {
                    Some(size) => problem.with_header(CONTENT_RANGE, size),
                    None => problem,
                }
            }
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid { .. } | AuthError::TooLong => Self::new(Code::InvalidToken, "Sign in again.")
                .with_header(WWW_AUTHENTICATE, CHALLENGE_INVALID),
            AuthError::KeysUnavailable => {
                Self::new(Code::AuthUnavailable, "Try again in a moment.").with_retry_after_s(5)
            }
        }
    }
}

impl From<PhotoError> for Problem {
    fn from(error: PhotoError) -> Self {
        let detail = match &error {
            PhotoError::TooManyPixels { .. } => "It has too many pixels; send a smaller one.",
            _ => "Send a JPEG, PNG, WebP, HEIC or GIF picture.",
        };
        Self::new(Code::PhotoRefused, detail)
    }
}

impl From<OwnershipError> for Problem {
    fn from(error: OwnershipError) -> Self {
        match error {
            OwnershipError::NotFound => Self::not_found(),
            OwnershipError::Index(index) => index.into(),
        }
    }
}

impl From<SessionsError> for Problem {
    fn from(error: SessionsError) -> Self {
        match error {
            SessionsError::Unavailable => {
                Self::new(Code::StoreUnavailable, "Sessions cannot be looked up now; try again in a moment.")
                    .with_retry_after_s(1)
            }
        }
    }
}

impl From<IndexError> for Problem {
    fn from(error: IndexError) -> Self {
        match error {
            // Whose it is, is nobody's business.
            IndexError::Conflict => Self::not_found(),
            IndexError::Erasing => {
                Self::new(Code::Erasing, "Nothing is made for you until everything of yours is gone.")
                    .with_retry_after_s(60)
            }
            IndexError::Unavailable => {
                Self::new(Code::StoreUnavailable, "Try again in a moment.").with_retry_after_s(5)
            }
        }
    }
}

impl From<PeopleError> for Problem {
    /// Only the operator gets to see these.
    fn from(error: PeopleError) -> Self {
        let field = match &error {
            PeopleError::Unavailable => {
                return Self::new(Code::StoreUnavailable, "Try again in a moment.").with_retry_after_s(5);
            }
            PeopleError::Reason => "reason",
            PeopleError::UnknownPlan(_) => "plan",
            PeopleError::UnknownIssuer(_) | PeopleError::IssuerMissing => "issuer",
            PeopleError::Subject => "subject",
            PeopleError::Amount => "amount",
            PeopleError::Days => "from",
            PeopleError::Word(parameter, _) => parameter,
        };
        Self::new(Code::ValidationFailed, "Mend the fields that are named, then send again.")
            .with_errors(vec![(field.to_owned(), vec![error.to_string()])])
    }
}

impl From<QuotaError> for Problem {
    fn from(error: QuotaError) -> Self {
        match error {
            QuotaError::Exhausted { state, retry_after_s } => {
                let (limit, of) = (state.limit, state.of.name());
                let whose = match state.shared_by {
                    SharedBy::Tenant => "Your organisation has",
                    SharedBy::EndUser | SharedBy::Guests | SharedBy::Account => "Your plan has",
                };
                let detail = match (state.shared_by, state.resets_at) {
                    // The operator's figures are the operator's business.
                    (SharedBy::Account, _) => "This service has spent what it may for now.".to_owned(),
                    (SharedBy::Guests, _) => {
                        "Guests have used what they may for now: sign in to go on.".to_owned()
                    }
                    (_, Some(at)) => {
                        format!("{whose} {limit} {of} a {}; it begins anew at {at}.", word(state.per))
                    }
                    (_, None) => format!("{whose} {limit} {of} in total."),
                };
                let problem = Self::new(Code::QuotaExhausted, detail).with_spent(Spent::No);
                let problem = if state.shared_by.is_shown() { problem.with_quota(state) } else { problem };
                match retry_after_s {
                    Some(seconds) => problem.with_retry_after_s(seconds),
                    None => problem.with_status(StatusCode::PAYMENT_REQUIRED),
                }
            }
            QuotaError::TooManyJobs { in_flight } => {
                let detail = format!("{in_flight} jobs of yours are being made; wait until one is done.");
                Self::new(Code::TooManyJobs, detail).with_spent(Spent::No).with_retry_after_s(5)
            }
            QuotaError::ThemeOpen => {
                let detail = "A theme is still being made on one of these tunes; wait until it is done.";
                Self::new(Code::ThemeOpen, detail).with_spent(Spent::No).with_retry_after_s(60)
            }
            QuotaError::Erasing => IndexError::Erasing.into(),
            // As its cookie is answered from now on.
            QuotaError::GuestGone => Self::unauthenticated().with_spent(Spent::No),
            QuotaError::Conflict => IndexError::Conflict.into(),
            QuotaError::Unavailable | QuotaError::AlreadyReserved => {
                Self::new(Code::LedgerUnavailable, "Nothing was spent; try again in a moment.")
                    .with_spent(Spent::No)
                    .with_retry_after_s(5)
            }
        }
    }
}

const fn word(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Month => "month",
        Period::Total => "lifetime",
    }
}

impl From<IntakeError> for Problem {
    /// What was not read of the body would be taken for the next request, so the connection ends with the answer.
    fn from(error: IntakeError) -> Self {
        let busy = |detail: &'static str| Self::new(Code::Overloaded, detail).with_retry_after_s(2);
        let problem = match error {
            IntakeError::TooLarge { max_bytes } => {
                Self::new(Code::BodyTooLarge, format!("Send at most {max_bytes} bytes."))
            }
            IntakeError::TooSlow => Self::new(Code::BodyTimeout, "Send the body faster."),
            IntakeError::BrokenOff => Self::new(Code::BadBody, "The body broke off."),
            IntakeError::BudgetFull | IntakeError::Spool(_) => {
                busy("Nothing was read; try again in a moment.")
            }
            IntakeError::UserBudgetFull => {
                busy("Your other uploads take all the room that you have; try again when one has ended.")
            }
        };
        problem.with_header(CONNECTION, HeaderValue::from_static("close"))
    }
}

impl From<SpoolError> for Problem {
    fn from(error: SpoolError) -> Self {
        IntakeError::Spool(error).into()
    }
}

impl From<SpoolingError> for Problem {
    fn from(error: SpoolingError) -> Self {
        match error {
            SpoolingError::Intake(intake) => intake.into(),
            SpoolingError::Params(params) => params.into(),
        }
    }
}

impl From<SpooledPhotoError> for Problem {
    fn from(error: SpooledPhotoError) -> Self {
        match error {
            SpooledPhotoError::Photo(photo) => photo.into(),
            SpooledPhotoError::Intake(intake) => intake.into(),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let detail = format!("Send one Idempotency-Key of 1 to {MAX_KEY_CHARS} visible characters: {error}.");
        match error {
            KeyError::Twice
            | KeyError::Empty
            | KeyError::TooLong
            | KeyError::Character
            | KeyError::Quotes
            | KeyError::Reserved => Self::new(Code::IdempotencyKeyInvalid, detail),
        }
    }
}

impl From<ParamsError> for Problem {
    fn from(error: ParamsError) -> Self {
        match error {
            ParamsError::UnsupportedMediaType => Self::new(
                Code::UnsupportedMediaType,
                "Send application/json, multipart/form-data or application/x-www-form-urlencoded.",
            ),
            other => Self::new(Code::BadBody, other.to_string()),
        }
    }
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Invalid(errors) => {
                Self::new(Code::ValidationFailed, "Mend the fields that are named, then send again.")
                    .with_errors(errors.0.into_iter().collect())
            }
            PolicyError::NotFound => Self::not_found(),
            PolicyError::PlanForbids { param } => {
                Self::new(Code::ParameterNotAllowed, format!("Your plan does not include {param}."))
            }
            PolicyError::NoFreeForm => Self::new(
                Code::OperationNotAllowed,
                "Your plan is for trying things out: tunes of branch fast, and what is made on them.",
            ),
            PolicyError::Photo(photo) => photo.into(),
        }
    }
}
