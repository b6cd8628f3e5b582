-- dispatch releases ready steps of one class to the queue: jobs take turns, and
-- each has a window.
-- Guarantee: a step is released once; its number of release rises each time.
-- A lost reply leaves it released and not queued: requeue finds it.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:turns:{class}:{priority} zset, {epoch}:job:{job} hash, {epoch}:ready:{job}:{class} list, {epoch}:step:{id} hash,
--   {epoch}:window hash, {epoch}:released zset (ms), {epoch}:queued:{class} hash
-- ARGV[1] epoch; [2] class; [3] most to release of each priority, 1 to 100
-- Returns {OK, {id, release, slots, priority}...} | {EPOCH}
-- Cost O(released), at most 300 steps; looks at 500 entries, some of which others may have taken already, and rings the bell for more
-- USES core ready take
local class, most = ARGV[2], tonumber(ARGV[3])
local now, out = text(now_ms()), {OK}
for _, prio in ipairs({'high', 'default', 'low'}) do
  local queued, of = {}, {}
  while #queued < 2 * most do
    local id, job, s = take(class, prio, 500)
    if not id then
      if job then call('PUBLISH', P .. 'bell', 'ready') end
      break
    end
    call('HSET', step_key(id), 'st', 'Q', 'by', job, 'rel', s.rel, 'qp', prio)
    queued[#queued + 1] = now
    queued[#queued + 1] = id
    of[job] = (of[job] or 0) + 1
    out[#out + 1] = {id, s.rel, s.slots, prio}
  end
  if #queued > 0 then
    call('ZADD', Q .. 'released', unpack(queued))
    call('HINCRBY', Q .. 'queued:' .. class, prio, #queued / 2)
    for job, n in pairs(of) do call('HINCRBY', Q .. 'queued:' .. class, job, n) end
  end
end
return out
