/** A page of a list, newest first. */
export interface Page {
  /** Objects of one page, at most 120. */
  limit?: number;
  /** Those that are older than this one. */
  before_id?: number;
}

const WHOLE_PAGE = 100;

/** All of a list, page by page: what is made meanwhile shifts nothing, since each page begins after the last object. */
export async function* allOf<T extends { id: number }, Q extends Page>(
  load: (query: Q) => Promise<readonly T[]>, query: Q,
): AsyncGenerator<T, void, void> {
  const limit = query.limit ?? WHOLE_PAGE;
  for (let before_id = query.before_id; ; ) {
    const page = await load({ ...query, limit, ...(before_id === undefined ? {} : { before_id }) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    before_id = last.id;
  }
}
