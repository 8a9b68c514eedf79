// The client alone, with a gateway that is imitated: what it asks, what it repeats, and what it never does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AstriaGateway, GatewayProblem, isRateLimited, readQuotaLeft, SseReader } from "../dist/index.js";
import { openapi } from "../scripts/gateway.mjs";

interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

/** A client whose gateway answers with each of `replies`, and goes on with the last. */
function imitated(...replies: (() => Response)[]) {
  const asked: Asked[] = [];
  const client = new AstriaGateway({
    baseUrl: "https://gateway.example/base",
    token: "t",
    fetch: async (input, init) => {
      const url = input as URL;
      asked.push({ method: init?.method ?? "GET", path: url.pathname + url.search, headers: new Headers(init?.headers), body: init?.body });
      return replies[Math.min(asked.length, replies.length) - 1]!();
    },
  });
  return { client, asked };
}

const json = (data: unknown, init?: ResponseInit) => () => new Response(JSON.stringify(data), init);
const problem = (status: number, code: string, more: object = {}) =>
  json({ title: code, code, status, ...more }, { status, headers: { "Content-Type": "application/problem+json" } });
const broken = () => { throw new TypeError("fetch failed"); };

test("every operation of the document has a method", async () => {
  const { client, asked } = imitated(json({ sessions: [], providers: [] }));
  const file = new Blob(["x"]);
  const calls = [
    client.session.get(), client.session.signIn("t"), client.session.signOut(), client.session.list(), client.session.revoke("s"),
    client.session.signOutEverywhere(), client.session.providers(), client.session.logout(), client.guest.begin(),
    client.packs.list(), client.packs.gallery(), client.packs.get(1), client.packs.run(1, {}), client.images.inspect(file, "man"),
    client.tunes.create({ title: "t", name: "man", images: [file] }), client.tunes.list(), client.tunes.get(1),
    client.tunes.update(1, { title: "t" }), client.tunes.delete(1), client.tunes.gallery(), client.tunes.prompts(1),
    client.prompts.create(1, { text: "t" }), client.prompts.createAtRoot({ text: "t" }), client.prompts.list(), client.prompts.get(1),
    client.prompts.delete(1), client.prompts.duplicate(1), client.prompts.like(1), client.prompts.unlike(1),
    client.themes.create({ theme: "t", tune_ids: [1] }), client.account.get(), client.account.data(), client.account.erase(),
    client.account.create("c"), client.eventsTicket(),
  ];
  await Promise.all(calls);
  const called = new Set(asked.map(({ method, path }) => `${method} ${path.replace("/base", "").replace(/\/(1|s|c)(?=\/|$)/g, "/{}")}`));
  const paths = openapi()["paths"] as Record<string, object>;
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).filter((key) => /^(get|post|put|patch|delete)$/.test(key)).map((method) =>
      `${method.toUpperCase()} ${path.replace(/\{[^}]+\}/g, "{}")}`));
  const missing = described.filter((operation) => !called.has(operation) && !ELSEWHERE.some((pattern) => pattern.test(operation)));
  assert.deepEqual(missing, []);
});

/** What has no method of its own, and why. */
const ELSEWHERE = [
  /\.json$|\/like$|^PUT |^\w+ \/tunes\/\{\}\/prompts\/\{\}$/, // other spellings of what has one
  /^GET \/(healthz|readyz|gateway\/openapi\.json|gateway\/docs|gateway\/events)$/, // for machines and people; `events()`
  /^POST \/gateway\/(callbacks|login)\//, // for Astria and for providers
  /^GET \/gateway\/login\/\{\}(\/callback)?$/, // a browser's navigations; `session.loginUrl()`
  /^GET \/rails\//, // pictures, by their own addresses
];

test("a create is repeated under the same key, and another create has another one", async () => {
  const { client, asked } = imitated(broken, problem(503, "overloaded", { spent: "no" }), json({ id: 1 }));
  await client.prompts.create(7, { text: "t" });
  const keys = asked.map(({ headers }) => headers.get("Idempotency-Key"));
  assert.equal(asked.length, 3);
  assert.match(keys[0]!, /^"[0-9a-f]{32}"$/);
  assert.deepEqual(keys, [keys[0], keys[0], keys[0]]);
  await client.prompts.create(7, { text: "t" });
  assert.notEqual(asked.at(-1)!.headers.get("Idempotency-Key"), keys[0]);
});

test("what is neither a read nor a create is sent once", async () => {
  const { client, asked } = imitated(problem(503, "overloaded"));
  await assert.rejects(client.tunes.delete(1), GatewayProblem);
  await assert.rejects(client.prompts.like(1), GatewayProblem);
  assert.deepEqual(asked.map(({ method, headers }) => [method, headers.has("Idempotency-Key")]), [["DELETE", false], ["POST", false]]);
});

test("a long wait is the app's to decide", async () => {
  const { client, asked } = imitated(problem(429, "rate_limited", { retry_after_s: 60 }));
  await assert.rejects(client.packs.list(), (error) => isRateLimited(error) && error.retryAfterS === 60);
  assert.equal(asked.length, 1);
});

test("a create of uncertain outcome is followed at the client's own gateway, then asked for under its key", async () => {
  const unknown = problem(504, "upstream_timeout", { spent: "unknown", retry_after_s: 60, status_url: "https://evil.example/gateway/creates/c1" });
  const { client, asked } = imitated(unknown, json({ state: "made" }), json({ id: 1 }));
  assert.equal((await client.prompts.create(7, { text: "t" })).id, 1);
  assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), [
    "POST /base/tunes/7/prompts", "GET /base/gateway/creates/c1", "POST /base/tunes/7/prompts",
  ]);
  assert.equal(asked[0]!.headers.get("Idempotency-Key"), asked[2]!.headers.get("Idempotency-Key"));
});

test("files make a form, spelled as Rails reads it", async () => {
  const { client, asked } = imitated(json({ id: 1 }));
  await client.tunes.create({ title: "Me", name: "man", images: [new File(["x"], "a.jpg"), new File(["y"], "b.jpg")], image_urls: [] });
  const form = asked[0]!.body as FormData;
  assert.deepEqual([...form.keys()], ["tune[title]", "tune[name]", "tune[images][]", "tune[images][]"]);
});

test("what is left is read from its header", () => {
  const headers = new Headers({ "Gateway-Quota-Left": '"images";per=day;left=498, "cost";per=total;left=-3' });
  assert.deepEqual(readQuotaLeft(headers), [{ of: "images", per: "day", left: 498 }, { of: "cost", per: "total", left: -3 }]);
});

test("a stream is read as the standard says, however it is cut into pieces", () => {
  const text = "retry: 2000\n\nid: 41\nevent: stream.open\ndata: {}\n\n: heartbeat\n\nid:42\r\nevent:x\r\ndata: one\r\ndata:two\r\n" +
    "data:  three\r\n\r\nid\rdata\r\rid: a\0b\rretry: 1s\rdata: æ\n\ndata: cut off\nid: 43\n";
  for (const size of [1, 2, 3, 5, 8, 1000]) {
    const reader = new SseReader();
    const messages = [];
    for (let at = 0; at < text.length; at += size) messages.push(...reader.read(text.slice(at, at + size)));
    assert.deepEqual([reader.retryMs, reader.lastId], [2000, ""]);
    assert.deepEqual(messages.map(({ type, data, id }) => [type, data, id]), [
      ["stream.open", "{}", "41"], ["x", "one\ntwo\n three", "42"], ["message", "", ""], ["message", "æ", ""],
    ]);
  }
});
