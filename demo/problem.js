// Explains a failed call in words: what happened, what to do, and when.

import { GatewayProblem, isQuotaExceeded, isUnreachable } from "./astria-client.js";
import { el, everySecond, icon, span, stopTicking, whenInWords } from "./dom.js";

/** The codes of `docs/errors.md`; one that this page does not know falls back to its status. */
const BY_CODE = {
  bad_path: ["The gateway could not read this address", "This is a fault of the page. Reload it, and try again."],
  bad_request: ["The gateway could not read this request", "This is a fault of the page. Reload it, and try again."],
  bad_body: ["The gateway could not read what was sent", "Change what is named here, and try again."],
  upstream_refused: ["Astria refused this request", "Change what is named here, and try again."],
  unauthenticated: ["You are not signed in", "Sign in again."],
  invalid_token: ["You are not signed in any more", "The demo’s tokens last twelve hours, or until it is started anew. Reload the page, and sign in again."],
  csrf_refused: ["This may come from another site", "Reload the page, and try again."],
  login_failed: ["The sign-in failed", "Try it once more."],
  login_unavailable: ["Sign-in is not available just now", "Try again in a moment."],
  too_many_guests: ["Too many people try this without signing in", "Sign in, or come back later."],
  operation_not_allowed: ["This plan does not include that", "Sign in as the other user."],
  tenant_unknown: ["Your organisation is not known here", "Sign in with another account."],
  parameter_not_allowed: ["This plan does not include one of these options", "Leave it out, or sign in as the other user."],
  not_found: ["That does not exist, or is not yours", "The gateway gives the same answer for both, so that nobody can guess."],
  method_not_allowed: ["The gateway does not do that here", "This is a fault of the page. Reload it, and try again."],
  erasing: ["Your data is being erased", "Wait until everything is gone, then begin anew."],
  confirmation_required: ["This needs your word", "This is a fault of the page. Reload it, and try again."],
  store_unavailable: ["The service is not available now", "Nothing was lost. Try again in a moment."],
  body_timeout: ["Sending took too long", "Check your connection, and try again."],
  body_too_large: ["This is too large", "Choose a smaller picture, or write less."],
  range_not_satisfiable: ["This part of the picture does not exist", "This is a fault of the page. Reload it, and try again."],
  unsupported_media_type: ["This kind of content is not accepted", "This is a fault of the page. Reload it, and try again."],
  validation_failed: ["Something here is not accepted", "Change what is named here, and try again."],
  photo_refused: ["This photo cannot be used", "Choose another picture."],
  rate_limited: ["Too many requests in a short time", "Try again when the countdown ends."],
  quota_exhausted: ["Not enough quota is left", "Ask for less, sign in as the other user, or wait for the reset."],
  outcome_unknown: ["Nobody knows yet what became of this", "It is looked for, and found if it was made. Look again in a minute before you ask for it again."],
  too_many_streams: ["This user has too many pages open", "The page asks every few seconds instead. Close another one."],
  too_many_jobs: ["Enough is being made for you already", "Try again when one of your jobs is done."],
  theme_open: ["A theme is still being made there", "Try again when it is done."],
  plan_paused: ["Creating is paused", "The operator has been told. Try again later."],
  blocked: ["The operator blocked this user", "Sign in as the other user, or ask the operator."],
  idempotency_key_in_use: ["This is being made already", "Wait for the first answer."],
  idempotency_key_reused: ["This key belongs to another request", "This is a fault of the page. Reload it, and try again."],
  idempotency_key_invalid: ["The request’s key cannot be read", "This is a fault of the page. Reload it, and try again."],
  idempotency_key_required: ["Requests need a key here", "This is a fault of the page. Reload it, and try again."],
  internal: ["Something broke in the gateway", "Its log knows more: the request number below leads there."],
  upstream_credential_rejected: ["Astria refused the gateway’s key", "You did nothing wrong. The operator has to mend it."],
  upstream_failed: ["Astria failed", "You did nothing wrong. It may work in a while."],
  upstream_reply_invalid: ["Astria gave an answer the gateway cannot use", "You did nothing wrong. It may work in a while."],
  upstream_outdated: ["Astria finds this gateway outdated", "You did nothing wrong. The operator has to update it."],
  upstream_unreachable: ["The gateway cannot reach Astria", "It was not even sent. Try again in a moment."],
  overloaded: ["The gateway is at its limit", "It turns work away early, so that what it accepted gets finished. Try again in a moment."],
  auth_unavailable: ["Sign-in cannot be checked just now", "Try again in a moment."],
  ledger_unavailable: ["Spending is paused", "It cannot be recorded just now, so nothing is spent. Try again in a moment."],
  upstream_paused: ["Astria does not answer just now", "Nothing was sent. Try again shortly."],
  upstream_busy: ["Astria is busy", "The shared account is asked too often just now. Try again shortly."],
  upstream_account_exhausted: ["The operator’s Astria account is out of funds", "You did nothing wrong. The operator has to top it up."],
  upstream_timeout: ["Astria did not answer in time", "What it was asked to do is probably done all the same."],
};

const BY_STATUS = {
  400: BY_CODE.bad_request,
  401: BY_CODE.invalid_token,
  402: ["The total quota is used up", "It does not reset by itself. Sign in as the other user."],
  403: BY_CODE.operation_not_allowed,
  404: BY_CODE.not_found,
  408: BY_CODE.body_timeout,
  413: BY_CODE.body_too_large,
  415: BY_CODE.unsupported_media_type,
  422: BY_CODE.validation_failed,
  429: BY_CODE.rate_limited,
  500: BY_CODE.internal,
  502: BY_CODE.upstream_failed,
  503: ["The gateway cannot do this right now", "It may work in a moment."],
  504: BY_CODE.upstream_timeout,
};

