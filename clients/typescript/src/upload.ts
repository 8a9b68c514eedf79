/** How much of a body is on its way, in bytes. In Node these were handed to the connection, in a browser they were sent. */
export interface UploadProgress {
  /** Bytes so far. */
  loaded: number;
  /** Bytes of the whole body. */
  total: number;
}

/** A request, ready to be sent. */
export interface Outgoing {
  method: string;
  url: URL;
  headers: Headers;
  body?: BodyInit | undefined;
  credentials: RequestCredentials;
  signal?: AbortSignal | undefined;
}

type OnProgress = (progress: UploadProgress) => void;

/**
 * Sends a body and tells how far it is. In browsers by `XMLHttpRequest`, since their `fetch` cannot tell; in Node by a
 * body that counts what `fetch` takes of it. Where neither is there (service workers), only the beginning and the end are told.
 */
export async function upload(request: Outgoing, onProgress: OnProgress, fetcher: typeof fetch): Promise<Response> {
  if (typeof XMLHttpRequest !== "undefined") return byXhr(request, onProgress);
  const { url, body, ...init } = request;
  const whole = await new Response(body).blob();
  const headers = new Headers(init.headers);
  if (whole.type) headers.set("Content-Type", whole.type);
  onProgress({ loaded: 0, total: whole.size });
  if (!isNode()) {
    const response = await fetcher(url, { ...init, headers, body: whole, signal: init.signal ?? null });
    onProgress({ loaded: whole.size, total: whole.size });
    return response;
  }
  let loaded = 0;
  const counted = whole.stream().pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, to) {
      loaded += chunk.byteLength;
      onProgress({ loaded, total: whole.size });
      to.enqueue(chunk);
    },
  }));
  const streaming = { ...init, headers, body: counted, signal: init.signal ?? null, duplex: "half" };
  return fetcher(url, streaming as RequestInit);
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}

function byXhr({ method, url, headers, body, credentials, signal }: Outgoing, onProgress: OnProgress): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const stop = () => xhr.abort();
    xhr.open(method, url);
    // A page's own cookies go with it in any case: `omit` cannot be said here.
    xhr.withCredentials = credentials === "include";
    xhr.responseType = "blob";
    headers.forEach((value, name) => xhr.setRequestHeader(name, value));
    xhr.upload.onprogress = ({ loaded, total }) => onProgress({ loaded, total });
    xhr.onload = () => {
      const isEmpty = xhr.status === 204 || xhr.status === 205 || xhr.status === 304;
      resolve(new Response(isEmpty ? null : (xhr.response as Blob), { status: xhr.status, headers: headersOf(xhr) }));
    };
    xhr.onerror = () => reject(new TypeError("the connection failed"));
    xhr.onabort = () => reject(signal?.reason);
    xhr.onloadend = () => signal?.removeEventListener("abort", stop);
    signal?.addEventListener("abort", stop, { once: true });
    xhr.send(body as XMLHttpRequestBodyInit);
  });
}

function headersOf(xhr: XMLHttpRequest): Headers {
  const lines = xhr.getAllResponseHeaders().split("\r\n").filter((line) => line.includes(":"));
  return new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
}
