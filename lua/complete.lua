-- complete records the result of a step: RUNNING -> DONE, and may give the
-- worker its next step at once.
-- Guarantee: C2 only the owner; C3 the first recorded hash stands; C9 a
-- repeated call by the same token gets the first answer again. What depends on
-- the step is told; more than 200 are told by settle.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}claim:{id} string, {prefix}results hash, {prefix}resolved hash, {prefix}content_index hash,
--   {prefix}ipfs_index hash, {prefix}holders hash, {epoch}:dependents:{id} set, {epoch}:wants:{id} set, {epoch}:job:{job} hash,
--   {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset, {epoch}:leases zset, {epoch}:resolving hash, {epoch}:settle list,
--   {epoch}:finished set, {epoch}:window hash, {epoch}:queued:{class} hash, {epoch}:workers:{class} zset, {epoch}:spec:{id} string,
--   {prefix}done stream, {prefix}events stream, {epoch}:grace string
-- ARGV[1] epoch; [2] id; [3] token; [4] resolved_id; [5] content_hash; [6] cid; [7] size, bytes; [8] worker; [9] executed 0|1;
--   [10] what the record processor needs, JSON; [11] token for a next step, "" for none; [12] most slots of it; [13] lease, ms; [14] tags of the worker;
--   [15] where the worker may be reached as a holder of the bytes, "" when it does not have them;
--   [16] whether a next step must not pass those of other jobs that wait in the queue, 0|1
-- Returns {OK, id in the done stream, content_hash that stands, 0} | the same with the answer of claim and the next id in front of it:
--   {OK, stream id, content_hash, next id, {OK, C|X, spec, attempts, contents, job, slots}, release} | {LOST} | {EPOCH}
-- Cost O(200 dependents + jobs that want it + inputs of the next step)
-- USES core spare ready take own
local id, token, rid, hash, cid, size, worker, executed = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local meta, next_token, max_slots, lease, tags, holder, yields = ARGV[10], ARGV[11], tonumber(ARGV[12]), tonumber(ARGV[13]), ARGV[14], ARGV[15], ARGV[16] == '1'
local s = call('HMGET', step_key(id), 'st', 'tok', 'by', 'job', 'more', 'class', 'fo', 'end', 'hash', 'sid', 'next', 'repl', 'rid')
if s[1] == 'D' and s[2] == token and s[8] == 'done' then
  local nxt = s[11]
  if nxt and nxt ~= '' and next_token ~= '' then
    local n = call('HMGET', step_key(nxt), 'st', 'tok', 'by', 'rel', 'att', 'slots')
    if (n[1] == 'C' or n[1] == 'X') and n[2] == next_token then
      return {OK, s[10], s[9], nxt, granted(nxt, n[1], n[3], tonumber(n[5] or '0'), tonumber(n[6])), n[4]}
    end
  end
  return {OK, s[10], s[9], 0}
end
if (s[1] ~= 'C' and s[1] ~= 'X') or s[2] ~= token then return {LOST} end
local by, class = s[3] or '', s[6]

-- Mostly nothing is known: one look and write at once for each.
local stands, differs = hash, ''
local newly = call('HSETNX', P .. 'resolved', rid, hash)
if call('HSETNX', P .. 'results', id, hash) + newly < 2 then
  local known = newly == 0 and call('HGET', P .. 'resolved', rid) or call('HGET', P .. 'results', id)
  if known == s[12] then known = hash end -- its bytes can be had nowhere
  if known ~= hash then stands, differs = known, hash end
  call('HSET', P .. 'results', id, stands)
  call('HSET', P .. 'resolved', rid, stands)
end
local jobs = wanters(id, s[4], s[5])
unowned(id, rid)
if s[13] and s[13] ~= '' and s[13] ~= rid then unowned(id, s[13]) end
if cid ~= '' and differs == '' then
  call('HSETNX', P .. 'content_index', hash, id)
  call('HSETNX', P .. 'ipfs_index', hash, cid)
end
if holder ~= '' and call('HSETNX', P .. 'holders', hash, holder) == 0 then
  local have = call('HGET', P .. 'holders', hash)
  if #have < 200 and not string.find(',' .. have .. ',', ',' .. holder .. ',', 1, true) then
    call('HSET', P .. 'holders', hash, have .. ',' .. holder)
  end
end
local at = text(now_ms())
local sid = call('XADD', P .. 'done', '*', 'id', id, 'jobs', table.concat(jobs, ','), 'by', by, 'st', 'D', 'rid', rid, 'hash', stands,
  'differs', differs, 'executed', executed, 'replaces', s[12] or '', 'worker', worker, 'at', at, 'meta', meta)
call('SET', P .. 'claim:' .. id, cjson.encode({status = executed == '1' and 'COMPLETED' or 'CACHED', worker = worker, finished_at = at,
  content_hash = stands, cid = cid, size = size}), 'PX', 3600000)
-- answer writes the step last, with the one that the worker gets next.
local function answer(nxt, granted, rel)
  call('HSET', step_key(id), 'st', 'D', 'end', 'done', 'hash', stands, 'sid', sid, 'dn', at, 'rid', rid, 'ex', executed,
    'next', nxt or '', 'repl', '')
  toll()
  if not nxt then return {OK, sid, stands, 0} end
  return {OK, sid, stands, nxt, granted, rel}
end
if #jobs == 0 then
  -- Nobody wants it, or nobody has said so yet in this epoch.
  call('PEXPIRE', step_key(id), 3600000)
  call('DEL', Q .. 'spec:' .. id)
end
if s[7] and executed == '1' then
  -- Others failed what this worker could do: that counts against them.
  for other in string.gmatch(s[7], '[^,]+') do
    for _, job in ipairs(jobs) do call('HINCRBY', job_key(job), 'shun:' .. other, 1) end
  end
end
-- over counts the step as over and gives its place in the window back. Mostly
-- one job wants it: then that takes one look, and one write, which is left to
-- write; what was seen is returned: state, priority, places used, steps that this
-- worker failed.
local write = function() end -- (places that a next step takes)
local function over()
  local mine = executed == '1' and 'executed' or 'cached'
  if #jobs ~= 1 or jobs[1] ~= by or not class then
    close_for(jobs, by, mine, 'cached')
    credit(by, class)
    return nil
  end
  local key, place = job_key(by), 'in:' .. class
  local j = call('HMGET', key, 'open', mine, 'sealed', place, 'st', 'prio', 'shun:' .. worker)
  if not j[1] then return nil end
  local open, used = tonumber(j[1]) - 1, tonumber(j[4] or '1') - 1
  write = function(more)
    call('HSET', key, 'open', open, mine, tonumber(j[2] or '0') + 1, place, used + more)
    if open <= 0 and j[3] == '1' then
      call('SADD', Q .. 'finished', by)
      call('PUBLISH', P .. 'bell', 'finished')
    end
  end
  offer(by, class)
  return {st = j[5], prio = j[6], used = used, shun = tonumber(j[7] or '0')}
end
local seen = over()
if settle_dependents(id, 'D', 200) then later(id) end
if next_token == '' or not class or grace then
  write(0)
  return answer()
end
-- passes reports whether a next step of a priority would pass one of another job
-- that waits in the queue, where it must not.
local function passes(prio)
  if not yields then return false end
  local n = call('HMGET', Q .. 'queued:' .. class, prio, by)
  local own = seen and seen.prio == prio and tonumber(n[2] or '0') or 0
  return tonumber(n[1] or '0') > own
end
-- again returns the next step of the same job where it is plain that it comes
-- next: no other job has something new or stands in line, and nothing more
-- urgent is in the queue. It spares the job going into the line and out again.
local function again()
  if not seen or #offers ~= 1 or seen.st ~= 'active' or seen.shun >= 3 or seen.used >= window(class) then return end
  local lines, urgent = {}, {}
  for _, prio in ipairs({'high', 'default', 'low'}) do
    lines[#lines + 1] = turns_key(class, prio)
    if prio == seen.prio then break end
    urgent[#urgent + 1] = prio
  end
  if call('EXISTS', unpack(lines)) > 0 then return end
  if #urgent > 0 then
    for _, queued in ipairs(call('HMGET', Q .. 'queued:' .. class, unpack(urgent))) do
      if tonumber(queued or '0') > 0 then return end
    end
  end
  local nxt = not passes(seen.prio) and call('LPOP', ready_key(by, class))
  if not nxt then return end
  local n = call('HMGET', step_key(nxt), 'st', 'rel', 'slots', 'att', 'src', 'tags', 'fo')
  if n[1] ~= 'R' then return end -- taken through another job's list
  if tonumber(n[3]) > max_slots or n[7] or not tagged(tags, n[6]) then
    call('LPUSH', ready_key(by, class), nxt)
    return
  end
  write(1)
  if seen.used + 1 >= window(class) then offered, offers = {}, {} end
  return nxt, {rel = tonumber(n[2] or '0') + 1, slots = tonumber(n[3]), att = tonumber(n[4] or '0'), src = n[5]}
end
local function hand(nxt, job, n)
  return answer(nxt, own(nxt, job, next_token, worker, lease, n.rel, n.att, n.slots, n.src), n.rel)
end
local nxt, n = again()
if nxt then return hand(nxt, by, n) end
write(0)
queue_turns()
for _, prio in ipairs({'high', 'default', 'low'}) do
  if passes(prio) then break end
  local nxt, job, n = take(class, prio, 50, max_slots, worker, tags)
  if nxt then return hand(nxt, job, n) end
  -- Something of this priority waits in the queue: it goes first.
  if tonumber(call('HGET', Q .. 'queued:' .. class, prio) or '0') > 0 then break end
end
return answer()
