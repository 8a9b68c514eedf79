import { after, before, test } from "node:test";
import { demo } from "../scripts/gateway.mjs";
import { flows, type World } from "./flows.js";
import { proxyBefore, type Proxy } from "./proxy.js";

let running: Awaited<ReturnType<typeof demo>>;
let proxy: Proxy;
let world: World;

before(async () => {
  running = await demo();
  proxy = await proxyBefore(running.gateway, running.mock);
  world = { url: proxy.url, tokens: running.tokens };
});
after(() => {
  proxy?.close();
  running?.stop();
});

for (const [name, flow] of Object.entries(flows)) test(`in Node: ${name}`, { timeout: 60_000 }, () => flow(world));
