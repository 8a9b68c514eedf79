// Starts the demo page: who can sign in, who is signed in, and what the sections share.
//
// A token is kept in this module's memory and nowhere else. Signing in as the other user throws the whole session away:
// its requests are cancelled, its photos, packs, jobs and meters are cleared.

import { byId, el } from "./dom.js";
import { Api, wasCancelled } from "./api.js";
import { Live } from "./live.js";
import { drawQuotas, forgetCalls, forgetLimits, logCall, takeLimits } from "./meters.js";
import { createSection } from "./create.js";
import { packsSection } from "./packs.js";
import { photosSection } from "./photos.js";
import { problemBox } from "./problem.js";

const ACCOUNT_SETTLE_MS = 250;
const HELD_LOOK_MS = 4000;
const HELD_LOOKS = 8;

let session = null; // {user, api, stop, quotas, live}
let tunes = [];
let users = [];

const shell = {
  session: () => session,
  quotas: () => session?.quotas ?? [],
  tunes: () => tunes,
  say: (text) => { byId("status").textContent = text; },
  spent: () => lookAtAccount(),
  addToPrompt: (words) => create.addToPrompt(words),
};
const photos = photosSection(shell);
const packs = packsSection(shell);
const create = createSection(shell);

// ── what is running ──

let calls = 0;
const showBusy = () => byId("busy").classList.toggle("on", calls > 0);

function watchFor(owner) {
  const current = () => owner === null || session === owner;
  return {
    begin() { calls += 1; showBusy(); },
    end() { calls -= 1; showBusy(); },
    headers(headers) { if (current()) takeLimits(headers); },
    call(call) { if (current()) logCall(call); },
  };
}

// ── account ──

let accountTimer = 0;
let heldLooks = 0;
let quotasTold = 0;

/** Soon, and while the stream is not open a few times more. */
function lookAtAccount() {
  heldLooks = session?.live.opening ? 0 : HELD_LOOKS;
  refreshSoon(ACCOUNT_SETTLE_MS);
}

function refreshSoon(ms) {
  clearTimeout(accountTimer);
  accountTimer = setTimeout(refreshAccount, ms);
}

async function refreshAccount() {
  const mine = session;
  if (!mine) return;
  const told = quotasTold;
  try {
    const { data } = await mine.api.get("gateway/account");
    if (session !== mine) return;
    showPlan(data?.plan ?? mine.user.plan);
    // What an event said meanwhile is newer.
    if (told === quotasTold) showQuotas(mine, Array.isArray(data?.quotas) ? data.quotas : []);
    byId("page-error").replaceChildren();
    // What is reserved turns into used or comes back a little after a job ended: look a few more times, then stop.
    if (mine.quotas.some((quota) => quota.held > 0) && heldLooks-- > 0) refreshSoon(HELD_LOOK_MS);
  } catch (error) {
    if (wasCancelled(error) || session !== mine) return;
    if (error.isRateLimit) refreshSoon(Math.max(1, error.retryAfterS ?? 5) * 1000);
    else byId("page-error").replaceChildren(problemBox(error, { retry: refreshAccount }));
  }
}

function showQuotas(mine, quotas) {
  mine.quotas = quotas;
  drawQuotas(quotas);
  create.drawPrice();
}

function showPlan(plan) {
  const badge = byId("plan");
  badge.hidden = false;
  badge.dataset.plan = plan;
  badge.textContent = `plan ${plan}`;
}

// ── signing in ──

function signIn(user) {
  if (session?.user.name === user.name) return;
  session?.stop.abort(new DOMException("signed out", "AbortError"));
  clearTimeout(accountTimer);
  forgetLimits();
  forgetCalls();
  byId("quotas").replaceChildren();
  byId("page-error").replaceChildren();
  byId("lightbox").close();
  photos.reset();
  packs.reset();

  session = { user, stop: new AbortController(), quotas: [] };
  session.api = new Api(user.token, session.stop.signal, watchFor(session));
  session.live = follow(session);
  create.reset();
  showPlan(user.plan);
  for (const button of byId("users").children) button.setAttribute("aria-pressed", String(button.dataset.user === user.name));
  byId("welcome").hidden = true;
  byId("workspace").hidden = false;
  document.body.dataset.user = user.name;
  scrollTo(0, 0);
  shell.say(`Signed in as ${user.name}, plan ${user.plan}.`);
  refreshAccount();
  packs.start();
  create.start();
}

/** Opens the session's stream of events, for as long as it lasts. */
function follow(mine) {
  const live = new Live({
    api: mine.api,
    signal: mine.stop.signal,
    renew: () => renew(mine),
    quotas(quotas) { quotasTold += 1; showQuotas(mine, quotas); },
    changed: lookAtAccount,
  });
  live.run();
  return live;
}

/** Fetches the users once more: after a restart of the demo their tokens are others. */
async function renew(mine) {
  const signal = mine.stop.signal;
  try {
    const { data } = await new Api(null, signal, null).get("demo/session.json");
    const fresh = new Map(usersOf(data).map((user) => [user.name, user.token]));
    for (const user of users) user.token = fresh.get(user.name) ?? user.token; // the buttons know these objects
  } catch (error) {
    if (wasCancelled(error)) throw error;
    return false;
  }
  const isNew = mine.user.token !== mine.api.token;
  mine.api.token = mine.user.token;
  return isNew;
}

const usersOf = (data) => (data?.users ?? []).filter((user) => user?.name && user.token);

function drawUsers() {
  byId("users").replaceChildren(...users.map((user) => el("button", {
    type: "button", testid: `user-${user.name}`, "data-user": user.name, "aria-pressed": "false", text: user.name, onclick: () => signIn(user),
  })));
  byId("welcome-users").replaceChildren(...users.map((user) => el("button", {
    type: "button", class: `button ${user === users.at(-1) ? "primary" : ""}`, onclick: () => { signIn(user); byId("content").focus(); },
  }, `Sign in as ${user.name}`)));
}

async function begin() {
  byId("page-error").replaceChildren();
  const api = new Api(null, new AbortController().signal, { ...watchFor(null), headers() {}, call() {} });
  try {
    const { data } = await api.get("demo/session.json");
    users = usersOf(data);
    tunes = data?.tunes ?? [];
    drawUsers();
  } catch (error) {
    byId("page-error").replaceChildren(problemBox(error, { retry: begin }));
  }
}

// Narrow screens get the requests folded, wide ones open.
byId("log-panel").open = matchMedia("(min-width: 60rem)").matches;
begin();
