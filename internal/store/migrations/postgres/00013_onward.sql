-- +goose Up
-- The item has come back to its own account (§6.5): the stub leads nowhere any
-- more, and what came back is not erased.
ALTER TABLE stubs ADD COLUMN home BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE transfer_receipts ADD COLUMN returned_at BIGINT NOT NULL DEFAULT 0;

-- Where the account went on to from where the transfer led (§6.5).
ALTER TABLE transfers ADD COLUMN links_may_go BOOLEAN NOT NULL DEFAULT FALSE; -- as the person agreed at consent
ALTER TABLE stubs ADD COLUMN onward TEXT NOT NULL DEFAULT ''; -- whole URL, or template with {variant}
CREATE TABLE transfer_onward (
    transfer_id TEXT PRIMARY KEY REFERENCES transfers (id) ON DELETE CASCADE,
    account     TEXT NOT NULL,           -- the newest diaspora* ID
    origin      TEXT NOT NULL,           -- the newest pod
    profile     TEXT NOT NULL,
    feed        TEXT NOT NULL,
    named_at    BIGINT NOT NULL,         -- when the profile there last named the ID here
    agreed_at   BIGINT NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE transfer_onward;
ALTER TABLE stubs DROP COLUMN onward;
ALTER TABLE transfers DROP COLUMN links_may_go;
ALTER TABLE transfer_receipts DROP COLUMN returned_at;
ALTER TABLE stubs DROP COLUMN home;
