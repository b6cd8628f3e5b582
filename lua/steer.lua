-- steer pauses, resumes, cancels or re-prioritises a job.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:job:{job} hash, {epoch}:turns:{class}:{priority} zset, {epoch}:ready:{job}:{class} list, {epoch}:window hash
-- ARGV[1] epoch; [2] job; [3] active|paused|cancelled, "" leaves it; [4] high|default|low, "" leaves it; then the classes of the farm
-- Returns {OK} | {GONE} | {EPOCH}
-- Cost O(classes)
-- USES core spare ready
local job, state, prio = ARGV[2], ARGV[3], ARGV[4]
local was = call('HGET', job_key(job), 'prio')
if not was then return {GONE} end
if state ~= '' then call('HSET', job_key(job), 'st', state) end
if prio ~= '' then call('HSET', job_key(job), 'prio', prio) end
for i = 5, #ARGV do
  call('ZREM', turns_key(ARGV[i], was), job)
  offer(job, ARGV[i])
end
toll()
return {OK}
