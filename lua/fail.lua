-- fail ends an attempt. A tool's failure spends an attempt and is tried again
-- later, elsewhere first; a wrong recipe is final; a service that is down
-- spends nothing, and neither does a worker that cannot do it, which gets it
-- last from then on.
-- Guarantee: C2 only the owner; C7 attempts are bounded; a repeated call by the
-- same token gets the first answer again.
-- KEYS[1] {prefix}epoch string
-- DERIVED as of complete, and {epoch}:delayed zset (ms)
-- ARGV[1] epoch; [2] id; [3] token; [4] class invalid|failed|unavailable|unfit; [5] message; [6] worker; [7] attempts allowed; [8] delay before the next, ms
-- Returns {RETRY, release, slots, priority, attempts spent} | {FAILED} for good | {LOST} | {EPOCH}
-- Cost O(jobs that want it)
-- USES core spare ready
local id, token, class, message, worker, most, delay = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local s = call('HMGET', step_key(id), 'st', 'tok', 'att', 'fo', 'by', 'class', 'rid', 'rel', 'slots', 'end', 'job', 'more')
local owned = s[1] == 'C' or s[1] == 'X'
if s[2] ~= token then return {LOST} end
local prio = call('HGET', job_key(s[5] or ''), 'prio') or 'default'
if not owned then
  if s[10] == 'failed' then return {FAILED} end
  local rel, spent = string.match(s[10] or '', '^retry (%d+) (%d+)$')
  if not rel then return {LOST} end
  return {RETRY, tonumber(rel), tonumber(s[9] or '1'), prio, tonumber(spent)}
end
local jobs, spent = wanters(id, s[11], s[12]), tonumber(s[3] or '0')
if class ~= 'unavailable' and class ~= 'unfit' then spent = spent + 1 end
if #jobs == 0 or class == 'invalid' or spent >= most then
  call('HSET', step_key(id), 'att', spent)
  fail_finally(id, class, message, worker)
  toll()
  return {FAILED}
end
unowned(id, s[7])
local rel, fo = tonumber(s[8] or '0') + 1, s[4] or ','
if (class == 'failed' or class == 'unfit') and not string.find(fo, ',' .. worker .. ',', 1, true) then fo = fo .. worker .. ',' end
call('HSET', step_key(id), 'st', 'Q', 'rel', rel, 'att', spent, 'fo', fo, 'msg', message, 'end', 'retry ' .. rel .. ' ' .. spent)
call('ZADD', Q .. 'delayed', now_ms() + delay, id)
call('DEL', P .. 'claim:' .. id)
event('retry', id, jobs, worker, message)
return {RETRY, rel, tonumber(s[9] or '1'), prio, spent}
