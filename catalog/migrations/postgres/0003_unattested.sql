-- The jobs that are to be signed are found without looking at all that ever were.

-- +goose Up
CREATE INDEX jobs_unattested ON jobs (id) WHERE status = 'COMPLETED' AND provenance IS NULL AND request IS NOT NULL;
