import { after, before, beforeEach, test } from "node:test";
import { demo } from "../scripts/gateway.mjs";
import { Chromium } from "./chromium.js";
import { flows, type World } from "./flows.js";
import { proxyBefore, type Proxy } from "./proxy.js";

let running: Awaited<ReturnType<typeof demo>>;
let proxy: Proxy;
let world: World;
let browser: Chromium;

before(async () => {
  running = await demo();
  proxy = await proxyBefore(running.gateway, running.mock);
  world = { url: proxy.url, tokens: running.tokens };
  browser = await Chromium.start();
  await browser.goTo(`${proxy.url}/__client__/`);
});
beforeEach(() => browser.forgetCookies());
after(async () => {
  await browser?.close();
  proxy?.close();
  running?.stop();
});

const RUN = `
  const [name, world, done] = arguments;
  import("/__client__/build/flows.js")
    .then(({ flows }) => flows[name](world))
    .then(() => done(null), (error) => done(String(error?.stack ?? error)));
`;

for (const name of Object.keys(flows)) {
  test(`in Chromium: ${name}`, { timeout: 60_000 }, async () => {
    const failure = await browser.run(RUN, [name, world]);
    if (failure !== null) throw new Error(String(failure));
  });
}
