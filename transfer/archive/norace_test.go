//go:build !race

package archive_test

const largePosts = 100_000
