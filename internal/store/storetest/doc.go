// Package storetest opens stores for tests, so that every database test runs on
// SQLite and on PostgreSQL alike. It is for tests only.
//
// PostgreSQL is started once per test binary, from the programs found on this
// machine, as an unprivileged user and without a port. A small shell watches
// over it and stops it when the test binary is gone, however that ended. With
// PODMOVE_TEST_POSTGRES set to the URL of a superuser on a running server, that
// server is used instead.
//
// The package refuses to know any table: it brings up the schema and leaves
// filling it to the test.
package storetest
