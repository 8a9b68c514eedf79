/**
 * The proof that a request with a cookie comes from the app's own page. It is asked for once, and again when the gateway
 * did not accept it.
 */
export class Csrf {
  #token: Promise<string | null> | null = null;
  readonly #ask: () => Promise<string | null>;

  /** `ask` gives the session's token, or null where nobody is signed in. */
  constructor(ask: () => Promise<string | null>) {
    this.#ask = ask;
  }

  /** What a request with an unsafe method must carry. Nobody's request carries that it was made by a script of the page. */
  async headers(): Promise<[name: string, value: string]> {
    this.#token ??= this.#ask();
    const asked = this.#token;
    try {
      const token = await asked;
      return token === null ? ["X-CSRF", "1"] : ["X-CSRF-Token", token];
    } catch (error) {
      if (this.#token === asked) this.#token = null;
      throw error;
    }
  }

  /** The gateway told it with an answer. */
  learn(token: string | null): void {
    this.#token = Promise.resolve(token);
  }

  /** The session ended, or another began. */
  forget(): void {
    this.#token = null;
  }
}
