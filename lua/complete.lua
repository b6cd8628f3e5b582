-- complete records the results of steps that one worker has done: RUNNING ->
-- DONE, and may give it a next step for each at once. What many completions
-- have in common is done once for all of them.
-- Guarantee: C2 only the owner; C3 the first recorded hash stands; C9 a
-- repeated call by the same token gets the first answer again, in whatever
-- company. What depends on the steps is told; more than 200 are told by settle.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}claim:{id} string, {prefix}results hash, {prefix}resolved hash, {prefix}content_index hash,
--   {prefix}ipfs_index hash, {prefix}holders hash, {epoch}:dependents:{id} set, {epoch}:wants:{id} set, {epoch}:job:{job} hash,
--   {epoch}:ready:{job}:{class} list, {epoch}:turns:{class}:{priority} zset, {epoch}:leases zset, {epoch}:resolving hash, {epoch}:settle list,
--   {epoch}:finished set, {epoch}:window hash, {epoch}:queued:{class} hash, {epoch}:workers:{class} zset, {epoch}:spec:{id} string,
--   {prefix}done stream, {prefix}events stream, {epoch}:grace string
-- ARGV[1] epoch; [2] worker; [3] lease, ms; [4] tags of the worker; then for each step, at most 8: id, token, resolved_id, content_hash, cid,
--   size in bytes, executed 0|1, what the record processor needs, JSON, where the worker may be reached as a holder of the bytes, "" when
--   it does not have them, token for a next step, "" for none, most slots of it, whether it must not pass those of other jobs that wait in
--   the queue, 0|1
-- Returns {OK, an answer for each step in turn}: {OK, id in the done stream, content_hash that stands, 0}
--   | the same with the answer of claim and the next id in front of it: {OK, stream id, content_hash, next id, {OK, C|X, spec, attempts, contents, job, slots}, release}
--   | {LOST}; answers are fewer than steps when all would touch more than 1,000 records: call again for the others | {EPOCH}
-- Cost O(200 dependents + steps x (jobs that want it + inputs of the next step))
-- USES core spare ready take own
local worker, lease, tags = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local answers, mine, ids, rids = {OK}, {}, {}, {}

-- repeated is the first answer to a completion that was taken before.
local function repeated(sid, stands, nxt, next_token)
  if nxt and nxt ~= '' and next_token ~= '' then
    local n = call('HMGET', step_key(nxt), 'st', 'tok', 'by', 'rel', 'att', 'slots')
    if (n[1] == 'C' or n[1] == 'X') and n[2] == next_token then
      return {OK, sid, stands, nxt, granted(nxt, n[1], n[3], tonumber(n[5] or '0'), tonumber(n[6])), n[4]}
    end
  end
  return {OK, sid, stands, 0}
