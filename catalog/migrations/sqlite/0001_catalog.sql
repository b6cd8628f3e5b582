-- Identities are 64 hex digits, times and durations milliseconds, documents JSON.

-- +goose Up
CREATE TABLE runs (
    run_id     TEXT    PRIMARY KEY CHECK (length(run_id) = 64),
    recipe     TEXT    NOT NULL CHECK (length(recipe) = 64),
    realm      TEXT    NOT NULL DEFAULT '',
    params     TEXT    NOT NULL CHECK (json_valid(params)),
    inputs     TEXT    NOT NULL CHECK (json_valid(inputs)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE jobs (
    id             TEXT    PRIMARY KEY CHECK (length(id) = 26),
    run_id         TEXT    NOT NULL REFERENCES runs,
    plan_id        TEXT    CHECK (length(plan_id) = 64),
    actor_id       TEXT    NOT NULL DEFAULT '',
    name           TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    error          TEXT    NOT NULL DEFAULT '',
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    finished_at    INTEGER,
    steps_total    INTEGER NOT NULL DEFAULT 0 CHECK (steps_total >= 0),
    steps_executed INTEGER NOT NULL DEFAULT 0 CHECK (steps_executed >= 0),
    steps_cached   INTEGER NOT NULL DEFAULT 0 CHECK (steps_cached >= 0),
    steps_failed   INTEGER NOT NULL DEFAULT 0 CHECK (steps_failed >= 0),
    steps_skipped  INTEGER NOT NULL DEFAULT 0 CHECK (steps_skipped >= 0),
    CONSTRAINT jobs_status CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
    CONSTRAINT jobs_started CHECK (status <> 'RUNNING' OR started_at IS NOT NULL),
    CONSTRAINT jobs_finished CHECK ((status IN ('QUEUED', 'RUNNING')) = (finished_at IS NULL)),
    CONSTRAINT jobs_counts CHECK (status IN ('QUEUED', 'RUNNING', 'INTERRUPTED')
        OR steps_total = steps_executed + steps_cached + steps_failed + steps_skipped)
) STRICT;
CREATE INDEX jobs_newest ON jobs (created_at, id);
CREATE INDEX jobs_run ON jobs (run_id);
CREATE INDEX jobs_open ON jobs (id) WHERE status IN ('QUEUED', 'RUNNING');

CREATE TABLE run_steps (
    job_id       TEXT    NOT NULL REFERENCES jobs,
    cache_id     TEXT    NOT NULL CHECK (length(cache_id) = 64),
    position     INTEGER NOT NULL CHECK (position >= 0),
    node         TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    content_hash TEXT    CHECK (length(content_hash) = 64),
    message      TEXT    NOT NULL DEFAULT '',
    started_at   INTEGER,
    finished_at  INTEGER,
    PRIMARY KEY (job_id, cache_id),
    CONSTRAINT run_steps_position UNIQUE (job_id, position),
    CONSTRAINT run_steps_status CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'CACHED', 'FAILED', 'SKIPPED'))
) STRICT, WITHOUT ROWID;

CREATE TABLE step_results (
    cache_id     TEXT    PRIMARY KEY CHECK (length(cache_id) = 64),
    resolved_id  TEXT    NOT NULL CHECK (length(resolved_id) = 64),
    content_hash TEXT    NOT NULL CHECK (length(content_hash) = 64),
    generation   INTEGER NOT NULL DEFAULT 1 CHECK (generation >= 1),
    executor     TEXT    NOT NULL,
    toolchain    TEXT    NOT NULL DEFAULT '',
    worker       TEXT    NOT NULL DEFAULT '',
    wall_ms      INTEGER NOT NULL CHECK (wall_ms >= 0),
    tool_ms      INTEGER NOT NULL CHECK (tool_ms >= 0),
    cost         REAL    NOT NULL CHECK (cost >= 0),
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    recorded_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX step_results_resolved ON step_results (resolved_id);
-- Timings are read from this index alone.
CREATE INDEX step_results_timings ON step_results (recorded_at, executor, wall_ms, cost);

CREATE TABLE nondeterminism (
    cache_id      TEXT    NOT NULL REFERENCES step_results,
    job_id        TEXT    NOT NULL REFERENCES jobs,
    got_hash      TEXT    NOT NULL CHECK (length(got_hash) = 64),
    recorded_hash TEXT    NOT NULL CHECK (length(recorded_hash) = 64),
    toolchain     TEXT    NOT NULL DEFAULT '',
    worker        TEXT    NOT NULL DEFAULT '',
    found_at      INTEGER NOT NULL,
    replaced_at   INTEGER,
    PRIMARY KEY (cache_id, job_id, got_hash),
    CONSTRAINT nondeterminism_differs CHECK (got_hash <> recorded_hash)
) STRICT;
CREATE INDEX nondeterminism_newest ON nondeterminism (found_at);

CREATE TABLE run_cache (
    job_id         TEXT    NOT NULL REFERENCES jobs,
    output_name    TEXT    NOT NULL,
    run_id         TEXT    NOT NULL REFERENCES runs,
    output_hash    TEXT    NOT NULL CHECK (length(output_hash) = 64),
    ipfs_cid       TEXT,
    provenance_cid TEXT,
    recipe         TEXT    NOT NULL CHECK (length(recipe) = 64),
    inputs         TEXT    NOT NULL CHECK (json_valid(inputs)),
    actor_id       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, output_name)
) STRICT;
CREATE INDEX run_cache_run ON run_cache (run_id);
CREATE INDEX run_cache_output ON run_cache (output_hash);

CREATE TABLE cache_items (
    content_hash TEXT    PRIMARY KEY CHECK (length(content_hash) = 64),
    ipfs_cid     TEXT,
    size_bytes   INTEGER NOT NULL CHECK (size_bytes >= 0),
    media_type   TEXT    NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX cache_items_cid ON cache_items (ipfs_cid);

CREATE TABLE item_types (
    content_hash TEXT NOT NULL REFERENCES cache_items,
    actor_id     TEXT NOT NULL,
    type         TEXT NOT NULL CHECK (type <> ''),
    metadata     TEXT NOT NULL CHECK (json_valid(metadata)),
    PRIMARY KEY (content_hash, actor_id, type)
) STRICT;

CREATE TABLE analyses (
    analysis_id  TEXT    PRIMARY KEY CHECK (length(analysis_id) = 64),
    input        TEXT    NOT NULL CHECK (length(input) = 64),
    feature      TEXT    NOT NULL,
    content_hash TEXT    NOT NULL CHECK (length(content_hash) = 64),
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX analyses_input ON analyses (input, feature);

-- +goose Down
DROP TABLE analyses;
DROP TABLE item_types;
DROP TABLE cache_items;
DROP TABLE run_cache;
DROP TABLE nondeterminism;
DROP TABLE step_results;
DROP TABLE run_steps;
DROP TABLE jobs;
DROP TABLE runs;
