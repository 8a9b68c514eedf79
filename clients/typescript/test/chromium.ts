import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ARGUMENTS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Headless Chromium, by chromedriver's plain WebDriver. */
export class Chromium {
  readonly #driver: ChildProcess;
  readonly #session: string;
  readonly #profile: string;

  private constructor(driver: ChildProcess, session: string, profile: string) {
    this.#driver = driver;
    this.#session = session;
    this.#profile = profile;
  }

  static async start(): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), "astria-client-"));
    const driver = spawn("chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, TMPDIR: profile } });
    const url = await addressOf(driver);
    const options = { args: [...ARGUMENTS, `--user-data-dir=${join(profile, "profile")}`] };
    const capabilities = { alwaysMatch: { browserName: "chrome", timeouts: { script: 60_000 }, "goog:chromeOptions": options } };
    const { sessionId } = (await command("POST", `${url}/session`, { capabilities })) as { sessionId: string };
    return new Chromium(driver, `${url}/session/${sessionId}`, profile);
  }

  async goTo(url: string): Promise<void> {
    await command("POST", `${this.#session}/url`, { url });
  }

  async forgetCookies(): Promise<void> {
    await command("DELETE", `${this.#session}/cookie`);
  }

  /** Runs a script in the page; its last argument takes what it gives. */
  run(script: string, args: unknown[]): Promise<unknown> {
    return command("POST", `${this.#session}/execute/async`, { script, args });
  }

  async close(): Promise<void> {
    await command("DELETE", this.#session);
    this.#driver.kill();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function addressOf(driver: ChildProcess): Promise<string> {
  await new Promise((resolve, reject) => driver.once("spawn", resolve).once("error", reject));
  for await (const line of createInterface(driver.stdout!)) {
    const port = /started successfully on port (\d+)/.exec(line)?.[1];
    if (port !== undefined) return `http://127.0.0.1:${port}`;
  }
  throw new Error("chromedriver did not start");
}

async function command(method: string, url: string, body?: unknown): Promise<unknown> {
  const init = method === "POST" ? { method, body: JSON.stringify(body ?? {}) } : { method };
  const reply = (await (await fetch(url, init)).json()) as { value: { error?: string; message?: string } | null };
  if (reply.value?.error !== undefined) throw new Error(reply.value.message);
  return reply.value;
}
