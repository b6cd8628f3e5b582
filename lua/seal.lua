-- seal says that all steps of a job are submitted: from now on it is finished
-- when none is open.
-- Guarantee: a repeated call changes nothing.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:job:{job} hash, {epoch}:finished set
-- ARGV[1] epoch; [2] job
-- Returns {OK, steps open} | {EPOCH} | {GONE}
-- Cost O(1)
-- USES core spare
local job = ARGV[2]
if call('EXISTS', job_key(job)) == 0 then return {GONE} end
call('HSET', job_key(job), 'sealed', 1)
local open = tonumber(call('HGET', job_key(job), 'open'))
if open <= 0 then
  call('SADD', Q .. 'finished', job)
  call('PUBLISH', P .. 'bell', 'finished')
end
return {OK, open}
