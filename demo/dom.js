// Builds elements and formats values. All text goes in as text nodes, so nothing a server says can become markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** `props`: `class`, `text`, `testid`, `onclick`-like listeners, everything else as an attribute. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else if (key === "testid") node.dataset.testid = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Only http(s) addresses reach `src` and `href`; relative ones are the gateway's own. */
export function safeUrl(value, base) {
  try {
    const url = new URL(String(value), base);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** The folder above this script's own: the gateway's base path, whatever it is. */
export const BASE = new URL("..", import.meta.url);

/** Waits, or rejects at once when `signal` fires. */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener("abort", stop); resolve(); }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

// One clock for everything that counts down. A listener leaves by itself when its element left the page.
const ticking = new Map();
setInterval(() => {
  for (const [node, listener] of ticking) {
    if (node.isConnected) listener();
    else ticking.delete(node);
  }
}, 1000);

export function everySecond(node, listener) {
  listener();
  ticking.set(node, listener);
}

export const stopTicking = (node) => ticking.delete(node);

/** 100 000 milli-cents are one US dollar. */
export function dollars(mc) {
  const value = Number(mc) / 100000;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  const text = value.toFixed(digits).replace(/(\.\d\d)(\d*?)0+$/, "$1$2");
  return `$${text}`;
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export function kilobytes(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** "45 s", "3 min", "5 h 12 min", "6 days". */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** A timestamp as the API may write it: RFC 3339 text, or seconds since 1970. */
export function parseTime(value) {
  if (value === null || value === undefined || value === "") return null;
  const date = typeof value === "number" ? new Date(value < 1e11 ? value * 1000 : value) : new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** "in 5 h 12 min" within two days, "on 1 December" after. */
export function whenInWords(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  if (seconds <= 0) return "now";
  if (seconds < 48 * 3600) return `in ${span(seconds)}`;
  return `on ${date.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
}