end
local twice = {}
for i = 5, #ARGV, 12 do
  local id, token = ARGV[i], ARGV[i + 1]
  -- A field that is not there costs most: Redis looks through all of them.
  local s = call('HMGET', step_key(id), 'st', 'tok', 'by', 'job', 'class', 'rid', 'more', 'fo', 'repl')
  local mine_still = (s[1] == 'C' or s[1] == 'X') and s[2] == token and not twice[id]
  local was = s[1] == 'D' and s[2] == token and call('HMGET', step_key(id), 'end', 'sid', 'hash', 'next')
  if was and was[1] == 'done' then
    answers[#answers + 1] = repeated(was[2], was[3], was[4], ARGV[i + 9])
  elseif not mine_still then
    answers[#answers + 1] = {LOST}
  else
    local jobs = wanters(id, s[4], s[7])
    if #mine > 0 and touched + 10 + #jobs > 1000 then break end -- the caller sends the others again
    twice[id] = true
    touched = touched + 10 + #jobs
    ids[#ids + 1], rids[#rids + 1] = id, ARGV[i + 2]
    answers[#answers + 1] = false
    mine[#mine + 1] = {at = #answers, id = id, rid = ARGV[i + 2], hash = ARGV[i + 3], cid = ARGV[i + 4], size = ARGV[i + 5], executed = ARGV[i + 6],
      meta = ARGV[i + 7], holder = ARGV[i + 8], next_token = ARGV[i + 9], max_slots = tonumber(ARGV[i + 10]), yields = ARGV[i + 11] == '1',
      by = s[3] or '', class = s[5], jobs = jobs, failed_on = s[8], replaces = s[9] or '', was = s[6] or '',
      stands = '', differs = '', sid = '', nxt = false, granted = false, rel = 0}
  end
end
if #mine == 0 then return answers end

-- note sets those fields of an index that are not set yet, and returns what was.
local function note(index, fields, values)
  if #fields == 0 then return {} end
  if #fields == 1 then return {call('HSETNX', P .. index, fields[1], values[1]) == 0 and call('HGET', P .. index, fields[1])} end
  local have, new = call('HMGET', P .. index, unpack(fields)), {}
  for k, known in ipairs(have) do
    if not known then new[#new + 1], new[#new + 2] = fields[k], values[k] end
  end
  if #new > 0 then call('HSET', P .. index, unpack(new)) end
  return have
end
-- Facts: the first stands, unless its bytes can be had nowhere. Mostly nothing is
-- known, and all is written with the first look.
local made = {}
for k, c in ipairs(mine) do made[k] = c.hash end
local results, resolved, known = note('results', ids, made), note('resolved', rids, made), {}
for k, c in ipairs(mine) do
  local fact = known[c.rid] or resolved[k] or results[k]
  local written = not fact
  if not fact or fact == c.replaces then fact = c.hash end
  c.stands, c.differs = fact, fact ~= c.hash and c.hash or ''
  known[c.rid] = fact
  if not written then
    call('HSET', P .. 'results', c.id, fact)
    call('HSET', P .. 'resolved', c.rid, fact)
  end
end

local hashes, makers, cids, held, holders = {}, {}, {}, {}, {}
for _, c in ipairs(mine) do
  if c.cid ~= '' and c.differs == '' then
    hashes[#hashes + 1], makers[#makers + 1], cids[#cids + 1] = c.hash, c.id, c.cid
  end
  if c.holder ~= '' then held[#held + 1], holders[#holders + 1] = c.hash, c.holder end
end
note('content_index', hashes, makers)
note('ipfs_index', hashes, cids)
for k, have in ipairs(note('holders', held, holders)) do
  if have and #have < 200 and not string.find(',' .. have .. ',', ',' .. holders[k] .. ',', 1, true) then
    call('HSET', P .. 'holders', held[k], have .. ',' .. holders[k])
  end
end
call('ZREM', Q .. 'leases', unpack(ids))

-- What completions change in a job is added up, read once and written once: how
-- many steps are over, how each counts, places in the window given back.
local tallies, order = {}, {}
local function tally(job)
  local t = tallies[job]
  if not t then
    t = {job = job, over = 0, names = {}, change = {}}
    tallies[job], order[#order + 1] = t, t
  end
  return t
end
local function add(t, field, n)
  if not t.change[field] then
    t.names[#t.names + 1] = field
    t.change[field] = 0
  end
  t.change[field] = t.change[field] + n
end
local at = text(now_ms())
for _, c in ipairs(mine) do
  unresolving(c.id, c.rid)
  if c.was ~= '' and c.was ~= c.rid then unresolving(c.id, c.was) end
  c.sid = call('XADD', P .. 'done', '*', 'id', c.id, 'jobs', table.concat(c.jobs, ','), 'by', c.by, 'st', 'D', 'rid', c.rid, 'hash', c.stands,
    'differs', c.differs, 'executed', c.executed, 'replaces', c.replaces, 'worker', worker, 'at', at, 'meta', c.meta)
  call('SET', P .. 'claim:' .. c.id, '{"status":"' .. (c.executed == '1' and 'COMPLETED' or 'CACHED') .. '","worker":' .. quoted(worker) ..
    ',"finished_at":"' .. at .. '","content_hash":"' .. c.stands .. '","cid":' .. quoted(c.cid) .. ',"size":' .. quoted(c.size) .. '}', 'PX', '3600000')
  if #c.jobs == 0 then
    -- Nobody wants it, or nobody has said so yet in this epoch.
    call('PEXPIRE', step_key(c.id), '3600000')
    call('DEL', Q .. 'spec:' .. c.id)
  end
  for _, job in ipairs(c.jobs) do
    local t = tally(job)
    t.over = t.over + 1
    add(t, job == c.by and c.executed == '1' and 'executed' or 'cached', 1)
    -- Others failed what this worker could do: that counts against them.
    if c.failed_on and c.executed == '1' then
      for other in string.gmatch(c.failed_on, '[^,]+') do add(t, 'shun:' .. other, 1) end
    end
  end
  if c.by ~= '' and c.class then
    add(tally(c.by), 'in:' .. c.class, -1)
    offer(c.by, c.class)
  end
end
for _, t in ipairs(order) do
  local j = call('HMGET', job_key(t.job), 'st', 'prio', 'open', 'sealed', 'shun:' .. worker, unpack(t.names))
  t.st, t.prio, t.open, t.sealed, t.shun, t.now = j[1], j[2], j[3], j[4], tonumber(j[5] or '0'), {}
  for k, field in ipairs(t.names) do
    if j[5 + k] or string.sub(field, 1, 3) ~= 'in:' then t.now[field] = tonumber(j[5 + k] or '0') + t.change[field] end
  end
end
local function book()
  for _, t in ipairs(order) do
    if t.open then
      local open = tonumber(t.open) - t.over
      local new = {'open', open}
      for field, n in pairs(t.now) do new[#new + 1], new[#new + 2] = field, n end
      call('HSET', job_key(t.job), unpack(new))
      if t.over > 0 and open <= 0 and t.sealed == '1' then
        call('SADD', Q .. 'finished', t.job)
        call('PUBLISH', P .. 'bell', 'finished')
      end
    end
  end
end
-- waited reports whether any step has dependents: mostly none has.
local function waited()
  if #mine == 1 then return true end
  local keys = {}
  for k, c in ipairs(mine) do keys[k] = Q .. 'dependents:' .. c.id end
  return call('EXISTS', unpack(keys)) > 0
end
local told = 0
for _, c in ipairs(waited() and mine or {}) do
  local more, n = settle_dependents(c.id, 'D', 200 - told)
  told = told + n
  if more then later(c.id) end
end

-- passes reports whether a next step of a priority would pass one of another job
-- that waits in the queue.
local function passes(c, prio)
  local n = call('HMGET', Q .. 'queued:' .. c.class, prio, c.by)
  local t = tallies[c.by]
  local own = t and t.prio == prio and tonumber(n[2] or '0') or 0
  return tonumber(n[1] or '0') > own
end
local function hand(c, nxt, job, n, known)
  c.nxt, c.granted, c.rel = nxt, own(nxt, job, c.next_token, worker, lease, n.rel, n.att, n.slots, n.src, known), n.rel
end
-- again gives out the next steps of the same job where it is plain that they come
-- next: no other job has something new or stands in line, and nothing more
-- urgent is in the queue. It spares the job going into the line and out again.
local function again(hands)
  if #order ~= 1 or #offers ~= 1 then return end
  local t, class = order[1], hands[1].class
  local place = 'in:' .. class
  if t.st ~= 'active' or not t.now[place] then return end
  local free = math.min(window(class) - t.now[place], #hands)
  if free < 1 or (t.now['shun:' .. worker] or t.shun) >= 3 then return end
  local lines, urgent = {}, {}
  for _, prio in ipairs({'high', 'default', 'low'}) do
    lines[#lines + 1] = turns_key(class, prio)
    if prio == t.prio then break end
    urgent[#urgent + 1] = prio
  end
  if call('EXISTS', unpack(lines)) > 0 then return end
  if #urgent > 0 then
    for _, queued in ipairs(call('HMGET', Q .. 'queued:' .. class, unpack(urgent))) do
      if tonumber(queued or '0') > 0 then return end
    end
  end
  local may, waits = {}, nil
  for _, c in ipairs(hands) do
    if c.yields and waits == nil then waits = passes(c, t.prio) end
    if #may < free and c.class == class and not (c.yields and waits) then may[#may + 1] = c end
  end
  if #may == 0 then return end
  local list, back, k, leases = call('LPOP', ready_key(t.job, class), #may) or {}, {}, 1, {}
  local known = foreknown(list, leases)
  for i, id in ipairs(list) do
    local n = call('HMGET', step_key(id), 'st', 'rel', 'slots', 'att', 'src', 'tags', 'fo')
    if n[1] == 'R' then -- else it was taken through another job's list
      if touched >= 1000 or tonumber(n[3]) > may[k].max_slots or n[7] or not tagged(tags, n[6]) then
        table.insert(back, 1, id)
      else
        hand(may[k], id, t.job, {rel = tonumber(n[2] or '0') + 1, slots = tonumber(n[3]), att = tonumber(n[4] or '0'), src = n[5]}, known[i])
        t.now[place] = t.now[place] + 1
        k = k + 1
      end
    end
  end
  if #leases > 0 then call('ZADD', Q .. 'leases', unpack(leases)) end
  if #back > 0 then call('LPUSH', ready_key(t.job, class), unpack(back)) end
  if t.now[place] >= window(class) then offered, offers = {}, {} end
end
local hands = {}
for _, c in ipairs(mine) do
  if c.next_token ~= '' and c.class and not grace then hands[#hands + 1] = c end
end
if #hands > 0 then again(hands) end
book()
-- in_turn gives a next step of the job whose turn it is.
local function in_turn(c)
  for _, prio in ipairs({'high', 'default', 'low'}) do
    if c.yields and passes(c, prio) then return end
    local nxt, job, n = take(c.class, prio, 50, c.max_slots, worker, tags)
    if nxt then return hand(c, nxt, job, n) end
    if job then return end -- enough was looked at; there may be more of this priority
    -- Something of this priority waits in the queue: it goes first.
    if tonumber(call('HGET', Q .. 'queued:' .. c.class, prio) or '0') > 0 then return end
  end
end
local none = {} -- of a class: for so many slots there is nothing
for _, c in ipairs(hands) do
  if not c.nxt and touched < 1000 and c.max_slots > (none[c.class] or 0) then
    queue_turns()
    in_turn(c)
    if not c.nxt and not c.yields then none[c.class] = c.max_slots end
  end
end
-- A step is written last, with the one that the worker gets next.
for _, c in ipairs(mine) do
  local key = step_key(c.id)
  call('HSET', key, 'st', 'D', 'end', 'done', 'hash', c.stands, 'sid', c.sid, 'dn', at, 'ex', c.executed,
    unpack(c.nxt and {'next', c.nxt} or {}))
  if c.rid ~= c.was then call('HSET', key, 'rid', c.rid) end
  if c.replaces ~= '' then call('HDEL', key, 'repl') end
  answers[c.at] = c.nxt and {OK, c.sid, c.stands, c.nxt, c.granted, c.rel} or {OK, c.sid, c.stands, 0}
end
toll()
return answers
