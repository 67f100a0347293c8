-- +goose Up
-- A key signs from active_at on: a little after it was published, so that
-- everyone knows it by then. retired_at is when it stopped.
ALTER TABLE keys ADD COLUMN active_at BIGINT NOT NULL DEFAULT 0;

-- What other pods publish (docs/protocol.md §1.5): one row for each client_id
-- and each issuer to whose keys something is pinned.
CREATE TABLE peers (
    id       TEXT PRIMARY KEY,
    keys     TEXT NOT NULL DEFAULT '', -- JWKS as last read
    tried_at BIGINT NOT NULL DEFAULT 0,
    read_at  BIGINT NOT NULL DEFAULT 0
);

-- Since when the other pod publishes keys of which none is pinned; 0 is not.
ALTER TABLE grants ADD COLUMN keys_differ_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN keys_differ_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE moves ADD COLUMN keys_differ_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX grants_client ON grants (client);
CREATE INDEX moves_issuer ON moves (issuer);

-- +goose Down
DROP INDEX moves_issuer;
DROP INDEX grants_client;
ALTER TABLE moves DROP COLUMN keys_differ_at;
ALTER TABLE transfers DROP COLUMN keys_differ_at;
ALTER TABLE grants DROP COLUMN keys_differ_at;
DROP TABLE peers;
ALTER TABLE keys DROP COLUMN active_at;
