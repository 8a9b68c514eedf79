-- The ledger: what was reserved, settled and released; who may do what; how unknown outcomes are found again.
-- Times are milliseconds since 1970 by the gateway's clock. Periods are numbers: 20261121 a day, 202611 a month, 0 in total.
-- Money is millicents: 100 000 = US $1.

-- The ledger knows end users by pseudonyms, which outlive their wish to be forgotten; this row goes with that wish.
ALTER TABLE owners ADD COLUMN pseudonym TEXT;

CREATE INDEX owners_of_pseudonym ON owners (pseudonym) WHERE pseudonym IS NOT NULL;

-- Creates, written before they are called, with what they hold: the table of before, and the ledger's columns.
CREATE TABLE reservations_now (
    n                 INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    -- The request that it was made for; empty if nobody knows any more.
    request           TEXT NOT NULL,
    account           TEXT NOT NULL,
    -- NULL: the end user was forgotten.
    owner             INTEGER REFERENCES owners (id),
    -- The ledger's name of the end user.
    subject           TEXT NOT NULL,
    -- Whose quotas it counts in beside the account's: a JSON list of scopes.
    scopes            TEXT NOT NULL,
    plan              TEXT NOT NULL,
    operation         TEXT NOT NULL,
    -- Where its outcome would be found: tunes that it is made on (a JSON list), and the new tune's title at Astria.
    tunes             TEXT NOT NULL,
    title             TEXT,
    -- The highest ids that were recorded then: what the call makes is above them.
    tune_watermark    INTEGER NOT NULL,
    prompt_watermark  INTEGER NOT NULL,
    -- The day that it counts in.
    day               INTEGER NOT NULL,
    -- open: being called, or cut off by a crash. made, nothing: ended. unknown: nobody knows yet. presumed: nobody
    -- could find out for long, so it counts as spent until somebody does.
    -- (Not a list after IN: SQLite would make a temporary table of it for each row that is written.)
    state             TEXT NOT NULL CHECK (state = 'open' OR state = 'made' OR state = 'nothing'
                          OR state = 'unknown' OR state = 'presumed'),
    is_repeat         INTEGER NOT NULL DEFAULT 0,
    -- The plan keeps what a failed job cost.
    keeps_failed      INTEGER NOT NULL DEFAULT 0,
    -- Its reply named the whole price: what its objects say of theirs does not count.
    is_price_whole    INTEGER NOT NULL DEFAULT 0,
    -- Its reply was booked, with what was spent beside objects; told again, it is not.
    is_settled        INTEGER NOT NULL DEFAULT 0,
    created_at_ms     INTEGER NOT NULL,
    -- Until when whoever called it may still end it.
    lease_until_ms    INTEGER NOT NULL,
    ended_at_ms       INTEGER,
    -- When somebody should look for what it made; NULL: nothing is looked for. And how often that was done.
    look_at_ms        INTEGER,
    looks             INTEGER NOT NULL DEFAULT 0,
    -- What was reserved.
    reserved_images      INTEGER NOT NULL DEFAULT 0,
    reserved_tunes       INTEGER NOT NULL DEFAULT 0,
    reserved_inspections INTEGER NOT NULL DEFAULT 0,
    reserved_videos      INTEGER NOT NULL DEFAULT 0,
    reserved_cost_mc     INTEGER NOT NULL DEFAULT 0,
    reserved_prompts     INTEGER NOT NULL DEFAULT 0,
    -- What of it is still held.
    held_images       INTEGER NOT NULL DEFAULT 0 CHECK (held_images >= 0),
    held_tunes        INTEGER NOT NULL DEFAULT 0 CHECK (held_tunes >= 0),
    held_inspections  INTEGER NOT NULL DEFAULT 0 CHECK (held_inspections >= 0),
    held_videos       INTEGER NOT NULL DEFAULT 0 CHECK (held_videos >= 0),
    held_cost_mc      INTEGER NOT NULL DEFAULT 0 CHECK (held_cost_mc >= 0),
    held_prompts      INTEGER NOT NULL DEFAULT 0 CHECK (held_prompts >= 0),
    -- What was presumed spent.
    presumed_images      INTEGER NOT NULL DEFAULT 0,
    presumed_tunes       INTEGER NOT NULL DEFAULT 0,
    presumed_inspections INTEGER NOT NULL DEFAULT 0,
    presumed_videos      INTEGER NOT NULL DEFAULT 0,
    presumed_cost_mc     INTEGER NOT NULL DEFAULT 0,
    presumed_prompts     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What was open is looked for at once. Its holds were kept in memory and are gone with it.
INSERT INTO reservations_now
    (id, request, account, owner, subject, scopes, plan, operation, tunes, title, tune_watermark, prompt_watermark,
     day, state, is_repeat, created_at_ms, lease_until_ms, ended_at_ms, look_at_ms)
SELECT id, '', account, owner, '', '[]', '', operation,
       CASE WHEN tune IS NULL THEN '[]' ELSE '[' || tune || ']' END, title, watermark, 0,
       0, state, is_repeat, created_at_ms, created_at_ms, ended_at_ms,
       CASE WHEN state IN ('open', 'unknown') THEN created_at_ms END
FROM reservations ORDER BY created_at_ms;

DROP TABLE reservations;
ALTER TABLE reservations_now RENAME TO reservations;

-- Few indexes that grow anywhere but at their end: each costs every create a page of its own.
CREATE INDEX reservations_of_owner ON reservations (owner, day);
CREATE INDEX reservations_of_forgotten ON reservations (subject, day) WHERE owner IS NULL;
CREATE INDEX reservations_of_day ON reservations (day, operation);
CREATE INDEX reservations_unended ON reservations (owner) WHERE look_at_ms IS NOT NULL;
CREATE INDEX reservations_due ON reservations (look_at_ms) WHERE look_at_ms IS NOT NULL;
-- Of before there was a ledger, and not counted yet.
CREATE INDEX reservations_uncounted ON reservations (n) WHERE day = 0;

-- Themes that may still make prompts: one a tune, since their prompts carry no name.
CREATE TABLE open_themes (
    account     TEXT NOT NULL,
    tune        INTEGER NOT NULL,
    reservation INTEGER NOT NULL REFERENCES reservations (n),
    PRIMARY KEY (account, tune)
) STRICT, WITHOUT ROWID;

CREATE INDEX open_themes_of_reservation ON open_themes (reservation);

-- Every change of what is held and used. Nothing in it is ever changed or taken out.
CREATE TABLE entries (
    id               INTEGER PRIMARY KEY,
    reservation      INTEGER NOT NULL REFERENCES reservations (n),
    kind             TEXT NOT NULL CHECK (kind = 'reserve' OR kind = 'settle' OR kind = 'release' OR kind = 'adjust'
                         OR kind = 'presume' OR kind = 'reverse' OR kind = 'import'),
    at_ms            INTEGER NOT NULL,
    -- The object at Astria that it is about, if it is about one.
    object_kind      TEXT,
    object_id        INTEGER,
    -- More was made than was reserved.
    is_overrun       INTEGER NOT NULL DEFAULT 0,
    held_images      INTEGER NOT NULL DEFAULT 0,
    held_tunes       INTEGER NOT NULL DEFAULT 0,
    held_inspections INTEGER NOT NULL DEFAULT 0,
    held_videos      INTEGER NOT NULL DEFAULT 0,
    held_cost_mc     INTEGER NOT NULL DEFAULT 0,
    held_prompts     INTEGER NOT NULL DEFAULT 0,
    used_images      INTEGER NOT NULL DEFAULT 0,
    used_tunes       INTEGER NOT NULL DEFAULT 0,
    used_inspections INTEGER NOT NULL DEFAULT 0,
    used_videos      INTEGER NOT NULL DEFAULT 0,
    used_cost_mc     INTEGER NOT NULL DEFAULT 0,
    used_prompts     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX entries_of_reservation ON entries (reservation);

CREATE TRIGGER entries_are_not_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_are_not_taken_out BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- The sums of the entries: what a limit is compared with. Scopes: u:PSEUDONYM an end user, t:TENANT all of a tenant,
-- g: all guests, a:ACCOUNT everybody.
CREATE TABLE totals (
    scope            TEXT NOT NULL,
    period           INTEGER NOT NULL,
    held_images      INTEGER NOT NULL DEFAULT 0 CHECK (held_images >= 0),
    held_tunes       INTEGER NOT NULL DEFAULT 0 CHECK (held_tunes >= 0),
    held_inspections INTEGER NOT NULL DEFAULT 0 CHECK (held_inspections >= 0),
    held_videos      INTEGER NOT NULL DEFAULT 0 CHECK (held_videos >= 0),
    held_cost_mc     INTEGER NOT NULL DEFAULT 0 CHECK (held_cost_mc >= 0),
    held_prompts     INTEGER NOT NULL DEFAULT 0 CHECK (held_prompts >= 0),
    used_images      INTEGER NOT NULL DEFAULT 0 CHECK (used_images >= 0),
    used_tunes       INTEGER NOT NULL DEFAULT 0 CHECK (used_tunes >= 0),
    used_inspections INTEGER NOT NULL DEFAULT 0 CHECK (used_inspections >= 0),
    used_videos      INTEGER NOT NULL DEFAULT 0 CHECK (used_videos >= 0),
    used_cost_mc     INTEGER NOT NULL DEFAULT 0 CHECK (used_cost_mc >= 0),
    used_prompts     INTEGER NOT NULL DEFAULT 0 CHECK (used_prompts >= 0),
    PRIMARY KEY (scope, period)
) STRICT, WITHOUT ROWID;

-- What each object at Astria was booked with: once, however often it is seen.
CREATE TABLE charges (
    account        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    id             INTEGER NOT NULL,
    reservation    INTEGER NOT NULL REFERENCES reservations (n),
    -- Its job has ended, and this is what it made.
    is_final       INTEGER NOT NULL,
    images         INTEGER NOT NULL DEFAULT 0,
    videos         INTEGER NOT NULL DEFAULT 0,
    cost_mc        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX charges_of_reservation ON charges (reservation);

-- Idempotency keys: whose, for what, and the reply that is given again.
CREATE TABLE idempotency (
    -- Of the create that it is the key of: rows are added at the end, whatever keys are like.
    reservation   INTEGER PRIMARY KEY REFERENCES reservations (n),
    owner         INTEGER NOT NULL REFERENCES owners (id),
    route         TEXT NOT NULL,
    key           TEXT NOT NULL,
    fingerprint   BLOB NOT NULL,
    -- NULL: the outcome is not known yet.
    status        INTEGER,
    is_problem    INTEGER NOT NULL DEFAULT 0,
    body          BLOB,
    notes         TEXT,
    expires_at_ms INTEGER NOT NULL,
    UNIQUE (owner, route, key)
) STRICT;

CREATE INDEX idempotency_expiring ON idempotency (expires_at_ms);

-- When an unfinished object is to be looked at again, and how often that was done.
ALTER TABLE objects ADD COLUMN look_at_ms INTEGER;
ALTER TABLE objects ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;

DROP INDEX objects_unfinished;
CREATE INDEX objects_due ON objects (look_at_ms) WHERE look_at_ms IS NOT NULL;
CREATE INDEX objects_unfinished_of_owner ON objects (owner) WHERE is_finished = 0;
CREATE INDEX objects_prompts ON objects (account, id) WHERE kind = 'prompt';

UPDATE objects SET look_at_ms = known_at_ms WHERE is_finished = 0;

-- What the same kind of job last cost, an image or a call.
CREATE TABLE last_costs (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    each_mc INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;

-- What the operator said otherwise of single end users.
CREATE TABLE overrides (
    pseudonym     TEXT NOT NULL PRIMARY KEY,
    plan          TEXT,
    blocked_at_ms INTEGER,
    block_reason  TEXT
) STRICT;

CREATE TABLE grants (
    id        INTEGER PRIMARY KEY,
    pseudonym TEXT NOT NULL,
    of        TEXT NOT NULL,
    per       TEXT NOT NULL,
    period    INTEGER NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount > 0),
    at_ms     INTEGER NOT NULL
) STRICT;

CREATE INDEX grants_of ON grants (pseudonym, of, per, period);

-- Raised by each change of these, so that other processes see that there is one.
CREATE TABLE operator_revision (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO operator_revision VALUES (1, 0);

-- What the operator did. Names nobody but by pseudonym.
CREATE TABLE operator_audit (
    id        INTEGER PRIMARY KEY,
    at_ms     INTEGER NOT NULL,
    who       TEXT NOT NULL,
    action    TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    reason    TEXT NOT NULL,
    before    TEXT NOT NULL,
    after     TEXT NOT NULL
) STRICT;
