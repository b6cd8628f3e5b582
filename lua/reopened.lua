-- reopened lists results that are to be made again, each with a job that waits
-- for it. An entry stays until its step is submitted, so that none is lost when a
-- scheduler ends in between; one that nobody waits for is removed.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:reopened hash, {epoch}:dependents:{id} set, {epoch}:step:{id} hash, {epoch}:wants:{id} set, {epoch}:job:{job} hash
-- ARGV[1] epoch; [2] most to list, up to 50
-- Returns {OK, {job, producer, content_hash}...} | {EPOCH}
-- Cost O(listed x 20 steps that wait)
-- USES core spare ready
local out = {OK}
local found = call('HRANDFIELD', Q .. 'reopened', tonumber(ARGV[2]), 'WITHVALUES')
-- waiting returns a job that waits for the result, and whether all were asked.
local function waiting(producer)
  local some = call('SRANDMEMBER', Q .. 'dependents:' .. producer, 20)
  for _, id in ipairs(some) do
    local s = call('HMGET', step_key(id), 'st', 'job', 'more')
    if s[1] == 'W' then
      for _, job in ipairs(wanters(id, s[2], s[3])) do
        local st = call('HGET', job_key(job), 'st')
        if st == 'active' or st == 'paused' then return job end
      end
    end
  end
  return nil, #some < 20
end
for i = 1, #found, 2 do
  local job, all = waiting(found[i])
  if job then out[#out + 1] = {job, found[i], found[i + 1]}
  elseif all then call('HDEL', Q .. 'reopened', found[i]) end
end
return out
