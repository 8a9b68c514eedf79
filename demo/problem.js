// Explains a failed call in words: what happened, what to do, and when.

import { el, everySecond, icon, span, stopTicking, whenInWords } from "./dom.js";

/** By code first; a code that this page does not know falls back to its status. */
const BY_CODE = {
  quota_exhausted: ["This plan’s quota is used up", "Nothing was spent. Sign in as the other user, or wait for the reset."],
  upstream_busy: ["Astria is busy", "The shared account is asked too often just now. Try again shortly."],
  upstream_account_exhausted: ["The operator’s Astria account is out of funds", "You did nothing wrong and nothing was spent. The operator has to top it up."],
  upstream_credential_rejected: ["Astria refused the gateway’s key", "You did nothing wrong and nothing was spent. The operator has been told."],
  overloaded: ["The gateway is at its limit", "It turns work away early, so that what it accepted gets finished. Try again in a moment."],
};

const BY_STATUS = {
  400: ["The gateway could not read this request", "This is a fault of the page. Reload it, and try again."],
  401: ["You are not signed in any more", "Reload the page, and sign in again."],
  402: ["The total quota is used up", "It does not reset by itself. Sign in as the other user."],
  403: ["This plan does not allow that", "Sign in as the other user, or leave that option out."],
  404: ["That does not exist, or is not yours", "The gateway gives the same answer for both, so that nobody can guess."],
  408: ["Sending took too long", "Check your connection, and try again."],
  409: ["The same request is still running", "Wait for the first one to finish."],
  413: ["This file is too large", "Choose a smaller picture."],
  415: ["This kind of file is not accepted", "Choose a JPEG, PNG or WebP picture."],
  422: ["Astria did not accept this", "Change what is named here, and try again."],
  429: ["Too many requests in a short time", "Nothing was spent. Try again when the countdown ends."],
  500: ["Something broke in the gateway", "Its log knows more: the request number below leads there."],
  502: ["Astria gave an answer the gateway cannot use", "Try again in a moment."],
  503: ["The gateway cannot do this right now", "Try again in a moment."],
  504: ["Astria did not answer in time", "Try again in a moment."],
};

/** What a code of ours says best itself; everything else keeps the server's own title. */
export function explain(problem) {
  if (problem.network) {
    return {
      title: "The gateway did not answer",
      detail: "Your browser could not reach it, or the connection broke off.",
      advice: "Check that you are online and that the gateway is running, then try again.",
    };
  }
  const [title, advice] = BY_CODE[problem.code] ?? BY_STATUS[problem.status]
    ?? [`The gateway answered with status ${problem.status}`, "Try again in a moment."];
  const theirs = [problem.title, problem.detail].filter((text, at, all) => text && all.indexOf(text) === at);
  return { title, detail: theirs.join(": "), advice };
}

/** One line for a small place or a screen reader. */
export function inShort(problem) {
  return explain(problem).title;
}

function spentNote(problem) {
  if (problem.spent === "no" || problem.spent === "false") return null;
  if (problem.spent === "unknown") {
    return "It may have been made all the same. The gateway keeps the quota reserved until it knows; trying again from here cannot make it twice.";
  }
  if (problem.spent === "yes" || problem.spent === "true") return "This did count towards the quota.";
  return null;
}

/**
 * A box that announces itself. `retry` adds "Try again", which waits for the countdown; `auto` presses it when the
 * countdown ends.
 */
export function problemBox(problem, { retry = null, auto = false, label = "Try again" } = {}) {
  const { title, detail, advice } = explain(problem);
  const box = el("div", {
    class: "problem", role: "alert", testid: "error", "data-code": problem.code || (problem.network ? "network" : ""),
    "data-status": problem.status,
  });
  const words = el("div", { class: "problem-words" },
    el("p", { class: "problem-title", text: title }),
    detail ? el("p", { class: "problem-detail", text: detail }) : null);

  if (problem.fields.length > 0) {
    words.append(el("ul", { class: "problem-fields" }, ...problem.fields.map(([field, messages]) =>
      el("li", {}, el("strong", { text: `${field.replaceAll("_", " ")}: ` }), messages.join(", ")))));
  }
  words.append(el("p", { class: "problem-advice", text: advice }));
  const spent = spentNote(problem);
  if (spent) words.append(el("p", { class: "problem-advice", text: spent }));

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
      countdown.textContent = problem.isQuota ? `Resets ${whenInWords(new Date(ready))}.` : `Possible again in ${span(Math.ceil(left))}.`;
      // A quota may be raised meanwhile, so only short waits hold the button back.
      if (button) button.disabled = !problem.isQuota;
    });
  }
  if (button) words.append(el("p", { class: "problem-actions" }, button));
  if (problem.requestId) words.append(el("p", { class: "problem-id" }, "Request ", el("code", { text: problem.requestId })));

  box.append(icon("warn"), words);
  return box;
}
