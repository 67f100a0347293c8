-- +goose Up
-- The item has come back to its own account (§6.5): the stub leads nowhere any
-- more, and what came back is not erased.
ALTER TABLE stubs ADD COLUMN home BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE transfer_receipts ADD COLUMN returned_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE transfer_receipts DROP COLUMN returned_at;
ALTER TABLE stubs DROP COLUMN home;
