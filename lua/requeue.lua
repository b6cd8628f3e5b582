-- requeue gives a released step that fell out of the queue a new release, or,
-- when it is still in there, notes that it was seen.
-- Guarantee: C5; nothing happens if it was claimed or released anew meanwhile.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {epoch}:released zset (ms), {epoch}:delayed zset (ms)
-- ARGV[1] epoch; [2] id; [3] release; [4] 1 when it was seen in the queue
-- Returns {OK, release} | {STALE} | {EPOCH}
-- Cost O(1)
-- USES core spare
local id, rel, seen = ARGV[2], ARGV[3], ARGV[4]
local s = call('HMGET', step_key(id), 'st', 'rel')
if s[1] ~= 'Q' or s[2] ~= rel then return {STALE} end
local list = call('ZSCORE', Q .. 'released', id) and 'released' or 'delayed'
call('ZADD', Q .. list, now_ms(), id)
if seen == '1' then return {OK, tonumber(rel)} end
return {OK, call('HINCRBY', step_key(id), 'rel', 1)}
