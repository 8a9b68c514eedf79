-- How jobs end and who hears of it: callbacks that came, events for end users, notifications for the operator's app.
-- Times are milliseconds since 1970 by the gateway's clock unless a comment says otherwise.

-- Callbacks that came: each is a hint that its objects should be looked at, and may come before they are known.
CREATE TABLE inbox (
    reservation    TEXT NOT NULL,
    slot           TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    times          INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (reservation, slot)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbox_received ON inbox (received_at_ms);

-- What happened to end users' objects. Each end user's events are numbered from 1; seq is everybody's order.
ALTER TABLE owners ADD COLUMN last_event INTEGER NOT NULL DEFAULT 0;

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner       INTEGER NOT NULL REFERENCES owners (id),
    n           INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id   INTEGER NOT NULL,
    -- Of a prompt.
    tune        INTEGER
) STRICT;

CREATE UNIQUE INDEX events_of_owner ON events (owner, n);

-- Streams of events that a ticket has opened: it opens no other after its minute, and this one again and again.
CREATE TABLE event_streams (
    id            BLOB NOT NULL PRIMARY KEY,
    owner         INTEGER NOT NULL REFERENCES owners (id),
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX event_streams_of_owner ON event_streams (owner);
CREATE INDEX event_streams_expiring ON event_streams (expires_at_ms);

-- Up to where each endpoint of the operator's app was given its notifications.
CREATE TABLE outbox_cursors (
    endpoint   TEXT NOT NULL PRIMARY KEY,
    seq        INTEGER NOT NULL,
    -- When it was last in a configuration.
    seen_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Notifications that wait, and those that were given up. What was delivered is taken out.
CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint       TEXT NOT NULL,
    -- The same for every attempt.
    webhook_id     TEXT NOT NULL UNIQUE,
    owner          INTEGER NOT NULL REFERENCES owners (id),
    -- The event, copied: events are forgotten sooner.
    n              INTEGER NOT NULL,
    at_ms          INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    account        TEXT NOT NULL,
    object_kind    TEXT NOT NULL,
    object_id      INTEGER NOT NULL,
    tune           INTEGER,
    -- Since it came to be, or was last replayed.
    waits_since_ms INTEGER NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0,
    -- When it is tried next; NULL: it was given up.
    due_at_ms      INTEGER,
    gave_up_at_ms  INTEGER,
    -- Why the last attempt failed: a fixed word or a status.
    last_error     TEXT
) STRICT;

CREATE INDEX outbox_due ON outbox (endpoint, due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (endpoint, waits_since_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX outbox_of_object ON outbox (endpoint, account, object_kind, object_id, id) WHERE due_at_ms IS NOT NULL;
CREATE INDEX outbox_given_up ON outbox (endpoint, gave_up_at_ms) WHERE due_at_ms IS NULL;
CREATE INDEX outbox_of_owner ON outbox (owner);

-- Which of several gateways on this database does what only one should do.
CREATE TABLE leases (
    name     TEXT NOT NULL PRIMARY KEY,
    holder   TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Given up: nothing was heard of its end for longer than any job takes.
ALTER TABLE objects ADD COLUMN lost_at_ms INTEGER;
-- When Astria deletes it, as far as is known; a day later each time that it was still there.
ALTER TABLE objects ADD COLUMN vanishes_at_ms INTEGER;
-- Its owner was told that it will vanish.
ALTER TABLE objects ADD COLUMN is_vanishing_told INTEGER NOT NULL DEFAULT 0;
-- Its time was over and Astria does not have it any more: whose it was is kept, what it was is not.
ALTER TABLE objects ADD COLUMN expired_at_ms INTEGER;

UPDATE objects SET vanishes_at_ms = COALESCE(expires_at_ms, finished_at_ms + 2592000000) WHERE is_finished;

CREATE INDEX objects_vanishing ON objects (is_vanishing_told, vanishes_at_ms)
    WHERE vanishes_at_ms IS NOT NULL AND expired_at_ms IS NULL;
