-- The whole first schema. Times are milliseconds since 1970 in UTC. Guids and
-- digests sort bytewise. Every item row carries the account's change number
-- under which it last changed (seq), the digest and the size in bytes of its
-- canonical JSON (docs/protocol.md §3.3, §3.5, §4.1).

-- +goose Up

CREATE TABLE pod (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    epoch      TEXT NOT NULL,           -- a restored database starts a new one (§4.2)
    created_at BIGINT NOT NULL
);

CREATE TABLE keys (
    kid        TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL,           -- sign, client
    sealed     BYTEA NOT NULL,          -- under a key that is not in the database
    created_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE accounts (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guid       TEXT COLLATE "C" NOT NULL UNIQUE, -- the person GUID; OIDC subject
    username   TEXT COLLATE "C" NOT NULL UNIQUE, -- lower case; never given out again (§6.4)
    email      TEXT NOT NULL,
    password   TEXT NOT NULL,           -- argon2id, PHC form
    admin      BOOLEAN NOT NULL DEFAULT FALSE,
    state      TEXT NOT NULL,           -- active, moved, closed
    seq        BIGINT NOT NULL DEFAULT 0, -- SET seq = seq + n RETURNING seq is the account's lock (§4.1)
    moved_to   TEXT NOT NULL DEFAULT '', -- the new diaspora* ID
    moved_url  TEXT NOT NULL DEFAULT '', -- the new public profile
    created_at BIGINT NOT NULL
);

CREATE TABLE profiles (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    guid       TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    digest     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    first_name TEXT NOT NULL DEFAULT '',
    last_name  TEXT NOT NULL DEFAULT '',
    bio        TEXT NOT NULL DEFAULT '',
    birthday   TEXT NOT NULL DEFAULT '',
    gender     TEXT NOT NULL DEFAULT '',
    location   TEXT NOT NULL DEFAULT '',
    avatar     TEXT COLLATE "C" NOT NULL DEFAULT '', -- guid of a photo of this account, which may not be here yet
    tags       TEXT NOT NULL DEFAULT '',    -- JSON array of strings, or empty
    nsfw       BOOLEAN NOT NULL DEFAULT FALSE,
    public     BOOLEAN NOT NULL DEFAULT FALSE,
    searchable BOOLEAN NOT NULL DEFAULT TRUE,
    written    BOOLEAN NOT NULL DEFAULT FALSE -- the person filled it in here, or a move did: no later move replaces it unasked (§3.9)
);

CREATE TABLE blocks (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    guid       TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    digest     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    person     TEXT COLLATE "C" NOT NULL,        -- diaspora* ID
    UNIQUE (account_id, guid),
    UNIQUE (account_id, person)
);
CREATE INDEX blocks_seq ON blocks (account_id, seq);

CREATE TABLE aspects (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    guid       TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    digest     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    name       TEXT NOT NULL,
    UNIQUE (account_id, guid)
);
CREATE INDEX aspects_seq ON aspects (account_id, seq);

CREATE TABLE contacts (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    guid       TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    digest     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    person     TEXT COLLATE "C" NOT NULL,        -- diaspora* ID
    receiving  BOOLEAN NOT NULL,        -- I share with them
    sharing    BOOLEAN NOT NULL DEFAULT FALSE, -- they share with me; never believed from a source (§3.9)
    UNIQUE (account_id, guid),
    UNIQUE (account_id, person)
);
CREATE INDEX contacts_seq ON contacts (account_id, seq);

CREATE TABLE contact_aspects (
    contact_id BIGINT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    aspect     TEXT COLLATE "C" NOT NULL,        -- guid of an aspect of this account
    PRIMARY KEY (contact_id, aspect)
);

CREATE TABLE posts (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,                    -- the number in /p/{id}
    account_id  BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    guid        TEXT COLLATE "C" NOT NULL UNIQUE,
    seq         BIGINT NOT NULL,
    digest      TEXT NOT NULL,
    size        BIGINT NOT NULL,
    public      BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL,
    text        TEXT NOT NULL DEFAULT '',
    provider    TEXT NOT NULL DEFAULT '',
    root_author TEXT NOT NULL DEFAULT '',
    root_guid   TEXT COLLATE "C" NOT NULL DEFAULT '',
    reshare     BOOLEAN NOT NULL DEFAULT FALSE,
    location    TEXT NOT NULL DEFAULT '', -- JSON of transfer.Location, or empty
    poll        TEXT NOT NULL DEFAULT ''  -- JSON of transfer.Poll, or empty
);
CREATE INDEX posts_seq ON posts (account_id, seq);
CREATE INDEX posts_guid ON posts (account_id, guid);
CREATE INDEX posts_created ON posts (account_id, created_at, id);

CREATE TABLE post_audience (
    post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    person  TEXT COLLATE "C" NOT NULL,           -- diaspora* ID (§3.6)
    PRIMARY KEY (post_id, person)
);

CREATE TABLE post_photos (
    post_id    BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    position   BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    photo      TEXT COLLATE "C" NOT NULL,        -- guid of a photo of this account, which may not be here yet
    PRIMARY KEY (post_id, position)
);
CREATE INDEX post_photos_photo ON post_photos (account_id, photo);

CREATE TABLE photos (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    guid       TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    digest     TEXT NOT NULL,
    size       BIGINT NOT NULL,         -- of the item's JSON
    name       TEXT COLLATE "C" NOT NULL,        -- the item's member; file is the address
    file       TEXT COLLATE "C" NOT NULL UNIQUE, -- /uploads/images/{file}; equals name where that was free (§3.8)
    public     BOOLEAN NOT NULL,        -- decides only while no post uses it (§3.6)
    created_at BIGINT NOT NULL,
    sha256     TEXT NOT NULL,
    bytes      BIGINT NOT NULL,         -- of the content
    type       TEXT NOT NULL,
    text       TEXT NOT NULL DEFAULT '',
    width      BIGINT NOT NULL DEFAULT 0,
    height     BIGINT NOT NULL DEFAULT 0,
    UNIQUE (account_id, guid)
);
CREATE INDEX photos_seq ON photos (account_id, seq);
CREATE INDEX photos_sha256 ON photos (sha256);
CREATE INDEX photos_name ON photos (account_id, name);

-- A blob no photo names is swept a day after it came; there is no counter that
-- could be wrong.
CREATE TABLE blobs (
    sha256     TEXT PRIMARY KEY,
    bytes      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX blobs_created ON blobs (created_at);

CREATE TABLE tombstones (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    collection TEXT NOT NULL,
    guid       TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    public     BOOLEAN NOT NULL,        -- whether the item was in a scope without limited items (§4.4)
    created_at BIGINT NOT NULL,         -- of the item, or of the post a photo hung on (§4.4)
    deleted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, collection, guid)
);
CREATE INDEX tombstones_seq ON tombstones (account_id, collection, seq);

CREATE TABLE sessions (
    token      TEXT PRIMARY KEY,        -- SHA-256 of the cookie's value
    data       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

-- What the provider keeps of codes, tokens and pushed requests; signatures only.
CREATE TABLE oauth_sessions (
    kind       TEXT NOT NULL,
    signature  TEXT NOT NULL,           -- SHA-256
    request    TEXT NOT NULL,           -- all rows of one grant share it
    client     TEXT NOT NULL,
    account    TEXT NOT NULL,           -- person GUID
    active     BOOLEAN NOT NULL,
    body       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL DEFAULT 0,
    parent     TEXT NOT NULL DEFAULT '', -- signature of the refresh token this one replaced
    PRIMARY KEY (kind, signature)
);
CREATE INDEX oauth_sessions_request ON oauth_sessions (request);
CREATE INDEX oauth_sessions_parent ON oauth_sessions (parent);
CREATE INDEX oauth_sessions_expiry ON oauth_sessions (expires_at);

CREATE TABLE oauth_interactions (
    id         TEXT PRIMARY KEY,        -- SHA-256 of what the page's address holds
    session    TEXT NOT NULL,           -- SHA-256 of the browser session it is bound to
    account    TEXT NOT NULL DEFAULT '',
    body       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE oauth_assertions (
    id         TEXT PRIMARY KEY,        -- SHA-256 of a client assertion's jti
    expires_at BIGINT NOT NULL
);

CREATE TABLE grants (
    id         TEXT PRIMARY KEY,        -- the request id of its tokens
    account    TEXT NOT NULL,           -- person GUID
    client     TEXT NOT NULL,
    scopes     TEXT NOT NULL,           -- joined by spaces
    details    TEXT NOT NULL,           -- JSON of oauth.Details, as granted
    choices    TEXT NOT NULL DEFAULT '{}', -- JSON: what else the person ticked (leave no address)
    keys       TEXT NOT NULL DEFAULT '', -- the client's JWKS at consent (§1.5)
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL DEFAULT 0
);

-- The side that gives.
CREATE TABLE transfers (
    id           TEXT PRIMARY KEY,
    account_id   BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    grant_id     TEXT NOT NULL,
    client       TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    collections  TEXT NOT NULL,          -- joined by spaces
    limited      BOOLEAN NOT NULL,
    since_at     BIGINT,                 -- bounds of posts (§4.4); NULL is none
    until_at     BIGINT,
    destination  TEXT NOT NULL,          -- the new diaspora* ID
    no_address   BOOLEAN NOT NULL DEFAULT FALSE, -- the person leaves no address (§6.3)
    state        TEXT NOT NULL,
    plan         TEXT NOT NULL,          -- JSON of transfer.Plan at opening
    keys         TEXT NOT NULL DEFAULT '', -- the destination's pinned JWKS (§1.5)
    as_of        BIGINT NOT NULL DEFAULT 0,
    receipt      TEXT NOT NULL DEFAULT '', -- the signed receipt, as it came
    profile_url  TEXT NOT NULL DEFAULT '',
    post_url     TEXT NOT NULL DEFAULT '', -- templates (§5.4)
    photo_url    TEXT NOT NULL DEFAULT '',
    feed_url     TEXT NOT NULL DEFAULT '',
    leftover     BIGINT NOT NULL DEFAULT 0,
    reason       TEXT NOT NULL DEFAULT '', -- a transfer.Code: why it waits or ended
    created_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL,
    accepted_at  BIGINT NOT NULL DEFAULT 0,
    redirect_at  BIGINT NOT NULL DEFAULT 0,
    grace_ends   BIGINT NOT NULL DEFAULT 0,
    asked_at     BIGINT NOT NULL DEFAULT 0, -- when the destination last answered what it holds
    erase_now    BIGINT NOT NULL DEFAULT 0,
    ended_at     BIGINT NOT NULL DEFAULT 0,
    UNIQUE (grant_id, nonce)
);
CREATE INDEX transfers_account ON transfers (account_id);

CREATE TABLE transfer_nonces (
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
    nonce       TEXT NOT NULL,           -- SHA-256 of a request nonce
    PRIMARY KEY (transfer_id, nonce)
);

CREATE TABLE transfer_reads (
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
    collection  TEXT NOT NULL,
    entries     BIGINT NOT NULL,
    PRIMARY KEY (transfer_id, collection)
);

CREATE TABLE transfer_receipts (
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
    collection  TEXT NOT NULL,
    guid        TEXT COLLATE "C" NOT NULL,
    digest      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    url         TEXT NOT NULL DEFAULT '',
    holding     TEXT NOT NULL DEFAULT '', -- the last answer: held, edited, removed, absent
    held_at     BIGINT NOT NULL DEFAULT 0, -- when that was
    listed_at   BIGINT NOT NULL DEFAULT 0, -- since when the person could see that it was edited or removed there (§7.3)
    erased_at   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (transfer_id, collection, guid)
);

CREATE TABLE stubs (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
    account_id  BIGINT NOT NULL,
    collection  TEXT NOT NULL,           -- posts, photos
    guid        TEXT COLLATE "C" NOT NULL,
    number      BIGINT NOT NULL DEFAULT 0,  -- a post's id in /p/{id}
    file        TEXT COLLATE "C" NOT NULL DEFAULT '', -- a photo's address
    target      TEXT NOT NULL,           -- whole URL, or template with {variant}
    public      BOOLEAN NOT NULL DEFAULT TRUE, -- at complete; others answer nothing, and keep their names from being given out (§6.1, §6.4)
    erased      BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (transfer_id, collection, guid)
);
CREATE INDEX stubs_guid ON stubs (collection, guid);
CREATE INDEX stubs_number ON stubs (number);
CREATE INDEX stubs_file ON stubs (file);

-- Identifiers of signed messages that came, so that none is taken twice (§1.4).
CREATE TABLE messages (
    id         TEXT PRIMARY KEY,         -- SHA-256 of issuer and jti
    expires_at BIGINT NOT NULL
);

-- The side that takes.
CREATE TABLE logins (
    state      TEXT PRIMARY KEY,         -- SHA-256 of the OAuth state parameter
    session    TEXT NOT NULL,            -- SHA-256 of the browser session
    move_id    TEXT NOT NULL,
    sealed     BYTEA NOT NULL,           -- issuer, nonce, PKCE verifier
    expires_at BIGINT NOT NULL
);

CREATE TABLE moves (
    id             TEXT PRIMARY KEY,
    account_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose        TEXT NOT NULL,
    typed          TEXT NOT NULL,            -- the old ID as it was asked for
    issuer         TEXT NOT NULL DEFAULT '',
    subject        TEXT NOT NULL DEFAULT '',
    source_account TEXT NOT NULL DEFAULT '', -- the old ID as it was proved (§2.7)
    transfer_id    TEXT NOT NULL DEFAULT '', -- at the source
    nonce          TEXT NOT NULL,            -- the transfer nonce
    state          TEXT NOT NULL,
    phase          TEXT NOT NULL DEFAULT '', -- what it goes on with after waiting
    reason         TEXT NOT NULL DEFAULT '', -- a transfer.Code
    message        TEXT NOT NULL DEFAULT '',
    wait_until     BIGINT NOT NULL DEFAULT 0,
    waited_ms      BIGINT NOT NULL DEFAULT 0, -- in all, because the source asked (§4.5)
    attempts       BIGINT NOT NULL DEFAULT 0,
    rounds         BIGINT NOT NULL DEFAULT 0, -- how often copy and manifest differed
    plan           TEXT NOT NULL DEFAULT '', -- JSON of transfer.Plan
    keys           TEXT NOT NULL DEFAULT '', -- the source's pinned JWKS (§1.5)
    sealed         BYTEA,                    -- tokens, under a key that is not in the database
    replace_profile BOOLEAN NOT NULL DEFAULT FALSE, -- the person chose the old profile (§3.9)
    created_at     BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX moves_account ON moves (account_id);

CREATE TABLE progress (
    run        TEXT NOT NULL,            -- a move's id, or that of one archive import
    collection TEXT NOT NULL,
    cursor     TEXT NOT NULL DEFAULT '',
    through    BIGINT NOT NULL DEFAULT 0,
    entries    BIGINT NOT NULL DEFAULT 0,
    bytes      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (run, collection)
);

-- What came, from where, and what it is here (§3.8).
CREATE TABLE arrivals (
    account_id     BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    issuer         TEXT NOT NULL,
    source_account TEXT NOT NULL,        -- the subject at that issuer; an archive's diaspora* ID
    collection     TEXT NOT NULL,
    guid           TEXT COLLATE "C" NOT NULL,     -- at the source
    run            TEXT NOT NULL,        -- the last one that brought it
    digest         TEXT NOT NULL,        -- as it came
    outcome        TEXT NOT NULL,
    reason         TEXT NOT NULL DEFAULT '',
    local_guid     TEXT COLLATE "C" NOT NULL DEFAULT '', -- differs from guid where that was taken
    url            TEXT NOT NULL DEFAULT '',    -- where the template does not give it
    made           BOOLEAN NOT NULL DEFAULT FALSE, -- this origin made the row here; only such rows does an undo remove
    brought        TEXT NOT NULL DEFAULT '',    -- digest of the row as this origin last wrote it; the row's own differs once it was edited here
    sent           BOOLEAN NOT NULL DEFAULT FALSE, -- the source has the receipt
    PRIMARY KEY (account_id, issuer, source_account, collection, guid)
);
CREATE INDEX arrivals_local ON arrivals (local_guid, account_id, collection);
CREATE INDEX arrivals_run ON arrivals (run, collection, guid);
CREATE INDEX arrivals_unsent ON arrivals (run, collection, guid) WHERE NOT sent;

-- One line for each transition at either end, for the person to read.
CREATE TABLE events (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    subject    TEXT NOT NULL,            -- id of a transfer or move
    kind       TEXT NOT NULL,
    text       TEXT NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX events_account ON events (account_id, id);

-- +goose Down
-- There is no way back from the first schema.
SELECT 1;
