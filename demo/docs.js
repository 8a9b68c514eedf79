// Draws the published contract: what each operation takes and answers, with a line to try. All text goes in as text nodes.

import { el } from "../../demo/dom.js";
import { curl } from "./docs-curl.js";
import { Schemas } from "./docs-schema.js";
import { words } from "./docs-words.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);

const source = new URL("../openapi.json", import.meta.url);
const contract = await (await fetch(source)).json();
const schemas = new Schemas(contract);
const operations = [];

for (const [path, item] of Object.entries(contract.paths)) {
  for (const method of METHODS) {
    if (item[method]) operations.push({ path, method, item, says: item[method], tag: item[method].tags[0] });
  }
}

/** What a search looks through. */
function haystack({ path, method, says }) {
  const named = (says.parameters ?? []).map((one) => schemas.resolve(one).name);
  const body = Object.values(says.requestBody?.content ?? {}).flatMap((media) => schemas.namesIn(media.schema));
  const answers = Object.entries(says.responses).flatMap(([status, answer]) => [status, ...(schemas.resolve(answer)["x-problem-codes"] ?? [])]);
  return [says.operationId, method, path, says.summary, says.description, ...named, ...body, ...answers].join(" ").toLowerCase();
}

const badge = (method) => el("span", { class: `method ${method}`, text: method.toUpperCase() });

function parametersOf({ says }) {
  const all = (says.parameters ?? []).map((one) => schemas.resolve(one));
  if (all.length === 0) return null;
  const rows = all.map((one) => el("tr", {},
    el("th", { scope: "row" }, el("code", { text: one.name }), one.required ? el("em", { text: " required" }) : null),
    el("td", { text: one.in }),
    el("td", {}, schemas.type(one.schema)),
    el("td", {}, words(one.description)),
  ));
  return section("Parameters", table(["name", "in", "type", "what for"], rows));
}

function bodyOf({ says }) {
  const body = says.requestBody;
  if (!body) return null;
  const limit = body["x-max-bytes"] ? `At most ${body["x-max-bytes"].toLocaleString("en")} bytes.` : "";
  const kinds = Object.entries(body.content).map(([kind, media], place) => {
    const title = el("code", { text: kind });
    // The first one whole; what the others take is the same, spelled otherwise.
    if (place > 0) return lazily(el("details", { class: "media" }, el("summary", {}, title)), () => [schemas.table(media.schema)]);
    return el("div", { class: "media" }, el("h4", {}, title), schemas.table(media.schema, 1), example(media.example));
  });
  return section("Body", el("p", { class: "soft", text: limit }), ...kinds);
}

function answersOf({ says }) {
  const rows = Object.entries(says.responses).map(([status, answer]) => {
    const response = schemas.resolve(answer);
    const codes = response["x-problem-codes"];
    const media = Object.entries(response.content ?? {});
    const shown = codes
      ? el("ul", { class: "codes" }, ...codes.map((code) => el("li", {}, el("code", { text: code }))))
      : el("div", {}, words(response.description), ...media.map(([kind, one]) => el("p", {}, el("code", { text: kind }), " ", schemas.type(one.schema))), example(media[0]?.[1].example));
    const headers = codes ? [] : Object.keys(response.headers ?? {});
    return el("tr", { class: codes ? "problem" : "success" },
      el("th", { scope: "row", text: status }),
      el("td", {}, shown, headers.length ? el("p", { class: "soft headers", text: headers.join(", ") }) : null),
    );
  });
  return section("Answers", table(["status", "what"], rows));
}

function proofOf({ says }) {
  const ways = says.security.map((way) => Object.keys(way).join(" + ") || "nothing");
  return el("p", { class: "soft" }, "Proven by: ", ways.length ? ways.join(", or ") : "nothing", ".");
}

const section = (title, ...children) => el("section", {}, el("h3", { text: title }), ...children);

function table(heads, rows) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

function example(value) {
  if (value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return el("details", { class: "example" }, el("summary", { text: "Example" }), el("pre", { tabindex: "0" }, el("code", { text })));
}

function curlOf(operation) {
  const text = curl(contract, schemas, operation);
  const said = el("span", { class: "soft", role: "status" });
  const copy = async () => {
    try { await navigator.clipboard.writeText(text); said.textContent = "copied"; } catch { said.textContent = "select it to copy"; }
  };
  return section("Try it", el("pre", { tabindex: "0" }, el("code", { text })), el("p", {}, el("button", { type: "button", text: "Copy", onclick: copy }), " ", said));
}

/** Drawn when it is opened: fifty operations at once are slow. */
function lazily(details, draw) {
  details.addEventListener("toggle", () => {
    if (details.open && !details.dataset.drawn) { details.dataset.drawn = "1"; details.append(...draw().filter(Boolean)); }
  });
  return details;
}

function article(operation) {
  const { says, method, path } = operation;
  const title = el("summary", {},
    badge(method),
    el("code", { class: "path", text: path }),
    el("span", { class: "summary", text: says.summary }),
    says.deprecated ? el("span", { class: "old", text: "older spelling" }) : null,
  );
  const details = el("details", { id: says.operationId, class: "operation", "data-testid": "operation" }, title);
  operation.node = details;
  return lazily(details, () => [
    words(says.description), proofOf(operation), parametersOf(operation), bodyOf(operation), answersOf(operation), curlOf(operation),
  ]);
}

function draw() {
  byId("version").textContent = contract.info.version;
  document.title = `${contract.info.title} ${contract.info.version}: the contract`;
  const main = byId("content");
  main.replaceChildren(el("section", { class: "about" }, words(contract.info.description)));
  for (const tag of contract.tags) {
    const own = operations.filter((operation) => operation.tag === tag.name).sort((a, b) => Boolean(a.says.deprecated) - Boolean(b.says.deprecated));
    const list = el("ul", {}, ...own.map((operation) => {
      operation.link = el("li", {}, el("a", { href: `#${operation.says.operationId}` }, badge(operation.method), operation.says.operationId));
      return operation.link;
    }));
    byId("nav").append(el("h2", { text: tag.name }), list);
    main.append(el("section", { class: "tag" }, el("h2", { text: tag.name }), el("p", { class: "soft", text: tag.description }), ...own.map(article)));
  }
  main.append(el("section", { class: "tag", id: "schemas" }, el("h2", { text: "Schemas" }), ...Object.entries(contract.components.schemas).map(([name, schema]) =>
    lazily(el("details", { id: `schema-${name}`, class: "operation" }, el("summary", {}, el("code", { class: "path", text: name }))), () => [words(schema.description), schemas.table(schema)]))));
  for (const operation of operations) operation.haystack = haystack(operation);
}

function search() {
  const asked = byId("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const operation of operations) {
    const fits = asked.every((word) => operation.haystack.includes(word));
    operation.node.hidden = operation.link.hidden = !fits;
    found += fits ? 1 : 0;
  }
  for (const part of document.querySelectorAll("section.tag:not(#schemas)")) part.hidden = !part.querySelector(".operation:not([hidden])");
  byId("schemas").hidden = asked.length > 0;
  byId("count").textContent = `${found} of ${operations.length} operations`;
}

function goToHash() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); target.querySelector("summary").focus({ preventScroll: true }); }
}

draw();
search();
byId("search").addEventListener("input", search);
addEventListener("hashchange", goToHash);
goToHash();
document.documentElement.dataset.drawn = "yes";
