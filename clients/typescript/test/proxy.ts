import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PHOTO = new URL("../../../tests/fixtures/photos/jpeg.jpg", import.meta.url);

/** What the proxy lets through. */
export type Lets = "everything" | "no streams" | "nothing";

/**
 * Stands before the gateway, as a reverse proxy does, and breaks what it is told to. Serves what a browser's tests are made of
 * under /__client__/, and the imitated upstream's controls under /__mock__/.
 */
export interface Proxy {
  url: string;
  close(): void;
}

export async function proxyBefore(gateway: string, mock: string): Promise<Proxy> {
  let lets: Lets = "everything";
  const streams = new Set<Socket>();
  const counts: Record<string, number> = {};
  const server = http.createServer((request, response) => {
    const path = new URL(request.url ?? "/", gateway).pathname;
    if (path.startsWith("/__client__/")) return void serve(path, response);
    if (path === "/__lets__") {
      lets = decodeURIComponent(new URL(request.url ?? "", gateway).search.slice(1)) as Lets;
      if (lets !== "everything") for (const socket of streams) socket.destroy();
      return void response.end();
    }
    if (path === "/__counts__") return void response.setHeader("Content-Type", "application/json").end(JSON.stringify(counts));
    if (path === "/__photo__") return void readFile(PHOTO).then((bytes) => response.setHeader("Content-Type", "image/jpeg").end(bytes));
    const isStream = path === "/gateway/events";
    if (path.startsWith("/__mock__/")) return forward(request, response, mock);
    if (lets === "nothing" || (isStream && lets === "no streams")) return void request.socket.destroy();
    const counted = `${request.method} ${path}`;
    counts[counted] = (counts[counted] ?? 0) + 1;
    if (isStream) {
      streams.add(request.socket);
      request.socket.once("close", () => streams.delete(request.socket));
    }
    forward(request, response, gateway);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { url, close: () => { server.closeAllConnections(); server.close(); } };

  function forward(request: http.IncomingMessage, response: http.ServerResponse, to: string) {
    const headers = { ...request.headers, host: new URL(to).host };
    // The gateway's own address is the only one that it knows.
    if (headers.origin === url) headers.origin = to;
    const onward = http.request(new URL(request.url ?? "/", to), { method: request.method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      response.flushHeaders();
      reply.pipe(response);
    });
    const broken = () => response.destroy();
    onward.on("error", broken);
    response.on("close", () => onward.destroy());
    // Uploads take some time, as they do.
    if (request.url === "/tunes" && request.method === "POST") void slowly(request, onward).catch(broken);
    else request.pipe(onward);
  }
}

async function slowly(from: http.IncomingMessage, to: http.ClientRequest) {
  for await (const chunk of from) {
    if (!to.write(chunk)) await once(to, "drain");
    await setTimeout(1);
  }
  to.end();
}

async function serve(path: string, response: http.ServerResponse) {
  try {
    if (path === "/__client__/") {
      return void response.setHeader("Content-Type", "text/html").end("<!doctype html><title>client</title>");
    }
    if (!/^\/__client__(\/[\w.-]+)+\.js$/.test(path) || path.includes("..")) throw new Error("not one of ours");
    const file = await readFile(fileURLToPath(new URL(`../${path.slice("/__client__/".length)}`, import.meta.url)));
    response.setHeader("Content-Type", "text/javascript").end(file);
  } catch {
    response.writeHead(404).end();
  }
}
