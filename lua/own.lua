-- Shared by claim and complete: giving a step to a worker.

-- contents returns what the step's inputs came to: the first line of a spec
-- names the steps that it reads, separated by blanks.
local function contents(spec)
  local ids = {}
  for id in string.gmatch(string.match(spec, '^[^\n]*'), '%S+') do ids[#ids + 1] = id end
  local found = {}
  touched = touched + #ids
  for i = 1, #ids, 500 do
    for _, hash in ipairs(call('HMGET', P .. 'results', unpack(ids, i, math.min(i + 499, #ids)))) do found[#found + 1] = hash or '-' end
  end
  return table.concat(found, ' ')
end
-- granted is what the owner of a step needs to begin; spec is nil when it has not
-- been looked up.
local function granted(id, st, by, attempts, slots, spec)
  spec = spec or call('GET', Q .. 'spec:' .. id) or ''
  return {OK, st, spec, attempts, contents(spec), by, slots}
end
local quoted = cjson.encode -- a string as JSON
local claimed_at, lease_until -- ms, the same for all steps that a script gives out
-- own gives the step to a worker. A step that reads no other step runs at once,
-- since its resolved_id is its own id, unless another runs the same work. known
-- is what foreknown has of it, and the lease goes into its list, which the caller
-- writes; nil when nothing was looked up before.
local function own(id, by, token, worker, lease, rel, attempts, slots, src, known)
  local st = 'C'
  if src == '1' and not resolver(id, id, known and known.other) then st = 'X' end
  if not claimed_at then claimed_at, lease_until = text(now_ms()), text(now_ms() + lease) end
  call('HSET', step_key(id), 'st', st, 'by', by, 'rel', rel, 'tok', token, 'wkr', worker, 'cl', claimed_at, 'rid', st == 'X' and id or '', 'end', '')
  if known then
    known.leases[#known.leases + 1], known.leases[#known.leases + 2] = lease_until, id
  else
    call('ZADD', Q .. 'leases', lease_until, id)
  end
  -- The record is for people and tools; the invariants rest on the step. Written
  -- out, because a table for cjson costs three times as much.
  call('SET', P .. 'claim:' .. id, '{"status":"' .. (st == 'X' and 'RUNNING' or 'CLAIMED') .. '","token":' .. quoted(token) ..
    ',"worker":' .. quoted(worker) .. ',"task":"' .. id .. ':' .. E .. ':' .. rel .. '","attempt":' .. attempts + 1 ..
    ',"claimed_at":"' .. claimed_at .. '","lease_until":"' .. lease_until .. '"}', 'PX', '300000')
  return granted(id, st, by, attempts, slots, known and known.spec)
end
-- foreknown looks up for several steps at once what own needs of each; their
-- leases gather in a list, for one command as well.
local function foreknown(ids, leases)
  if #ids < 2 then return {} end
  local keys, known = {}, {}
  for k, id in ipairs(ids) do keys[k] = Q .. 'spec:' .. id end
  local specs, others = call('MGET', unpack(keys)), call('HMGET', Q .. 'resolving', unpack(ids))
  for k in ipairs(ids) do known[k] = {spec = specs[k] or '', other = others[k], leases = leases} end
  return known
end
