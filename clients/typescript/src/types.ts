import type { components } from "./schema.js";
import type { AnswerOf, JsonBodyOf, Operation, QueryOf } from "./paths.js";

// Named by where they come from, so that they are what the gateway's document says.

/** Who is signed in, and how. */
export type Session = AnswerOf<Operation<"GET", "/gateway/session">>;
/** A session of this end user, on this device or another. */
export type SessionOnDevice = AnswerOf<Operation<"GET", "/gateway/sessions">>["sessions"][number];
/** Where one may sign in. */
export type LoginProvider = AnswerOf<Operation<"GET", "/gateway/login">>["providers"][number];
/** Who the caller is, on which plan, with how much left. */
export type Account = AnswerOf<Operation<"GET", "/gateway/account">>;
/** Where one quota stands. */
export type Quota = Account["quotas"][number];
/** What is held of the caller: a page of it. */
export type AccountData = AnswerOf<Operation<"GET", "/gateway/account/data">>;
/** What became of a create. */
export type CreateOutcome = AnswerOf<Operation<"GET", "/gateway/creates/{id}">>;
/** Pictures that are made, or are to be made. */
export type Prompt = components["schemas"]["Prompt"];
/** Pictures that are made. */
export type FinishedPrompt = Prompt & { images: string[] };
/** A model that is trained, or is to be trained. Of somebody else's shared one, less is shown. */
export type Tune = components["schemas"]["Tune"];
/** A ready-made set of prompts. */
export type Pack = components["schemas"]["Pack"];
/** What the run of a pack began: a tune, or an order of prompts on tunes that exist. */
export type PackRunResult = components["schemas"]["PackRunResult"];
/** What a photo shows, and what might spoil a training. */
export type Inspection = components["schemas"]["Inspection"];

type Root<Body, Name extends string> = Body extends { [K in Name]?: infer Fields } ? NonNullable<Fields> : never;
type Replace<T, With> = Omit<T, keyof With> & With;

/** What a prompt may say. */
export type PromptInput = Replace<Root<JsonBodyOf<Operation<"POST", "/tunes/{tune_id}/prompts">>, "prompt">, {
  image_references?: readonly Blob[];
  input_image?: Blob;
  mask_image?: Blob;
  video_first_frame?: Blob;
  video_last_frame?: Blob;
}>;
/** What a tune may say. Photos, or where they are. */
export type TuneInput = Replace<Root<JsonBodyOf<Operation<"POST", "/tunes">>, "tune">, {
  images?: readonly Blob[];
  image_urls?: readonly string[];
}>;
/** What may be changed of a tune. */
export type TuneChange = Root<JsonBodyOf<Operation<"PATCH", "/tunes/{id}">>, "tune">;
/** What the run of a pack may say. */
export type PackRunInput = Replace<Root<JsonBodyOf<Operation<"POST", "/p/{pack_id}/tunes">>, "tune">, {
  images?: readonly Blob[];
}>;
/** What a theme may say. */
export type ThemeInput = Root<JsonBodyOf<Operation<"POST", "/themes">>, "theme">;
/** Which prompts. */
export type PromptsQuery = QueryOf<Operation<"GET", "/prompts">>;
/** Which tunes. */
export type TunesQuery = QueryOf<Operation<"GET", "/tunes">>;
