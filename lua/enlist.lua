-- enlist opens a job, so that steps can be submitted for it.
-- Guarantee: a repeated call changes nothing.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:job:{job} hash, {epoch}:jobs set
-- ARGV[1] epoch; [2] job; [3] run_id; [4] priority high|default|low; [5] active|paused
-- Returns {OK} | {EPOCH}
-- Cost O(1)
-- USES core
local job, run, prio, state = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if call('HSETNX', job_key(job), 'run', run) == 1 then
  call('HSET', job_key(job), 'prio', prio, 'st', state, 'open', 0, 'sealed', 0)
  call('SADD', Q .. 'jobs', job)
end
return {OK}
