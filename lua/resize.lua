-- resize sets how many released and running steps of a class each job may have
-- and lets jobs go on that the old window held back.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:window hash, {epoch}:job:{job} hash, {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset
-- ARGV[1] epoch; [2] class; [3] window, steps; then jobs, up to 200
-- Returns {OK} | {EPOCH}
-- Cost O(jobs)
-- USES core ready
local class = ARGV[2]
call('HSET', Q .. 'window', class, ARGV[3])
for i = 4, #ARGV do offer(ARGV[i], class) end
toll()
return {OK}
