-- forget withdraws a job from steps; what no other job wants and nobody runs is
-- gone.
-- Guarantee: a repeated call changes nothing. What was charged to the job is
-- charged to another that wants the step. A step that still waits for one that
-- is gone is told by settle.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {epoch}:spec:{id} string, {epoch}:wants:{id} set, {epoch}:dependents:{id} set, {epoch}:released zset,
--   {epoch}:queued:{class} hash, {epoch}:job:{job} hash, {epoch}:forgotten string
-- ARGV[1] epoch; [2] job; then ids of steps, up to 300
-- Returns {OK, forgotten} | {EPOCH}
-- Cost O(steps)
-- USES core spare ready
local job, gone = ARGV[2], 0
for i = 3, #ARGV do
  local id = ARGV[i]
  local key = step_key(id)
  local s = call('HMGET', key, 'st', 'job', 'more', 'class', 'by', 'qp')
  local st, first, more, class, by = s[1], s[2] or '', s[3], s[4], s[5]
  if st then
    if first == job then
      first = more == '1' and call('SPOP', Q .. 'wants:' .. id) or ''
      call('HSET', key, 'job', first)
    elseif more == '1' then
      call('SREM', Q .. 'wants:' .. id, job)
    end
    if more == '1' and call('EXISTS', Q .. 'wants:' .. id) == 0 then call('HDEL', key, 'more') end
    local owned = st == 'C' or st == 'X'
    if first == '' and not owned then
      if st == 'Q' then
        unqueue(id, class, s[6], by)
        credit(by, class)
      end
      drop(id)
      gone = gone + 1
    elseif by == job then
      call('HSET', key, 'by', first)
      if owned or st == 'Q' then
        credit(by, class)
        if first ~= '' then call('HINCRBY', job_key(first), 'in:' .. class, 1) end
        if st == 'Q' and call('ZSCORE', Q .. 'released', id) then
          fewer_queued(class, by)
          call('HINCRBY', Q .. 'queued:' .. class, first, 1)
        end
      end
    end
  end
end
call('INCR', Q .. 'forgotten')
toll()
return {OK, gone}
