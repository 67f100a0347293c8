//go:build race

package archive_test

const largePosts = 10_000
