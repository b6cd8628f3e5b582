-- submit brings steps of a job into being, in chunks.
-- Guarantee: a step is ready only when its last edge is in and every input has
-- a result; a step that several jobs want exists once; a repeated chunk changes
-- nothing. A step that FAILED or was skipped begins anew for a job that did not
-- want it before; one that is done but whose result was taken back (reopen) is
-- done again. The other jobs that want such a step wait for it again.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {epoch}:spec:{id} string, {epoch}:wants:{id} set, {epoch}:dependents:{id} set, {epoch}:job:{job} hash,
--   {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset, {prefix}results hash, {epoch}:settle list, {epoch}:finished set, {epoch}:reopened hash,
--   {prefix}done stream, {prefix}events stream, {epoch}:leases zset, {epoch}:released zset, {epoch}:resolving hash, {epoch}:forgotten string
-- ARGV[1] epoch; [2] job; then for each step: id, spec, class, slots, tags (",a,b," or ""),
--   whether it reads only sources (0|1), number of the first edge given here, whether the last is among them (0|1),
--   content_hash of a result that is known and can be had nowhere, "" for none, number of edges n, n ids of steps that it reads
-- Returns {OK, steps new to the job that were done already, which count as cached} | {EPOCH} | {GONE} the job is not enlisted | {CROWDED} 1,000 jobs want a step already
-- Cost O(steps + edges), at most 500 steps and 1,000 edges a call
-- USES core ready
local job = ARGV[2]
if call('EXISTS', job_key(job)) == 0 then return {GONE} end
-- Those that wait for a step which is done are not all told while settle has
-- something to do.
local settling = call('EXISTS', Q .. 'settle') == 1
local reopened = call('EXISTS', Q .. 'reopened') == 1
local alive = {} -- steps that are sure to be over some time
local specs, free = {}, {} -- what is written at the end, all at once: specs, and by class what is ready and new
local i, already, opened, crowded = 3, 0, 0, false

-- await makes a step wait for those of its edges that have no result, and
-- returns how many those are.
local function await(id, first, last)
  local missing = 0
  for from = first, last, 500 do
    local to = math.min(from + 499, last)
    for k, known in ipairs(call('HMGET', P .. 'results', unpack(ARGV, from, to))) do
      local input = ARGV[from + k - 1]
      if not known then
        call('SADD', Q .. 'dependents:' .. input, id)
        missing = missing + 1
        if not alive[input] then
          local st = call('HGET', step_key(input), 'st')
          if not st or st == 'F' or st == 'S' then later(input) else alive[input] = true end
        end
      elseif settling then
        call('SREM', Q .. 'dependents:' .. input, id)
      end
    end
  end
  return missing
end
-- reckon takes back that a step counted as over.
local function reckon(st, jobs, by, executed)
  for _, other in ipairs(jobs) do
    if call('EXISTS', job_key(other)) == 1 then
      local count = st == 'F' and 'failed' or st == 'S' and 'skipped' or (other == by and executed == '1') and 'executed' or 'cached'
      call('HINCRBY', job_key(other), count, -1)
      call('HINCRBY', job_key(other), 'open', 1)
      call('SREM', Q .. 'finished', other)
    end
  end
end

-- Releases of a step that was forgotten and comes again are not counted from 1:
-- the queue may still hold, or keep in its archive, those of its former life.
local base = text(tonumber(call('GET', Q .. 'forgotten') or '0') * 1000000)
while i <= #ARGV do
  local id, spec, class, slots, tags, src, from, last, gone, n =
    ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], tonumber(ARGV[i + 6]), ARGV[i + 7], ARGV[i + 8], tonumber(ARGV[i + 9])
  local key, edge = step_key(id), i + 10
  local s = call('HMGET', key, 'st', 'job', 'more', 'class', 'edges', 'held', 'by', 'ex')
  local st, first, more = s[1], s[2] or '', s[3]
  local new = first ~= job and not (more == '1' and call('SISMEMBER', Q .. 'wants:' .. id, job) == 1)
  if new and more == '1' and call('SCARD', Q .. 'wants:' .. id) >= 999 then
    crowded = true
    break
  end
  if gone ~= '' and from == 0 and call('HGET', P .. 'results', id) == gone then
    -- As reopen would: start and complete do not take it for known.
    call('HDEL', P .. 'results', id)
    call('HSET', key, 'repl', gone)
  end
  local again = from == 0 and ((new and (st == 'F' or st == 'S')) or (st == 'D' and call('HEXISTS', P .. 'results', id) == 0))
  if again then
    reckon(st, wanters(id, first, more), s[7], s[8])
    call('HDEL', key, 'err', 'msg', 'fo', 'lost', 'att', 'hash', 'end', 'held', 'edges', 'tags', 'src', 'miss')
    if st ~= 'D' then call('HDEL', key, 'ropn') end
  end
  if new then
    if first ~= '' then
      call('HSET', key, 'more', '1')
      call('SADD', Q .. 'wants:' .. id, job)
      more = '1'
    else
      first = job
      if st then
        call('HSET', key, 'job', job)
        call('PERSIST', key)
      end
      if (st == 'C' or st == 'X') and s[4] then
        -- It runs although nobody wanted it: from now on for this job.
        call('HSET', key, 'by', job)
        call('HINCRBY', job_key(job), 'in:' .. s[4], 1)
      end
    end
    if st == 'D' and not again then already = already + 1 else opened = opened + 1 end
    if st == 'R' then
      call('RPUSH', ready_key(job, s[4] or class), id)
      offer(job, s[4] or class)
    end
  end
  if not st or again then
    local missing = await(id, edge, edge + n - 1)
    local ready = last == '1' and missing == 0
    local fields = {'class', class, 'slots', slots} -- few: Redis looks through all of them for each
    local function with(field, value) fields[#fields + 1], fields[#fields + 2] = field, value end
    if src == '1' then with('src', '1') end
    if last ~= '1' then
      -- One more missing input than there are holds the step until its last
      -- edge is in.
      missing = missing + 1
      with('held', '1')
      with('edges', n)
    end
    if missing > 0 then with('miss', missing) end
    if tags ~= '' then with('tags', tags) end
    if not st then
      if base ~= '0' then with('rel', base) end
      with('job', job)
    end
    call('HSET', key, 'st', not st and ready and 'R' or 'W', unpack(fields))
    if reopened then call('HDEL', Q .. 'reopened', id) end
    specs[#specs + 1], specs[#specs + 2] = Q .. 'spec:' .. id, spec
    if ready and st then
      place(id, first, more, class)
    elseif ready then -- of this job alone, and written as ready already
      free[class] = free[class] or {}
      table.insert(free[class], id)
    end
  elseif not s[4] then
    -- Adopted or reported before it was submitted.
    call('HSET', key, 'class', class, 'slots', slots, 'src', src, 'tags', tags)
    specs[#specs + 1], specs[#specs + 2] = Q .. 'spec:' .. id, spec
    if st == 'C' or st == 'X' then
      call('HSET', key, 'by', job)
      call('HINCRBY', job_key(job), 'in:' .. class, 1)
    end
  elseif s[6] == '1' and st == 'W' and from + n > tonumber(s[5]) then
    local missing = await(id, edge + tonumber(s[5]) - from, edge + n - 1)
    if last == '1' then
      call('HDEL', key, 'held', 'edges')
      if call('HINCRBY', key, 'miss', missing - 1) == 0 then place(id, first, more, s[4]) end
    else
      call('HINCRBY', key, 'miss', missing)
      call('HSET', key, 'edges', from + n)
    end
  end
  alive[id] = st ~= 'F' and st ~= 'S' or again
  i = edge + n
end
if #specs > 0 then call('MSET', unpack(specs)) end
for class, ids in pairs(free) do
  call('RPUSH', ready_key(job, class), unpack(ids))
  offer(job, class)
end
if opened > 0 then
  call('HINCRBY', job_key(job), 'open', opened)
  call('SREM', Q .. 'finished', job)
end
if already > 0 then call('HINCRBY', job_key(job), 'cached', already) end
toll()
if crowded then return {CROWDED} end
return {OK, already}
