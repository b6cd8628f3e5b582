-- Shared by every verb: the epoch wall, key names, the clock.
local OK, EPOCH, STALE, BUSY, DONE, PAUSED, NOT_ME, LOST, WAIT, HIT, FAILED, GONE, RETRY, CANCELLED, CROWDED =
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
local call = redis.call
local P = string.sub(KEYS[1], 1, -6) -- the prefix: KEYS[1] is {prefix}epoch
local Q = P .. ARGV[1] .. ':' -- coordination of one epoch
local E, grace = unpack(call('MGET', KEYS[1], Q .. 'grace')) -- grace: while it lives no claim is granted
if not E or E ~= ARGV[1] then return {EPOCH} end
local function step_key(id) return Q .. 'step:' .. id end
local function job_key(job) return Q .. 'job:' .. job end
local function ready_key(job, class) return Q .. 'ready:' .. job .. ':' .. class end
local function turns_key(class, prio) return Q .. 'turns:' .. class .. ':' .. prio end
local clock -- stands still within a script
local function now_ms()
  if not clock then
    local t = call('TIME')
    clock = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  return clock
end
-- A number as its decimal text: Lua would write 1.7e+12.
local function text(n) return string.format('%.0f', n) end
