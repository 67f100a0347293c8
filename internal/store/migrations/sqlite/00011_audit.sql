-- +goose Up
-- What was done, for good. Each row holds the hash of the one before it
-- (internal/audit says of what a hash is made).
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    at      BIGINT NOT NULL,
    account TEXT NOT NULL,               -- person GUID, or empty
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,               -- id of a grant, transfer, move or key, or empty
    detail  TEXT NOT NULL,               -- JSON as it was hashed, or empty
    prev    TEXT NOT NULL,
    hash    TEXT NOT NULL
);
CREATE INDEX audit_account ON audit (account, number);

-- The last row. Who appends holds its lock, last of all in a transaction.
CREATE TABLE audit_head (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash   TEXT NOT NULL
);
INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- How often strangers did what they can do as often as they like, by hour.
CREATE TABLE audit_counts (
    kind    TEXT NOT NULL,
    account TEXT NOT NULL,
    hour    BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (kind, account, hour)
);

-- +goose StatementBegin
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'rows of the audit log are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'rows of the audit log are never deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_undeleted BEFORE DELETE ON audit_head BEGIN
    SELECT RAISE(ABORT, 'the head of the audit log is never deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.number < OLD.number BEGIN
    SELECT RAISE(ABORT, 'the head of the audit log never goes back');
END;
-- +goose StatementEnd

-- When a token of the grant last came, to the minute.
ALTER TABLE grants ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
-- Where the code was sent: all that is known of a client whose id is no address.
ALTER TABLE grants ADD COLUMN redirect_host TEXT NOT NULL DEFAULT '';
CREATE INDEX grants_account ON grants (account);

-- +goose Down
DROP INDEX grants_account;
ALTER TABLE grants DROP COLUMN redirect_host;
ALTER TABLE grants DROP COLUMN last_used_at;
DROP TABLE audit_counts;
DROP TABLE audit_head;
DROP TABLE audit;
