-- reopen takes back results whose bytes can be had nowhere: the consumer waits
-- again, and the scheduler submits the producers again.
-- Guarantee: C2 only the consumer's owner; at most 3 times for one step; a repeated call
-- gets the first answer again.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}results hash, {prefix}resolved hash, {prefix}holders hash, {epoch}:dependents:{id} set,
--   {epoch}:reopened hash, and as of fail
-- ARGV[1] epoch; [2] consumer; [3] its token; [4] worker; then for each input that is gone: producer, content_hash
-- Returns {OK} | {FAILED} its inputs keep vanishing | {LOST} | {EPOCH}
-- Cost O(inputs + jobs that want it), at most 300 inputs
-- USES core spare ready
local id, token, worker = ARGV[2], ARGV[3], ARGV[4]
local s = call('HMGET', step_key(id), 'st', 'tok', 'by', 'class', 'rid', 'cl', 'job', 'more', 'end', 'ropn')
if s[2] == token and s[9] == 'reopen' then return {OK} end
if s[2] == token and s[9] == 'failed' then return {FAILED} end
if (s[1] ~= 'C' and s[1] ~= 'X') or s[2] ~= token then return {LOST} end
local times = tonumber(s[10] or '0') + 1
local jobs = wanters(id, s[7], s[8])
if times > 3 then
  fail_finally(id, 'unavailable', 'its inputs keep vanishing: ' .. (ARGV[6] or '?') .. ' was made again 3 times and can be had nowhere', worker)
  toll()
  return {FAILED}
end
unowned(id, s[5])
call('DEL', P .. 'claim:' .. id)
credit(s[3], s[4])
if #jobs == 0 or not s[4] then
  drop(id)
  toll()
  return {OK}
end
local waits, seen = 0, {}
for i = 5, #ARGV, 2 do
  local producer, gone = ARGV[i], ARGV[i + 1]
  local p = call('HMGET', step_key(producer), 'st', 'dn', 'rid')
  local known = call('HEXISTS', P .. 'results', producer) == 1
  local again = known and p[1] == 'D' and tonumber(p[2] or '0') > tonumber(s[6] or '0') -- made meanwhile
  if not again and not seen[producer] then
    seen[producer] = true
    call('SADD', Q .. 'dependents:' .. producer, id)
    waits = waits + 1
    if known then
      call('HDEL', P .. 'results', producer)
      call('HDEL', P .. 'resolved', p[3] or producer)
      call('HDEL', P .. 'holders', gone)
      if p[1] then call('HSET', step_key(producer), 'repl', gone) end
    end
    if not p[1] or p[1] == 'D' then
      call('HSET', Q .. 'reopened', producer, gone)
      call('PUBLISH', P .. 'bell', 'reopened')
    elseif p[1] == 'F' or p[1] == 'S' then
      later(producer) -- it will not be made again for this job
    end
  end
end
call('HSET', step_key(id), 'st', 'W', 'miss', waits, 'ropn', times, 'end', 'reopen')
if waits == 0 then place(id, s[7], s[8], s[4], 'reopen') end
toll()
return {OK}
