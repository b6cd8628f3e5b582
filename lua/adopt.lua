-- adopt tells a new epoch what a worker is running.
-- Guarantee: C1 and C4: what runs goes on under its old token, unless another
-- has the step already.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {epoch}:leases zset (ms), {epoch}:released zset, {epoch}:queued:{class} hash, {epoch}:job:{job} hash
-- ARGV[1] epoch; [2] worker; [3] lease, ms; then for each step: id, token
-- Returns {OK, OK | LOST | DONE...} | {EPOCH}
-- Cost O(steps), at most 300
-- USES core spare ready
local worker, lease = ARGV[2], tonumber(ARGV[3])
local now, out = now_ms(), {OK}
for i = 4, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  local s = call('HMGET', step_key(id), 'st', 'tok', 'class', 'by', 'qp', 'job')
  local st, by = s[1], s[4] or ''
  if st == 'D' or st == 'F' or st == 'S' then out[#out + 1] = DONE
  elseif (st == 'C' or st == 'X') and s[2] ~= token then out[#out + 1] = LOST
  else
    if st == 'Q' then unqueue(id, s[3], s[5], by)
    elseif st == 'W' or st == 'R' then
      by = s[6] or ''
      if by ~= '' and call('EXISTS', job_key(by)) == 1 then call('HINCRBY', job_key(by), 'in:' .. s[3], 1) end
    end
    call('HSET', step_key(id), 'st', 'X', 'by', by, 'tok', token, 'wkr', worker, 'cl', text(now), 'end', '')
    call('ZADD', Q .. 'leases', now + lease, id)
    out[#out + 1] = OK
  end
end
return out
