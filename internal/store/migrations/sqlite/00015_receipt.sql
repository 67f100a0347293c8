-- +goose Up
-- A move that the old pod calls finished is believed only once it was handed a receipt
-- (docs/protocol.md §5.2). Moves from before are taken at its word.
ALTER TABLE moves ADD COLUMN receipt_for TEXT NOT NULL DEFAULT ''; -- the transfer that a receipt was signed for last
UPDATE moves SET receipt_for = transfer_id;
ALTER TABLE moves ADD COLUMN claim BIGINT NOT NULL DEFAULT 0; -- of the calls that went on with it, the last

-- +goose Down
ALTER TABLE moves DROP COLUMN claim;
ALTER TABLE moves DROP COLUMN receipt_for;
