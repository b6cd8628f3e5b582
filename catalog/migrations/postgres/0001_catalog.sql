-- Identities are 64 hex digits, times and durations milliseconds, documents JSON.
-- Text compares by its bytes, as in SQLite, whatever the locale of the database.

-- +goose Up
CREATE TABLE runs (
    run_id     TEXT COLLATE "C" PRIMARY KEY CHECK (length(run_id) = 64),
    recipe     TEXT COLLATE "C" NOT NULL CHECK (length(recipe) = 64),
    realm      TEXT COLLATE "C" NOT NULL DEFAULT '',
    params     JSON NOT NULL,
    inputs     JSON NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE jobs (
    id             TEXT COLLATE "C" PRIMARY KEY CHECK (length(id) = 26),
    run_id         TEXT COLLATE "C" NOT NULL REFERENCES runs,
    plan_id        TEXT COLLATE "C" CHECK (length(plan_id) = 64),
    actor_id       TEXT COLLATE "C" NOT NULL DEFAULT '',
    name           TEXT COLLATE "C" NOT NULL,
    status         TEXT COLLATE "C" NOT NULL,
    error          TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at     BIGINT NOT NULL,
    started_at     BIGINT,
    finished_at    BIGINT,
    steps_total    BIGINT NOT NULL DEFAULT 0 CHECK (steps_total >= 0),
    steps_executed BIGINT NOT NULL DEFAULT 0 CHECK (steps_executed >= 0),
    steps_cached   BIGINT NOT NULL DEFAULT 0 CHECK (steps_cached >= 0),
    steps_failed   BIGINT NOT NULL DEFAULT 0 CHECK (steps_failed >= 0),
    steps_skipped  BIGINT NOT NULL DEFAULT 0 CHECK (steps_skipped >= 0),
    CONSTRAINT jobs_status CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
    CONSTRAINT jobs_started CHECK (status <> 'RUNNING' OR started_at IS NOT NULL),
    CONSTRAINT jobs_finished CHECK ((status IN ('QUEUED', 'RUNNING')) = (finished_at IS NULL)),
    CONSTRAINT jobs_counts CHECK (status IN ('QUEUED', 'RUNNING', 'INTERRUPTED')
        OR steps_total = steps_executed + steps_cached + steps_failed + steps_skipped)
);
CREATE INDEX jobs_newest ON jobs (created_at, id);
CREATE INDEX jobs_run ON jobs (run_id);
CREATE INDEX jobs_open ON jobs (id) WHERE status IN ('QUEUED', 'RUNNING');

CREATE TABLE run_steps (
    job_id       TEXT COLLATE "C" NOT NULL REFERENCES jobs,
    cache_id     TEXT COLLATE "C" NOT NULL CHECK (length(cache_id) = 64),
    position     BIGINT NOT NULL CHECK (position >= 0),
    node         TEXT COLLATE "C" NOT NULL,
    label        TEXT COLLATE "C" NOT NULL,
    type         TEXT COLLATE "C" NOT NULL,
    status       TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" CHECK (length(content_hash) = 64),
    message      TEXT COLLATE "C" NOT NULL DEFAULT '',
    started_at   BIGINT,
    finished_at  BIGINT,
    PRIMARY KEY (job_id, cache_id),
    CONSTRAINT run_steps_position UNIQUE (job_id, position),
    CONSTRAINT run_steps_status CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'CACHED', 'FAILED', 'SKIPPED'))
);

CREATE TABLE step_results (
    cache_id     TEXT COLLATE "C" PRIMARY KEY CHECK (length(cache_id) = 64),
    resolved_id  TEXT COLLATE "C" NOT NULL CHECK (length(resolved_id) = 64),
    content_hash TEXT COLLATE "C" NOT NULL CHECK (length(content_hash) = 64),
    generation   BIGINT NOT NULL DEFAULT 1 CHECK (generation >= 1),
    executor     TEXT COLLATE "C" NOT NULL,
    toolchain    TEXT COLLATE "C" NOT NULL DEFAULT '',
    worker       TEXT COLLATE "C" NOT NULL DEFAULT '',
    wall_ms      BIGINT NOT NULL CHECK (wall_ms >= 0),
    tool_ms      BIGINT NOT NULL CHECK (tool_ms >= 0),
    cost         DOUBLE PRECISION NOT NULL CHECK (cost >= 0),
    bytes        BIGINT NOT NULL CHECK (bytes >= 0),
    recorded_at  BIGINT NOT NULL
);
CREATE INDEX step_results_resolved ON step_results (resolved_id);
-- Timings are read of the latest results.
CREATE INDEX step_results_timings ON step_results (recorded_at);

CREATE TABLE nondeterminism (
    cache_id      TEXT COLLATE "C" NOT NULL REFERENCES step_results,
    job_id        TEXT COLLATE "C" NOT NULL REFERENCES jobs,
    got_hash      TEXT COLLATE "C" NOT NULL CHECK (length(got_hash) = 64),
    recorded_hash TEXT COLLATE "C" NOT NULL CHECK (length(recorded_hash) = 64),
    toolchain     TEXT COLLATE "C" NOT NULL DEFAULT '',
    worker        TEXT COLLATE "C" NOT NULL DEFAULT '',
    found_at      BIGINT NOT NULL,
    replaced_at   BIGINT,
    PRIMARY KEY (cache_id, job_id, got_hash),
    CONSTRAINT nondeterminism_differs CHECK (got_hash <> recorded_hash)
);
CREATE INDEX nondeterminism_newest ON nondeterminism (found_at);

CREATE TABLE run_cache (
    job_id         TEXT COLLATE "C" NOT NULL REFERENCES jobs,
    output_name    TEXT COLLATE "C" NOT NULL,
    run_id         TEXT COLLATE "C" NOT NULL REFERENCES runs,
    output_hash    TEXT COLLATE "C" NOT NULL CHECK (length(output_hash) = 64),
    ipfs_cid       TEXT COLLATE "C",
    provenance_cid TEXT COLLATE "C",
    recipe         TEXT COLLATE "C" NOT NULL CHECK (length(recipe) = 64),
    inputs         JSON NOT NULL,
    actor_id       TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, output_name)
);
CREATE INDEX run_cache_run ON run_cache (run_id);
CREATE INDEX run_cache_output ON run_cache (output_hash);

CREATE TABLE cache_items (
    content_hash TEXT COLLATE "C" PRIMARY KEY CHECK (length(content_hash) = 64),
    ipfs_cid     TEXT COLLATE "C",
    size_bytes   BIGINT NOT NULL CHECK (size_bytes >= 0),
    media_type   TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at   BIGINT NOT NULL
);
CREATE INDEX cache_items_cid ON cache_items (ipfs_cid);

CREATE TABLE item_types (
    content_hash TEXT COLLATE "C" NOT NULL REFERENCES cache_items,
    actor_id     TEXT COLLATE "C" NOT NULL,
    type         TEXT COLLATE "C" NOT NULL CHECK (type <> ''),
    metadata     JSON NOT NULL,
    PRIMARY KEY (content_hash, actor_id, type)
);

CREATE TABLE analyses (
    analysis_id  TEXT COLLATE "C" PRIMARY KEY CHECK (length(analysis_id) = 64),
    input        TEXT COLLATE "C" NOT NULL CHECK (length(input) = 64),
    feature      TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" NOT NULL CHECK (length(content_hash) = 64),
    created_at   BIGINT NOT NULL
);
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
