-- Guests with an identity of their own, and what of theirs became an end user's.
-- Times are milliseconds since 1970 by the gateway's clock.

-- Each has a row from its beginning on. It has a row in owners from its first use until it is claimed or forgotten, and
-- none is made for it otherwise.
CREATE TABLE guests (
    -- As in owners, where the issuer is the gateway.
    subject     TEXT NOT NULL PRIMARY KEY,
    began_at_ms INTEGER NOT NULL,
    -- A keyed hash of where it began; NULL after a day.
    network     BLOB,
    -- It is nobody any more: an end user claimed it, or it is being forgotten.
    ended_at_ms INTEGER,
    is_claimed  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX guests_began ON guests (began_at_ms);
CREATE INDEX guests_of_network ON guests (network, began_at_ms) WHERE network IS NOT NULL;
CREATE INDEX guests_with_network ON guests (began_at_ms) WHERE network IS NOT NULL;
CREATE INDEX guests_unended ON guests (began_at_ms) WHERE ended_at_ms IS NULL;

-- What was used under one name counts under another from then on. The entries stay as they are: they hang on creates, and
-- each create that moved says by which move. Names nobody but by pseudonyms.
CREATE TABLE moves (
    id           INTEGER PRIMARY KEY,
    at_ms        INTEGER NOT NULL,
    guest        TEXT NOT NULL,
    end_user     TEXT NOT NULL,
    objects      INTEGER NOT NULL,
    reservations INTEGER NOT NULL,
    -- The end user has used more than they may by it.
    is_overrun   INTEGER NOT NULL
) STRICT;

CREATE TRIGGER moves_are_not_changed BEFORE UPDATE ON moves
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER moves_are_not_taken_out BEFORE DELETE ON moves
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

ALTER TABLE reservations ADD COLUMN moved_by INTEGER REFERENCES moves (id);

CREATE INDEX reservations_moved ON reservations (moved_by) WHERE moved_by IS NOT NULL;
