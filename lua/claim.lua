-- claim gives a released step to one worker: PENDING -> CLAIMED, or -> RUNNING
-- for a step that reads only sources.
-- Guarantee: C1 one owner; a repeated call by the same token gets the same
-- answer.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}claim:{id} string, {epoch}:leases zset (ms), {epoch}:released zset, {epoch}:queued:{class} hash,
--   {epoch}:job:{job} hash, {epoch}:spec:{id} string, {prefix}results hash, {epoch}:resolving hash, {epoch}:grace string,
--   {epoch}:wants:{id} set, {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset, {prefix}events stream
-- ARGV[1] epoch; [2] id; [3] release; [4] token; [5] worker; [6] lease, ms; [7] tags of the worker, ",a,b,"
-- Returns {OK, C|X, spec, attempts spent, contents of inputs, job, slots} | {STALE} | {BUSY, worker, age in ms} | {DONE, content_hash}
--   | {PAUSED} | {CANCELLED} | {NOT_ME, new release} | {FAILED} | {WAIT, ms until claims are granted} | {EPOCH}
-- Cost O(inputs + jobs that want it), at most 1,000 jobs
-- USES core ready take own
local id, rel, token, worker, lease, tags = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local s = call('HMGET', step_key(id), 'st', 'rel', 'by', 'job', 'more', 'class', 'tags', 'fo', 'tok', 'wkr', 'hash', 'cl', 'att', 'slots', 'src', 'qp')
local st, by, attempts, slots = s[1], s[3] or '', tonumber(s[13] or '0'), tonumber(s[14] or '1')
if not st then return {STALE} end
if st == 'D' then return {DONE, s[11] or ''} end
if st == 'F' or st == 'S' then return {FAILED} end
if st == 'C' or st == 'X' then
  if s[9] == token then return granted(id, st, by, attempts, slots) end
  return {BUSY, s[10] or '', now_ms() - tonumber(s[12] or '0')}
end
if st ~= 'Q' or s[2] ~= rel then return {STALE} end
if grace then return {WAIT, math.max(call('PTTL', Q .. 'grace'), 1)} end
local go, why = active(id, by, s[4], s[5])
if not go then
  unqueue(id, s[6], s[16], by)
  credit(by, s[6])
  place(id, s[4], s[5], s[6])
  toll()
  return {why}
end
if not fits(s[6], by, s[7], s[8], worker, tags) then
  return {NOT_ME, call('HINCRBY', step_key(id), 'rel', 1)}
end
unqueue(id, s[6], s[16], by)
local answer = own(id, by, token, worker, lease, rel, attempts, slots, s[15])
event('started', id, wanters(id, s[4], s[5]), worker, '')
return answer
