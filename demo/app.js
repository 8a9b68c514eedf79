// Starts the demo page: who can sign in, who is signed in, and what the sections share.
//
// Who is signed in, says a cookie that no script can read. A token passes through here once, on its way to being exchanged for
// that cookie; nothing keeps it. Signing in as the other user throws the whole session away: its requests are cancelled, its
// photos, packs, jobs and meters are cleared.

import { AstriaGateway, isSignedOut } from "./astria-client.js";
import { createSection } from "./create.js";
import { devicesSection } from "./devices.js";
import { BASE, byId, el } from "./dom.js";
import { follow } from "./live.js";
import { drawQuotas, forgetCalls, forgetLimits, logReply, takeLimits } from "./meters.js";
import { packsSection } from "./packs.js";
import { photosSection } from "./photos.js";
import { isRateLimit, problemBox, wasCancelled } from "./problem.js";
import { trainSection } from "./train.js";

const ACCOUNT_SETTLE_MS = 250;
const HELD_LOOK_MS = 4000;
const HELD_LOOKS = 8;

let session = null; // {user, client, stop, quotas}
let tunes = [];
let users = []; // {name, plan}
let mayBeGuest = false;

const shell = {
  session: () => session,
  quotas: () => session?.quotas ?? [],
  tunes: () => tunes,
  say: (text) => { byId("status").textContent = text; },
  spent: () => lookAtAccount(),
  addToPrompt: (words) => create.addToPrompt(words),
  photos: () => photos.files(),
  className: () => photos.className(),
  photosChanged: () => train?.drawButton(),
  addTune: (tune) => create.addTune(tune),
  useTune(tune) {
    create.chooseTune(tune);
    create.addToPrompt([tune.token, tune.name].filter(Boolean).join(" "));
  },
  signedOut: (words) => signedOut(words),
};
let train;
const photos = photosSection(shell);
train = trainSection(shell);
const packs = packsSection(shell);
const create = createSection(shell, train);
const devices = devicesSection(shell);

// ── the client ──

let calls = 0;

async function busily(work) {
  calls += 1;
  byId("busy").classList.add("on");
  try {
    return await work;
  } finally {
    calls -= 1;
    byId("busy").classList.toggle("on", calls > 0);
  }
}

/** By cookies. `onReply` hears of its replies for as long as `owner()` says so. */
const newClient = (owner) => new AstriaGateway({
  baseUrl: BASE,
  fetch: (input, init) => busily(fetch(input, init)),
  onReply(reply) {
    if (!owner()) return;
    takeLimits(reply.headers);
    logReply(reply);
  },
});

// ── account ──

let accountTimer = 0;
let heldLooks = 0;
let quotasTold = 0;

