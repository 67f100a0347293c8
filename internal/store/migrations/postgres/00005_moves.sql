-- +goose Up
-- When the person last agreed at the old pod: the rate of a copy counts from then.
ALTER TABLE moves ADD COLUMN agreed_at BIGINT NOT NULL DEFAULT 0;
-- What a person knows an item by: a photo's file name; of what did not arrive
-- also the first words of a post, a name or an ID.
ALTER TABLE arrivals ADD COLUMN label TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE arrivals DROP COLUMN label;
ALTER TABLE moves DROP COLUMN agreed_at;
