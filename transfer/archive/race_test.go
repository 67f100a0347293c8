//go:build race

package archive_test

const largePosts = 2_000
