-- Sessions: who is signed in, from which browsers. Times are milliseconds since 1970 by the gateway's clock.

CREATE TABLE sessions (
    id               INTEGER PRIMARY KEY,
    -- Its public name, by which its end user may end it. Proves nothing.
    name             TEXT NOT NULL UNIQUE,
    owner            INTEGER NOT NULL REFERENCES owners (id),
    -- What the proof of sign-in claimed.
    plan             TEXT,
    tenant           TEXT,
    -- The plan that its cookie was given out for: with another one, it gets a new cookie.
    cookie_plan      TEXT NOT NULL,
    cookie_at_ms     INTEGER NOT NULL,
    device           TEXT NOT NULL,
    created_at_ms    INTEGER NOT NULL,
    last_used_at_ms  INTEGER NOT NULL,
    -- It ends then, however much it is used.
    expires_at_ms    INTEGER NOT NULL,
    -- Who it was signed in at, and what that knows the session by.
    provider         TEXT,
    provider_session TEXT,
    -- The provider's refresh token, sealed under a key that the browser's cookie alone can open.
    grant_sealed     BLOB,
    -- When that token is to be used next; until when somebody is using it; since when nobody could.
    refresh_at_ms    INTEGER,
    refreshing_until_ms INTEGER,
    unrefreshed_since_ms INTEGER,
    ended_at_ms      INTEGER,
    -- Rises with each change that others must hear of.
    revision         INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_of_owner ON sessions (owner);
CREATE INDEX sessions_of_provider ON sessions (provider, provider_session) WHERE provider_session IS NOT NULL;
CREATE INDEX sessions_changed ON sessions (revision);
CREATE INDEX sessions_expiring ON sessions (expires_at_ms);

-- What browsers hold, hashed. A session has several for a moment, while it gets a new one.
CREATE TABLE session_ids (
    hash         BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    session      INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- A browser has shown it.
    is_confirmed INTEGER NOT NULL,
    -- It proves nothing from then on.
    ends_at_ms   INTEGER,
    -- The key of what is sealed, sealed under the id itself.
    key_sealed   BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX session_ids_of_session ON session_ids (session);

CREATE TABLE session_changes (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT INTO session_changes (id, last) VALUES (1, 0);
