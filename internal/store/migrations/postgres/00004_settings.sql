-- +goose Up
-- The language that the person chose; empty is what the browser asks for.
ALTER TABLE accounts ADD COLUMN language TEXT NOT NULL DEFAULT '';
-- Sessions that began before this are over: the password was changed.
ALTER TABLE accounts ADD COLUMN sessions_from BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE accounts DROP COLUMN sessions_from;
ALTER TABLE accounts DROP COLUMN language;
