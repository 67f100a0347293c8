-- +goose Up
CREATE TABLE pods_meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
