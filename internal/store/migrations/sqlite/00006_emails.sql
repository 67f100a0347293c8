-- +goose Up
-- The e-mail addresses that an account has or had: news of a move goes to each
-- of the last 90 days (docs/protocol.md §7.5).
CREATE TABLE account_emails (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    email      TEXT NOT NULL,
    since      BIGINT NOT NULL,
    until      BIGINT NOT NULL DEFAULT 0, -- 0 is the address of now
    UNIQUE (account_id, email)
);
CREATE INDEX account_emails_until ON account_emails (until) WHERE until > 0;
INSERT INTO account_emails (account_id, email, since) SELECT id, email, created_at FROM accounts WHERE email <> '';

-- +goose Down
DROP TABLE account_emails;
