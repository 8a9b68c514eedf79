// What the client does with a real gateway: the same in Node and in a browser.

import {
  AstriaGateway, GatewayProblem, isOutcomeUnknown, isQuotaExceeded, isSignedOut, isUnreachable, JobFailed, WaitTimedOut,
  type AstriaGatewayOptions, type GatewayEvent,
} from "../dist/index.js";
import { keepingCookies } from "./jar.js";
import type { Lets } from "./proxy.js";

/** Where a gateway stands, and who may use it. */
export interface World {
  url: string;
  tokens: Record<string, string>;
}

const FLUX = 1504944;
const MAX_MS = 20_000;

export const flows: Record<string, (world: World) => Promise<void>> = {
  async "a bearer token says who asks"(world) {
    const account = await bearer(world).account.get();
    equal(account.plan, "pro");
    equal(account.principal.subject, "pro-user");
  },

  async "a token that is asked for once more after a 401 goes on"(world) {
    let asked = 0;
    const token = () => (asked++ === 0 ? "outdated" : world.tokens["pro-user"]!);
    const account = await new AstriaGateway({ baseUrl: world.url, token }).account.get();
    equal([account.plan, asked], ["pro", 2]);
  },

  async "nobody is told to sign in"(world) {
    const error = await failure(cookies(world).account.get());
    equal([isSignedOut(error), (error as GatewayProblem).status], [true, 401]);
  },

  async "a token is exchanged for a session, which lasts until the sign-out"(world) {
    const client = cookies(world);
    const session = await client.session.signIn(world.tokens["pro-user"]!);
    equal([session.kind, session.subject, session.plan], ["end_user", "pro-user", "pro"]);
    equal((await client.account.get()).plan, "pro");
    const here = await client.session.list();
    equal(here.filter(({ current }) => current).map(({ id }) => id), [session.session?.id]);
    if (typeof document !== "undefined") equal(document.cookie, "");

    await client.session.signOut();
    equal(isSignedOut(await failure(client.session.get())), true);
  },

  async "signing out everywhere ends all sessions of the end user"(world) {
    const [first, second] = [cookies(world), cookies(world)];
    await first.session.signIn(world.tokens["pro-user"]!);
    await second.session.signIn(world.tokens["pro-user"]!);
    await second.session.signOutEverywhere();
    equal(isSignedOut(await failure(first.account.get())), true);
  },

  async "a create by cookie takes the session's CSRF token, and a new one when it is refused"(world) {
    const fetch = keepingCookies();
    const [first, second] = [cookies(world, { fetch }), cookies(world, { fetch })];
    await first.session.signIn(world.tokens["pro-user"]!);
    await second.session.signIn(world.tokens["pro-user"]!); // another session in the same jar: the first one's token is stale
    const seen: number[] = [];
    const third = cookies(world, { fetch, onReply: ({ status }) => seen.push(status) });
    equal((await third.prompts.create(FLUX, { text: "with a token that was asked for", num_images: 1 })).num_images, 1);
    equal(seen, [200, 201]);
    equal((await first.prompts.create(FLUX, { text: "with a fresh token", num_images: 1 })).num_images, 1);
    await second.session.signOut();
  },

  async "a photo is inspected"(world) {
    const client = bearer(world);
    const inspection = await client.images.inspect(await photo(world), "man");
    equal(inspection.name, "man");
  },

  async "a prompt's pictures are awaited by events"(world) {
    const client = bearer(world);
    const stop = new AbortController();
    const open = opened(client, stop.signal);
    await open;
    const prompt = await client.prompts.create(FLUX, { text: "a lighthouse at dawn", num_images: 2 });
    const seen: number[] = [];
    const done = await client.waitForPrompt(prompt.id, { timeoutMs: MAX_MS, onUpdate: ({ images }) => seen.push(images?.length ?? 0) });
    equal([done.images.length, seen.at(-1)], [2, 2]);
    equal(await count(world, `GET /prompts/${prompt.id}`), 1);
    stop.abort();
  },

  async "several waits share one stream"(world) {
    const before = await count(world, "GET /gateway/events");
    const client = bearer(world);
    const prompts = await Promise.all([1, 2, 3].map((n) => client.prompts.create(FLUX, { text: `number ${n}`, num_images: 1 })));
    await Promise.all(prompts.map(({ id }) => client.waitForPrompt(id, { timeoutMs: MAX_MS })));
    equal((await count(world, "GET /gateway/events")) - before, 1);
  },

  async "a wait that begins after the end ends at once"(world) {
    const client = bearer(world);
    const { id } = await client.prompts.create(FLUX, { text: "early", num_images: 1 });
    await client.waitForPrompt(id, { timeoutMs: MAX_MS });
    const again = await bearer(world).waitForPrompt(id, { timeoutMs: 2000 });
    equal(again.images.length, 1);
  },

  async "without a stream a wait asks now and then"(world) {
    await lets(world, "no streams");
    try {
      const client = bearer(world);
      const { id } = await client.prompts.create(FLUX, { text: "without a stream", num_images: 1 });
      const done = await client.waitForPrompt(id, { timeoutMs: MAX_MS });
      equal([done.images.length, client.isLive], [1, false]);
      equal((await count(world, `GET /prompts/${id}`)) > 1, true);
    } finally {
      await lets(world, "everything");
    }
  },

  async "a stream that was cut tells what was missed"(world) {
    const client = bearer(world);
    const stop = new AbortController();
    const types: string[] = [];
    const { id } = await client.prompts.create(FLUX, { text: "cut off", num_images: 1 });
    for await (const event of client.events({ signal: stop.signal })) {
      types.push(event.type);
      if (types.length === 1) {
        await lets(world, "nothing");
      } else if (event.type === "stream.cut") {
        await finished(world, id);
        await lets(world, "everything");
      } else if (event.type === "prompt.finished" && event.object.id === id) {
        equal(event.prompt?.images?.length, 1);
        break;
      }
    }
    equal([types[0], types.includes("stream.cut"), types.filter((type) => type === "stream.open").length], ["stream.open", true, 2]);
  },

  async "a job that fails says why"(world) {
    const client = bearer(world);
    const { id } = await client.prompts.create(FLUX, { text: "a user_error", num_images: 1 });
    const error = await failure(client.waitForPrompt(id, { timeoutMs: MAX_MS }));
    equal(error instanceof JobFailed && [error.kind, error.id, error.reason, error.message.length > 0], ["prompt", id, "failed", true]);
  },

  async "a wait ends in time, and by its signal"(world) {
    const client = bearer(world);
    const { id } = await client.prompts.create(FLUX, { text: "slow", num_images: 1 });
    equal((await failure(client.waitForPrompt(id, { timeoutMs: 50 }))) instanceof WaitTimedOut, true);
    const stop = new AbortController();
    const waiting = failure(client.waitForPrompt(id, { signal: stop.signal }));
    stop.abort(new Error("enough"));
    equal(String(await waiting), "Error: enough");
  },

  async "ten photos are uploaded with progress, and trained"(world) {
    const client = bearer(world);
    const images = await Promise.all(Array.from({ length: 10 }, () => photo(world, 1_000_000)));
    const told: { loaded: number; total: number }[] = [];
    const tune = await client.tunes.create(
      { title: `Me ${Math.random()}`, name: "man", images }, { onProgress: (progress) => told.push(progress) },
    );
    const last = told.at(-1);
    equal([told.length > 1, last?.loaded === last?.total, (last?.total ?? 0) > 10_000_000], [true, true, true]);
    const trained = await client.waitForTune(tune.id, { timeoutMs: MAX_MS });
    equal([typeof trained.trained_at, trained.orig_images?.length], ["string", 10]);
  },

  async "an upload is aborted"(world) {
    const client = bearer(world);
    const images = await Promise.all(Array.from({ length: 10 }, () => photo(world, 1_000_000)));
    const stop = new AbortController();
    const before = await count(world, "POST /tunes");
    const error = await failure(client.tunes.create(
      { title: "Never", name: "man", images },
      { signal: stop.signal, onProgress: ({ loaded }) => { if (loaded > 0) stop.abort(); } },
    ));
    equal([(error as Error).name, error instanceof GatewayProblem], ["AbortError", false]);
    equal((await count(world, "POST /tunes")) - before <= 1, true);
  },

  async "a request is aborted"(world) {
    const error = await failure(bearer(world).packs.list({ signal: AbortSignal.abort() }));
    equal((error as Error).name, "AbortError");
  },

  async "a quota that is used up is told apart, with what is left"(world) {
    const client = bearer(world, "free-user");
    let last: unknown;
    for (let turn = 0; turn < 4 && !isQuotaExceeded(last); turn += 1) {
      last = await client.prompts.create(FLUX, { text: "more", num_images: 8 }).catch((error: unknown) => error);
    }
    if (!isQuotaExceeded(last)) throw new Error("the free plan has twenty images a day");
    equal([last.status, last.quota?.of, last.quota?.limit, last.spent], [429, "images", 20, "no"]);
    equal([(last.retryAfterS ?? 0) > 0, typeof last.requestId], [true, "string"]);
  },

  async "a create of which the answer was lost is found, and made once"(world) {
    await upstream(world, "faults", { method: "POST", path: "/tunes/:tune_id/prompts", fault: "status_504_after_processing" });
    const before = await created(world);
    const told: unknown[] = [];
    const prompt = await bearer(world).prompts.create(
      FLUX, { text: "lost and found", num_images: 1 }, { onUncertain: ({ spent }) => told.push(spent) },
    );
    equal([prompt.text, (await created(world)) - before, told], ["lost and found", 1, ["unknown"]]);
  },

  async "a create goes on under its key when the gateway is back"(world) {
    const client = bearer(world, "pro-user", { retries: 0 });
    await lets(world, "nothing");
    const error = await failure(client.prompts.create(FLUX, { text: "later", num_images: 1 }));
    await lets(world, "everything");
    if (!isUnreachable(error) || !isOutcomeUnknown(error) || error.idempotencyKey === null) throw error;
    const options = { idempotencyKey: error.idempotencyKey };
    const first = await client.prompts.create(FLUX, { text: "later", num_images: 1 }, options);
    const second = await client.prompts.create(FLUX, { text: "later", num_images: 1 }, options);
    equal(first.id, second.id);
  },

  async "a list is read page by page"(world) {
    const client = bearer(world);
    const texts = ["page one", "page two", "page three"];
    for (const text of texts) await client.prompts.create(FLUX, { text, num_images: 1 });
    const found: unknown[] = [];
    for await (const prompt of client.prompts.all({ limit: 1 })) {
      found.push(prompt.text);
      if (found.length === 3) break;
    }
    equal(found, texts.reverse());
  },
};

