-- Who owns which object at Astria, and the creates that made them.
-- Times are milliseconds since 1970, by the gateway's clock unless a comment says otherwise. Flags are 0 or 1.

-- End users, by what proves them.
CREATE TABLE owners (
    id               INTEGER PRIMARY KEY,
    issuer           TEXT NOT NULL,
    subject          TEXT NOT NULL,
    erasing_since_ms INTEGER,
    UNIQUE (issuer, subject)
) STRICT;

CREATE INDEX owners_erasing ON owners (erasing_since_ms) WHERE erasing_since_ms IS NOT NULL;

-- Creates, written before they are called.
CREATE TABLE reservations (
    id            TEXT NOT NULL PRIMARY KEY,
    account       TEXT NOT NULL,
    owner         INTEGER NOT NULL REFERENCES owners (id),
    operation     TEXT NOT NULL,
    -- The tune that it is made on.
    tune          INTEGER,
    -- The title that the new tune gets at Astria.
    title         TEXT,
    -- The highest tune id that was recorded then: what the call makes is above it.
    watermark     INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'made', 'nothing', 'unknown')),
    is_repeat     INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL,
    ended_at_ms   INTEGER
) STRICT;

CREATE INDEX reservations_of_owner ON reservations (owner, state);
CREATE INDEX reservations_open ON reservations (created_at_ms) WHERE state = 'open';

-- Objects as they were last seen.
CREATE TABLE objects (
    id              INTEGER NOT NULL CHECK (id > 0),
    kind            TEXT NOT NULL CHECK (kind IN ('tune', 'prompt')),
    account         TEXT NOT NULL,
    owner           INTEGER NOT NULL REFERENCES owners (id),
    -- Of a prompt.
    tune            INTEGER,
    pack            INTEGER,
    base_pack       INTEGER,
    -- The create that made it, if it was one of ours. Not a reference: creates may be forgotten before their objects.
    reservation     TEXT,
    -- When it was first recorded.
    known_at_ms     INTEGER NOT NULL,
    -- These three by Astria's clock.
    created_at_ms   INTEGER,
    finished_at_ms  INTEGER,
    expires_at_ms   INTEGER,
    is_finished     INTEGER NOT NULL,
    is_free         INTEGER NOT NULL,
    is_liked        INTEGER NOT NULL DEFAULT 0,
    -- What lists are filtered by.
    title           TEXT,
    name            TEXT,
    model_type      TEXT,
    branch          TEXT,
    text_lower      TEXT,
    is_video        INTEGER NOT NULL,
    is_api          INTEGER,
    -- NULL: it must be looked at again before it is shown.
    seen_at_ms      INTEGER,
    members         TEXT,
    -- Of a tune: until when prompts are looked for that are not recorded yet, and when that was last done.
    awaits_until_ms INTEGER,
    swept_at_ms     INTEGER,
    PRIMARY KEY (id, kind, account)
) STRICT;

CREATE INDEX objects_of_owner ON objects (owner, account, kind, id);
CREATE INDEX objects_of_tune ON objects (account, tune, owner, kind, id) WHERE tune IS NOT NULL;
CREATE INDEX objects_of_reservation ON objects (reservation) WHERE reservation IS NOT NULL;
CREATE INDEX objects_awaiting ON objects (owner, account, awaits_until_ms) WHERE awaits_until_ms IS NOT NULL;
CREATE INDEX objects_unfinished ON objects (account, seen_at_ms) WHERE is_finished = 0;
-- For the watermark.
CREATE INDEX objects_tunes ON objects (account, id) WHERE kind = 'tune';

-- Secrets that the gateway made for itself.
CREATE TABLE keys (
    name  TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL CHECK (length(bytes) = 32)
) STRICT;

-- What was done about end users' data. Names nobody.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    at_ms      INTEGER NOT NULL,
    action     TEXT NOT NULL,
    pseudonym  TEXT NOT NULL,
    request_id TEXT NOT NULL,
    objects    INTEGER NOT NULL
) STRICT;
