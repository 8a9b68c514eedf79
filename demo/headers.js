// What replies say beside their body.

/** "hit", "stale", "miss" or "" from `Cache-Status` (RFC 9211); the last cache in the list answered us. */
export function cacheWord(header) {
  if (!header) return "";
  const parts = header.split(",").pop().split(";").map((part) => part.trim().toLowerCase());
  if (parts.includes("hit") || parts.includes("hit=?1")) return parts.some((part) => /^ttl=-/.test(part)) ? "stale" : "hit";
  return "miss";
}

/** `"user";r=42;t=13, "ip";r=…` → [{name, r, t}], for `RateLimit` and `RateLimit-Policy` alike. */
export function parseLimits(header) {
  if (!header) return [];
  return header.split(",").map((item) => {
    const [name, ...parts] = item.split(";").map((part) => part.trim());
    const limit = { name: name.replace(/^"|"$/g, "") };
    for (const part of parts) {
      const [key, value] = part.split("=");
      const number = Number(value);
      if (Number.isFinite(number)) limit[key] = number;
    }
    return limit;
  });
}
