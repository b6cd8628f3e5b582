-- begin starts a new epoch, if the old one is still that which the caller knew.
-- Guarantee: of several schedulers one begins it.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:grace string, {prefix}instance string
-- ARGV[1] epoch that is over, "" for none; [2] new epoch; [3] time in which no claim is granted, ms; [4] instance of the Redis server (run_id)
-- Returns {OK, the epoch that holds now}
-- Cost O(1)
local P = string.sub(KEYS[1], 1, -6)
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then return {0, current} end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', P .. 'instance', ARGV[4])
if tonumber(ARGV[3]) > 0 then redis.call('SET', P .. ARGV[2] .. ':grace', '1', 'PX', ARGV[3]) end
return {0, ARGV[2]}