// ── what they are written with ──

function bearer(world: World, user = "pro-user", options: Partial<AstriaGatewayOptions> = {}): AstriaGateway {
  return new AstriaGateway({ baseUrl: world.url, token: world.tokens[user]!, ...options });
}

function cookies(world: World, { fetch = keepingCookies(), ...options }: { fetch?: typeof globalThis.fetch | undefined; onReply?: AstriaGatewayOptions["onReply"] } = {}) {
  return new AstriaGateway({ baseUrl: world.url, ...(fetch && { fetch }), ...(options.onReply && { onReply: options.onReply }) });
}

async function opened(client: AstriaGateway, signal: AbortSignal): Promise<void> {
  const events = client.events({ signal });
  let event: IteratorResult<GatewayEvent, never>;
  do event = await events.next(); while (event.value.type !== "stream.open");
  void events.next().catch(() => undefined); // it stays open
}

async function photo(world: World, minBytes = 0): Promise<File> {
  const bytes = new Uint8Array(await (await fetch(new URL("/__photo__", world.url))).arrayBuffer());
  const comment = new Uint8Array(60_004);
  comment.set([0xff, 0xfe, 0xea, 0x62]); // a comment of JPEG, 60 002 bytes with its length
  const comments = Array.from({ length: Math.ceil(minBytes / comment.length) }, () => comment);
  return new File([bytes.slice(0, 2), ...comments, bytes.slice(2)], "photo.jpg", { type: "image/jpeg" });
}

async function lets(world: World, what: Lets): Promise<void> {
  await fetch(new URL(`/__lets__?${encodeURIComponent(what)}`, world.url));
}

async function count(world: World, what: string): Promise<number> {
  const counts = (await (await fetch(new URL("/__counts__", world.url))).json()) as Record<string, number>;
  return counts[what] ?? 0;
}

async function upstream(world: World, path: string, body?: unknown): Promise<Response> {
  const url = new URL(`/__mock__/${path}`, world.url);
  return fetch(url, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
}

async function created(world: World): Promise<number> {
  const requests = (await (await upstream(world, "requests")).json()) as { method: string }[];
  return requests.filter(({ method }) => method === "POST").length;
}

async function finished(world: World, id: number): Promise<void> {
  for (;;) {
    const { prompts } = (await (await upstream(world, "objects")).json()) as { prompts: { id: number; trained_at: string | null }[] };
    if (prompts.find((prompt) => prompt.id === id)?.trained_at) return;
    await new Promise((go) => setTimeout(go, 100));
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

function equal(is: unknown, should: unknown): void {
  const [a, b] = [JSON.stringify(is), JSON.stringify(should)];
  if (a !== b) throw new Error(`is ${a}, should be ${b}`);
}
