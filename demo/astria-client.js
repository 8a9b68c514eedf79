// Made from clients/typescript by `npm run build -- --demo`. Do not edit.

// dist/api/account.js
var AccountApi = class {
  #requests;
  constructor(requests) {
    this.#requests = requests;
  }
  /** Who am I, on which plan, with how much used, held and left. */
  get(options = {}) {
    return this.#requests.data("GET", "/gateway/account", options);
  }
  /** A page of what is held of me; `next` of one page is where the next begins. */
  data(after, options = {}) {
    return this.#requests.data("GET", "/gateway/account/data", { ...options, query: after === void 0 ? {} : { after } });
  }
  /** Deletes every tune, prompt and picture of mine. It goes on by itself; `data()` says how far it is. */
  erase(options = {}) {
    return this.#requests.data("DELETE", "/gateway/account/data", { ...options, headers: { "Gateway-Confirm": "erase" } });
  }
  /** What became of a create of which the answer was lost, by the last part of its `statusUrl`. */
  create(id, options = {}) {
    return this.#requests.data("GET", "/gateway/creates/{id}", { ...options, path: { id } });
  }
};

// dist/api/guest.js
var GuestApi = class {
  #requests;
  #feed;
  constructor(requests, feed) {
    this.#requests = requests;
    this.#feed = feed;
  }
  /** Makes this browser a guest. What it makes becomes the end user's who signs in here later. */
  async begin(options = {}) {
    const session = await this.#requests.data("POST", "/gateway/guest", options);
    this.#requests.transport.csrf.learn(session.csrf_token ?? null);
    this.#feed.restart();
    return session;
  }
};

// dist/form.js
function bodyOf(root, fields) {
  const whole = root === null ? fields : { [root]: fields };
  if (!holdsFile(whole))
    return whole;
  const form = new FormData();
  for (const [name, value] of Object.entries(whole))
    append(form, name, value);
  return form;
}
function holdsFile(value) {
  if (value instanceof Blob)
    return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsFile);
}
function append(form, name, value) {
  if (value === void 0 || value === null)
    return;
  if (value instanceof Blob) {
    form.append(name, value, value instanceof File ? value.name : "photo");
  } else if (Array.isArray(value)) {
    value.forEach((item, at) => append(form, isPlain(item) ? `${name}[${at}]` : `${name}[]`, item));
  } else if (name.endsWith("[characteristics]")) {
    form.append(name, JSON.stringify(value));
  } else if (typeof value === "object") {
    for (const [key, inner] of Object.entries(value))
      append(form, `${name}[${key}]`, inner);
  } else {
    form.append(name, String(value));
  }
}
var isPlain = (value) => typeof value === "object" && value !== null && !(value instanceof Blob);

// dist/api/images.js
var ImagesApi = class {
  #requests;
  constructor(requests) {
    this.#requests = requests;
  }
  /** What a photo shows, and what might spoil a training. `name` is what it should show: `man`, `woman`, `cat`, … */
  inspect(file, name, options = {}) {
    return this.#requests.data("POST", "/images/inspect", { ...options, body: bodyOf(null, { name, file }) });
  }
};

// dist/api/packs.js
var PacksApi = class {
  #requests;
  constructor(requests) {
    this.#requests = requests;
  }
  /** Those that the app offers. */
  list(options = {}) {
    return this.#requests.data("GET", "/packs", options);
  }
  /** Those that everybody may run. */
  gallery(options = {}) {
    return this.#requests.data("GET", "/gallery/packs", options);
  }
  /** One of them, by its number or its slug, with its prices. */
  get(id, options = {}) {
    return this.#requests.data("GET", "/p/{id}", { ...options, path: { id: String(id) } });
  }
  /** Runs a pack: trains a tune from photos, or makes its prompts on one's own tunes (`tune_ids`). */
  run(id, tune, options = {}) {
    return this.#requests.data("POST", "/p/{pack_id}/tunes", {
      ...options,
      path: { pack_id: String(id) },
      body: bodyOf("tune", tune)
    });
  }
};

// dist/pages.js
var WHOLE_PAGE = 100;
async function* allOf(load, query) {
  const limit = query.limit ?? WHOLE_PAGE;
  for (let before_id = query.before_id; ; ) {
    const page = await load({ ...query, limit, ...before_id === void 0 ? {} : { before_id } });
    yield* page;
    const last = page.at(-1);
    if (last === void 0 || page.length < limit)
      return;
    before_id = last.id;
  }
}

