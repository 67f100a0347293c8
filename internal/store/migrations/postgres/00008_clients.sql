-- +goose Up
-- Clients that registered themselves (RFC 7591). No secret stands here, only
-- what it hashes to.
CREATE TABLE clients (
    id         TEXT PRIMARY KEY,
    secret     TEXT NOT NULL DEFAULT '', -- SHA-256; empty if it has none
    token      TEXT NOT NULL,            -- SHA-256 of its registration access token
    metadata   BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    live_at    BIGINT NOT NULL DEFAULT 0 -- when it last had a grant that is good for something
);
CREATE INDEX clients_grants ON grants (client);

-- +goose Down
DROP INDEX clients_grants;
DROP TABLE clients;
