/** A new idempotency key. (`crypto.randomUUID` is there on pages of https and localhost only.) */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Does this create something, so that it must be done once? */
export function isCreate(method: string, path: string): boolean {
  return method === "POST" && !path.startsWith("gateway/") && !/\/likes?(\.json)?$/.test(path);
}