// dist/inbox.js
var Inbox = class {
  #limit;
  #instead;
  #kept = [];
  #wake = null;
  /** `instead` takes the place of everything that is kept when more than `limit` came. */
  constructor(limit, instead) {
    this.#limit = limit;
    this.#instead = instead;
  }
  put(item) {
    if (this.#kept.length >= this.#limit)
      this.#kept = [this.#instead];
    this.#kept.push(item);
    this.#wake?.();
  }
  /** The next, or undefined when none came in `ms`. Rejects with the signal's reason. */
  async take(ms, signal) {
    if (this.#kept.length === 0)
      await this.#arrival(ms, signal);
    return this.#kept.shift();
  }
  #arrival(ms, signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        this.#wake = null;
      };
      const stop = () => {
        leave();
        reject(signal?.reason);
      };
      const wake = () => {
        leave();
        resolve();
      };
      const timer = ms === null ? void 0 : setTimeout(wake, ms);
      signal?.addEventListener("abort", stop, { once: true });
      this.#wake = wake;
    });
  }
};

// dist/pause.js
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
var spread = (ms) => ms * (0.5 + Math.random());
function anyOf(...signals) {
  const there = signals.filter((signal) => signal != null);
  return there.length > 1 ? AbortSignal.any(there) : there[0];
}

// dist/quota.js
function readQuotaLeft(headers) {
  const header = headers.get("Gateway-Quota-Left") ?? "";
  return [...header.matchAll(/"([^"]*)";per=([^;,\s]+);left=(-?\d+)/g)].map(([, of = "", per = "", left]) => ({
    of,
    per,
    left: Number(left)
  }));
}

// dist/problem.js
var GatewayProblem = class _GatewayProblem extends Error {
  /** The stable name of what happened (docs/errors.md); `unreachable` when no answer came at all. */
  code;
  /** The status of HTTP; 0 when no answer came. */
  status;
  /** A sentence for people; it may change. */
  detail;
  /** By it, the operator finds the request. */
  requestId;
  /** Seconds to wait before another try. */
  retryAfterS;
  /** Whether money may have been spent; null where that is no question. */
  spent;
  /** Field → what is wrong with it. */
  errors;
  /** The quota that is used up. */
  quota;
  /** What is left of all quotas that the request counted against. */
  quotaLeft;
  /** Where the outcome of this create will be told. */
  statusUrl;
  /** The body as it came. */
  body;
  /** The key of the create that failed: sent again under it, it is made once. */
  idempotencyKey = null;
  constructor(status, body, headers = new Headers(), options) {
    super(body.title ?? `HTTP ${status}`, options);
    this.name = "GatewayProblem";
    this.status = status;
    this.body = body;
    this.code = body.code ?? `http_${status}`;
    this.detail = body.detail ?? "";
    this.requestId = body.request_id ?? headers.get("X-Request-Id");
    this.retryAfterS = body.retry_after_s ?? secondsOf(headers.get("Retry-After"));
    this.spent = body.spent ?? null;
    this.errors = body.errors ?? {};
    this.quota = body.quota ?? null;
    this.quotaLeft = readQuotaLeft(headers);
    this.statusUrl = body.status_url ?? null;
  }
  /** Of a reply that is no success. Reads its body. */
  static async of(response) {
    const body = await response.json().catch(() => null);
    const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
    return new _GatewayProblem(response.status, isObject ? body : {}, response.headers);
  }
  /** No answer came: whether the request arrived is not known. */
  static unreachable(cause) {
    return new _GatewayProblem(0, { code: "unreachable", title: "The gateway did not answer" }, void 0, { cause });
  }
};
function secondsOf(header) {
  const seconds = header === null || header === "" ? NaN : Number(header);
  return Number.isFinite(seconds) ? seconds : null;
}
var has = (...codes) => (error) => error instanceof GatewayProblem && codes.includes(error.code);
var isQuotaExceeded = has("quota_exhausted");
var isRateLimited = has("rate_limited", "too_many_jobs", "too_many_streams", "too_many_guests");
var isSignedOut = has("unauthenticated", "invalid_token");
var isNotFound = has("not_found");
var isInvalid = has("validation_failed", "photo_refused");
var isUnreachable = has("unreachable");
var isBlocked = has("blocked");
var isOutcomeUnknown = (error) => error instanceof GatewayProblem && (error.spent === "unknown" || error.status === 0 && error.idempotencyKey !== null);

