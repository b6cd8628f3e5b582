-- dismiss removes the records of a job itself, when its steps are forgotten.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:job:{job} hash, {epoch}:jobs set, {epoch}:finished set, {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset
-- ARGV[1] epoch; [2] job; then the classes of the farm
-- Returns {OK} | {EPOCH}
-- Cost O(classes); ready lists are unlinked
-- USES core spare
local job = ARGV[2]
for i = 3, #ARGV do
  call('UNLINK', ready_key(job, ARGV[i]))
  for _, prio in ipairs({'high', 'default', 'low'}) do call('ZREM', turns_key(ARGV[i], prio), job) end
end
call('DEL', job_key(job))
call('SREM', Q .. 'jobs', job)
call('SREM', Q .. 'finished', job)
return {OK}
