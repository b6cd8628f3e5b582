-- Shared by the verbs that ask whose turn it is, or whether a step is wanted.

-- active reports whether some job still wants the step done now.
local function active(id, by, first, more)
  if by and by ~= '' and call('HGET', job_key(by), 'st') == 'active' then return true end
  local cancelled = true
  for _, job in ipairs(wanters(id, first, more)) do
    local st = call('HGET', job_key(job), 'st')
    if st == 'active' then return true end
    if st == 'paused' then cancelled = false end
  end
  return false, cancelled and CANCELLED or PAUSED
end
-- tagged reports whether ",a,b," has all of some tags.
local function tagged(have, tags)
  for tag in string.gmatch(tags or '', '[^,]+') do
    if not string.find(have, ',' .. tag .. ',', 1, true) then return false end
  end
  return true
end
-- fits reports whether a worker with these tags (",a,b,") may take a step: it
-- has the tags, and did not fail it while others live who did not.
local function fits(class, job, tags, failed_on, worker, have)
  if not tagged(have, tags) then return false end
  local failed_here = failed_on and string.find(failed_on, ',' .. worker .. ',', 1, true)
  if not failed_here and tonumber(call('HGET', job_key(job or ''), 'shun:' .. worker) or '0') < 3 then return true end
  local _, failed = string.gsub(failed_on or '', '[^,]+', '')
  local alive = call('ZCOUNT', Q .. 'workers:' .. class, now_ms() - 20000, '+inf')
  return alive <= math.max(failed, 1)
end
-- take returns the next ready step of a class and priority, its job and its
-- fields rel, slots, att and src, and charges the job, which goes to the end of
-- the line; nil when nothing may go, and whether that is because the script has
-- looked at enough entries.
local looked = 0
local function take(class, prio, looks, max_slots, worker, have)
  local turns = turns_key(class, prio)
  while looked < looks do
    looked = looked + 1
    local line = call('ZRANGE', turns, 0, 1)
    local job = line[1]
    if not job then return nil, false end
    local w = window(class)
    local j = call('HMGET', job_key(job), 'st', 'in:' .. class)
    local used = tonumber(j[2] or '0')
    local id = j[1] == 'active' and used < w and call('LPOP', ready_key(job, class))
    if not id then
      call('ZREM', turns, job)
    else
      local s = call('HMGET', step_key(id), 'st', 'rel', 'slots', 'att', 'src', 'tags', 'fo')
      if s[1] == 'R' then
        if worker and (tonumber(s[3]) > max_slots or not fits(class, job, s[6], s[7], worker, have)) then
          call('LPUSH', ready_key(job, class), id)
          return nil, false
        end
        call('HSET', job_key(job), 'in:' .. class, used + 1)
        if used + 1 >= w then call('ZREM', turns, job)
        elseif line[2] then call('ZADD', turns, call('INCR', Q .. 'turn'), job) end
        return id, job, {rel = tonumber(s[2] or '0') + 1, slots = tonumber(s[3]), att = tonumber(s[4] or '0'), src = s[5]}
      end
    end
  end
  return nil, true
end
