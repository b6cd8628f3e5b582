-- What the farm needs: jobs that wait, are made durable and can be planned
-- again; pins; what the processors have done; who did what.

-- +goose Up
ALTER TABLE jobs
    ADD priority       TEXT COLLATE "C" NOT NULL DEFAULT 'default',
    ADD durable        BOOLEAN NOT NULL DEFAULT false,
    ADD provenance     TEXT COLLATE "C" CHECK (length(provenance) = 64),
    ADD provenance_cid TEXT COLLATE "C",
    ADD request        JSON,
    DROP CONSTRAINT jobs_status,
    DROP CONSTRAINT jobs_finished,
    DROP CONSTRAINT jobs_counts,
    ADD CONSTRAINT jobs_status CHECK (status IN ('QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
    ADD CONSTRAINT jobs_priority CHECK (priority IN ('high', 'default', 'low')),
    ADD CONSTRAINT jobs_finished CHECK ((status IN ('QUEUED', 'RUNNING', 'PAUSED')) = (finished_at IS NULL)),
    ADD CONSTRAINT jobs_counts CHECK (status IN ('QUEUED', 'RUNNING', 'PAUSED', 'INTERRUPTED')
        OR steps_total = steps_executed + steps_cached + steps_failed + steps_skipped),
    ADD CONSTRAINT jobs_durable CHECK (NOT durable OR status = 'COMPLETED');
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (id) WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED');
CREATE INDEX jobs_fleeting ON jobs (id) WHERE status = 'COMPLETED' AND NOT durable;

-- Each row is changed once, when the provenance of its job is signed: with room in
-- its page no index has to know.
ALTER TABLE run_cache SET (fillfactor = 50);

CREATE TABLE storage_backends (
    id            TEXT COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    actor_id      TEXT COLLATE "C" NOT NULL DEFAULT '',
    provider_type TEXT COLLATE "C" NOT NULL CHECK (provider_type <> ''),
    config        JSON NOT NULL,
    capacity_gb   BIGINT NOT NULL DEFAULT 0 CHECK (capacity_gb >= 0),
    created_at    BIGINT NOT NULL
);

-- storage_id may name a backend of the configuration, which has no row.
CREATE TABLE storage_pins (
    content_hash TEXT COLLATE "C" NOT NULL CHECK (length(content_hash) = 64),
    storage_id   TEXT COLLATE "C" NOT NULL CHECK (storage_id <> ''),
    ipfs_cid     TEXT COLLATE "C",
    pin_type     TEXT COLLATE "C" NOT NULL,
    pinned_at    BIGINT,
    error        TEXT COLLATE "C" NOT NULL DEFAULT '',
    tries        BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    not_before   BIGINT,
    PRIMARY KEY (content_hash, storage_id)
);

CREATE TABLE cursors (
    processor   TEXT COLLATE "C" PRIMARY KEY CHECK (processor <> ''),
    cursor      TEXT COLLATE "C" NOT NULL,
    owner       TEXT COLLATE "C" NOT NULL,
    lease_until BIGINT NOT NULL
);

CREATE TABLE processor_errors (
    processor TEXT COLLATE "C" NOT NULL CHECK (processor <> ''),
    item      TEXT COLLATE "C" NOT NULL,
    error     TEXT COLLATE "C" NOT NULL,
    class     TEXT COLLATE "C" NOT NULL DEFAULT '',
    tries     BIGINT NOT NULL CHECK (tries >= 0),
    next_at   BIGINT,
    parked    BOOLEAN NOT NULL,
    PRIMARY KEY (processor, item)
);
CREATE INDEX processor_errors_due ON processor_errors (processor, next_at) WHERE NOT parked;

CREATE TABLE audit_log (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    action  TEXT COLLATE "C" NOT NULL CHECK (action <> ''),
    subject TEXT COLLATE "C" NOT NULL,
    detail  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_log_subject ON audit_log (subject, id);
