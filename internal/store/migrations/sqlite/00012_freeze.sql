-- +goose Up
-- An account stands still while one of its transfers is frozen and thaws_at is
-- to come (docs/protocol.md §5.1).
ALTER TABLE transfers ADD COLUMN froze TEXT NOT NULL DEFAULT '';       -- when its latest freezes began, joined by spaces
ALTER TABLE transfers ADD COLUMN thaws_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN stood_ms BIGINT NOT NULL DEFAULT 0;   -- for which the account stood still

-- +goose Down
ALTER TABLE transfers DROP COLUMN stood_ms;
ALTER TABLE transfers DROP COLUMN thaws_at;
ALTER TABLE transfers DROP COLUMN froze;