// dist/wait.js
var FIRST_LOOK_MS = 1e3;
var SLOWEST_LOOK_MS = 5e3;
var SLOWEST_RETRY_MS = 15e3;
var SELDOM_MS = 6e4;
var JobFailed = class extends Error {
  kind;
  id;
  /** `failed`: `message` says why; `empty`: no picture came; `lost`: nobody heard of its end; `deleted`: it is gone. */
  reason;
  /** As it was seen last. */
  object;
  constructor(kind, id, reason, object, message) {
    super(message);
    this.name = "JobFailed";
    this.kind = kind;
    this.id = id;
    this.reason = reason;
    this.object = object;
  }
};
var WaitTimedOut = class extends Error {
  /** As it was seen last. */
  object;
  constructor(object) {
    super("The job did not end in time");
    this.name = "WaitTimedOut";
    this.object = object;
  }
};
function endOf(kind, job) {
  if (kind === "prompt" && (job.images?.length ?? 0) > 0)
    return "done";
  if (job.user_error)
    return "failed";
  if (!job.trained_at)
    return null;
  return kind === "tune" ? "done" : "empty";
}
async function waitFor(kind, id, look, feed, options) {
  const late = options.timeoutMs === void 0 ? void 0 : AbortSignal.timeout(options.timeoutMs);
  const signal = anyOf(options.signal, late);
  const inbox = new Inbox(100, { type: "stream.reset" });
  const leave = feed.listen((news) => {
    const isOurs = !("object" in news) || news.object.kind === kind && news.object.id === id;
    if (isOurs && news.type !== "quota.changed")
      inbox.put(news);
  });
  let job = null;
  const isOver = (seen) => {
    job = seen;
    options.onUpdate?.(seen);
    const end = endOf(kind, seen);
    if (end === null || end === "done")
      return end === "done";
    throw new JobFailed(kind, id, end, seen, seen.user_error || "It ended without a picture");
  };
  try {
    let failures = 0;
    let looks = 0;
    let notBefore = 0;
    for (let wait = 0; ; ) {
      signal?.throwIfAborted();
      const news = await inbox.take(wait, signal);
      if (news !== void 0 && "object" in news) {
        const shown = news.prompt ?? news.tune;
        if (shown !== void 0 && isOver(shown))
          return shown;
        if (news.type.endsWith(".deleted"))
          throw new JobFailed(kind, id, "deleted", job, "It was deleted");
        if (news.reason === "lost")
          throw new JobFailed(kind, id, "lost", job, "Nobody knows what became of it");
        continue;
      }
      if (news?.type === "stream.cut" || news?.type === "stream.refused") {
        looks = 0;
        wait = FIRST_LOOK_MS;
        continue;
      }
      if (Date.now() < notBefore) {
        wait = notBefore - Date.now();
        continue;
      }
      try {
        const seen = await look(signal);
        if (isOver(seen))
          return seen;
        failures = 0;
        wait = feed.isOpen ? SELDOM_MS : Math.min(FIRST_LOOK_MS * 1.3 ** looks++, SLOWEST_LOOK_MS);
      } catch (error) {
        if (!(error instanceof GatewayProblem) || !isPassing(error))
          throw error;
        notBefore = Date.now() + (error.retryAfterS ?? 0) * 1e3;
        wait = Math.max(notBefore - Date.now(), spread(Math.min(FIRST_LOOK_MS * 2 ** failures++, SLOWEST_RETRY_MS)));
      }
    }
  } catch (error) {
    if (late?.aborted && error === late.reason)
      throw new WaitTimedOut(job);
    throw error;
  } finally {
    leave();
  }
}
var isPassing = ({ status }) => status === 0 || status === 429 || status >= 500;

// dist/api/prompts.js
var PromptsApi = class {
  #requests;
  #feed;
  constructor(requests, feed) {
    this.#requests = requests;
    this.#feed = feed;
  }
  /** Makes pictures with a tune: one's own, a shared one, or a model's name. */
  create(tune, prompt, options = {}) {
    return this.#requests.data("POST", "/tunes/{tune_id}/prompts", {
      ...options,
      path: { tune_id: tune },
      body: bodyOf("prompt", prompt)
    });
  }
  /** Makes pictures; `tune_id`, or the text, says with what. */
  createAtRoot(prompt, options = {}) {
    return this.#requests.data("POST", "/prompts", { ...options, body: bodyOf("prompt", prompt) });
  }
  /** A page of one's own, newest first. */
  list(query = {}, options = {}) {
    return this.#requests.data("GET", "/prompts", { ...options, query });
  }
  /** All of one's own, newest first. */
  all(query = {}, { signal } = {}) {
    return allOf((page) => this.list(page, { signal }), query);
  }
  /** One of them, as it is now. */
  get(id, options = {}) {
    return this.#requests.data("GET", "/prompts/{id}", { ...options, path: { id } });
  }
  /** Deletes it. */
  async delete(id, options = {}) {
    await this.#requests.data("DELETE", "/prompts/{id}", { ...options, path: { id } });
  }
  /** Makes it once more, with what is said here changed. */
  duplicate(id, prompt = {}, options = {}) {
    return this.#requests.data("POST", "/prompts/{id}/duplicate", {
      ...options,
      path: { id },
      body: bodyOf("prompt", prompt)
    });
  }
  /** Likes it. */
  async like(id, options = {}) {
    await this.#requests.data("POST", "/prompts/{id}/likes", { ...options, path: { id } });
  }
  /** Does not like it any more. */
  async unlike(id, options = {}) {
    await this.#requests.data("DELETE", "/prompts/{id}/likes", { ...options, path: { id } });
  }
  /** Waits for its pictures; see `waitForPrompt`. */
  wait(id, options = {}) {
    const look = (signal) => this.get(id, { signal });
    return waitFor("prompt", id, look, this.#feed, options);
  }
};