export const isQuota = isQuotaExceeded;
export const isRateLimit = (problem) => problem.status === 429 && !isQuota(problem);

/** Did nobody refuse it, but somebody here give it up? */
export const wasCancelled = (error) => !(error instanceof GatewayProblem) && error?.name === "AbortError";

/** May the very same request be accepted in a moment? A refusal of what it says, or for want of quota, stays one. */
export const mayPassSoon = (problem) => problem.status >= 500 || problem.status === 408 || isRateLimit(problem);

/** Turned away before anything was sent to Astria, whether or not the answer says `spent`. */
const NEVER_SENT = new Set(["overloaded", "auth_unavailable", "ledger_unavailable", "upstream_paused", "upstream_unreachable"]);

/**
 * May a failed call that costs something have been carried out? "no", "yes" or "unknown". What does not say so and is
 * no refusal of ours counts as unknown: a second picture costs more than a careful word.
 */
export function outcome(problem) {
  if (problem.spent !== null) return problem.spent;
  if (isUnreachable(problem)) return "unknown";
  return problem.status < 500 || NEVER_SENT.has(problem.code) ? "no" : "unknown";
}

/** What a code of ours says best itself; everything else keeps the server's own title. */
export function explain(problem) {
  if (isUnreachable(problem)) {
    return {
      title: "The gateway did not answer",
      detail: "Your browser could not reach it, or the connection broke off.",
      advice: "Check that you are online and that the gateway is running.",
    };
  }
  const [title, advice] = BY_CODE[problem.code] ?? BY_STATUS[problem.status]
    ?? [`The gateway answered with status ${problem.status}`, "Try again in a moment."];
  const known = problem.code in BY_CODE;
  // A known code's title says less than ours, and above 499 so does its detail.
  const theirs = known ? [problem.status < 500 ? problem.detail : ""] : [problem.message, problem.detail];
  return { title, detail: theirs.filter((text, at, all) => text && all.indexOf(text) === at).join(": "), advice };
}

/** One line for a small place or a screen reader. */
export function inShort(problem) {
  return explain(problem).title;
}

function spentNote(problem, made) {
  if (made === null) return null;
  return {
    no: "Nothing was spent.",
    yes: "This did count towards the quota.",
    unknown: `${made}. Nobody can tell from here, so look at what is left before you ask for it again.`,
  }[outcome(problem)];
}

/**
 * A box that announces itself. `retry` adds "Try again", which waits for the countdown; `auto` presses it when
 * the countdown ends, for reads. `rewrite` adds "Write it again", which sends nothing. `made` says what may have
 * happened if a call that costs something has no certain outcome.
 */
export function problemBox(problem, { retry = null, auto = false, label = "Try again", rewrite = null, made = null } = {}) {
  const { title, detail, advice } = explain(problem);
  const box = el("div", {
    class: "problem", role: "alert", testid: "error", "data-code": problem.code,
    "data-status": problem.status,
  });
  const words = el("div", { class: "problem-words" },
    el("p", { class: "problem-title", text: title }),
    detail ? el("p", { class: "problem-detail", text: detail }) : null);

  const fields = Object.entries(problem.errors).filter(([field]) => field !== "base");
  if (fields.length > 0) {
    words.append(el("ul", { class: "problem-fields" }, ...fields.map(([field, messages]) =>
      el("li", {}, el("strong", { text: `${field.replaceAll("_", " ")}: ` }), messages.join(", ")))));
  }
  words.append(el("p", { class: "problem-advice", text: advice }));
  const spent = spentNote(problem, made);
  if (spent) words.append(el("p", { class: "problem-advice problem-spent", testid: "spent", "data-spent": outcome(problem), text: spent }));

  const button = retry ? el("button", { type: "button", class: "button small", testid: "retry", text: label, onclick: () => retry() }) : null;
  const ready = Date.now() + (problem.retryAfterS ?? 0) * 1000;
  if (problem.retryAfterS > 0) {
    const countdown = el("p", { class: "problem-countdown", testid: "countdown" });
    countdown.setAttribute("aria-live", "off"); // a number a second is noise to a screen reader
    words.append(countdown);
    everySecond(countdown, () => {
      const left = (ready - Date.now()) / 1000;
      if (left <= 0) {
        stopTicking(countdown);
        countdown.textContent = "You can try again now.";
        if (button) button.disabled = false;
        if (auto && retry) retry();
        return;
      }
      countdown.textContent = isQuota(problem) ? `Resets ${whenInWords(new Date(ready))}.` : `Possible again in ${span(Math.ceil(left))}.`;
      // A quota may be raised meanwhile, so only short waits hold the button back.
      if (button) button.disabled = !isQuota(problem);
    });
  }
  const write = rewrite ? el("button", { type: "button", class: "button small", testid: "rewrite", text: "Write it again", onclick: () => rewrite() }) : null;
  if (button || write) words.append(el("p", { class: "problem-actions" }, button, write));
  if (problem.requestId) words.append(el("p", { class: "problem-id" }, "Request ", el("code", { text: problem.requestId })));

  box.append(icon("warn"), words);
  return box;
}
