-- Shared by claim and complete: giving a step to a worker.

-- contents returns what the step's inputs came to: the first line of a spec
-- names the steps that it reads, separated by blanks.
local function contents(spec)
  local ids = {}
  for id in string.gmatch(string.match(spec, '^[^\n]*'), '%S+') do ids[#ids + 1] = id end
  local found = {}
  for i = 1, #ids, 500 do
    for _, hash in ipairs(call('HMGET', P .. 'results', unpack(ids, i, math.min(i + 499, #ids)))) do found[#found + 1] = hash or '-' end
  end
  return table.concat(found, ' ')
end
-- granted is what the owner of a step needs to begin.
local function granted(id, st, by, attempts, slots)
  local spec = call('GET', Q .. 'spec:' .. id) or ''
  return {OK, st, spec, attempts, contents(spec), by, slots}
end
-- own gives the step to a worker. A step that reads no other step runs at once,
-- since its resolved_id is its own id, unless another runs the same work.
local function own(id, by, token, worker, lease, rel, attempts, slots, src)
  local now, st = now_ms(), 'C'
  if src == '1' and not resolver(id, id) then st = 'X' end
  local at, till = text(now), text(now + lease)
  call('HSET', step_key(id), 'st', st, 'by', by, 'rel', rel, 'tok', token, 'wkr', worker, 'lease', till, 'cl', at,
    'rid', st == 'X' and id or '', 'end', '')
  call('ZADD', Q .. 'leases', till, id)
  -- The record is for people and tools; the invariants rest on the step.
  call('SET', P .. 'claim:' .. id, cjson.encode({status = st == 'X' and 'RUNNING' or 'CLAIMED', token = token, worker = worker,
    task = id .. ':' .. E .. ':' .. rel, attempt = attempts + 1, claimed_at = at, lease_until = till}), 'PX', 300000)
  return granted(id, st, by, attempts, slots)
end
