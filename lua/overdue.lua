-- overdue lists steps that were released a while ago and not claimed since.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:released zset (ms), {epoch}:delayed zset (ms), {epoch}:step:{id} hash, {epoch}:job:{job} hash
-- ARGV[1] epoch; [2] age, ms; [3] most, up to 200
-- Returns {OK, {id, release, slots, class, priority}...} | {EPOCH}
-- Cost O(listed)
-- USES core
local out = {OK}
for _, list in ipairs({'released', 'delayed'}) do
  for _, id in ipairs(call('ZRANGEBYSCORE', Q .. list, '-inf', now_ms() - tonumber(ARGV[2]), 'LIMIT', 0, tonumber(ARGV[3]))) do
    local s = call('HMGET', step_key(id), 'st', 'rel', 'slots', 'class', 'by')
    if s[1] == 'Q' then
      out[#out + 1] = {id, tonumber(s[2]), tonumber(s[3] or '1'), s[4], call('HGET', job_key(s[5]), 'prio') or 'default'}
    else
      call('ZREM', Q .. list, id)
    end
  end
end
return out