// dist/api/session.js
var SessionApi = class {
  #requests;
  #feed;
  constructor(requests, feed) {
    this.#requests = requests;
    this.#feed = feed;
  }
  /** Who is signed in. @throws {GatewayProblem} `isSignedOut` for nobody */
  async get(options = {}) {
    return this.#learn(await this.#requests.data("GET", "/gateway/session", options));
  }
  /** Exchanges a token for a session of this browser. The token is not kept. */
  async signIn(token, { signal } = {}) {
    const { transport } = this.#requests;
    const response = await transport.send({ method: "POST", path: "gateway/session", bearer: token, signal });
    this.#feed.restart();
    return this.#learn(await response.json());
  }
  /** Where one may sign in. */
  async providers(options = {}) {
    return (await this.#requests.data("GET", "/gateway/login", options)).providers;
  }
  /** Where to send the browser for a sign-in: `location.assign(…)`. It comes back to `returnTo`, a path of the app. */
  loginUrl(provider, returnTo) {
    const url = new URL(`gateway/login/${encodeURIComponent(provider)}`, this.#requests.transport.base);
    if (returnTo !== void 0)
      url.searchParams.set("return_to", returnTo);
    return url.href;
  }
  /** Signs out here. */
  async signOut(options = {}) {
    await this.#requests.data("DELETE", "/gateway/session", options);
    this.#forget();
  }
  /** Signs out here. Gives where to send the browser to sign out at the provider too, if it has such a place. */
  async logout(options = {}) {
    const { logout_url } = await this.#requests.data("POST", "/gateway/logout", options);
    this.#forget();
    return logout_url ?? null;
  }
  /** Where this end user is signed in. */
  async list(options = {}) {
    return (await this.#requests.data("GET", "/gateway/sessions", options)).sessions;
  }
  /** Ends one of these. */
  async revoke(id, options = {}) {
    await this.#requests.data("DELETE", "/gateway/sessions/{id}", { ...options, path: { id } });
  }
  /** Signs out everywhere. */
  async signOutEverywhere(options = {}) {
    await this.#requests.data("DELETE", "/gateway/sessions", options);
    this.#forget();
  }
  #learn(session) {
    this.#requests.transport.csrf.learn(session.csrf_token ?? null);
    return session;
  }
  #forget() {
    this.#requests.transport.csrf.forget();
    this.#feed.restart();
  }
};

// dist/api/themes.js
var ThemesApi = class {
  #requests;
  constructor(requests) {
    this.#requests = requests;
  }
  /** Asks for one. Its prompts appear one after the other, as events and in the list. */
  async create(theme, options = {}) {
    await this.#requests.data("POST", "/themes", { ...options, body: bodyOf("theme", theme) });
  }
};

// dist/api/tunes.js
var TunesApi = class {
  #requests;
  #feed;
  constructor(requests, feed) {
    this.#requests = requests;
    this.#feed = feed;
  }
  /** Trains one, from photos (`images`) or from where they are (`image_urls`). */
  create(tune, options = {}) {
    return this.#requests.data("POST", "/tunes", { ...options, body: bodyOf("tune", tune) });
  }
  /** A page of one's own, newest first. */
  list(query = {}, options = {}) {
    return this.#requests.data("GET", "/tunes", { ...options, query });
  }
  /** All of one's own, newest first. */
  all(query = {}, { signal } = {}) {
    return allOf((page) => this.list(page, { signal }), query);
  }
  /** One of them, as it is now. */
  get(id, options = {}) {
    return this.#requests.data("GET", "/tunes/{id}", { ...options, path: { id } });
  }
  /** Changes what it says. */
  update(id, tune, options = {}) {
    return this.#requests.data("PATCH", "/tunes/{id}", { ...options, path: { id }, body: { tune } });
  }
  /** Deletes it. */
  async delete(id, options = {}) {
    await this.#requests.data("DELETE", "/tunes/{id}", { ...options, path: { id } });
  }
  /** What Astria shows to everybody. */
  gallery(options = {}) {
    return this.#requests.data("GET", "/gallery/tunes", options);
  }
  /** A page of the prompts on it. */
  prompts(id, query = {}, options = {}) {
    return this.#requests.data("GET", "/tunes/{tune_id}/prompts", { ...options, path: { tune_id: id }, query });
  }
  /** Waits until it is trained. @throws {JobFailed} if it will not be; see `waitForPrompt` */
  wait(id, options = {}) {
    const look = (signal) => this.get(id, { signal });
    return waitFor("tune", id, look, this.#feed, options);
  }
};

// dist/events.js
var MOST_KEPT = 1e3;
async function* listen(feed, signal) {
  const inbox = new Inbox(MOST_KEPT, { type: "stream.reset" });
  const leave = feed.listen((news) => inbox.put(news));
  signal?.addEventListener("abort", leave, { once: true });
  try {
    for (; ; ) {
      signal?.throwIfAborted();
      const news = await inbox.take(null, signal);
      if (news?.type === "stream.refused")
        throw news.problem;
      if (news !== void 0)
        yield news;
    }
  } finally {
    signal?.removeEventListener("abort", leave);
    leave();
  }
}

// dist/sse.js
var MAX_CHARS = 4 * 1024 * 1024;
var SseReader = class {
  /** Of the last message that had one. */
  lastId;
  /** How long to wait before coming back; null until the server says it. */
  retryMs = null;
  #rest = "";
  // the beginning of a line
  #afterReturn = false;
  // an LF next belongs to the line before
  #type = "";
  #data = null;
  #id;
  constructor(lastId = "") {
    this.lastId = lastId;
    this.#id = lastId;
  }
  /** Gives each message that `text` completes. A message that nothing completes does not count. */
  *read(text) {
    for (const line of this.#lines(text)) {
      if (line !== "") {
        this.#field(line);
        continue;
      }
      const message = this.#dispatch();
      if (message !== null)
        yield message;
    }
    if (this.#rest.length + (this.#data?.length ?? 0) > MAX_CHARS)
      throw new RangeError("a message without an end");
  }
  *#lines(text) {
    if (text === "")
      return;
    let from = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    this.#afterReturn = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = from;
    for (let end; (end = ends.exec(text)) !== null; from = ends.lastIndex) {
      const line = this.#rest + text.slice(from, end.index);
      this.#rest = "";
      yield line;
    }
    this.#rest += text.slice(from);
  }
  #field(line) {
    const colon = line.indexOf(":");
    if (colon === 0)
      return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data")
      this.#data = this.#data === null ? value : `${this.#data}
${value}`;
    else if (name === "event")
      this.#type = value;
    else if (name === "id" && !value.includes("\0"))
      this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value))
      this.retryMs = Number(value);
  }
  #dispatch() {
    this.lastId = this.#id;
    const message = this.#data === null ? null : { type: this.#type || "message", data: this.#data, id: this.lastId };
    this.#type = "";
    this.#data = null;
    return message;
  }
};

// dist/feed.js
var FIRST_RETRY_MS = 2e3;
var QUICKEST_RETRY_MS = 500;
var SLOWEST_RETRY_MS2 = 3e4;
var SILENCE_MS = 3e4;
var REFUSED_RETRY_MS = 6e4;
var LONGEST_RETRY_MS = 3e5;
var Feed = class {
  #transport;
  #listeners = /* @__PURE__ */ new Set();
  #stop = null;
  #isOpen = false;
  #lastId = "";
  #retryMs = FIRST_RETRY_MS;
  #failures = 0;
  constructor(transport) {
    this.#transport = transport;
  }
  /** Do events come now? */
  get isOpen() {
    return this.#isOpen;
  }
  /** Hears all news until the function that it gives is called. */
  listen(listener) {
    this.#listeners.add(listener);
    if (this.#stop === null)
      this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0)
        this.#end();
    };
  }
  /** Somebody else is signed in: a stream of theirs begins anew. */
  restart() {
    this.#end();
    if (this.#listeners.size > 0)
      this.#begin();
  }
  #begin() {
    const stop = new AbortController();
    this.#stop = stop;
    this.#failures = 0;
    void this.#run(stop.signal).catch(() => void 0);
  }
  #end() {
    this.#stop?.abort(new DOMException("nobody listens", "AbortError"));
    this.#stop = null;
    this.#lastId = "";
    this.#opened(false);
  }
  async #run(signal) {
    for (; ; ) {
      const wait = await this.#follow(signal);
      signal.throwIfAborted();
      this.#opened(false);
      await pause(wait, signal);
    }
  }
  /** One connection, from its request to its end. Gives the milliseconds until the next. */
  async #follow(signal) {
    const connection = new AbortController();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(new DOMException("no sign of life", "TimeoutError")), SILENCE_MS);
    };
    heard();
    try {
      const headers = { Accept: "text/event-stream" };
      if (this.#lastId !== "")
        headers["Last-Event-ID"] = this.#lastId;
      const response = await this.#transport.send({
        method: "GET",
        path: "gateway/events",
        headers,
        signal: anyOf(signal, connection.signal)
      });
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || response.body === null)
        return REFUSED_RETRY_MS;
      return await this.#read(response.body, heard);
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof GatewayProblem ? this.#refused(error) : this.#backOff();
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }
  async #read(body, heard) {
    const chunks = body.getReader();
    const text = new TextDecoder();
    const reader = new SseReader(this.#lastId);
    for (; ; ) {
      const { value, done } = await chunks.read();
      if (done)
        return this.#backOff();
      heard();
      for (const { type, data } of reader.read(text.decode(value, { stream: true }))) {
        this.#lastId = reader.lastId;
        const event = parse(data);
        if (event === null)
          continue;
        if (type === "stream.end")
          return this.#ended(event.reason);
        this.#failures = 0;
        if (type === "stream.open")
          this.#isOpen = true;
        this.#tell(event);
      }
      this.#retryMs = Math.min(Math.max(reader.retryMs ?? this.#retryMs, QUICKEST_RETRY_MS), LONGEST_RETRY_MS);
    }
  }
  #ended(reason) {
    if (reason === "blocked")
      return this.#refused(new GatewayProblem(403, { code: "blocked", title: "Access was withdrawn" }));
    if (reason === "signed_out")
      return this.#refused(new GatewayProblem(401, { code: "unauthenticated", title: "Signed out" }));
    return reason === "token_expired" ? spread(QUICKEST_RETRY_MS) : this.#backOff();
  }
  #refused(problem) {
    if ([401, 403, 404].includes(problem.status)) {
      this.#tell({ type: "stream.refused", problem });
      return spread(REFUSED_RETRY_MS);
    }
    return Math.max(this.#backOff(), Math.min((problem.retryAfterS ?? 0) * 1e3, LONGEST_RETRY_MS));
  }
  #backOff() {
    const wait = Math.min(this.#retryMs * 2 ** this.#failures, Math.max(this.#retryMs, SLOWEST_RETRY_MS2));
    this.#failures += 1;
    return spread(wait);
  }
  #opened(isOpen) {
    if (this.#isOpen === isOpen)
      return;
    this.#isOpen = isOpen;
    if (!isOpen)
      this.#tell({ type: "stream.cut" });
  }
  #tell(news) {
    for (const listener of [...this.#listeners])
      listener(news);
  }
};
function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

// dist/key.js
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
function isCreate(method, path) {
  return method === "POST" && !path.startsWith("gateway/") && !/\/likes?(\.json)?$/.test(path);
}

// dist/retry.js
var FIRST_MS = 300;
var LONGEST_MS = 1e4;
var LOOK_MS = 1e3;
var MAY_PASS = /* @__PURE__ */ new Set([
  "unreachable",
  "body_timeout",
  "rate_limited",
  "overloaded",
  "auth_unavailable",
  "store_unavailable",
  "ledger_unavailable",
  "upstream_busy",
  "upstream_unreachable",
  "upstream_failed",
  "upstream_reply_invalid",
  "upstream_timeout",
  "http_502",
  "http_503",
  "http_504"
]);
async function sendPatiently(transport, call, create, patience) {
  const key = create?.key ?? null;
  const isSafe = key !== null || call.method === "GET";
  const followUntil = Date.now() + patience.followMs;
  const sent = key === null ? call : { ...call, headers: { ...call.headers, "Idempotency-Key": `"${key}"` } };
  for (let failures = 0; ; ) {
    try {
      return await transport.send(sent);
    } catch (error) {
      if (!(error instanceof GatewayProblem))
        throw error;
      error.idempotencyKey = key;
      if (!isSafe)
        throw error;
      if (create !== null && error.spent === "unknown" && error.statusUrl !== null) {
        create.onUncertain?.(error);
        await follow(transport, error, error.statusUrl, followUntil, call.signal);
      } else if (error.code === "idempotency_key_in_use" && Date.now() < followUntil) {
        await pause(Math.max((error.retryAfterS ?? 0) * 1e3, LOOK_MS), call.signal);
      } else {
        const wait = Math.max((error.retryAfterS ?? 0) * 1e3, spread(FIRST_MS * 2 ** failures));
        if (!MAY_PASS.has(error.code) || error.spent === "yes" || wait > LONGEST_MS || failures >= patience.retries)
          throw error;
        failures += 1;
        await pause(wait, call.signal);
      }
    }
  }
}
async function follow(transport, problem, statusUrl, until, signal) {
  const id = new URL(statusUrl, transport.base).pathname.split("/").pop() ?? "";
  const path = `gateway/creates/${encodeURIComponent(id)}`;
  for (let wait = LOOK_MS; ; wait = Math.min(wait * 1.5, LONGEST_MS)) {
    if (Date.now() + wait > until)
      throw problem;
    await pause(wait, signal);
    try {
      const response = await transport.send({ method: "GET", path, signal });
      const { state } = await response.json();
      if (state === "made" || state === "nothing")
        return;
      if (state === "presumed")
        throw problem;
    } catch (error) {
      if (!(error instanceof GatewayProblem) || error === problem)
        throw error;
      if (!MAY_PASS.has(error.code))
        throw problem;
    }
  }
}

// dist/requests.js
var Requests = class {
  transport;
  #patience;
  constructor(transport, patience) {
    this.transport = transport;
    this.#patience = patience;
  }
  /**
   * Any operation of the document. Creates get an `Idempotency-Key`, so that they are carried out once however often they are
   * sent; these and reads are repeated when they fail for a passing reason.
   *
   * @throws {GatewayProblem} for what is no success, or the signal's reason
   */
  async request(method, path, options) {
    const { query, body, headers, signal, onProgress, onUncertain, idempotencyKey } = options;
    const filled = fill(String(path), options.path);
    const key = idempotencyKey ?? (isCreate(method, filled) ? newKey() : null);
    const call = { method, path: filled, query, body, headers, signal, onProgress };
    const response = await sendPatiently(this.transport, call, key === null ? null : { key, onUncertain }, this.#patience);
    return { data: await dataOf(response), status: response.status, headers: response.headers };
  }
  /** The same, and only what it answers with. */
  async data(method, path, options) {
    return (await this.request(method, path, options)).data;
  }
};
function fill(path, params = {}) {
  return path.replace(/^\//, "").replace(/\{\*?([^}]+)\}/g, (_, name) => encodeURIComponent(String(params[name])));
}
async function dataOf(response) {
  const text = await response.text();
  return text === "" ? void 0 : JSON.parse(text);
}

// dist/csrf.js
var Csrf = class {
  #token = null;
  #ask;
  /** `ask` gives the session's token, or null where nobody is signed in. */
  constructor(ask) {
    this.#ask = ask;
  }
  /** What a request with an unsafe method must carry. Nobody's request carries that it was made by a script of the page. */
  async headers() {
    this.#token ??= this.#ask();
    const asked = this.#token;
    try {
      const token = await asked;
      return token === null ? ["X-CSRF", "1"] : ["X-CSRF-Token", token];
    } catch (error) {
      if (this.#token === asked)
        this.#token = null;
      throw error;
    }
  }
  /** The gateway told it with an answer. */
  learn(token) {
    this.#token = Promise.resolve(token);
  }
  /** The session ended, or another began. */
  forget() {
    this.#token = null;
  }
};

// dist/upload.js
async function upload(request, onProgress, fetcher) {
  if (typeof XMLHttpRequest !== "undefined")
    return byXhr(request, onProgress);
  const { url, body, ...init } = request;
  const whole = await new Response(body).blob();
  const headers = new Headers(init.headers);
  if (whole.type)
    headers.set("Content-Type", whole.type);
  onProgress({ loaded: 0, total: whole.size });
  if (!isNode()) {
    const response = await fetcher(url, { ...init, headers, body: whole, signal: init.signal ?? null });
    onProgress({ loaded: whole.size, total: whole.size });
    return response;
  }
  let loaded = 0;
  const counted = whole.stream().pipeThrough(new TransformStream({
    transform(chunk, to) {
      loaded += chunk.byteLength;
      onProgress({ loaded, total: whole.size });
      to.enqueue(chunk);
    }
  }));
  const streaming = { ...init, headers, body: counted, signal: init.signal ?? null, duplex: "half" };
  return fetcher(url, streaming);
}
function isNode() {
  const { process } = globalThis;
  return process?.versions?.node !== void 0;
}
function byXhr({ method, url, headers, body, credentials, signal }, onProgress) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const stop = () => xhr.abort();
    xhr.open(method, url);
    xhr.withCredentials = credentials === "include";
    xhr.responseType = "blob";
    headers.forEach((value, name) => xhr.setRequestHeader(name, value));
    xhr.upload.onprogress = ({ loaded, total }) => onProgress({ loaded, total });
    xhr.onload = () => {
      const isEmpty = xhr.status === 204 || xhr.status === 205 || xhr.status === 304;
      resolve(new Response(isEmpty ? null : xhr.response, { status: xhr.status, headers: headersOf(xhr) }));
    };
    xhr.onerror = () => reject(new TypeError("the connection failed"));
    xhr.onabort = () => reject(signal?.reason);
    xhr.onloadend = () => signal?.removeEventListener("abort", stop);
    signal?.addEventListener("abort", stop, { once: true });
    xhr.send(body);
  });
}
function headersOf(xhr) {
  const lines = xhr.getAllResponseHeaders().split("\r\n").filter((line) => line.includes(":"));
  return new Headers(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
}

// dist/transport.js
var SAFE = /* @__PURE__ */ new Set(["GET", "HEAD"]);
var Transport = class {
  base;
  csrf = new Csrf(() => this.#askForCsrf());
  #options;
  #fetch;
  constructor(options) {
    const { location } = globalThis;
    this.base = new URL(options.baseUrl, location?.href);
    if (!this.base.pathname.endsWith("/"))
      this.base.pathname += "/";
    this.#options = options;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }
  /** Gives a reply that is a success. @throws {GatewayProblem} for all others, or the signal's reason. */
  async send(call) {
    let token = call.bearer ?? await this.#token();
    for (let isFirst = true; ; isFirst = false) {
      const response = await this.#once(call, token);
      if (response.ok)
        return response;
      const problem = await GatewayProblem.of(response);
      if (!isFirst)
        throw problem;
      if (problem.code === "csrf_refused" && token === void 0) {
        this.csrf.forget();
      } else if (isSignedOut(problem) && call.bearer === void 0 && typeof this.#options.token === "function") {
        const fresh = await this.#token();
        if (fresh === token)
          throw problem;
        token = fresh;
      } else {
        throw problem;
      }
    }
  }
  async #token() {
    const { token } = this.#options;
    return typeof token === "function" ? token() : token;
  }
  async #once(call, token) {
    const { method, path, body, signal } = call;
    const headers = new Headers({ Accept: "application/json", ...call.headers });
    if (token !== void 0)
      headers.set("Authorization", `Bearer ${token}`);
    else if (!SAFE.has(method))
      headers.set(...await this.csrf.headers());
    if (this.#options.endUser !== void 0)
      headers.set("Gateway-End-User", this.#options.endUser);
    const isForm = body instanceof FormData || body instanceof URLSearchParams;
    if (body !== void 0 && !isForm)
      headers.set("Content-Type", "application/json");
    const url = new URL(path, this.base);
    for (const [name, value] of queryOf(call.query))
      url.searchParams.append(name, value);
    const outgoing = {
      method,
      url,
      headers,
      signal,
      body: body === void 0 || isForm ? body : JSON.stringify(body),
      // A token says who asks; an exchange needs its cookie kept.
      credentials: this.#options.token === void 0 ? this.#options.credentials ?? "same-origin" : this.#options.credentials ?? "omit"
    };
    const began = performance.now();
    const seen = (status, replied) => this.#options.onReply?.({ method, path, status, headers: replied, elapsedMs: performance.now() - began });
    try {
      const response = await this.#go(outgoing, call.onProgress);
      seen(response.status, response.headers);
      return response;
    } catch (error) {
      signal?.throwIfAborted();
      seen(0, new Headers());
      throw GatewayProblem.unreachable(error);
    }
  }
  #go(outgoing, onProgress) {
    if (onProgress !== void 0 && outgoing.body !== void 0)
      return upload(outgoing, onProgress, this.#fetch);
    const { url, body, signal, ...rest } = outgoing;
    return this.#fetch(url, { ...rest, body: body ?? null, signal: signal ?? null, redirect: "error" });
  }
  async #askForCsrf() {
    try {
      const response = await this.send({ method: "GET", path: "gateway/session" });
      const session = await response.json();
      return session.csrf_token ?? null;
    } catch (error) {
      if (isSignedOut(error))
        return null;
      throw error;
    }
  }
};
function* queryOf(query = {}) {
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value))
      for (const item of value)
        yield [name.endsWith("[]") ? name : `${name}[]`, String(item)];
    else if (value !== void 0 && value !== null)
      yield [name, String(value)];
  }
}

// dist/client.js
var RETRIES = 2;
var FOLLOW_MS = 12e4;
var AstriaGateway = class {
  session;
  guest;
  packs;
  images;
  tunes;
  prompts;
  themes;
  account;
  #requests;
  #feed;
  constructor(options) {
    const transport = new Transport(options);
    this.#requests = new Requests(transport, { retries: options.retries ?? RETRIES, followMs: options.followMs ?? FOLLOW_MS });
    this.#feed = new Feed(transport);
    this.session = new SessionApi(this.#requests, this.#feed);
    this.guest = new GuestApi(this.#requests, this.#feed);
    this.packs = new PacksApi(this.#requests);
    this.images = new ImagesApi(this.#requests);
    this.tunes = new TunesApi(this.#requests, this.#feed);
    this.prompts = new PromptsApi(this.#requests, this.#feed);
    this.themes = new ThemesApi(this.#requests);
    this.account = new AccountApi(this.#requests);
  }
  /** Where the gateway stands, with a slash at its end. */
  get baseUrl() {
    return this.#requests.transport.base;
  }
  /** Do events come now? */
  get isLive() {
    return this.#feed.isOpen;
  }
  /**
   * What happens to the end user's own objects, from now on: `for await (const event of client.events({ signal }))`. All
   * listeners and all waits share one stream, which comes back by itself; see {@link GatewayEvent}.
   */
  events({ signal } = {}) {
    return listen(this.#feed, signal);
  }
  /** A ticket for an `EventSource`, which can send no token. */
  eventsTicket(options = {}) {
    return this.#requests.data("POST", "/gateway/events/ticket", options);
  }
  /**
   * Waits until a prompt's pictures are there, also if they are there already: by events, and by asking now and then while no
   * stream is open.
   *
   * @throws {JobFailed} if there will be none, {@link WaitTimedOut} after `timeoutMs`, {@link GatewayProblem}, or the signal's reason
   */
  waitForPrompt(id, options = {}) {
    return this.prompts.wait(id, options);
  }
  /** The same of a tune, until it is trained. */
  waitForTune(id, options = {}) {
    return this.tunes.wait(id, options);
  }
  /** Any operation of the gateway's document, typed by it: `client.request("GET", "/prompts/{id}", { path: { id } })`. */
  request(method, path, options) {
    return this.#requests.request(method, path, options);
  }
};
export {
  AstriaGateway,
  GatewayProblem,
  JobFailed,
  SseReader,
  WaitTimedOut,
  isBlocked,
  isInvalid,
  isNotFound,
  isOutcomeUnknown,
  isQuotaExceeded,
  isRateLimited,
  isSignedOut,
  isUnreachable,
  newKey,
  readQuotaLeft
};
