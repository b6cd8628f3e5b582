-- Shared by the verbs that move steps between waiting, ready and released.

-- wanters returns the jobs that want a step: the first is a field of the step
-- itself, the others are in a set. submit sees to it that they are 1,000 at most.
local function wanters(id, first, more)
  local jobs = more == '1' and call('SMEMBERS', Q .. 'wants:' .. id) or {}
  if first and first ~= '' then jobs[#jobs + 1] = first end
  return jobs
end
-- window is how many released and running steps of a class one job may have.
local windows = {}
local function window(class)
  if not windows[class] then windows[class] = tonumber(call('HGET', Q .. 'window', class) or '64') end
  return windows[class]
end
-- offer remembers a job of which something may have become free to go, until
-- queue_turns looks, once for each job.
local offered, offers = {}, {}
local function offer(job, class)
  local key = class .. ' ' .. job
  if offered[key] then return end
  offered[key] = true
  offers[#offers + 1] = {job, class}
end
local may_go = {} -- classes of which something became free to go
-- queue_turns puts the jobs offered among those whose turn comes, if anything of
-- them may go.
local function queue_turns()
  for _, o in ipairs(offers) do
    local job, class = o[1], o[2]
    local j = call('HMGET', job_key(job), 'st', 'prio', 'in:' .. class)
    if j[1] == 'active' and tonumber(j[3] or '0') < window(class) then
      local turns = turns_key(class, j[2])
      if call('ZSCORE', turns, job) then
        may_go[class] = true
      elseif call('EXISTS', ready_key(job, class)) == 1 then
        call('ZADD', turns, call('INCR', Q .. 'turn'), job)
        may_go[class] = true
      end
    end
  end
  offered, offers = {}, {}
end
-- toll wakes the schedulers if something may go that nobody took meanwhile.
local function toll()
  queue_turns()
  for class in pairs(may_go) do
    if call('EXISTS', turns_key(class, 'high'), turns_key(class, 'default'), turns_key(class, 'low')) > 0 then
      call('PUBLISH', P .. 'bell', 'ready')
      return
    end
  end
end
-- later has settle tell those that wait for a step.
local function later(id)
  call('RPUSH', Q .. 'settle', id)
  call('PUBLISH', P .. 'bell', 'settle')
end
-- drop removes a step that nobody wants. Those that wait for it are told: one
-- that is wanted may be among them, and has it submitted again.
local function drop(id)
  call('DEL', step_key(id), Q .. 'spec:' .. id, Q .. 'wants:' .. id)
  if call('EXISTS', Q .. 'dependents:' .. id) == 1 then later(id) end
end
-- place puts a step on the list of every job that wants it, and returns how
-- many those are. A step that nobody wants any more is gone.
local function place(id, first, more, class, ending)
  local jobs = wanters(id, first, more)
  if #jobs == 0 or not class then
    drop(id)
    return 0
  end
  if ending then call('HSET', step_key(id), 'st', 'R', 'end', ending) else call('HSET', step_key(id), 'st', 'R') end
  for _, job in ipairs(jobs) do
    call('RPUSH', ready_key(job, class), id)
    offer(job, class)
  end
  return #jobs
end
-- credit gives back the place in its window that a released step took.
local function credit(job, class)
  if not job or job == '' or not class then return end
  if not call('HGET', job_key(job), 'in:' .. class) then return end
  call('HINCRBY', job_key(job), 'in:' .. class, -1)
  offer(job, class)
end
-- fewer_queued counts a step less that waits in the queue for a job.
local function fewer_queued(class, job)
  if call('HINCRBY', Q .. 'queued:' .. class, job, -1) <= 0 then call('HDEL', Q .. 'queued:' .. class, job) end
end
-- unqueue takes a step out of those that wait in the queue, where it was counted
-- under the priority prio and for the job by. Retries that wait for their time
-- are kept apart: nobody has to let them go first.
local function unqueue(id, class, prio, by)
  if call('ZREM', Q .. 'released', id) == 1 then
    call('HINCRBY', Q .. 'queued:' .. class, prio, -1)
    fewer_queued(class, by)
  else
    call('ZREM', Q .. 'delayed', id)
  end
end
-- close_for counts a step as over for the jobs that want it, and reports those
-- that are finished by it.
local function close_for(jobs, by, mine, other)
  for _, job in ipairs(jobs) do
    local key, count = job_key(job), job == by and mine or other
    local j = call('HMGET', key, 'open', count, 'sealed')
    if j[1] then
      local open = tonumber(j[1]) - 1
      call('HSET', key, 'open', open, count, tonumber(j[2] or '0') + 1)
      if open <= 0 and j[3] == '1' then
        call('SADD', Q .. 'finished', job)
        call('PUBLISH', P .. 'bell', 'finished')
      end
    end
  end
end
-- resolver returns the step, other than id, that is owned and does the work rid.
-- A step that is itself that work, since it reads sources only, says so alone;
-- the others are listed: other is the one of rid, false for none, nil when that has
-- not been looked up.
local function resolver(rid, id, other)
  if other == nil then other = call('HGET', Q .. 'resolving', rid) end
  if other and other ~= id then
    local st = call('HGET', step_key(other), 'st')
    if st == 'C' or st == 'X' then return other end
  end
  if rid ~= id then
    local s = call('HMGET', step_key(rid), 'st', 'rid')
    if s[2] == rid and (s[1] == 'C' or s[1] == 'X') then return rid end
  end
end
-- unresolving lets others do the work that a step did.
local function unresolving(id, rid)
  if rid and rid ~= id and call('HGET', Q .. 'resolving', rid) == id then call('HDEL', Q .. 'resolving', rid) end
end
-- unowned ends the lease of a step and lets others do the same work.
local function unowned(id, rid)
  call('ZREM', Q .. 'leases', id)
  unresolving(id, rid)
end
-- an event for who watches; the stream is bounded and may be lost.
local function event(kind, id, jobs, worker, detail)
  call('XADD', P .. 'events', 'MAXLEN', '~', 20000, '*', 'kind', kind, 'id', id,
    'jobs', table.concat(jobs, ','), 'worker', worker or '', 'detail', detail or '')
end
-- fail_finally ends an owned step as FAILED; what depends on it is skipped by
-- settle. Returns how many jobs want it.
local function fail_finally(id, class, message, worker)
  local s = call('HMGET', step_key(id), 'job', 'more', 'class', 'by', 'rid')
  local jobs = wanters(id, s[1], s[2])
  unowned(id, s[5])
  credit(s[4], s[3])
  if #jobs == 0 then
    call('DEL', P .. 'claim:' .. id)
    drop(id)
    return 0
  end
  local now = text(now_ms())
  call('HSET', step_key(id), 'st', 'F', 'err', class, 'msg', message, 'end', 'failed')
  call('SET', P .. 'claim:' .. id, cjson.encode({status = 'FAILED', worker = worker or '', finished_at = now, error = class, message = message}),
    'PX', 3600000)
  close_for(jobs, s[4], 'failed', 'failed')
  later(id)
  call('XADD', P .. 'done', '*', 'id', id, 'jobs', table.concat(jobs, ','), 'by', s[4] or '',
    'st', 'F', 'err', class, 'msg', message, 'worker', worker or '', 'at', now)
  event('failed', id, jobs, worker, message)
  return #jobs
end
-- tell moves one step that waited for another, which is done (D), has failed (F)
-- or was skipped (S), and returns how many records that took. A step that waited
-- because the other was the same work is on its own now, however that ended.
local function tell(d, id, state)
  local s = call('HMGET', step_key(d), 'st', 'job', 'more', 'class', 'on')
  if s[1] ~= 'W' then return 1 end
  if state == 'D' or s[5] == id then
    if call('HINCRBY', step_key(d), 'miss', -1) ~= 0 then return 1 end
    return 1 + place(d, s[2], s[3], s[4])
  end
  local jobs = wanters(d, s[2], s[3])
  call('HSET', step_key(d), 'st', 'S')
  close_for(jobs, '', 'skipped', 'skipped')
  call('XADD', P .. 'done', '*', 'id', d, 'jobs', table.concat(jobs, ','), 'by', '', 'st', 'S', 'at', text(now_ms()))
  later(d)
  return 1 + #jobs
end
-- settle_dependents tells up to n of those that wait for a step, but stops when
-- the script touched 1,000 records. Returns whether some remain, and how many it
-- told.
local touched = 0
local function settle_dependents(id, state, n)
  local key = Q .. 'dependents:' .. id
  if n < 1 or touched >= 1000 then return call('EXISTS', key) == 1, 0 end
  local found = call('SRANDMEMBER', key, n)
  if #found == 0 then return false, 0 end
  local told = {}
  for _, d in ipairs(found) do
    if touched >= 1000 then break end
    told[#told + 1] = d
    touched = touched + tell(d, id, state)
  end
  call('SREM', key, unpack(told))
  return #told < #found or (#found == n and call('EXISTS', key) == 1), #told
end
