-- release hands a claim back unspent: the worker drains, or has no room.
-- Guarantee: C2 only the owner; C6 the owner calls it when nothing of the step
-- runs any more; a repeated call gets the first answer again.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}claim:{id} string, {epoch}:leases zset, {epoch}:job:{job} hash, {epoch}:ready:{job}:{class} list,
--   {epoch}:turns:{class}:{priority} zset, {epoch}:resolving hash, {epoch}:wants:{id} set
-- ARGV[1] epoch; [2] id; [3] token
-- Returns {OK} | {LOST} | {EPOCH}
-- Cost O(jobs that want it)
-- USES core spare ready
local id, token = ARGV[2], ARGV[3]
local s = call('HMGET', step_key(id), 'st', 'tok', 'by', 'class', 'rid', 'job', 'more', 'end')
if s[2] == token and s[8] == 'release' then return {OK} end
if (s[1] ~= 'C' and s[1] ~= 'X') or s[2] ~= token then return {LOST} end
unowned(id, s[5])
call('DEL', P .. 'claim:' .. id)
credit(s[3], s[4])
place(id, s[6], s[7], s[4], 'release')
toll()
return {OK}
