// The side panel: quotas and the rate limit as they count down, and the list of requests this page made.

import { byId, dollars, el, everySecond, parseTime, span, whenInWords } from "./dom.js";
import { cacheWord, parseLimits } from "./headers.js";

const NAMES = {
  images: "Images", inspections: "Inspections", tunes: "Fine-tunes", videos: "Videos", themes: "Themes",
  packs: "Pack runs", cost: "Money", cost_mc: "Money",
};
const PERIODS = { day: "today", month: "this month", total: "in total" };
const SHARED = { tenant: ", shared", account: ", shared", guests: ", all guests" };
const LOG_LENGTH = 12;

const isMoney = (of) => of === "cost" || of === "cost_mc";
const titleOf = (of) => NAMES[of] ?? (of.charAt(0).toUpperCase() + of.slice(1)).replaceAll("_", " ");

/** Draws `quotas` of `GET gateway/account`, one block for each thing that is counted, tightest period in `data-left`. */
export function drawQuotas(quotas) {
  const groups = Map.groupBy(quotas, (quota) => String(quota.of));
  const root = byId("quotas");
  // Kept elements are updated in place: their bars glide instead of jumping.
  const stale = new Map([...root.children].map((node) => [node.dataset.of, node]));
  for (const [of, rows] of groups) {
    const node = stale.get(of) ?? el("div", { class: "quota", testid: `quota-${of}`, "data-of": of });
    stale.delete(of);
    if (!node.isConnected) root.append(node);
    drawQuota(node, of, rows);
  }
  for (const node of stale.values()) node.remove();
  if (groups.size === 0) root.replaceChildren(el("p", { class: "hint", text: "This plan has no quota." }));
}

function drawQuota(node, of, rows) {
  const counted = rows.filter((row) => Number.isFinite(row.limit));
  const tightest = counted.length > 0 ? Math.min(...counted.map((row) => row.left)) : null;
  node.dataset.left = tightest === null ? "unlimited" : tightest;
  while (node.children.length > rows.length) node.lastChild.remove();
  rows.forEach((row, at) => {
    const line = node.children[at] ?? newMeter(node);
    drawMeter(line, of, row);
  });
}

function newMeter(parent) {
  const line = el("div", { class: "meter" },
    el("p", { class: "meter-head" }, el("span", { class: "meter-name" }), el("span", { class: "meter-left" })),
    el("div", { class: "bar", role: "meter", "aria-valuemin": "0" }, el("span", { class: "bar-left" }), el("span", { class: "bar-held" })),
    el("p", { class: "meter-foot" }));
  parent.append(line);
  return line;
}

function drawMeter(line, of, { per, limit, shared_by, used = 0, held = 0, left, resets_at }) {
  const say = isMoney(of) ? dollars : (count) => Number(count).toLocaleString("en");
  const bar = line.querySelector(".bar");
  const period = PERIODS[per] ?? (per ? `per ${per}` : "");
  line.querySelector(".meter-name").textContent = `${titleOf(of)}${SHARED[shared_by] ?? ""}`;
  const head = line.querySelector(".meter-left");
  const foot = line.querySelector(".meter-foot");
  line.dataset.per = per ?? "";
  Object.assign(line.dataset, { used, held, left });
  if (!Number.isFinite(limit)) {
    head.textContent = "no limit";
    bar.hidden = true;
    foot.textContent = `${say(used)} used ${period}`;
    return;
  }
  head.replaceChildren(el("b", { text: say(left) }), ` of ${say(limit)} left`);
  bar.hidden = false;
  bar.classList.toggle("low", limit > 0 && left / limit <= 0.2);
  bar.setAttribute("aria-label", `${titleOf(of)} left ${period}`);
  bar.setAttribute("aria-valuemax", limit);
  bar.setAttribute("aria-valuenow", Math.max(0, left));
  setShare(bar.querySelector(".bar-left"), left, limit);
  setShare(bar.querySelector(".bar-held"), held, limit);

  const reset = parseTime(resets_at);
  everySecond(foot, () => {
    const words = [`${used > 0 ? say(used) : "none"} used ${period}`, `${held > 0 ? say(held) : "none"} held`];
    words.push(reset ? `resets ${whenInWords(reset)}` : "does not reset");
    foot.textContent = words.join(" · ");
  });
}