/** Soon, and while the stream is not open a few times more. */
function lookAtAccount() {
  heldLooks = session?.client.isLive ? 0 : HELD_LOOKS;
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
    const account = await mine.client.account.get({ signal: mine.stop.signal });
    if (session !== mine) return;
    showPlan(account.plan);
    // What an event said meanwhile is newer.
    if (told === quotasTold) showQuotas(mine, account.quotas);
    byId("page-error").replaceChildren();
    // What is reserved turns into used or comes back a little after a job ended: look a few more times, then stop.
    if (mine.quotas.some((quota) => quota.held > 0) && heldLooks-- > 0) refreshSoon(HELD_LOOK_MS);
  } catch (error) {
    if (wasCancelled(error) || session !== mine) return;
    if (isSignedOut(error)) signedOut("Your session has ended. Sign in again.");
    else if (isRateLimit(error)) refreshSoon(Math.max(1, error.retryAfterS ?? 5) * 1000);
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

/** Exchanges the demo's token of a user for a session cookie. */
async function signIn(name) {
  if (session?.user === name) return;
  await attempt(async (client) => {
    const known = await people();
    await client.session.signIn(known.find((user) => user.name === name).token);
    return name;
  }, () => signIn(name));
}

/** What a guest makes becomes the user's who signs in afterwards. */
const tryAsGuest = () => attempt(async (client) => (await client.guest.begin()).kind, tryAsGuest);

/** Whoever this browser's cookie says. */
const goOn = () => attempt(async (client) => {
  const { kind, subject } = await client.session.get();
  return kind === "guest" ? kind : subject;
}, goOn);

async function attempt(work, retry) {
  byId("page-error").replaceChildren();
  let mine = null;
  const client = newClient(() => mine !== null && session === mine);
  try {
    const user = await work(client);
    forget();
    mine = { user, client, stop: new AbortController(), quotas: [] };
    enter(mine);
  } catch (error) {
    if (isSignedOut(error) && retry === goOn) return; // nobody is, yet
    byId("page-error").replaceChildren(problemBox(error, { retry }));
  }
}

function enter(mine) {
  session = mine;
  const { user, client, stop: { signal } } = mine;
  const isGuest = user === "guest";
  create.reset();
  for (const button of byId("users").children) button.setAttribute("aria-pressed", String(button.dataset.user === user));
  byId("sign-out").hidden = isGuest;
  byId("devices").hidden = isGuest;
  byId("guest-note").hidden = !isGuest;
  byId("welcome").hidden = true;
  byId("workspace").hidden = false;
  document.body.dataset.user = user;
  scrollTo(0, 0);
  shell.say(isGuest ? "You try this as a guest." : `Signed in as ${user}.`);
  follow({
    client, signal, changed: lookAtAccount,
    quotas(quotas) { quotasTold += 1; showQuotas(mine, quotas); },
  });
  refreshAccount();
  packs.start();
  create.start();
}

/** Clears everything of the session before. */
function forget() {
  session?.stop.abort(new DOMException("signed out", "AbortError"));
  session = null;
  clearTimeout(accountTimer);
  forgetLimits();
  forgetCalls();
  byId("quotas").replaceChildren();
  byId("page-error").replaceChildren();
  byId("lightbox").close();
  byId("plan").hidden = true;
  devices.close();
  photos.reset();
  train.reset();
  packs.reset();
  create.reset();
}

function signedOut(words) {
  forget();
  delete document.body.dataset.user;
  for (const button of byId("users").children) button.setAttribute("aria-pressed", "false");
  for (const id of ["sign-out", "devices", "guest-note", "workspace"]) byId(id).hidden = true;
  byId("welcome").hidden = false;
  byId("welcome-note").textContent = words;
  scrollTo(0, 0);
  shell.say(words);
}

async function signOut() {
  try {
    await session?.client.session.signOut();
    signedOut("You are signed out.");
  } catch (error) {
    if (isSignedOut(error)) signedOut("You are signed out.");
    else byId("page-error").replaceChildren(problemBox(error, { retry: signOut }));
  }
}

// ── the page ──

/** Who can sign in here, with their tokens: asked for when one is needed. After a restart of the demo they are others. */
async function people() {
  const { data } = await newClient(() => false).request("GET", "/demo/session.json", {});
  tunes = data.tunes;
  mayBeGuest = data.guests === true;
  return data.users;
}

function drawUsers() {
  byId("users").replaceChildren(...users.map(({ name }) => el("button", {
    type: "button", testid: `user-${name}`, "data-user": name, "aria-pressed": "false", text: name, onclick: () => signIn(name),
  })));
  byId("welcome-users").replaceChildren(
    ...users.map(({ name }) => el("button", {
      type: "button", class: `button ${name === users.at(-1).name ? "primary" : ""}`,
      onclick: async () => { await signIn(name); byId("content").focus(); },
    }, `Sign in as ${name}`)),
    mayBeGuest ? el("button", { type: "button", class: "button", testid: "guest", onclick: tryAsGuest }, "Try as a guest") : "");
}

async function begin() {
  byId("page-error").replaceChildren();
  try {
    users = (await people()).map(({ name, plan }) => ({ name, plan }));
    drawUsers();
    await goOn();
  } catch (error) {
    byId("page-error").replaceChildren(problemBox(error, { retry: begin }));
  }
}

byId("sign-out").addEventListener("click", signOut);
// Narrow screens get the requests folded, wide ones open.
byId("log-panel").open = matchMedia("(min-width: 60rem)").matches;
begin();
