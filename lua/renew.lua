-- renew keeps a worker and all its claims alive.
-- Guarantee: C2; C10 what nobody wants any more is told so.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}claim:{id} string, {epoch}:leases zset (ms), {epoch}:workers:{class} zset (ms),
--   {prefix}worker:{worker} string, {prefix}workers set, {prefix}recorded string, {epoch}:job:{job} hash, {epoch}:wants:{id} set, {prefix}drain:{worker} string
-- ARGV[1] epoch; [2] worker; [3] lease, ms; [4] description, JSON, "" for none; [5] classes, ",a,b,"; then for each step: id, token, progress 0 to 1
-- Returns {OK, cursor up to which completions are recorded, 1 when it is to drain, KEPT = OK | LOST | CANCELLED...} | {EPOCH}
-- Cost O(steps), at most 300
-- USES core spare ready take
local worker, lease, description, classes = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local now = now_ms()
local till = text(now + lease)
if description ~= '' then
  call('SET', P .. 'worker:' .. worker, description, 'PX', 20000)
  call('SADD', P .. 'workers', worker)
  for class in string.gmatch(classes, '[^,]+') do call('ZADD', Q .. 'workers:' .. class, now, worker) end
end
local out = {OK, call('GET', P .. 'recorded') or '', call('EXISTS', P .. 'drain:' .. worker)}
for i = 6, #ARGV, 3 do
  local id, token, progress = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local s = call('HMGET', step_key(id), 'st', 'tok', 'by', 'job', 'more', 'cl', 'att')
  if (s[1] ~= 'C' and s[1] ~= 'X') or s[2] ~= token then
    out[#out + 1] = LOST
  else
    call('ZADD', Q .. 'leases', till, id)
    call('SET', P .. 'claim:' .. id, cjson.encode({status = s[1] == 'X' and 'RUNNING' or 'CLAIMED', token = token, worker = worker,
      claimed_at = s[6], attempt = tonumber(s[7] or '0') + 1, lease_until = till, progress = progress}), 'PX', 300000)
    local go, why = active(id, s[3], s[4], s[5])
    out[#out + 1] = (go or why == PAUSED or not s[4]) and OK or CANCELLED
  end
end
return out
