// Made by `npm run generate` from `astria-gateway openapi`. Do not edit.

export interface paths {
    "/gallery.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Astria's gallery
         * @deprecated
         * @description What Astria shows to everybody, in part.
         */
        get: operations["listGallery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gallery/packs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the gallery's packs
         * @description What Astria shows to everybody, from a cache.
         */
        get: operations["listGalleryPacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gallery/tunes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Astria's gallery
         * @description What Astria shows to everybody, in part.
         */
        get: operations["listGalleryTunes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I, and what is left
         * @description Who is calling, under which plan, and where their quotas stand.
         */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/account/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is held of me
         * @description By pages of 120 objects. Guests have no account: 401.
         */
        get: operations["exportAccountData"];
        put?: never;
        post?: never;
        /**
         * Forget me
         * @description Deletes every tune, prompt and picture of the caller, at Astria too, for good. It goes on by itself; asking again tells how far it is.
         */
        delete: operations["eraseAccountData"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/callbacks/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Astria says that a job ended
         * @description For Astria alone, which gets the address with each job. Nothing that the body says is believed: the object is looked at.
         */
        post: operations["receiveCallback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/creates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of a create
         * @description For whoever lost its answer: `status_url` of a Problem leads here.
         */
        get: operations["getCreate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, as it happens
         * @description Server-sent events of the caller's own prompts, tunes and quotas. Come back with `Last-Event-ID` and you miss nothing. A comment comes every ten seconds; after thirty without anything, the connection is dead. Guests: 401.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/events/ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A ticket for an EventSource
         * @description A browser's `EventSource` sends no header. A ticket opens one stream, and again when it breaks off, until the proof that it was given for ends.
         */
        post: operations["createEventTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/guest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try it before signing up
         * @description Makes a guest with an identity of their own, in a signed cookie. 404 where guests are not let in this way.
         */
        post: operations["createGuest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where can I sign in
         * @description The providers that the operator configured.
         */
        get: operations["listLoginProviders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/login/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sign in at a provider
         * @description A navigation, not a fetch: leads to the provider and back to `return_to`.
         */
        get: operations["startLogin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/login/{provider}/backchannel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A provider says that somebody signed out
         * @description For providers alone (OpenID Connect Back-Channel Logout 1.0).
         */
        post: operations["receiveBackchannelLogout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/login/{provider}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Back from a provider
         * @description Where the provider sends the browser. Failures are a Problem, or a small page for `Accept: text/html`.
         */
        get: operations["finishLogin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out here and at the provider
         * @description Ends the session. A fetch is told where to go to sign out at the provider; a form's navigation goes there.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description With the address and the limits of this gateway.
         */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description With the token that a form sends along (`csrf_token`). A bearer token works too: `session` and `csrf_token` are null then.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with a token
         * @description Exchanges a valid bearer token for a session in a cookie. What a guest of the same browser made becomes the end user's.
         */
        post: operations["createSession"];
        /**
         * Sign out here
         * @description Ends the session of this browser.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where am I signed in
         * @description All sessions of the caller, on every device.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /**
         * Sign out everywhere
         * @description Ends all sessions of the caller within a second.
         */
        delete: operations["deleteSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign out elsewhere
         * @description Ends one session of the caller.
         */
        delete: operations["deleteSessionById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Does the process answer
         * @description At the root, whatever the base path.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at a photo
         * @description Traits of the person, and warnings: blurry, a hat, more than one person. The place where it was taken is blanked first. Send `file` or, in its stead, `file_url`.
         */
        post: operations["inspectImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/p/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a pack
         * @description By its id or its slug, from a cache.
         */
        get: operations["getPack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/p/{pack_id}/tunes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a pack
         * @description Trains a tune on photos and makes the pack's prompts on it: send `title`, `name` and photos. Or makes them on tunes of your own: send `tune_ids`, and what describes a new tune is dropped.
         */
        post: operations["runPack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/packs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the packs
         * @description From a cache that asks Astria once a minute.
         */
        get: operations["listPacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/prompts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your prompts
         * @description Newest first, from the gateway's own index. What is not finished is looked at anew.
         */
        get: operations["listPrompts"];
        put?: never;
        /**
         * Make pictures
         * @description On a tune of your own or a shared one, which the body names. The answer comes at once, without pictures: listen to `GET /gateway/events`, or ask for the prompt again.
         */
        post: operations["createPrompt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/prompts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a prompt
         * @description As it is now.
         */
        get: operations["getPrompt"];
        put?: never;
        post?: never;
        /**
         * Delete a prompt
         * @description With its pictures, for good.
         */
        delete: operations["deletePrompt"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/prompts/{id}/duplicate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a prompt once more
         * @description Your own, with changes if you send any. What the original with the changes asks for must fit your plan.
         */
        post: operations["duplicatePrompt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/prompts/{id}/like": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Like a prompt
         * @deprecated
         * @description Twice is as once.
         */
        post: operations["likePromptAtLike"];
        /**
         * Like a prompt no more
         * @deprecated
         * @description Twice is as once.
         */
        delete: operations["unlikePromptAtLike"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/prompts/{id}/likes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Like a prompt
         * @description Twice is as once.
         */
        post: operations["likePrompt"];
        /**
         * Like a prompt no more
         * @description Twice is as once.
         */
        delete: operations["unlikePrompt"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rails/active_storage/blobs/{rest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The bytes of a picture
         * @description Objects show addresses of pictures with a signature in the query: use them as they are, in `<img>` and `<video>` too, until they end.
         */
        get: operations["getImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Are requests welcome
         * @description At the root, whatever the base path.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/themes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make ten prompts of a theme
         * @description On each of your own tunes that you name. They appear in the list of its prompts after a while.
         */
        post: operations["createTheme"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tunes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your tunes
         * @description Newest first, from the gateway's own index.
         */
        get: operations["listTunes"];
        put?: never;
        /**
         * Train a tune
         * @description On photos: files in a multipart form (`tune[images][]`), or addresses (`image_urls`); at least one, at most 32 together. Prompts that come with it are made when it is trained.
         */
        post: operations["createTune"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tunes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a tune
         * @description Your own as it is now; a shared one in part (`SharedTune`).
         */
        get: operations["getTune"];
        /**
         * Change a tune
         * @deprecated
         * @description Your own: its title, class name, whether it is kept, and what its prompts' texts are filled with.
         */
        put: operations["updateTuneByPut"];
        post?: never;
        /**
         * Delete a tune
         * @description With its photos, for good. Prompts that were made on it may stay.
         */
        delete: operations["deleteTune"];
        options?: never;
        head?: never;
        /**
         * Change a tune
         * @description Your own: its title, class name, whether it is kept, and what its prompts' texts are filled with.
         */
        patch: operations["updateTune"];
        trace?: never;
    };
    "/tunes/{tune_id}/prompts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your prompts on a tune
         * @description Of a shared tune, only your own.
         */
        get: operations["listPromptsOfTune"];
        put?: never;
        /**
         * Make pictures on a tune
         * @description On a tune of your own or a shared one. The answer comes at once, without pictures: listen to `GET /gateway/events`, or ask for the prompt again.
         */
        post: operations["createPromptOnTune"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tunes/{tune_id}/prompts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a prompt
         * @description As it is now.
         */
        get: operations["getPromptOfTune"];
        put?: never;
        post?: never;
        /**
         * Delete a prompt
         * @description With its pictures, for good.
         */
        delete: operations["deletePromptOfTune"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Account: {
            plan: string;
            principal: components["schemas"]["Principal"];
            quotas: components["schemas"]["Quota"][];
        };
        /** @description A page of everything that is held of the caller. */
        AccountData: {
            erasure: components["schemas"]["Erasure"] | null;
            /** @description Send it as `after`; null: this is the last page. */
            next: string | null;
            objects: components["schemas"]["HeldObject"][];
            principal: components["schemas"]["Principal"];
            quotas: components["schemas"]["Quota"][];
            sessions: components["schemas"]["ListedSession"][];
        };
        CallbackReceived: {
            received: boolean;
        };
        CreateId: string;
        /** @description What became of a create. */
        CreateOutcome: {
            /** Format: date-time */
            created_at: string | null;
            id: components["schemas"]["CreateId"];
            objects: components["schemas"]["MadeObject"][];
            /** @enum {string} */
            operation: "run_pack" | "inspect_image" | "create_tune" | "create_prompt" | "duplicate_prompt" | "create_theme";
            /**
             * @description `open`: being called. `made`: something was made. `nothing`: nothing was. `unknown`: it is looked for. `presumed`: it counts as spent until somebody knows.
             * @enum {string}
             */
            state: "open" | "made" | "nothing" | "unknown" | "presumed";
        };
        /** @description How far an erasure is. */
        Erasure: {
            /** Format: int64 */
            objects_left: number;
            /** Format: int64 */
            open_creates: number;
            /** Format: date-time */
            started_at: string | null;
            /** @enum {string} */
            state: "erasing";
        };
        ErasureBegun: {
            erasure: components["schemas"]["Erasure"];
        };
        /** @description The `data` of one message of the stream; `event` is its `type`. */
        Event: components["schemas"]["ObjectEvent"] | components["schemas"]["QuotaEvent"] | components["schemas"]["StreamEvent"];
        EventTicket: {
            /** @description Seconds in which the stream must be opened. */
            expires_in_s: number;
            /** @description As secret as a token. */
            ticket: string;
            /**
             * Format: uri
             * @description For `new EventSource(url)`.
             */
            url: string;
        };
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        /** @description A tune or a prompt; `object` is null of one that was never seen whole. */
        HeldObject: {
            /** Format: int64 */
            id: number;
            kind: components["schemas"]["ObjectKind"];
            object: components["schemas"]["Prompt"] | components["schemas"]["Tune"] | null;
        };
        /** @description Traits of the person, and warnings. Any may be missing; a trait that was not found is empty or `NONE`. */
        Inspection: {
            /** @description About: `20 yo`. */
            age?: string | null;
            /** @description Not sharp. */
            blurry?: boolean | null;
            /** @description A word, or null. */
            body_type?: string | null;
            /** @description A word, or null. */
            ethnicity?: string | null;
            /** @description A word, or null. */
            eye_color?: string | null;
            /** @description A word, or null. */
            facial_hair?: string | null;
            /** @description The face is small. */
            full_body_image_or_longshot?: boolean | null;
            /** @description A grimace: do not train on it. */
            funny_face?: boolean | null;
            /** @description A word, `NONE` or empty. */
            glasses?: string | null;
            /** @description A word, or null. */
            hair_color?: string | null;
            /** @description A word, or null. */
            hair_length?: string | null;
            /** @description A word, or null. */
            hair_style?: string | null;
            /** @description A word, or null. */
            headcover?: string | null;
            /** @description More than one person. */
            includes_multiple_people?: boolean | null;
            /** @description `bald`, `NONE` or empty. */
            is_bald?: string | null;
            /** @description Too much compression. */
            low_quality?: boolean | null;
            /** @description Too few pixels. */
            low_resolution?: boolean | null;
            /** @description The class: `man`, `woman`, … */
            name?: string | null;
            /** @description Taken by the person. */
            selfie?: boolean | null;
            /** @description Hair is not seen. */
            wearing_hat?: boolean | null;
            /** @description Eyes are not seen. */
            wearing_sunglasses?: boolean | null;
        };
        InspectionCreate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            /**
             * Format: uri
             * @description The photo by its address.
             */
            file_url: string;
            /** @description The class name: `man`, `woman`, `boy`, `girl`, `cat`, `dog`, `style`, … */
            name: string;
        };
        ListedSession: {
            /** Format: date-time */
            created_at: string;
            /** @description The one that asks. */
            current: boolean;
            /** @description Browser and system, as it said: `Chrome on macOS`. */
            device: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            /** Format: date-time */
            idle_expires_at: string;
            /** Format: date-time */
            last_used_at: string;
            /** @description Who signed them in; null: a token did. */
            provider: string | null;
        };
        LoggedOut: {
            /** @description Go there to sign out at the provider too; null: there is nothing to sign out of. */
            logout_url: string | null;
        };
        LoginProvider: {
            name: string;
            title: string;
            /**
             * Format: uri
             * @description Go there to sign in.
             */
            url: string;
        };
        LoginProviders: {
            providers: components["schemas"]["LoginProvider"][];
        };
        MadeObject: {
            /** Format: int64 */
            id: number;
            kind: components["schemas"]["ObjectKind"];
            /** Format: uri */
            url: string;
        };
        Message: {
            message: string;
        };
        /** @description Something happened to a prompt or a tune, which is shown as it is now unless it is gone. */
        ObjectEvent: {
            /** Format: date-time */
            at: string;
            object: {
                /** Format: int64 */
                id: number;
                kind: components["schemas"]["ObjectKind"];
                /** Format: int64 */
                tune_id?: number;
            };
            prompt?: components["schemas"]["Prompt"];
            /**
             * @description Nobody heard of its end for longer than jobs take.
             * @enum {string}
             */
            reason?: "lost";
            tune?: components["schemas"]["Tune"];
            /** @enum {string} */
            type: "prompt.updated" | "prompt.finished" | "prompt.failed" | "prompt.expiring" | "prompt.deleted" | "tune.updated" | "tune.trained" | "tune.failed" | "tune.expiring" | "tune.deleted";
        };
        /** @enum {string} */
        ObjectKind: "prompt" | "tune";
        /** @description This document. */
        OpenApi: {
            openapi: string;
        };
        /** @description A pack: prompts that somebody has written, to be run on one's own photos. */
        Pack: {
            /**
             * Format: int64
             * @description What it is made on.
             */
            base_tune_id?: number | null;
            /** @description By class name, in thousandths of a cent. */
            cost_mc_hash?: {
                [key: string]: number | null;
            };
            /** @description By class name. */
            costs?: {
                [key: string]: {
                    /** @description In a unit that Astria does not state. */
                    cost?: number | null;
                    /** @description Thousandths of a cent. */
                    cost_mc?: number | null;
                    /** @description Pictures of a run. */
                    num_images?: number | null;
                };
            };
            /** @description A picture of it. */
            cover_url?: string | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at?: string | null;
            /** @description What it is. */
            description?: string | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description `lora`, `faceid`, … */
            model_type?: string | null;
            /** @description Of its price. */
            multiplier?: number | string | null;
            /** @description By class name. */
            prompts_per_class?: {
                [key: string]: unknown;
            } | number | null;
            /**
             * Format: date-time
             * @description Since when everybody sees it.
             */
            public_at?: string | null;
            /** @description Its name in addresses. */
            slug?: string | null;
            /** @description Its prompts: a run may name some of them (`tune[prompt_ids][]`). */
            template_prompts?: {
                /** Format: int64 */
                id: number;
            }[];
            /** @description Its title. */
            title?: string | null;
            /** @description What stands for the subject. */
            token?: string | null;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updated_at?: string | null;
        };
        /** @description A pack: its id or its slug. */
        PackRef: number | string;
        /** @description A run of a pack on tunes that exist. */
        PackRun: {
            order: {
                /** Format: int64 */
                id: number;
                /**
                 * Format: int64
                 * @description Thousandths of a cent.
                 */
                total_cost_mc?: number;
                tune_ids: number[];
            };
            /** @description What it makes. */
            prompt_ids: number[];
            /** @description Astria's word for how it stands. */
            status?: string;
        };
        PackRunCreate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            tune?: components["schemas"]["PackRunCreateParams"];
        };
        PackRunCreateParams: {
            /** @description Keep it beyond 30 days, for a price. Needs the plan's permission `auto_extend`. */
            auto_extend?: boolean;
            /** @description What the run is about, in words. */
            brief?: string;
            /** @description What `{{name}}` in a prompt's text is filled with. In a form, the text of a JSON object. */
            characteristics?: {
                [key: string]: string | number | boolean;
            };
            /** @description Cut faces out of the photos. */
            face_crop?: boolean;
            /** @description Photos by their addresses. */
            image_urls?: string[];
            /** @description The class name: `man`, `woman`, `boy`, `girl`, `cat`, `dog`, `style`, … */
            name?: string;
            /** @description What the prompts have instead of their own. */
            prompt_attributes?: {
                /**
                 * @description As `aspect_ratio`.
                 * @enum {string}
                 */
                ar?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
                /**
                 * @description Width to height.
                 * @enum {string}
                 */
                aspect_ratio?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
                /**
                 * @description Which generation of Astria's makes it.
                 * @enum {string}
                 */
                backend_version?: "0" | "1";
                /** @description How closely to follow the text. */
                cfg_scale?: number;
                /**
                 * @description Colours of a film.
                 * @enum {string}
                 */
                color_grading?: "Film Velvia" | "Film Portra" | "Ektar";
                /** @description How much of the input image may change. */
                denoising_strength?: number;
                /** @description Improve faces. */
                face_correct?: boolean;
                /** @description Put the tune's face in. */
                face_swap?: boolean;
                /** @description Grain of a film. */
                film_grain?: boolean;
                /** @description Height in pixels. */
                h?: number;
                /** @description Add details; with `super_resolution`. */
                hires_fix?: boolean;
                /** @description Paint faces anew; with `super_resolution`. */
                inpaint_faces?: boolean;
                /** @description How much of the tune. */
                lora_scale?: number;
                /** @description How many pictures. */
                num_images?: number;
                /**
                 * @description How large. A plan may lower it.
                 * @enum {string}
                 */
                resolution?: "1K" | "2K" | "4K";
                /**
                 * @description How noise is taken away.
                 * @enum {string}
                 */
                scheduler?: "euler" | "euler_a" | "dpm++2m_karras" | "dpm++sde_karras" | "dpm++2m" | "dpm++sde" | "lcm" | "tcd";
                /** @description Where the noise begins: the same seed makes the same picture. */
                seed?: number;
                /** @description Steps: more take longer. */
                steps?: number;
                /**
                 * @description A look.
                 * @enum {string}
                 */
                style?: "Cinematic" | "Animated" | "Digital Art" | "Photographic" | "Fantasy art" | "Neonpunk" | "Enhance" | "Comic book" | "Lowpoly" | "Line art";
                /** @description Make it larger. */
                super_resolution?: boolean;
                /** @description Weights in the text count. */
                use_lpw?: boolean;
                /** @description Width in pixels. */
                w?: number;
            };
            /** @description Prompts of the pack, by their ids in `template_prompts`; without it, all. */
            prompt_ids?: number[];
            /** @description In your words. */
            title?: string;
            /** @description Improve faces in the photos. */
            training_face_correct?: boolean;
            /** @description Tunes of your own. */
            tune_ids?: number[];
        };
        /** @description A training is a tune; a run on tunes that exist is an order. */
        PackRunResult: components["schemas"]["PackRun"] | components["schemas"]["Tune"];
        Principal: {
            /** @description Who says who it is. */
            issuer: string;
            /** @enum {string} */
            kind: "end_user" | "guest" | "service";
            /** @description The end user, as the issuer names them. */
            subject: string;
        };
        /** @description An error (RFC 9457). The fields of a refused form stand at top level too, where existing clients of Astria look for them. */
        Problem: {
            base: string[];
            code: components["schemas"]["ProblemCode"];
            /** @description What to do, for people; may change. */
            detail: string;
            /** @description One sentence. */
            error: string;
            /** @description Field: messages. */
            errors?: {
                [key: string]: string[];
            };
            /** Format: uri */
            instance: string;
            quota?: components["schemas"]["Quota"];
            request_id: string;
            /** @description Also as `Retry-After`. */
            retry_after_s?: number;
            /**
             * @description Whether the create may have cost money. Never repeat one whose `spent` is `unknown`.
             * @enum {string}
             */
            spent?: "no" | "yes" | "unknown";
            status: number;
            /**
             * Format: uri
             * @description Where the outcome of a create that nobody knows yet will be told.
             */
            status_url?: string;
            /** @description A few words for people; may change. */
            title: string;
            /**
             * Format: uri
             * @description `urn:astria-gateway:problem:` and the code.
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description The stable name of an error.
         *
         *     - `bad_path` (400): The path is not in canonical form.
         *     - `bad_request` (400): The request cannot be understood.
         *     - `bad_body` (400): The body cannot be understood.
         *     - `idempotency_key_invalid` (400): The Idempotency-Key cannot be used.
         *     - `idempotency_key_required` (400): Send an Idempotency-Key.
         *     - `upstream_refused` (400): Astria refused the request.
         *     - `login_failed` (400): Sign-in failed.
         *     - `unauthenticated` (401): Sign in first.
         *     - `invalid_token` (401): The access token is not valid.
         *     - `tenant_unknown` (403): The tenant is not known.
         *     - `blocked` (403): Access was withdrawn.
         *     - `csrf_refused` (403): The request may come from another site.
         *     - `operation_not_allowed` (403): The plan does not include this.
         *     - `parameter_not_allowed` (403): The plan does not include this parameter.
         *     - `not_found` (404): Not found.
         *     - `method_not_allowed` (405): The method does not fit the path.
         *     - `erasing` (409): Your data is being erased.
         *     - `idempotency_key_in_use` (409): The same create is under way.
         *     - `theme_open` (409): A theme on this tune is under way.
         *     - `confirmation_required` (428): Say that you mean it.
         *     - `body_timeout` (408): The body did not arrive in time.
         *     - `body_too_large` (413): The body is too large.
         *     - `range_not_satisfiable` (416): The range lies outside of the picture.
         *     - `unsupported_media_type` (415): The body's type is not supported.
         *     - `validation_failed` (422): Some fields are not valid.
         *     - `idempotency_key_reused` (422): The Idempotency-Key belongs to another create.
         *     - `photo_refused` (422): The photo cannot be used.
         *     - `rate_limited` (429): Too many requests.
         *     - `too_many_guests` (429): Too many guests.
         *     - `too_many_jobs` (429): Too many jobs are under way.
         *     - `too_many_streams` (429): Too many streams are open.
         *     - `quota_exhausted` (429): The quota is used up.
         *     - `internal` (500): Something went wrong here.
         *     - `upstream_credential_rejected` (502): The service is misconfigured.
         *     - `upstream_failed` (502): Astria failed.
         *     - `upstream_reply_invalid` (502): Astria's answer cannot be used.
         *     - `upstream_outdated` (502): The service is outdated.
         *     - `upstream_unreachable` (502): Astria cannot be reached.
         *     - `overloaded` (503): The service is busy.
         *     - `auth_unavailable` (503): Sign-in cannot be checked now.
         *     - `login_unavailable` (503): Sign-in is not available now.
         *     - `store_unavailable` (503): Records cannot be reached now.
         *     - `ledger_unavailable` (503): Spending is paused.
         *     - `plan_paused` (503): The plan is paused.
         *     - `upstream_busy` (503): Astria is busy.
         *     - `upstream_paused` (503): Astria is not available now.
         *     - `upstream_account_exhausted` (503): The service is paused.
         *     - `outcome_unknown` (504): It is not known yet what became of the create.
         *     - `upstream_timeout` (504): Astria did not answer in time.
         * @enum {string}
         */
        ProblemCode: "bad_path" | "bad_request" | "bad_body" | "idempotency_key_invalid" | "idempotency_key_required" | "upstream_refused" | "login_failed" | "unauthenticated" | "invalid_token" | "tenant_unknown" | "blocked" | "csrf_refused" | "operation_not_allowed" | "parameter_not_allowed" | "not_found" | "method_not_allowed" | "erasing" | "idempotency_key_in_use" | "theme_open" | "confirmation_required" | "body_timeout" | "body_too_large" | "range_not_satisfiable" | "unsupported_media_type" | "validation_failed" | "idempotency_key_reused" | "photo_refused" | "rate_limited" | "too_many_guests" | "too_many_jobs" | "too_many_streams" | "quota_exhausted" | "internal" | "upstream_credential_rejected" | "upstream_failed" | "upstream_reply_invalid" | "upstream_outdated" | "upstream_unreachable" | "overloaded" | "auth_unavailable" | "login_unavailable" | "store_unavailable" | "ledger_unavailable" | "plan_paused" | "upstream_busy" | "upstream_paused" | "upstream_account_exhausted" | "outcome_unknown" | "upstream_timeout";
        /** @description One generation of up to eight pictures, or a video. It is done when `images` is filled, and failed when `user_error` is set or `trained_at` is set without images. */
        Prompt: {
            /** @description As `aspect_ratio`. */
            ar?: string | null;
            /** @description Width to height: `16:9`. */
            aspect_ratio?: string | null;
            /** @description Which generation of Astria's makes it. */
            backend_version?: number | string | null;
            /** @description How closely it follows the text. */
            cfg_scale?: number | string | null;
            /** @description Colours of a film. */
            color_grading?: string | null;
            /** @description What was taken from the input image. */
            controlnet?: string | null;
            /** @description How much of what `controlnet` took. */
            controlnet_conditioning_scale?: number | string | null;
            /**
             * Format: int64
             * @description Its price in thousandths of a cent: 100 000 = US $1.
             */
            cost_mc?: number | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at?: string | null;
            /** @description How much of the input image was changed. */
            denoising_strength?: number | string | null;
            /**
             * Format: date-time
             * @description When it will be done, about.
             */
            eta?: string | null;
            /** @description Faces were improved. */
            face_correct?: boolean | null;
            /** @description Faces were put in. */
            face_swap?: boolean | null;
            /** @description Grain of a film. */
            film_grain?: boolean | null;
            /**
             * Format: int64
             * @description Height in pixels.
             */
            h?: number | null;
            /** @description Details were added. */
            hires_fix?: boolean | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description The pictures or videos; none yet while it is being made. Addresses of the gateway are signed and end. */
            images?: string[];
            /** @description Faces were painted anew. */
            inpaint_faces?: boolean | null;
            /** @description It is a video. */
            is_video?: boolean | null;
            /** @description Its owner likes it. */
            liked: boolean | null;
            /** @description How much of the tune. */
            lora_scale?: number | string | null;
            /** @description What was not wanted. */
            negative_prompt?: string | null;
            /**
             * Format: int64
             * @description How many were asked for.
             */
            num_images?: number | null;
            /** @description `1K`, `2K`, `4K`. */
            resolution?: string | null;
            /** @description How noise is taken away. */
            scheduler?: string | null;
            /**
             * Format: int64
             * @description Where the noise began.
             */
            seed?: number | null;
            /**
             * Format: date-time
             * @description When its making began.
             */
            started_training_at?: string | null;
            /**
             * Format: int64
             * @description Steps.
             */
            steps?: number | null;
            /** @description A look. */
            style?: string | null;
            /** @description Made larger. */
            super_resolution?: boolean | null;
            /** @description What was asked for. */
            text?: string | null;
            /**
             * Format: date-time
             * @description When it was done; null: it is not.
             */
            trained_at?: string | null;
            /**
             * Format: int64
             * @description The tune that it was made on.
             */
            tune_id: number;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updated_at?: string | null;
            /**
             * Format: uri
             * @description Its address at the gateway.
             */
            url: string;
            /** @description Weights in the text count. */
            use_lpw?: boolean | null;
            /** @description Why it failed, if it did. */
            user_error?: string | null;
            /** @description Seconds. */
            video_duration?: number | string | null;
            /** @description What made the video. */
            video_model?: string | null;
            /** @description How it moves. */
            video_prompt?: string | null;
            /**
             * Format: int64
             * @description Width in pixels.
             */
            w?: number | null;
        };
        PromptCreate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            prompt: components["schemas"]["PromptCreateParams"];
        };
        PromptCreateOnTune: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            prompt: components["schemas"]["PromptCreateOnTuneParams"];
        };
        PromptCreateOnTuneParams: {
            /**
             * @description As `aspect_ratio`.
             * @enum {string}
             */
            ar?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * @description Width to height.
             * @enum {string}
             */
            aspect_ratio?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * Format: uri
             * @description A sound to go by. Needs the plan's permission `video_model`.
             */
            audio_reference_url?: string;
            /**
             * @description Which generation of Astria's makes it.
             * @enum {string}
             */
            backend_version?: "0" | "1";
            /** @description How closely to follow the text. */
            cfg_scale?: number;
            /**
             * @description Colours of a film.
             * @enum {string}
             */
            color_grading?: "Film Velvia" | "Film Portra" | "Ektar";
            /** @description Show it to everybody at Astria. Needs the plan's permission `community`. */
            community?: boolean;
            /**
             * @description What to take from the input image.
             * @enum {string}
             */
            controlnet?: "composition" | "reference" | "segroom" | "ipadapter" | "lineart" | "canny" | "depth" | "mlsd" | "hed" | "pose" | "tile" | "qr";
            /** @description How much of what `controlnet` takes. */
            controlnet_conditioning_scale?: number;
            /** @description Take it for a new picture, not for a change of this one. */
            controlnet_txt2img?: boolean;
            /** @description How much of the input image may change. */
            denoising_strength?: number;
            /** @description Improve faces. */
            face_correct?: boolean;
            /** @description Put the tune's face in. */
            face_swap?: boolean;
            /** @description Grain of a film. */
            film_grain?: boolean;
            /** @description Make sound, too. Needs the plan's permission `video_model`. */
            generate_audio?: boolean;
            /** @description Height in pixels. */
            h?: number;
            /** @description Add details; with `super_resolution`. */
            hires_fix?: boolean;
            /** @description Pictures to go by, by their addresses. Needs the plan's permission `image_references`. */
            image_reference_urls?: string[];
            /** @description Paint faces anew; with `super_resolution`. */
            inpaint_faces?: boolean;
            /**
             * Format: uri
             * @description The picture to begin with, by its address.
             */
            input_image_url?: string;
            /**
             * Format: uri
             * @description A video to begin with. Needs the plan's permission `video_model`.
             */
            input_video_url?: string;
            /** @description How much of the tune. */
            lora_scale?: number;
            /**
             * Format: uri
             * @description What of the input image may change, by its address.
             */
            mask_image_url?: string;
            /** @description What not to make. */
            negative_prompt?: string;
            /** @description How many pictures. */
            num_images?: number;
            /**
             * @description How large. A plan may lower it.
             * @enum {string}
             */
            resolution?: "1K" | "2K" | "4K";
            /**
             * @description How noise is taken away.
             * @enum {string}
             */
            scheduler?: "euler" | "euler_a" | "dpm++2m_karras" | "dpm++sde_karras" | "dpm++2m" | "dpm++sde" | "lcm" | "tcd";
            /** @description Where the noise begins: the same seed makes the same picture. */
            seed?: number;
            /** @description Steps: more take longer. */
            steps?: number;
            /**
             * @description A look.
             * @enum {string}
             */
            style?: "Cinematic" | "Animated" | "Digital Art" | "Photographic" | "Fantasy art" | "Neonpunk" | "Enhance" | "Comic book" | "Lowpoly" | "Line art";
            /** @description Make it larger. */
            super_resolution?: boolean;
            /** @description What to make. May refer to tunes (`<lora:7:0.8>`), ask for more by flags (`--video`) and have `{{name}}` filled in. */
            text: string;
            /** @description Weights in the text count. */
            use_lpw?: boolean;
            /** @description Seconds of the video. Needs the plan's permission `video_model`. */
            video_duration?: number;
            /**
             * Format: uri
             * @description The video's first picture, by its address. Needs the plan's permission `video_model`.
             */
            video_first_frame_url?: string;
            /**
             * Format: uri
             * @description The video's last picture, by its address. Needs the plan's permission `video_model`.
             */
            video_last_frame_url?: string;
            /** @description Make a video, with this model. Needs the plan's permission `video_model`. */
            video_model?: string;
            /** @description How the video moves. Needs the plan's permission `video_model`. */
            video_prompt?: string;
            /** @description Width in pixels. */
            w?: number;
        };
        PromptCreateParams: {
            /**
             * @description As `aspect_ratio`.
             * @enum {string}
             */
            ar?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * @description Width to height.
             * @enum {string}
             */
            aspect_ratio?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * Format: uri
             * @description A sound to go by. Needs the plan's permission `video_model`.
             */
            audio_reference_url?: string;
            /**
             * @description Which generation of Astria's makes it.
             * @enum {string}
             */
            backend_version?: "0" | "1";
            /** @description How closely to follow the text. */
            cfg_scale?: number;
            /**
             * @description Colours of a film.
             * @enum {string}
             */
            color_grading?: "Film Velvia" | "Film Portra" | "Ektar";
            /** @description Show it to everybody at Astria. Needs the plan's permission `community`. */
            community?: boolean;
            /**
             * @description What to take from the input image.
             * @enum {string}
             */
            controlnet?: "composition" | "reference" | "segroom" | "ipadapter" | "lineart" | "canny" | "depth" | "mlsd" | "hed" | "pose" | "tile" | "qr";
            /** @description How much of what `controlnet` takes. */
            controlnet_conditioning_scale?: number;
            /** @description Take it for a new picture, not for a change of this one. */
            controlnet_txt2img?: boolean;
            /** @description How much of the input image may change. */
            denoising_strength?: number;
            /** @description Improve faces. */
            face_correct?: boolean;
            /** @description Put the tune's face in. */
            face_swap?: boolean;
            /** @description Grain of a film. */
            film_grain?: boolean;
            /** @description Make sound, too. Needs the plan's permission `video_model`. */
            generate_audio?: boolean;
            /** @description Height in pixels. */
            h?: number;
            /** @description Add details; with `super_resolution`. */
            hires_fix?: boolean;
            /** @description Pictures to go by, by their addresses. Needs the plan's permission `image_references`. */
            image_reference_urls?: string[];
            /** @description Paint faces anew; with `super_resolution`. */
            inpaint_faces?: boolean;
            /**
             * Format: uri
             * @description The picture to begin with, by its address.
             */
            input_image_url?: string;
            /**
             * Format: uri
             * @description A video to begin with. Needs the plan's permission `video_model`.
             */
            input_video_url?: string;
            /** @description How much of the tune. */
            lora_scale?: number;
            /**
             * Format: uri
             * @description What of the input image may change, by its address.
             */
            mask_image_url?: string;
            /** @description What not to make. */
            negative_prompt?: string;
            /** @description How many pictures. */
            num_images?: number;
            /**
             * @description How large. A plan may lower it.
             * @enum {string}
             */
            resolution?: "1K" | "2K" | "4K";
            /**
             * @description How noise is taken away.
             * @enum {string}
             */
            scheduler?: "euler" | "euler_a" | "dpm++2m_karras" | "dpm++sde_karras" | "dpm++2m" | "dpm++sde" | "lcm" | "tcd";
            /** @description Where the noise begins: the same seed makes the same picture. */
            seed?: number;
            /** @description Steps: more take longer. */
            steps?: number;
            /**
             * @description A look.
             * @enum {string}
             */
            style?: "Cinematic" | "Animated" | "Digital Art" | "Photographic" | "Fantasy art" | "Neonpunk" | "Enhance" | "Comic book" | "Lowpoly" | "Line art";
            /** @description Make it larger. */
            super_resolution?: boolean;
            /** @description What to make. May refer to tunes (`<lora:7:0.8>`), ask for more by flags (`--video`) and have `{{name}}` filled in. */
            text: string;
            /** @description The tune to make it on: your own or a shared one. */
            tune_id: components["schemas"]["TuneRef"];
            /** @description Weights in the text count. */
            use_lpw?: boolean;
            /** @description Seconds of the video. Needs the plan's permission `video_model`. */
            video_duration?: number;
            /**
             * Format: uri
             * @description The video's first picture, by its address. Needs the plan's permission `video_model`.
             */
            video_first_frame_url?: string;
            /**
             * Format: uri
             * @description The video's last picture, by its address. Needs the plan's permission `video_model`.
             */
            video_last_frame_url?: string;
            /** @description Make a video, with this model. Needs the plan's permission `video_model`. */
            video_model?: string;
            /** @description How the video moves. Needs the plan's permission `video_model`. */
            video_prompt?: string;
            /** @description Width in pixels. */
            w?: number;
        };
        PromptDuplicate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            /** @description Which picture of the original, from 0. */
            image_index?: number;
            prompt?: components["schemas"]["PromptDuplicateParams"];
        };
        PromptDuplicateParams: {
            /**
             * @description As `aspect_ratio`.
             * @enum {string}
             */
            ar?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * @description Width to height.
             * @enum {string}
             */
            aspect_ratio?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * Format: uri
             * @description A sound to go by. Needs the plan's permission `video_model`.
             */
            audio_reference_url?: string;
            /**
             * @description Which generation of Astria's makes it.
             * @enum {string}
             */
            backend_version?: "0" | "1";
            /** @description How closely to follow the text. */
            cfg_scale?: number;
            /**
             * @description Colours of a film.
             * @enum {string}
             */
            color_grading?: "Film Velvia" | "Film Portra" | "Ektar";
            /** @description Show it to everybody at Astria. Needs the plan's permission `community`. */
            community?: boolean;
            /**
             * @description What to take from the input image.
             * @enum {string}
             */
            controlnet?: "composition" | "reference" | "segroom" | "ipadapter" | "lineart" | "canny" | "depth" | "mlsd" | "hed" | "pose" | "tile" | "qr";
            /** @description How much of what `controlnet` takes. */
            controlnet_conditioning_scale?: number;
            /** @description Take it for a new picture, not for a change of this one. */
            controlnet_txt2img?: boolean;
            /** @description How much of the input image may change. */
            denoising_strength?: number;
            /** @description Improve faces. */
            face_correct?: boolean;
            /** @description Put the tune's face in. */
            face_swap?: boolean;
            /** @description Grain of a film. */
            film_grain?: boolean;
            /** @description Make sound, too. Needs the plan's permission `video_model`. */
            generate_audio?: boolean;
            /** @description Height in pixels. */
            h?: number;
            /** @description Add details; with `super_resolution`. */
            hires_fix?: boolean;
            /** @description Pictures to go by, by their addresses. Needs the plan's permission `image_references`. */
            image_reference_urls?: string[];
            /** @description Paint faces anew; with `super_resolution`. */
            inpaint_faces?: boolean;
            /**
             * Format: uri
             * @description The picture to begin with, by its address.
             */
            input_image_url?: string;
            /**
             * Format: uri
             * @description A video to begin with. Needs the plan's permission `video_model`.
             */
            input_video_url?: string;
            /** @description How much of the tune. */
            lora_scale?: number;
            /**
             * Format: uri
             * @description What of the input image may change, by its address.
             */
            mask_image_url?: string;
            /** @description What not to make. */
            negative_prompt?: string;
            /** @description How many pictures. */
            num_images?: number;
            /**
             * @description How large. A plan may lower it.
             * @enum {string}
             */
            resolution?: "1K" | "2K" | "4K";
            /**
             * @description How noise is taken away.
             * @enum {string}
             */
            scheduler?: "euler" | "euler_a" | "dpm++2m_karras" | "dpm++sde_karras" | "dpm++2m" | "dpm++sde" | "lcm" | "tcd";
            /** @description Where the noise begins: the same seed makes the same picture. */
            seed?: number;
            /** @description Steps: more take longer. */
            steps?: number;
            /**
             * @description A look.
             * @enum {string}
             */
            style?: "Cinematic" | "Animated" | "Digital Art" | "Photographic" | "Fantasy art" | "Neonpunk" | "Enhance" | "Comic book" | "Lowpoly" | "Line art";
            /** @description Make it larger. */
            super_resolution?: boolean;
            /** @description What to make. May refer to tunes (`<lora:7:0.8>`), ask for more by flags (`--video`) and have `{{name}}` filled in. */
            text?: string;
            /** @description Weights in the text count. */
            use_lpw?: boolean;
            /** @description Seconds of the video. Needs the plan's permission `video_model`. */
            video_duration?: number;
            /**
             * Format: uri
             * @description The video's first picture, by its address. Needs the plan's permission `video_model`.
             */
            video_first_frame_url?: string;
            /**
             * Format: uri
             * @description The video's last picture, by its address. Needs the plan's permission `video_model`.
             */
            video_last_frame_url?: string;
            /** @description Make a video, with this model. Needs the plan's permission `video_model`. */
            video_model?: string;
            /** @description How the video moves. Needs the plan's permission `video_model`. */
            video_prompt?: string;
            /** @description Width in pixels. */
            w?: number;
        };
        PromptParams: {
            /**
             * @description As `aspect_ratio`.
             * @enum {string}
             */
            ar?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * @description Width to height.
             * @enum {string}
             */
            aspect_ratio?: "1:1" | "16:9" | "9:16" | "21:9" | "9:21" | "3:2" | "2:3" | "5:4" | "4:5" | "4:3" | "3:4";
            /**
             * Format: uri
             * @description A sound to go by. Needs the plan's permission `video_model`.
             */
            audio_reference_url?: string;
            /**
             * @description Which generation of Astria's makes it.
             * @enum {string}
             */
            backend_version?: "0" | "1";
            /** @description How closely to follow the text. */
            cfg_scale?: number;
            /**
             * @description Colours of a film.
             * @enum {string}
             */
            color_grading?: "Film Velvia" | "Film Portra" | "Ektar";
            /** @description Show it to everybody at Astria. Needs the plan's permission `community`. */
            community?: boolean;
            /**
             * @description What to take from the input image.
             * @enum {string}
             */
            controlnet?: "composition" | "reference" | "segroom" | "ipadapter" | "lineart" | "canny" | "depth" | "mlsd" | "hed" | "pose" | "tile" | "qr";
            /** @description How much of what `controlnet` takes. */
            controlnet_conditioning_scale?: number;
            /** @description Take it for a new picture, not for a change of this one. */
            controlnet_txt2img?: boolean;
            /** @description How much of the input image may change. */
            denoising_strength?: number;
            /** @description Improve faces. */
            face_correct?: boolean;
            /** @description Put the tune's face in. */
            face_swap?: boolean;
            /** @description Grain of a film. */
            film_grain?: boolean;
            /** @description Make sound, too. Needs the plan's permission `video_model`. */
            generate_audio?: boolean;
            /** @description Height in pixels. */
            h?: number;
            /** @description Add details; with `super_resolution`. */
            hires_fix?: boolean;
            /** @description Pictures to go by, by their addresses. Needs the plan's permission `image_references`. */
            image_reference_urls?: string[];
            /** @description Paint faces anew; with `super_resolution`. */
            inpaint_faces?: boolean;
            /**
             * Format: uri
             * @description The picture to begin with, by its address.
             */
            input_image_url?: string;
            /**
             * Format: uri
             * @description A video to begin with. Needs the plan's permission `video_model`.
             */
            input_video_url?: string;
            /** @description How much of the tune. */
            lora_scale?: number;
            /**
             * Format: uri
             * @description What of the input image may change, by its address.
             */
            mask_image_url?: string;
            /** @description What not to make. */
            negative_prompt?: string;
            /** @description How many pictures. */
            num_images?: number;
            /**
             * @description How large. A plan may lower it.
             * @enum {string}
             */
            resolution?: "1K" | "2K" | "4K";
            /**
             * @description How noise is taken away.
             * @enum {string}
             */
            scheduler?: "euler" | "euler_a" | "dpm++2m_karras" | "dpm++sde_karras" | "dpm++2m" | "dpm++sde" | "lcm" | "tcd";
            /** @description Where the noise begins: the same seed makes the same picture. */
            seed?: number;
            /** @description Steps: more take longer. */
            steps?: number;
            /**
             * @description A look.
             * @enum {string}
             */
            style?: "Cinematic" | "Animated" | "Digital Art" | "Photographic" | "Fantasy art" | "Neonpunk" | "Enhance" | "Comic book" | "Lowpoly" | "Line art";
            /** @description Make it larger. */
            super_resolution?: boolean;
            /** @description What to make. May refer to tunes (`<lora:7:0.8>`), ask for more by flags (`--video`) and have `{{name}}` filled in. */
            text: string;
            /** @description Weights in the text count. */
            use_lpw?: boolean;
            /** @description Seconds of the video. Needs the plan's permission `video_model`. */
            video_duration?: number;
            /**
             * Format: uri
             * @description The video's first picture, by its address. Needs the plan's permission `video_model`.
             */
            video_first_frame_url?: string;
            /**
             * Format: uri
             * @description The video's last picture, by its address. Needs the plan's permission `video_model`.
             */
            video_last_frame_url?: string;
            /** @description Make a video, with this model. Needs the plan's permission `video_model`. */
            video_model?: string;
            /** @description How the video moves. Needs the plan's permission `video_model`. */
            video_prompt?: string;
            /** @description Width in pixels. */
            w?: number;
        };
        /** @description Where one quota stands. */
        Quota: {
            /** Format: int64 */
            held: number;
            /** Format: int64 */
            left: number;
            /** Format: int64 */
            limit: number;
            /** @enum {string} */
            of: "images" | "tunes" | "inspections" | "videos" | "cost_mc" | "prompts";
            /** @enum {string} */
            per: "day" | "month" | "total";
            /**
             * Format: date-time
             * @description When it begins anew; null: never.
             */
            resets_at: string | null;
            /** @enum {string} */
            shared_by: "end_user" | "tenant" | "account";
            /** Format: int64 */
            used: number;
        };
        QuotaEvent: {
            /** Format: date-time */
            at: string;
            quotas: components["schemas"]["Quota"][];
            /** @constant */
            type: "quota.changed";
        };
        Readiness: {
            for?: string[];
            /** @enum {string} */
            status: "ready" | "waiting" | "draining";
            /** @description What does not work yet. */
            without?: string[];
        };
        /** @description Who is signed in, and until when. */
        Session: {
            /** @description For `X-CSRF-Token` or `authenticity_token`; null without a cookie, where none is needed. */
            csrf_token: string | null;
            issuer: string;
            /** @enum {string} */
            kind: "end_user" | "guest" | "service";
            plan: string;
            session: components["schemas"]["SessionInfo"] | null;
            subject: string;
            tenant: string | null;
        };
        SessionInfo: {
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            /** Format: date-time */
            idle_expires_at: string;
            /** Format: date-time */
            last_used_at: string;
            /** @description Who signed them in; null: a token did. */
            provider: string | null;
        };
        SessionList: {
            sessions: components["schemas"]["ListedSession"][];
        };
        /** @description What everybody sees of a tune that is not theirs. */
        SharedTune: {
            /**
             * Format: int64
             * @description The tune that it was trained on top of.
             */
            base_tune_id?: number | null;
            /** @description The base: `flux1`, `sdxl1`, `sd15`, `fast`. */
            branch?: string | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description `lora`, `pti`, `faceid`, or null. */
            model_type?: string | null;
            /** @description The class name: `man`, `woman`, `cat`, `style`, … */
            name?: string | null;
            /** @description In its owner's words. */
            title?: string | null;
            /** @description What stands for the subject in a prompt: `ohwx`. */
            token?: string | null;
            /**
             * Format: date-time
             * @description When it ended; null: it has not.
             */
            trained_at?: string | null;
            /**
             * Format: uri
             * @description Its address at the gateway.
             */
            url: string;
        };
        /** @description About the stream itself. */
        StreamEvent: {
            /** @enum {string} */
            reason?: "token_expired" | "blocked" | "replaced" | "restarting";
            /** @enum {string} */
            type: "stream.open" | "stream.reset" | "stream.end";
        };
        ThemeCreate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            theme: components["schemas"]["ThemeCreateParams"];
        };
        ThemeCreateParams: {
            /** @description What the prompts have instead of their own. */
            prompt_attributes?: {
                /** @description Height in pixels. */
                h?: number;
                /** @description How many pictures. */
                num_images?: number;
                /** @description Width in pixels. */
                w?: number;
            };
            /** @description What the pictures are about, in words. */
            theme: string;
            /** @description Tunes of your own. */
            tune_ids: number[];
        };
        /** @description A fine-tuned model: trained when `trained_at` is set, failed when `user_error` is. */
        Tune: {
            /** @description More settings, as Astria shows them. */
            args?: string | null;
            /** @description It is kept beyond 30 days. */
            auto_extend?: boolean | null;
            /**
             * Format: int64
             * @description The tune that it was trained on top of.
             */
            base_tune_id?: number | null;
            /** @description The base: `flux1`, `sdxl1`, `sd15`, `fast`. */
            branch?: string | null;
            /** @description What `{{name}}` in a prompt's text is filled with. */
            characteristics?: {
                [key: string]: unknown;
            } | string | null;
            /**
             * Format: int64
             * @description Its price in thousandths of a cent: 100 000 = US $1.
             */
            cost_mc?: number | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at?: string | null;
            /**
             * Format: date-time
             * @description When it will be trained, about.
             */
            eta?: string | null;
            /**
             * Format: date-time
             * @description When Astria deletes it.
             */
            expires_at?: string | null;
            /** @description Faces were cut out of the photos. */
            face_crop?: boolean | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description It was made through the API. */
            is_api?: boolean | null;
            /** @description `lora`, `pti`, `faceid`, or null. */
            model_type?: string | null;
            /** @description The class name: `man`, `woman`, `cat`, `style`, … */
            name?: string | null;
            /** @description The photos. */
            orig_images?: string[];
            /** @description How it was trained. */
            preset?: string | null;
            /**
             * Format: date-time
             * @description When the training began.
             */
            started_training_at?: string | null;
            /**
             * Format: int64
             * @description Steps of the training.
             */
            steps?: number | null;
            /** @description In its owner's words. */
            title?: string | null;
            /** @description What stands for the subject in a prompt: `ohwx`. */
            token?: string | null;
            /**
             * Format: date-time
             * @description When it ended; null: it has not.
             */
            trained_at?: string | null;
            /** @description Faces in the photos were improved. */
            training_face_correct?: boolean | null;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updated_at?: string | null;
            /**
             * Format: uri
             * @description Its address at the gateway.
             */
            url: string;
            /** @description Why it failed, if it did. */
            user_error?: string | null;
        };
        TuneCreate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            tune: components["schemas"]["TuneCreateParams"];
        };
        TuneCreateParams: {
            /** @description Keep it beyond 30 days, for a price. Needs the plan's permission `auto_extend`. */
            auto_extend?: boolean;
            /** @description Train on top of this tune: your own or a shared one. */
            base_tune_id?: components["schemas"]["TuneRef"];
            /**
             * @description What to train on. `fast` is free and makes mock pictures.
             * @enum {string}
             */
            branch?: "sd15" | "sdxl1" | "flux1" | "fast";
            /** @description What `{{name}}` in a prompt's text is filled with. In a form, the text of a JSON object. */
            characteristics?: {
                [key: string]: string | number | boolean;
            };
            /** @description Cut faces out of the photos. */
            face_crop?: boolean;
            /** @description Photos by their addresses. */
            image_urls: string[];
            /**
             * @description What to train.
             * @enum {string}
             */
            model_type?: "lora" | "pti" | "faceid";
            /** @description The class name: `man`, `woman`, `boy`, `girl`, `cat`, `dog`, `style`, … */
            name?: string;
            /**
             * @description How to train.
             * @enum {string}
             */
            preset?: "flux-lora-focus" | "flux-lora-portrait" | "flux-lora-fast";
            /** @description Prompts that are made when the tune is trained, 64 at most; each with the parameters of a prompt. In a form: `tune[prompts_attributes][0][text]`. */
            prompts_attributes?: components["schemas"]["PromptParams"][];
            /** @description Steps: more take longer. */
            steps?: number;
            /** @description In your words. */
            title: string;
            /** @description What will stand for the subject in a prompt: `ohwx`. */
            token?: string;
            /** @description Improve faces in the photos. */
            training_face_correct?: boolean;
        };
        /** @description A tune: its id, or one of the operator's names for one (`gemini`). */
        TuneRef: number | string;
        TuneUpdate: {
            /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
            authenticity_token?: string;
            tune?: components["schemas"]["TuneUpdateParams"];
        };
        TuneUpdateParams: {
            /** @description Keep it beyond 30 days, for a price. */
            auto_extend?: boolean;
            /** @description What `{{name}}` in a prompt's text is filled with. In a form, the text of a JSON object. */
            characteristics?: {
                [key: string]: string | number | boolean;
            };
            /** @description The class name: `man`, `woman`, `boy`, `girl`, `cat`, `dog`, `style`, … */
            name?: string;
            /** @description In your words. */
            title?: string;
        };
    };
    responses: never;
    parameters: {
        /**
         * @description Says that you mean it.
         * @example erase
         */
        "Gateway-Confirm": "erase";
        /**
         * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
         * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
         */
        "Idempotency-Key": string;
        /**
         * @description An `ETag` that you have: where it is still the state, the answer is 304.
         * @example W/"5f1b0c9d2e3a4b5c6d7e8f90"
         */
        "If-None-Match": string;
        /**
         * @description The last event that you got: everything after it comes first. Without it the stream begins now.
         * @example 42
         */
        "Last-Event-ID": string;
        /**
         * @description One range of bytes.
         * @example bytes=0-1023
         */
        Range: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listGallery: {
        parameters: {
            query?: {
                /** @description Tunes of a page; more than 120 are 120. */
                limit?: number;
                /** @description Tunes to leave out. */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tunes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "branch": "flux1",
                     *         "id": 1504944,
                     *         "title": "Flux1.dev",
                     *         "trained_at": "2024-08-01T00:00:00Z",
                     *         "url": "https://images.example.com/tunes/1504944.json"
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["SharedTune"][];
                };
            };
        };
    };
    listGalleryPacks: {
        parameters: {
            query?: {
                /** @description Packs of a page. */
                limit?: number;
                /** @description Those on the operator's list. */
                listed?: boolean;
                /** @description Packs to leave out. */
                offset?: number;
                /** @description Those that everybody sees. */
                public?: boolean;
            };
            header?: {
                /**
                 * @description An `ETag` that you have: where it is still the state, the answer is 304.
                 * @example W/"5f1b0c9d2e3a4b5c6d7e8f90"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The packs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "base_tune_id": 1504944,
                     *         "costs": {
                     *           "woman": {
                     *             "cost_mc": 450000,
                     *             "num_images": 32
                     *           }
                     *         },
                     *         "id": 260,
                     *         "slug": "corporate-headshots",
                     *         "template_prompts": [
                     *           {
                     *             "id": 9001
                     *           },
                     *           {
                     *             "id": 9002
                     *           }
                     *         ],
                     *         "title": "Corporate Headshots"
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["Pack"][];
                };
            };
        };
    };
    listGalleryTunes: {
        parameters: {
            query?: {
                /** @description Tunes of a page; more than 120 are 120. */
                limit?: number;
                /** @description Tunes to leave out. */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tunes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "branch": "flux1",
                     *         "id": 1504944,
                     *         "title": "Flux1.dev",
                     *         "trained_at": "2024-08-01T00:00:00Z",
                     *         "url": "https://images.example.com/tunes/1504944.json"
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["SharedTune"][];
                };
            };
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "plan": "free",
                     *       "principal": {
                     *         "issuer": "https://login.example.com",
                     *         "kind": "end_user",
                     *         "subject": "alice"
                     *       },
                     *       "quotas": [
                     *         {
                     *           "held": 2,
                     *           "left": 12,
                     *           "limit": 20,
                     *           "of": "images",
                     *           "per": "day",
                     *           "resets_at": "2026-11-23T00:00:00Z",
                     *           "shared_by": "end_user",
                     *           "used": 6
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    exportAccountData: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "erasure": null,
                     *       "next": null,
                     *       "objects": [
                     *         {
                     *           "id": 123,
                     *           "kind": "prompt",
                     *           "object": {
                     *             "cost_mc": 0,
                     *             "created_at": "2026-11-22T02:00:00Z",
                     *             "eta": "2026-11-22T02:00:30Z",
                     *             "h": null,
                     *             "id": 123,
                     *             "images": [],
                     *             "liked": false,
                     *             "negative_prompt": null,
                     *             "num_images": 2,
                     *             "seed": null,
                     *             "started_training_at": null,
                     *             "steps": null,
                     *             "text": "a lighthouse at dawn",
                     *             "trained_at": null,
                     *             "tune_id": 1504944,
                     *             "updated_at": "2026-11-22T02:00:00Z",
                     *             "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *             "user_error": null,
                     *             "w": null
                     *           }
                     *         }
                     *       ],
                     *       "principal": {
                     *         "issuer": "https://login.example.com",
                     *         "kind": "end_user",
                     *         "subject": "alice"
                     *       },
                     *       "quotas": [
                     *         {
                     *           "held": 2,
                     *           "left": 12,
                     *           "limit": 20,
                     *           "of": "images",
                     *           "per": "day",
                     *           "resets_at": "2026-11-23T00:00:00Z",
                     *           "shared_by": "end_user",
                     *           "used": 6
                     *         }
                     *       ],
                     *       "sessions": []
                     *     }
                     */
                    "application/json": components["schemas"]["AccountData"];
                };
            };
        };
    };
    eraseAccountData: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Says that you mean it.
                 * @example erase
                 */
                "Gateway-Confirm"?: components["parameters"]["Gateway-Confirm"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has begun. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "erasure": {
                     *         "objects_left": 12,
                     *         "open_creates": 0,
                     *         "started_at": "2026-11-22T02:00:00Z",
                     *         "state": "erasing"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ErasureBegun"];
                };
            };
        };
    };
    receiveCallback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description What the gateway gave to Astria.
                 * @example v1.k.AZ-Hc
                 */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "prompt": {
                 *         "id": 123
                 *       }
                 *     }
                 */
                "application/json": unknown;
            };
        };
        responses: {
            /** @description It is noted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": true
                     *     }
                     */
                    "application/json": components["schemas"]["CallbackReceived"];
                };
            };
        };
    };
    getCreate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id at the end of `status_url`.
                 * @example 01a1fc24998e72c993af9fcc752634af
                 */
                id: components["schemas"]["CreateId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "id": "01a1fc24998e72c993af9fcc752634af",
                     *       "objects": [
                     *         {
                     *           "id": 123,
                     *           "kind": "prompt",
                     *           "url": "https://images.example.com/prompts/123.json"
                     *         }
                     *       ],
                     *       "operation": "create_prompt",
                     *       "state": "made"
                     *     }
                     */
                    "application/json": components["schemas"]["CreateOutcome"];
                };
            };
        };
    };
    streamEvents: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The last event that you got: everything after it comes first. Without it the stream begins now.
                 * @example 42
                 */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Messages for as long as the proof lasts. The `data` of each is an `Event` in JSON. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 2417
                     *
                     *     id: 41
                     *     event: stream.open
                     *     data: {"type":"stream.open"}
                     *
                     *     id: 42
                     *     event: prompt.finished
                     *     data: {"type":"prompt.finished","at":"2026-11-22T02:00:21.123Z","object":{"kind":"prompt","id":123,"tune_id":1504944},"prompt":{…}}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    createEventTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "expires_in_s": 60,
                     *       "ticket": "v1.…",
                     *       "url": "https://images.example.com/gateway/events?ticket=v1.…"
                     *     }
                     */
                    "application/json": components["schemas"]["EventTicket"];
                };
            };
        };
    };
    createGuest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The guest that this browser is already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "csrf_token": "pX3v…",
                     *       "issuer": "urn:astria-gateway:guest",
                     *       "kind": "guest",
                     *       "plan": "trial",
                     *       "session": null,
                     *       "subject": "0198c0de5b7a7c6d8e9f0a1b2c3d4e5f",
                     *       "tenant": null
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A guest. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "csrf_token": "pX3v…",
                     *       "issuer": "urn:astria-gateway:guest",
                     *       "kind": "guest",
                     *       "plan": "trial",
                     *       "session": null,
                     *       "subject": "0198c0de5b7a7c6d8e9f0a1b2c3d4e5f",
                     *       "tenant": null
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    listLoginProviders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The providers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "providers": [
                     *         {
                     *           "name": "keycloak",
                     *           "title": "Keycloak",
                     *           "url": "https://images.example.com/gateway/login/keycloak"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LoginProviders"];
                };
            };
        };
    };
    startLogin: {
        parameters: {
            query?: {
                /** @description A path of the app, where the browser comes back to. */
                return_to?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A provider of `GET /gateway/login`.
                 * @example keycloak
                 */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    receiveBackchannelLogout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A provider of `GET /gateway/login`.
                 * @example keycloak
                 */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "logout_token": "eyJ…"
                 *     }
                 */
                "application/x-www-form-urlencoded": {
                    logout_token: string;
                };
            };
        };
        responses: {
            /** @description Their sessions have ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finishLogin: {
        parameters: {
            query?: {
                /** @description The provider's. */
                code?: string;
                /** @description Why the provider refused. */
                error?: string;
                /** @description Who answers (RFC 9207). */
                iss?: string;
                /** @description The gateway's own, bound to the browser. */
                state?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A provider of `GET /gateway/login`.
                 * @example keycloak
                 */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed in; a page that goes on to `return_to`, where the cookie is `SameSite=Strict`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html>… */
                    "text/html": string;
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "authenticity_token": "pX3v…"
                 *     }
                 */
                "application/x-www-form-urlencoded": {
                    /** @description The `csrf_token` of `GET /gateway/session`, where no header can be sent. */
                    authenticity_token?: string;
                };
            };
        };
        responses: {
            /** @description Signed out here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "logout_url": null
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedOut"];
                };
            };
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An `ETag` that you have: where it is still the state, the answer is 304.
                 * @example W/"5f1b0c9d2e3a4b5c6d7e8f90"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "info": {
                     *         "title": "astria-gateway"
                     *       },
                     *       "openapi": "3.1.0",
                     *       "paths": {}
                     *     }
                     */
                    "application/json": components["schemas"]["OpenApi"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Somebody is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "csrf_token": "pX3v…",
                     *       "issuer": "https://login.example.com",
                     *       "kind": "end_user",
                     *       "plan": "pro",
                     *       "session": {
                     *         "created_at": "2026-11-22T02:00:00Z",
                     *         "expires_at": "2026-12-22T02:00:00Z",
                     *         "id": "0198c0de-5b7a-7c6d-8e9f-0a1b2c3d4e5f",
                     *         "idle_expires_at": "2026-11-22T14:10:00Z",
                     *         "last_used_at": "2026-11-22T02:10:00Z",
                     *         "provider": "keycloak"
                     *       },
                     *       "subject": "alice",
                     *       "tenant": null
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed in. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "csrf_token": "pX3v…",
                     *       "issuer": "https://login.example.com",
                     *       "kind": "end_user",
                     *       "plan": "pro",
                     *       "session": {
                     *         "created_at": "2026-11-22T02:00:00Z",
                     *         "expires_at": "2026-12-22T02:00:00Z",
                     *         "id": "0198c0de-5b7a-7c6d-8e9f-0a1b2c3d4e5f",
                     *         "idle_expires_at": "2026-11-22T14:10:00Z",
                     *         "last_used_at": "2026-11-22T02:10:00Z",
                     *         "provider": "keycloak"
                     *       },
                     *       "subject": "alice",
                     *       "tenant": null
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "sessions": [
                     *         {
                     *           "created_at": "2026-11-22T02:00:00Z",
                     *           "current": true,
                     *           "device": "Chrome on macOS",
                     *           "expires_at": "2026-12-22T02:00:00Z",
                     *           "id": "0198c0de-5b7a-7c6d-8e9f-0a1b2c3d4e5f",
                     *           "idle_expires_at": "2026-11-22T14:10:00Z",
                     *           "last_used_at": "2026-11-22T02:10:00Z",
                     *           "provider": "keycloak"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SessionList"];
                };
            };
        };
    };
    deleteSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deleteSessionById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of `GET /gateway/sessions`.
                 * @example 01a1fc24998e72c993af9fcc752634af
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out there. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    inspectImage: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "file_url": "https://cdn.example.com/1.jpg",
                 *       "name": "woman"
                 *     }
                 */
                "application/json": components["schemas"]["InspectionCreate"];
            };
        };
        responses: {
            /** @description What is seen. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "age": "30 yo",
                     *       "blurry": false,
                     *       "glasses": "NONE",
                     *       "name": "woman",
                     *       "wearing_hat": false
                     *     }
                     */
                    "application/json": components["schemas"]["Inspection"];
                };
            };
        };
    };
    getPack: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An `ETag` that you have: where it is still the state, the answer is 304.
                 * @example W/"5f1b0c9d2e3a4b5c6d7e8f90"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path: {
                /**
                 * @description A pack: its id or its slug.
                 * @example corporate-headshots
                 */
                id: components["schemas"]["PackRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pack. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base_tune_id": 1504944,
                     *       "costs": {
                     *         "woman": {
                     *           "cost_mc": 450000,
                     *           "num_images": 32
                     *         }
                     *       },
                     *       "id": 260,
                     *       "slug": "corporate-headshots",
                     *       "template_prompts": [
                     *         {
                     *           "id": 9001
                     *         },
                     *         {
                     *           "id": 9002
                     *         }
                     *       ],
                     *       "title": "Corporate Headshots"
                     *     }
                     */
                    "application/json": components["schemas"]["Pack"];
                };
            };
        };
    };
    runPack: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /**
                 * @description A pack: its id or its slug.
                 * @example corporate-headshots
                 */
                pack_id: components["schemas"]["PackRef"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "tune": {
                 *         "tune_ids": [
                 *           7
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PackRunCreate"];
            };
        };
        responses: {
            /** @description It is being made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base_tune_id": 1504944,
                     *       "branch": "flux1",
                     *       "cost_mc": 150000,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:20:00Z",
                     *       "expires_at": null,
                     *       "id": 7,
                     *       "model_type": "lora",
                     *       "name": "woman",
                     *       "orig_images": [],
                     *       "started_training_at": null,
                     *       "title": "my face",
                     *       "token": "ohwx",
                     *       "trained_at": null,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/7.json"
                     *     }
                     */
                    "application/json": components["schemas"]["PackRunResult"];
                };
            };
        };
    };
    listPacks: {
        parameters: {
            query?: {
                /** @description Packs of a page. */
                limit?: number;
                /** @description Those on the operator's list. */
                listed?: boolean;
                /** @description Packs to leave out. */
                offset?: number;
                /** @description Those that everybody sees. */
                public?: boolean;
            };
            header?: {
                /**
                 * @description An `ETag` that you have: where it is still the state, the answer is 304.
                 * @example W/"5f1b0c9d2e3a4b5c6d7e8f90"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The packs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "base_tune_id": 1504944,
                     *         "costs": {
                     *           "woman": {
                     *             "cost_mc": 450000,
                     *             "num_images": 32
                     *           }
                     *         },
                     *         "id": 260,
                     *         "slug": "corporate-headshots",
                     *         "template_prompts": [
                     *           {
                     *             "id": 9001
                     *           },
                     *           {
                     *             "id": 9002
                     *           }
                     *         ],
                     *         "title": "Corporate Headshots"
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["Pack"][];
                };
            };
        };
    };
    listPrompts: {
        parameters: {
            query?: {
                /** @description Made by a run of a pack that is based on this one. */
                base_pack_id?: number;
                /** @description Only what is older than this one: the way to go on while new ones come. */
                before_id?: number;
                /** @description Made through the API, or not. */
                is_api?: boolean;
                /** @description Videos, or not. */
                is_video?: boolean;
                /** @description Liked, or not. */
                liked?: boolean;
                /** @description Objects of a page; more than 120 are 120. */
                limit?: number;
                /** @description Objects to leave out. */
                offset?: number;
                /** @description Made by a run of this pack. */
                pack_id?: number;
                /** @description A page by its number, from 1. */
                page?: number;
                /** @description Part of the text. */
                text?: string;
                /** @description Made today, in the operator's time zone. */
                today?: boolean;
                /** @description On this tune. */
                tune_id?: components["schemas"]["TuneRef"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The prompts, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "cost_mc": 11600,
                     *         "created_at": "2026-11-22T02:00:00Z",
                     *         "eta": "2026-11-22T02:00:30Z",
                     *         "h": null,
                     *         "id": 123,
                     *         "images": [
                     *           "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/1.jpg?a=k&e=1795226400&s=…",
                     *           "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/2.jpg?a=k&e=1795226400&s=…"
                     *         ],
                     *         "liked": false,
                     *         "negative_prompt": null,
                     *         "num_images": 2,
                     *         "seed": null,
                     *         "started_training_at": null,
                     *         "steps": null,
                     *         "text": "a lighthouse at dawn",
                     *         "trained_at": "2026-11-22T02:00:21Z",
                     *         "tune_id": 1504944,
                     *         "updated_at": "2026-11-22T02:00:00Z",
                     *         "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *         "user_error": null,
                     *         "w": null
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["Prompt"][];
                };
            };
        };
    };
    createPrompt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": {
                 *         "num_images": 2,
                 *         "text": "a lighthouse at dawn",
                 *         "tune_id": 1504944
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PromptCreate"];
            };
        };
        responses: {
            /** @description It is being made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cost_mc": 0,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:00:30Z",
                     *       "h": null,
                     *       "id": 123,
                     *       "images": [],
                     *       "liked": false,
                     *       "negative_prompt": null,
                     *       "num_images": 2,
                     *       "seed": null,
                     *       "started_training_at": null,
                     *       "steps": null,
                     *       "text": "a lighthouse at dawn",
                     *       "trained_at": null,
                     *       "tune_id": 1504944,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *       "user_error": null,
                     *       "w": null
                     *     }
                     */
                    "application/json": components["schemas"]["Prompt"];
                };
            };
        };
    };
    getPrompt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The prompt. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cost_mc": 11600,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:00:30Z",
                     *       "h": null,
                     *       "id": 123,
                     *       "images": [
                     *         "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/1.jpg?a=k&e=1795226400&s=…",
                     *         "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/2.jpg?a=k&e=1795226400&s=…"
                     *       ],
                     *       "liked": false,
                     *       "negative_prompt": null,
                     *       "num_images": 2,
                     *       "seed": null,
                     *       "started_training_at": null,
                     *       "steps": null,
                     *       "text": "a lighthouse at dawn",
                     *       "trained_at": "2026-11-22T02:00:21Z",
                     *       "tune_id": 1504944,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *       "user_error": null,
                     *       "w": null
                     *     }
                     */
                    "application/json": components["schemas"]["Prompt"];
                };
            };
        };
    };
    deletePrompt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Prompt successfully deleted"
                     *     }
                     */
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    duplicatePrompt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": {
                 *         "num_images": 4
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PromptDuplicate"];
            };
        };
        responses: {
            /** @description It is being made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cost_mc": 0,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:00:30Z",
                     *       "h": null,
                     *       "id": 123,
                     *       "images": [],
                     *       "liked": false,
                     *       "negative_prompt": null,
                     *       "num_images": 2,
                     *       "seed": null,
                     *       "started_training_at": null,
                     *       "steps": null,
                     *       "text": "a lighthouse at dawn",
                     *       "trained_at": null,
                     *       "tune_id": 1504944,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *       "user_error": null,
                     *       "w": null
                     *     }
                     */
                    "application/json": components["schemas"]["Prompt"];
                };
            };
        };
    };
    likePromptAtLike: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You like it. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    unlikePromptAtLike: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You like it no more. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    likePrompt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You like it. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    unlikePrompt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You like it no more. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getImage: {
        parameters: {
            query?: {
                /** @description Part of the signed address. */
                a?: string;
                /** @description When it ends, in seconds since 1970. */
                e?: number;
            };
            header?: {
                /**
                 * @description One range of bytes.
                 * @example bytes=0-1023
                 */
                Range?: components["parameters"]["Range"];
            };
            path: {
                /**
                 * @description What follows in an address that an object shows; it has slashes in it.
                 * @example redirect/eyJfcmFpbHMi--0a1b/cat.jpg
                 */
                rest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                    "video/*": string;
                };
            };
            /** @description A part of it. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                    "video/*": string;
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready"
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    createTheme: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "theme": {
                 *         "prompt_attributes": {
                 *           "num_images": 2
                 *         },
                 *         "theme": "a week at the sea",
                 *         "tune_ids": [
                 *           7
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ThemeCreate"];
            };
        };
        responses: {
            /** @description It is being made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listTunes: {
        parameters: {
            query?: {
                /** @description Only what is older than this one: the way to go on while new ones come. */
                before_id?: number;
                /** @description `flux1`, `sdxl1`, `sd15`, `fast`. */
                branch?: string;
                /** @description Objects of a page; more than 120 are 120. */
                limit?: number;
                /** @description `lora`, `pti`, `faceid`. */
                model_type?: string;
                /** @description One of these class names; a single one may come as `name`. */
                "name[]"?: string[];
                /** @description Objects to leave out. */
                offset?: number;
                /** @description A page by its number, from 1. */
                page?: number;
                /** @description Exactly this title. */
                title?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tunes, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "base_tune_id": 1504944,
                     *         "branch": "flux1",
                     *         "cost_mc": 150000,
                     *         "created_at": "2026-11-22T02:00:00Z",
                     *         "eta": "2026-11-22T02:20:00Z",
                     *         "expires_at": null,
                     *         "id": 7,
                     *         "model_type": "lora",
                     *         "name": "woman",
                     *         "orig_images": [],
                     *         "started_training_at": null,
                     *         "title": "my face",
                     *         "token": "ohwx",
                     *         "trained_at": null,
                     *         "updated_at": "2026-11-22T02:00:00Z",
                     *         "url": "https://images.example.com/tunes/7.json"
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["Tune"][];
                };
            };
        };
    };
    createTune: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "tune": {
                 *         "branch": "flux1",
                 *         "image_urls": [
                 *           "https://cdn.example.com/1.jpg",
                 *           "https://cdn.example.com/2.jpg"
                 *         ],
                 *         "name": "woman",
                 *         "preset": "flux-lora-portrait",
                 *         "title": "my face"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TuneCreate"];
            };
        };
        responses: {
            /** @description It is being trained. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base_tune_id": 1504944,
                     *       "branch": "flux1",
                     *       "cost_mc": 150000,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:20:00Z",
                     *       "expires_at": null,
                     *       "id": 7,
                     *       "model_type": "lora",
                     *       "name": "woman",
                     *       "orig_images": [],
                     *       "started_training_at": null,
                     *       "title": "my face",
                     *       "token": "ohwx",
                     *       "trained_at": null,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/7.json"
                     *     }
                     */
                    "application/json": components["schemas"]["Tune"];
                };
            };
        };
    };
    getTune: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tune. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base_tune_id": 1504944,
                     *       "branch": "flux1",
                     *       "cost_mc": 150000,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:20:00Z",
                     *       "expires_at": null,
                     *       "id": 7,
                     *       "model_type": "lora",
                     *       "name": "woman",
                     *       "orig_images": [],
                     *       "started_training_at": null,
                     *       "title": "my face",
                     *       "token": "ohwx",
                     *       "trained_at": null,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/7.json"
                     *     }
                     */
                    "application/json": components["schemas"]["Tune"] | components["schemas"]["SharedTune"];
                };
            };
        };
    };
    updateTuneByPut: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "tune": {
                 *         "title": "my face, 2026"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TuneUpdate"];
            };
        };
        responses: {
            /** @description The tune as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base_tune_id": 1504944,
                     *       "branch": "flux1",
                     *       "cost_mc": 150000,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:20:00Z",
                     *       "expires_at": null,
                     *       "id": 7,
                     *       "model_type": "lora",
                     *       "name": "woman",
                     *       "orig_images": [],
                     *       "started_training_at": null,
                     *       "title": "my face",
                     *       "token": "ohwx",
                     *       "trained_at": null,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/7.json"
                     *     }
                     */
                    "application/json": components["schemas"]["Tune"];
                };
            };
        };
    };
    deleteTune: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Prompt successfully deleted"
                     *     }
                     */
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    updateTune: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "tune": {
                 *         "title": "my face, 2026"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TuneUpdate"];
            };
        };
        responses: {
            /** @description The tune as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base_tune_id": 1504944,
                     *       "branch": "flux1",
                     *       "cost_mc": 150000,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:20:00Z",
                     *       "expires_at": null,
                     *       "id": 7,
                     *       "model_type": "lora",
                     *       "name": "woman",
                     *       "orig_images": [],
                     *       "started_training_at": null,
                     *       "title": "my face",
                     *       "token": "ohwx",
                     *       "trained_at": null,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/7.json"
                     *     }
                     */
                    "application/json": components["schemas"]["Tune"];
                };
            };
        };
    };
    listPromptsOfTune: {
        parameters: {
            query?: {
                /** @description Made by a run of a pack that is based on this one. */
                base_pack_id?: number;
                /** @description Only what is older than this one: the way to go on while new ones come. */
                before_id?: number;
                /** @description Made through the API, or not. */
                is_api?: boolean;
                /** @description Videos, or not. */
                is_video?: boolean;
                /** @description Liked, or not. */
                liked?: boolean;
                /** @description Objects of a page; more than 120 are 120. */
                limit?: number;
                /** @description Objects to leave out. */
                offset?: number;
                /** @description Made by a run of this pack. */
                pack_id?: number;
                /** @description A page by its number, from 1. */
                page?: number;
                /** @description Part of the text. */
                text?: string;
                /** @description Made today, in the operator's time zone. */
                today?: boolean;
                /** @description On this tune. */
                tune_id?: components["schemas"]["TuneRef"];
            };
            header?: never;
            path: {
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                tune_id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The prompts, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "cost_mc": 11600,
                     *         "created_at": "2026-11-22T02:00:00Z",
                     *         "eta": "2026-11-22T02:00:30Z",
                     *         "h": null,
                     *         "id": 123,
                     *         "images": [
                     *           "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/1.jpg?a=k&e=1795226400&s=…",
                     *           "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/2.jpg?a=k&e=1795226400&s=…"
                     *         ],
                     *         "liked": false,
                     *         "negative_prompt": null,
                     *         "num_images": 2,
                     *         "seed": null,
                     *         "started_training_at": null,
                     *         "steps": null,
                     *         "text": "a lighthouse at dawn",
                     *         "trained_at": "2026-11-22T02:00:21Z",
                     *         "tune_id": 1504944,
                     *         "updated_at": "2026-11-22T02:00:00Z",
                     *         "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *         "user_error": null,
                     *         "w": null
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["Prompt"][];
                };
            };
        };
    };
    createPromptOnTune: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new one, such as a UUID, for each create; in quotes or without. The operator may require one.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                tune_id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": {
                 *         "num_images": 2,
                 *         "text": "a lighthouse at dawn"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PromptCreateOnTune"];
            };
        };
        responses: {
            /** @description It is being made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cost_mc": 0,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:00:30Z",
                     *       "h": null,
                     *       "id": 123,
                     *       "images": [],
                     *       "liked": false,
                     *       "negative_prompt": null,
                     *       "num_images": 2,
                     *       "seed": null,
                     *       "started_training_at": null,
                     *       "steps": null,
                     *       "text": "a lighthouse at dawn",
                     *       "trained_at": null,
                     *       "tune_id": 1504944,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *       "user_error": null,
                     *       "w": null
                     *     }
                     */
                    "application/json": components["schemas"]["Prompt"];
                };
            };
        };
    };
    getPromptOfTune: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                tune_id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The prompt. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cost_mc": 11600,
                     *       "created_at": "2026-11-22T02:00:00Z",
                     *       "eta": "2026-11-22T02:00:30Z",
                     *       "h": null,
                     *       "id": 123,
                     *       "images": [
                     *         "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/1.jpg?a=k&e=1795226400&s=…",
                     *         "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/2.jpg?a=k&e=1795226400&s=…"
                     *       ],
                     *       "liked": false,
                     *       "negative_prompt": null,
                     *       "num_images": 2,
                     *       "seed": null,
                     *       "started_training_at": null,
                     *       "steps": null,
                     *       "text": "a lighthouse at dawn",
                     *       "trained_at": "2026-11-22T02:00:21Z",
                     *       "tune_id": 1504944,
                     *       "updated_at": "2026-11-22T02:00:00Z",
                     *       "url": "https://images.example.com/tunes/1504944/prompts/123.json",
                     *       "user_error": null,
                     *       "w": null
                     *     }
                     */
                    "application/json": components["schemas"]["Prompt"];
                };
            };
        };
    };
    deletePromptOfTune: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description One of your own.
                 * @example 123
                 */
                id: number;
                /**
                 * @description A tune of your own or a shared one: its id, or one of the operator's names.
                 * @example 1504944
                 */
                tune_id: components["schemas"]["TuneRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Prompt successfully deleted"
                     *     }
                     */
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
}