const setShare = (node, part, whole) =>
  node.style.setProperty("--share", `${whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0}%`);

// ── rate limit ──

const limits = new Map();

/** Takes the last reply's `RateLimit` and `RateLimit-Policy` and shows them until the next reply. */
export function takeLimits(headers) {
  const policies = new Map(parseLimits(headers.get("RateLimit-Policy")).map((policy) => [policy.name, policy]));
  for (const { name, r, t } of parseLimits(headers.get("RateLimit"))) {
    if (!Number.isFinite(r)) continue;
    const known = limits.get(name);
    const policy = policies.get(name) ?? known ?? {};
    limits.set(name, { r, t: t ?? 0, q: policy.q, w: policy.w, at: Date.now(), node: known?.node });
    drawLimit(name);
  }
}

export function forgetLimits() {
  limits.clear();
  byId("ratelimit").replaceChildren();
  delete byId("ratelimit").dataset.remaining;
}

function drawLimit(name) {
  const limit = limits.get(name);
  const root = byId("ratelimit");
  limit.node ??= newMeter(root);
  const [head, bar, foot] = limit.node.children;
  const whole = limit.q ?? Math.max(limit.r, 1);
  head.firstChild.textContent = name === "user" ? "Requests" : `Requests (${name})`;
  const every = limit.w ? `per ${limit.w === 60 ? "minute" : span(limit.w)} · ` : "";
  bar.setAttribute("aria-label", "Requests left before the rate limit");
  bar.setAttribute("aria-valuemax", whole);
  root.dataset.remaining = Math.min(...[...limits.values()].map(({ r }) => r));
  everySecond(limit.node, () => {
    // `t` is the time until the bucket is full again; between replies the page lets it fill.
    const since = (Date.now() - limit.at) / 1000;
    const full = limit.t > 0 ? Math.min(1, since / limit.t) : 0;
    const now = limit.q === undefined ? limit.r : Math.floor(limit.r + (limit.q - limit.r) * full);
    const wait = Math.ceil(limit.t - since);
    head.lastChild.replaceChildren(el("b", { text: String(now) }), limit.q === undefined ? " left" : ` of ${limit.q} left`);
    bar.setAttribute("aria-valuenow", now);
    bar.classList.toggle("low", now / whole <= 0.2);
    setShare(bar.firstChild, now, whole);
    foot.textContent = `${every}${wait > 0 && now < whole ? `full again in ${span(wait)}` : "full"}`;
  });
}

// ── requests ──

let count = 0;

export function logReply({ method, path, status, headers, elapsedMs }) {
  const ms = Math.round(elapsedMs);
  const cache = cacheWord(headers.get("Cache-Status"));
  const root = byId("log");
  byId("log-count").textContent = String(++count);
  const shown = path.split("?")[0];
  const key = `${method} ${shown} ${status}`;
  const newest = root.firstElementChild;
  if (newest?.dataset.key === key) { // polls of one job stay one line
    const times = Number(newest.dataset.times ?? 1) + 1;
    newest.dataset.times = times;
    newest.querySelector(".log-times").textContent = `×${times}`;
    newest.querySelector(".log-ms").textContent = `${ms} ms`;
    return;
  }
  root.prepend(el("li", { "data-key": key },
    el("span", { class: `log-status ${status >= 200 && status < 300 ? "good" : "bad"}`, text: status === 0 ? "—" : String(status) }),
    el("span", { class: "log-path" }, el("span", { class: "log-method", text: method }), ` ${shown}`),
    el("span", { class: "log-times" }),
    el("span", { class: "log-ms", text: cache === "hit" ? `cache, ${ms} ms` : `${ms} ms` })));
  while (root.children.length > LOG_LENGTH) root.lastChild.remove();
}

export function forgetCalls() {
  count = 0;
  byId("log").replaceChildren();
  byId("log-count").textContent = "";
}

/** How many of `of` are left in the tightest period, or null when that is not limited. */
export function leftOf(quotas, of) {
  const rows = quotas.filter((quota) => quota.of === of && Number.isFinite(quota.limit));
  if (rows.length === 0) return null;
  const row = rows.reduce((a, b) => (b.left < a.left ? b : a));
  return { left: row.left, period: PERIODS[row.per] ?? "" };
}
