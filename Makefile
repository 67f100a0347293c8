# "make" alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help build demo test check lint screenshots generate fuzz setup clean
.SUFFIXES:

# The pinned tools of tools/go.mod, out of the program's own requirements.
tool := go tool -modfile=tools/go.mod

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/podmove, one binary that needs nothing else
	@CGO_ENABLED=0 go build -trimpath -o bin/podmove ./cmd/server

demo: build $(if $(filter postgres,$(DATABASE)),demo-setup) ## a whole move between two pods; JSON=1, DATABASE=postgres, ARCHIVE=x.json.gz PHOTOS=x.zip
	@bin/podmove demo $(if $(filter 1,$(JSON)),--json) \
		$(if $(DATABASE),--database '$(DATABASE)') \
		$(if $(ARCHIVE),--archive '$(ARCHIVE)') $(if $(PHOTOS),--photos '$(PHOTOS)')

pods: build $(if $(filter postgres,$(DATABASE)),demo-setup) ## two pods with a sample account, left running to try a move by hand; DATABASE, ARCHIVE, PHOTOS as for demo
	@bin/podmove pods $(if $(DATABASE),--database '$(DATABASE)') \
		$(if $(ARCHIVE),--archive '$(ARCHIVE)') $(if $(PHOTOS),--photos '$(PHOTOS)')

.PHONY: pods demo-setup bench-oauth
demo-setup:
	@tools/setup postgresql

# SQLite is a library translated from C. To watch its every access for races takes
# half of the time of all tests, and finds nothing of ours. Neither does watching the
# memory that a password is hashed in, the points of a picture, or the search for a
# pattern. A program that is watched sleeps for a second before it ends, unless it is
# told not to.
unwatched := '-gcflags=modernc.org/...=-race=false' '-gcflags=golang.org/x/crypto/...=-race=false' \
	'-gcflags=image/...=-race=false' '-gcflags=compress/...=-race=false' \
	'-gcflags=regexp/...=-race=false' '-gcflags=text/template/parse=-race=false'

# Go builds where there is room for it; what tests throw away goes elsewhere.
# "make check" has vetted them.
test: setup bin/testrun ## every test, on SQLite and PostgreSQL, with the race detector
	@GOTMPDIR="$${GOTMPDIR:-$${TMPDIR:-/tmp}}" TMPDIR="$$(tools/scratch)" \
		GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 bin/testrun -exec 'env -u GOTMPDIR' -vet=off -race $(unwatched) -timeout 45m ./...

check: ## what CI runs: format, vet, build, lint, generated code, tests, clean tree
	@tools/check

lint: ## golangci-lint, which holds the import rules among others
	@$(tool) golangci-lint run ./...

screenshots: setup ## pictures of the main pages, taken by the browser tests, into docs/screenshots
	@PODMOVE_SCREENSHOTS=docs/screenshots go test -count=1 -run '^TestPages$$' ./cmd/server

generate: ## make generated code anew
	@go generate ./...

fuzz: ## each fuzz target for FUZZTIME (10s)
	@tools/fuzz

.PHONY: chaos
chaos: setup ## moves while pods are killed, networks fail and databases go, and the model of a move; ROUNDS=200, LANES=4, LIVES=200, SEED=… of an earlier run
	@tools/chaos

.PHONY: writing
writing: setup ## a move while its person writes, edits and deletes; ARCHIVE=x.json.gz PHOTOS=x.zip as for demo
	@ARCHIVE='$(ARCHIVE)' PHOTOS='$(PHOTOS)' tools/writing

.PHONY: guards
guards: ## take each guard of docs/security.md away, and see its test fail; ONLY=pattern
	@go -C tools run ./guards '$(ONLY)'

bench-oauth: build ## refreshes a second at a pod's token endpoint, next to zitadel/oidc's example provider
	@go -C tools/bench-oauth build -o ../../bin/bench-oauth .
	@bin/bench-oauth bin/podmove

setup: ## install, or name, what the tests need
	@tools/setup postgresql compiler browser axe peers

clean: ## remove what was built
	@rm -rf bin

bin/testrun: $(wildcard tools/testrun/*.go)
	@go -C tools build -o ../bin/testrun ./testrun
