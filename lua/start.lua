-- start says what a claimed step comes to with the bytes of its inputs, and
-- begins it: CLAIMED -> RUNNING.
-- Guarantee: of two steps that are the same work on the same bytes one runs,
-- the other waits for it; work that was done is not done again. A repeated call
-- gets the first answer again.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}claim:{id} string, {prefix}resolved hash, {epoch}:resolving hash, {epoch}:dependents:{id} set, {epoch}:leases zset,
--   {epoch}:job:{job} hash, {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset
-- ARGV[1] epoch; [2] id; [3] token; [4] resolved_id
-- Returns {OK} | {HIT, content_hash} known already: complete it as cached | {WAIT} it waits for the other, the claim is over
--   | {LOST} | {EPOCH}
-- Cost O(1)
-- USES core spare ready
local id, token, rid = ARGV[2], ARGV[3], ARGV[4]
local s = call('HMGET', step_key(id), 'st', 'tok', 'by', 'class', 'rid', 'end', 'repl')
if s[2] == token and s[6] == 'wait' then return {WAIT} end
if (s[1] ~= 'C' and s[1] ~= 'X') or s[2] ~= token then return {LOST} end
local known = call('HGET', P .. 'resolved', rid)
if known and known ~= s[7] then return {HIT, known} end
if s[1] == 'X' and s[5] == rid then return {OK} end
local other = resolver(rid, id)
if other then
  unowned(id, s[5])
  credit(s[3], s[4])
  call('DEL', P .. 'claim:' .. id)
  if s[4] then
    call('SADD', Q .. 'dependents:' .. other, id)
    call('HSET', step_key(id), 'st', 'W', 'miss', 1, 'on', other, 'end', 'wait')
  else
    drop(id) -- adopted and not submitted yet
  end
  toll()
  return {WAIT}
end
if rid ~= id then call('HSET', Q .. 'resolving', rid, id) end
call('HSET', step_key(id), 'st', 'X', 'rid', rid)
return {OK}
