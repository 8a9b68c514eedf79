// Follows the session's stream of events: says whether the page is live, and passes on what is not about one job. Who waits for
// a job does so by the client, which shares the stream.

import { byId } from "./dom.js";
import { wasCancelled } from "./problem.js";

/** Until the signal fires. `quotas(list)` gets what `quota.changed` says, `changed()` hears that something may have been missed. */
export async function follow({ client, signal, quotas, changed }) {
  show(false);
  try {
    for await (const event of client.events({ signal })) {
      if (event.type === "quota.changed") {
        quotas(event.quotas);
      } else if (event.type.startsWith("stream.")) {
        show(client.isLive);
        changed();
      }
    }
  } catch (error) {
    // Guests have no stream, and who is not signed in any more will hear it elsewhere.
    if (!wasCancelled(error)) show(false);
  }
}

function show(open) {
  const words = open ? "Live" : "Not live, asks every few seconds";
  const line = byId("live");
  document.documentElement.dataset.stream = open ? "open" : "polling";
  line.dataset.open = String(open);
  if (line.textContent !== words) line.textContent = words;
}
