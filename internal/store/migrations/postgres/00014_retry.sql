-- +goose Up
-- What did not arrive is tried again under a transfer of its own, which completes
-- an earlier one (docs/protocol.md §5.5).
ALTER TABLE transfers ADD COLUMN retries TEXT NOT NULL DEFAULT ''; -- the transfer that this one completes
CREATE INDEX transfers_retries ON transfers (retries) WHERE retries <> '';
-- All that a transfer carries which completes another. They are noted first, since
-- what a transfer announces is measured before it is stored.
CREATE TABLE transfer_items (
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    collection  TEXT NOT NULL,
    guid        TEXT NOT NULL,
    PRIMARY KEY (transfer_id, collection, guid)
);
ALTER TABLE transfers ADD COLUMN waits_at BIGINT NOT NULL DEFAULT 0; -- since when erasing waits, if it does
ALTER TABLE moves ADD COLUMN retries TEXT NOT NULL DEFAULT '';     -- the move that this one completes
ALTER TABLE moves ADD COLUMN wanted TEXT NOT NULL DEFAULT '';      -- JSON of destination.Choice: what is tried again
CREATE INDEX moves_retries ON moves (retries) WHERE retries <> '';

-- +goose Down
DROP INDEX moves_retries;
ALTER TABLE moves DROP COLUMN wanted;
ALTER TABLE moves DROP COLUMN retries;
ALTER TABLE transfers DROP COLUMN waits_at;
DROP TABLE transfer_items;
DROP INDEX transfers_retries;
ALTER TABLE transfers DROP COLUMN retries;
