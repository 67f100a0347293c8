-- +goose Up
-- The public URL under which the pod first served: IDs and links are made of it.
ALTER TABLE pod ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE pod DROP COLUMN origin;
