// A line for a shell: the operation with its examples.

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function curl(contract, schemas, { path, method, item, says }) {
  const parameters = (says.parameters ?? []).map((one) => schemas.resolve(one));
  const server = (item.servers ?? contract.servers)[0].url;
  const filled = path.replace(/\{([^}]+)\}/g, (_, name) => {
    const value = parameters.find((one) => one.name === name)?.example ?? name;
    return String(value).split("/").map(encodeURIComponent).join("/");
  });
  const words = ["curl -s"];
  if (method !== "get") words.push(`-X ${method.toUpperCase()}`);
  if (says.security.some((way) => "bearer" in way)) words.push('-H "Authorization: Bearer $TOKEN"');
  for (const one of parameters) {
    if (one.in === "header" && ["Gateway-Confirm"].includes(one.name)) words.push(`-H ${quoted(`${one.name}: ${one.example}`)}`);
    if (one.name === "Idempotency-Key") words.push('-H "Idempotency-Key: $(uuidgen)"');
  }
  const [kind, media] = Object.entries(says.requestBody?.content ?? {})[0] ?? [];
  if (media?.example !== undefined) {
    const isJson = kind === "application/json";
    words.push(`-H ${quoted(`Content-Type: ${kind}`)}`);
    words.push(`-d ${quoted(isJson ? JSON.stringify(media.example) : new URLSearchParams(media.example).toString())}`);
  }
  words.push(quoted(server + filled));
  return words.join(" \\\n  ");
}
