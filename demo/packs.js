// Section 2: the packs an app offers, with their price for each class.

import { BASE, byId, dollars, el, icon, plural, safeUrl } from "./dom.js";
import { cacheWord } from "./headers.js";
import { isRateLimit, problemBox, wasCancelled } from "./problem.js";

const CACHE_WORDS = { hit: "from cache", stale: "from cache, being refreshed", miss: "fresh from Astria", "": "not said" };
const COVERS = 6;

/** Prices of one pack in either of the shapes Astria uses: [{name, mc, images}], cheapest first. */
export function prices(pack) {
  const found = new Map();
  for (const [name, mc] of Object.entries(pack.cost_mc_hash ?? {})) {
    if (Number.isFinite(mc)) found.set(name, { name, mc, images: null });
  }
  for (const [name, cost] of Object.entries(pack.costs ?? {})) {
    const mc = Number.isFinite(cost?.cost_mc) ? cost.cost_mc : found.get(name)?.mc;
    if (mc !== undefined) found.set(name, { name, mc, images: Number.isFinite(cost?.num_images) ? cost.num_images : null });
  }
  return [...found.values()].sort((a, b) => a.mc - b.mc);
}

/** `shell`: `session()`, `say(text)`. */
export function packsSection(shell) {
  const list = byId("packs");
  const badge = byId("packs-cache");
  const tabs = [...document.querySelectorAll("[data-packs]")];
  const dialog = byId("pack-dialog");
  let path = "packs";
  let stop = new AbortController();

  for (const tab of tabs) tab.addEventListener("click", () => { choose(tab.dataset.packs); load(); });
  byId("class-name").addEventListener("change", highlight);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  function choose(value) {
    path = value;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.packs === path));
  }

  async function load() {
    stop.abort(new DOMException("replaced", "AbortError"));
    stop = new AbortController();
    byId("packs-error").replaceChildren();
    list.setAttribute("aria-busy", "true");
    list.replaceChildren(...Array.from({ length: 4 }, () => el("li", { class: "pack skeleton", "aria-hidden": "true" })));
    try {
      const { data, headers } = await shell.session().client.request("GET", `/${path}`, { signal: stop.signal });
      showCache(badge, headers);
      const packs = Array.isArray(data) ? data : [];
      list.replaceChildren(...packs.map(card));
      if (packs.length === 0) list.replaceChildren(el("li", { class: "empty", text: "No packs are offered here." }));
      highlight();
      shell.say(`${plural(packs.length, "pack")}.`);
    } catch (error) {
      if (wasCancelled(error)) return;
      list.replaceChildren();
      byId("packs-error").replaceChildren(problemBox(error, { retry: load, auto: isRateLimit(error) }));
    } finally {
      list.removeAttribute("aria-busy");
    }
  }

  function card(pack) {
    const cost = prices(pack);
    const title = pack.title || pack.slug || `Pack ${pack.id}`;
    return el("li", { class: "pack", testid: "pack-card", "data-id": pack.id },
      el("button", { type: "button", class: "pack-button", "aria-haspopup": "dialog", onclick: () => open(pack, title) },
        cover(pack),
        el("span", { class: "pack-body" },
          el("span", { class: "pack-title", text: title }),
          el("span", { class: "pack-price", text: cost.length === 0 ? "price not stated" : cost.length === 1 ? dollars(cost[0].mc) : `from ${dollars(cost[0].mc)}` }),
          el("span", { class: "pack-classes" }, ...cost.slice(0, 4).map(({ name }) => el("span", { class: "tag", "data-class": name, text: name }))))));
  }

  function cover(pack) {
    const url = pack.cover_url ? safeUrl(pack.cover_url, BASE) : null;
    const blank = el("span", { class: `pack-cover cover-${Math.abs(Number(pack.id) || 0) % COVERS}`, "aria-hidden": "true" }, icon("star"));
    if (!url) return blank;
    const image = el("img", { class: "pack-cover", src: url, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
    image.addEventListener("error", () => image.replaceWith(blank));
    return image;
  }

  function highlight() {
    const wanted = byId("class-name").value;
    for (const tag of document.querySelectorAll(".tag[data-class]")) tag.classList.toggle("on", tag.dataset.class === wanted);
  }

  async function open(pack, title) {
    const { client, stop: { signal } } = shell.session();
    const body = el("div", { class: "sheet-body" }, el("p", { class: "hint", text: "Loading" }));
    const cached = el("span", { class: "badge" });
    dialog.replaceChildren(cover(pack),
      el("div", { class: "sheet-head" }, el("h2", { id: "pack-dialog-title", text: title }),
        el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
      body);
    dialog.showModal();
    try {
      const { data, headers } = await client.request("GET", "/p/{id}", { path: { id: pack.id }, signal });
      showCache(cached, headers);
      body.replaceChildren(...details({ ...pack, ...data }), el("p", { class: "hint" }, cached));
    } catch (error) {
      if (!wasCancelled(error)) body.replaceChildren(problemBox(error, { retry: () => { dialog.close(); open(pack, title); } }));
    }
  }

  function details(pack) {
    const cost = prices(pack);
    if (cost.length === 0) return [el("p", { class: "hint", text: "Astria does not state a price for this pack." })];
    const wanted = byId("class-name").value;
    return [
      el("table", { class: "price-table" },
        el("thead", {}, el("tr", {}, ...["Class", "Pictures", "Price"].map((text) => el("th", { scope: "col", text })))),
        el("tbody", {}, ...cost.map(({ name, mc, images }) => el("tr", { class: name === wanted ? "on" : "" },
          el("th", { scope: "row", text: name }), el("td", { text: images === null ? "–" : String(images) }), el("td", { text: dollars(mc) }))))),
      el("p", { class: "hint", text: pack.model_type ? `Trains a ${pack.model_type} model.` : "Runs on a model you have." }),
    ];
  }

  return {
    start: load,
    reset() {
      stop.abort(new DOMException("signed out", "AbortError"));
      dialog.close();
      choose("packs");
      list.replaceChildren();
      byId("packs-error").replaceChildren();
      badge.textContent = "not asked yet";
      delete badge.dataset.cache;
    },
  };
}

function showCache(badge, headers) {
  const word = cacheWord(headers.get("Cache-Status"));
  badge.dataset.cache = word;
  badge.textContent = CACHE_WORDS[word];
  badge.title = headers.get("Cache-Status") ?? "";
}
