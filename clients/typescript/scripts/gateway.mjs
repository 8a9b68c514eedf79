// The gateway's program, for what is made from it and tested against it.

import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What to run: the program named by ASTRIA_GATEWAY_BIN, otherwise `cargo run`. */
function command(...args) {
  const bin = process.env.ASTRIA_GATEWAY_BIN;
  return bin ? [bin, args] : ["cargo", ["run", "--quiet", "--locked", "--bin", "astria-gateway", "--", ...args]];
}

/** The gateway's OpenAPI document. */
export function openapi() {
  const [program, args] = command("openapi");
  return JSON.parse(execFileSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 }));
}

/** Starts the demo. Gives where its parts are (`gateway`, `mock`, `tokens`) and `stop()`. */
export async function demo() {
  const any = "127.0.0.1:0";
  const [program, args] = command("demo", "--json", "--listen", any, "--operator-listen", any, "--mock-listen", any);
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill());
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("{")) return { ...JSON.parse(line), stop: () => child.kill() };
  }
  throw new Error("the demo did not start");
}
