-- What no query reads is not kept: each of these was written for every output or
-- item.

-- +goose Up
DROP INDEX run_cache_run;
DROP INDEX run_cache_output;
DROP INDEX cache_items_cid;
