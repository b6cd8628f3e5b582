-- sweep takes steps back whose lease has lapsed.
-- Guarantee: C5; C7 a step that lost its worker 5 times is FAILED.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:leases zset (ms), {epoch}:step:{id} hash, and as of fail
-- ARGV[1] epoch; [2] most to take back, up to 100
-- Returns {OK, id...} | {EPOCH}
-- Cost O(taken back + jobs that want them), stops when those are 1,000
-- USES core spare ready
local out = {OK}
for _, id in ipairs(call('ZRANGEBYSCORE', Q .. 'leases', '-inf', now_ms(), 'LIMIT', 0, tonumber(ARGV[2]))) do
  if touched >= 1000 then break end
  touched = touched + 1
  local s = call('HMGET', step_key(id), 'st', 'by', 'class', 'rid', 'wkr', 'job', 'more', 'lost')
  if s[1] ~= 'C' and s[1] ~= 'X' then
    call('ZREM', Q .. 'leases', id)
  else
    local lost = tonumber(s[8] or '0') + 1
    out[#out + 1] = id
    call('HSET', step_key(id), 'lost', lost)
    if lost >= 5 then
      touched = touched + fail_finally(id, 'lost',
        'it kills its workers: 5 of them were lost while they executed it, the last was ' .. (s[5] or '?'), s[5])
    else
      unowned(id, s[4])
      call('DEL', P .. 'claim:' .. id)
      credit(s[2], s[3])
      touched = touched + place(id, s[6], s[7], s[3])
      event('lost', id, wanters(id, s[6], s[7]), s[5], '')
    end
  end
end
toll()
return out
