-- What the farm needs: jobs that wait, are made durable and can be planned
-- again; pins; what the processors have done; who did what.

-- +goose Up

-- SQLite changes the CHECKs of a table only by making the table anew. Foreign
-- keys to it are counted as broken when it goes and as mended when its rows
-- return, all before the transaction ends.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE jobs_before AS SELECT * FROM jobs;
DROP TABLE jobs;
CREATE TABLE jobs (
    id             TEXT    PRIMARY KEY CHECK (length(id) = 26),
    run_id         TEXT    NOT NULL REFERENCES runs,
    plan_id        TEXT    CHECK (length(plan_id) = 64),
    actor_id       TEXT    NOT NULL DEFAULT '',
    name           TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    priority       TEXT    NOT NULL DEFAULT 'default',
    error          TEXT    NOT NULL DEFAULT '',
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    finished_at    INTEGER,
    steps_total    INTEGER NOT NULL DEFAULT 0 CHECK (steps_total >= 0),
    steps_executed INTEGER NOT NULL DEFAULT 0 CHECK (steps_executed >= 0),
    steps_cached   INTEGER NOT NULL DEFAULT 0 CHECK (steps_cached >= 0),
    steps_failed   INTEGER NOT NULL DEFAULT 0 CHECK (steps_failed >= 0),
    steps_skipped  INTEGER NOT NULL DEFAULT 0 CHECK (steps_skipped >= 0),
    durable        INTEGER NOT NULL DEFAULT 0 CHECK (durable IN (0, 1)),
    provenance     TEXT    CHECK (length(provenance) = 64),
    provenance_cid TEXT,
    request        TEXT    CHECK (json_valid(request)),
    CONSTRAINT jobs_status CHECK (status IN ('QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
    CONSTRAINT jobs_priority CHECK (priority IN ('high', 'default', 'low')),
    CONSTRAINT jobs_started CHECK (status <> 'RUNNING' OR started_at IS NOT NULL),
    CONSTRAINT jobs_finished CHECK ((status IN ('QUEUED', 'RUNNING', 'PAUSED')) = (finished_at IS NULL)),
    CONSTRAINT jobs_counts CHECK (status IN ('QUEUED', 'RUNNING', 'PAUSED', 'INTERRUPTED')
        OR steps_total = steps_executed + steps_cached + steps_failed + steps_skipped),
    CONSTRAINT jobs_durable CHECK (NOT durable OR status = 'COMPLETED')
) STRICT;
INSERT INTO jobs (id, run_id, plan_id, actor_id, name, status, error, created_at, started_at, finished_at,
        steps_total, steps_executed, steps_cached, steps_failed, steps_skipped)
    SELECT id, run_id, plan_id, actor_id, name, status, error, created_at, started_at, finished_at,
        steps_total, steps_executed, steps_cached, steps_failed, steps_skipped
    FROM jobs_before;
DROP TABLE jobs_before;
CREATE INDEX jobs_newest ON jobs (created_at, id);
CREATE INDEX jobs_run ON jobs (run_id);
CREATE INDEX jobs_open ON jobs (id) WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED');
CREATE INDEX jobs_fleeting ON jobs (id) WHERE status = 'COMPLETED' AND NOT durable;

CREATE TABLE storage_backends (
    id            TEXT    PRIMARY KEY CHECK (id <> ''),
    actor_id      TEXT    NOT NULL DEFAULT '',
    provider_type TEXT    NOT NULL CHECK (provider_type <> ''),
    config        TEXT    NOT NULL CHECK (json_valid(config)),
    capacity_gb   INTEGER NOT NULL DEFAULT 0 CHECK (capacity_gb >= 0),
    created_at    INTEGER NOT NULL
) STRICT;

-- storage_id may name a backend of the configuration, which has no row.
CREATE TABLE storage_pins (
    content_hash TEXT    NOT NULL CHECK (length(content_hash) = 64),
    storage_id   TEXT    NOT NULL CHECK (storage_id <> ''),
    ipfs_cid     TEXT,
    pin_type     TEXT    NOT NULL,
    pinned_at    INTEGER,
    error        TEXT    NOT NULL DEFAULT '',
    tries        INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    not_before   INTEGER,
    PRIMARY KEY (content_hash, storage_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    processor   TEXT    PRIMARY KEY CHECK (processor <> ''),
    cursor      TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE processor_errors (
    processor TEXT    NOT NULL CHECK (processor <> ''),
    item      TEXT    NOT NULL,
    error     TEXT    NOT NULL,
    class     TEXT    NOT NULL DEFAULT '',
    tries     INTEGER NOT NULL CHECK (tries >= 0),
    next_at   INTEGER,
    parked    INTEGER NOT NULL CHECK (parked IN (0, 1)),
    PRIMARY KEY (processor, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX processor_errors_due ON processor_errors (processor, next_at) WHERE NOT parked;

CREATE TABLE audit_log (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL CHECK (action <> ''),
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_log_subject ON audit_log (subject, id);
