/** What is left of one quota. */
export interface QuotaLeft {
  /** What is counted: `images`, `inspections`, … */
  of: string;
  /** `day`, `month` or `total`. */
  per: string;
  /** How much may still be used. */
  left: number;
}

/** Reads `Gateway-Quota-Left: "images";per=day;left=498, …`. */
export function readQuotaLeft(headers: Headers): QuotaLeft[] {
  const header = headers.get("Gateway-Quota-Left") ?? "";
  return [...header.matchAll(/"([^"]*)";per=([^;,\s]+);left=(-?\d+)/g)].map(([, of = "", per = "", left]) => ({
    of, per, left: Number(left),
  }));
}
