// Where this end user is signed in, and ways to end it.

import { byId, el, icon } from "./dom.js";
import { problemBox, wasCancelled } from "./problem.js";

/** `shell`: `session()`, `signedOut(words)`. */
export function devicesSection(shell) {
  const dialog = byId("devices-dialog");
  byId("devices").addEventListener("click", open);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  async function open() {
    const body = el("div", { class: "sheet-body" }, el("p", { class: "hint", text: "Loading" }));
    dialog.replaceChildren(
      el("div", { class: "sheet-head" }, el("h2", { id: "devices-title", text: "Where you are signed in" }),
        el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
      body);
    if (!dialog.open) dialog.showModal();
    await attempt(body, async ({ client, stop: { signal } }) => {
      const sessions = await client.session.list({ signal });
      body.replaceChildren(
        el("ul", { class: "devices", "aria-label": "Sessions" }, ...sessions.map((session) => device(session, body))),
        el("p", { class: "sheet-foot" },
          el("button", { type: "button", class: "button small", testid: "sign-out-everywhere", text: "Sign out everywhere", onclick: () => everywhere(body) })));
    });
  }

  function device({ id, device: name, created_at, last_used_at, current }, body) {
    const end = current
      ? el("span", { class: "badge", text: "this one" })
      : el("button", { type: "button", class: "button small", testid: "revoke", "aria-label": `Sign out ${name}`, text: "Sign out", onclick: () => revoke(id, body) });
    return el("li", { class: "device", testid: "device", "data-current": String(current) },
      el("div", {}, el("p", { class: "device-name", text: name || "Unknown device" }),
        el("p", { class: "hint", text: `Last used ${when(last_used_at)} · signed in ${when(created_at)}` })),
      end);
  }

  const revoke = (id, body) => attempt(body, async ({ client, stop: { signal } }) => {
    await client.session.revoke(id, { signal });
    await open();
  });

  const everywhere = (body) => attempt(body, async ({ client }) => {
    await client.session.signOutEverywhere();
    dialog.close();
    shell.signedOut("You are signed out everywhere.");
  });

  async function attempt(body, work) {
    try {
      await work(shell.session());
    } catch (error) {
      if (!wasCancelled(error)) body.replaceChildren(problemBox(error, { retry: open }));
    }
  }

  return { close: () => dialog.close() };
}

function when(time) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? `at ${date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`
    : `on ${date.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
}
