/** A `fetch` that keeps cookies, which Node's does not. In a browser there is no need. */
export function keepingCookies(): typeof fetch | undefined {
  if (typeof document !== "undefined") return undefined;
  const jar = new Map<string, string>();
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if (jar.size > 0 && init?.credentials !== "omit") headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(input, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = cookie.split(";").map((part) => part.trim());
      const [name = "", value = ""] = pair.split("=", 2);
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute)) || value === "") jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
}
