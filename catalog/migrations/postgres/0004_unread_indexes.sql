-- What no query reads is not kept: each of these was written for every output or
-- item. That a run exists is checked for the job, to which its outputs refer.

-- +goose Up
DROP INDEX run_cache_run;
DROP INDEX run_cache_output;
DROP INDEX cache_items_cid;
ALTER TABLE run_cache DROP CONSTRAINT run_cache_run_id_fkey;
