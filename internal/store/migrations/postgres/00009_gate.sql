-- +goose Up
-- What sign-in and sign-up count, so that nobody can go on trying: a row per
-- budget that was used of late, and the moment when all of it is back.
CREATE TABLE tries (
    name    TEXT PRIMARY KEY,
    full_at BIGINT NOT NULL
);
CREATE INDEX tries_full_at ON tries (full_at);

-- The second step of a sign-in (RFC 6238).
CREATE TABLE second_steps (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    sealed     BYTEA NOT NULL,            -- the secret, under a key that is not in the database
    on_since   BIGINT NOT NULL DEFAULT 0, -- 0 until the first code was right
    last_step  BIGINT NOT NULL DEFAULT 0  -- no code of this time step or an earlier one is taken again
);
CREATE TABLE recovery_codes (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash       BYTEA NOT NULL,            -- SHA-256 of 80 random bits
    PRIMARY KEY (account_id, hash)
);

-- +goose Down
DROP TABLE recovery_codes;
DROP TABLE second_steps;
DROP TABLE tries;
