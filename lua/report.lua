-- report repeats completions that were not recorded before Redis forgot them.
-- Guarantee: C3; what is known already stays; a step that runs is left alone.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:step:{id} hash, {prefix}results hash, {prefix}resolved hash, {prefix}content_index hash, {prefix}ipfs_index hash,
--   {prefix}holders hash, {prefix}done stream, and as of complete
-- ARGV[1] epoch; [2] worker; [3] holder; then for each: id, resolved_id, content_hash, cid, jobs (separated by commas), meta JSON
-- Returns {OK, id in the done stream...} | {EPOCH}
-- Cost O(completions x 200), at most 5 a call
-- USES core spare ready
local worker, holder = ARGV[2], ARGV[3]
local out, now = {OK}, text(now_ms())
for i = 4, #ARGV, 6 do
  local id, rid, hash, cid, listed, meta = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  call('HSETNX', P .. 'results', id, hash)
  call('HSETNX', P .. 'resolved', rid, hash)
  if cid ~= '' then
    call('HSETNX', P .. 'content_index', hash, id)
    call('HSETNX', P .. 'ipfs_index', hash, cid)
  end
  if holder ~= '' then call('HSETNX', P .. 'holders', hash, holder) end
  local s = call('HMGET', step_key(id), 'st', 'job', 'more', 'class', 'by', 'qp')
  local st, jobs = s[1], wanters(id, s[2], s[3])
  local names = #jobs > 0 and table.concat(jobs, ',') or listed
  out[#out + 1] = call('XADD', P .. 'done', '*', 'id', id, 'jobs', names, 'by', string.match(names, '^[^,]*'), 'st', 'D', 'rid', rid,
    'hash', hash, 'differs', '', 'executed', '1', 'replaces', '', 'worker', worker, 'at', now, 'meta', meta)
  if not st or st == 'W' or st == 'R' or st == 'Q' then
    if st == 'Q' then
      unqueue(id, s[4], s[6], s[5] or '')
      credit(s[5], s[4])
    end
    call('HSET', step_key(id), 'st', 'D', 'hash', hash, 'dn', now, 'rid', rid, 'ex', '1', 'by', jobs[1] or '', 'end', '')
    -- A job that is submitted soon finds it done.
    if not st then call('PEXPIRE', step_key(id), 3600000) end
    close_for(jobs, jobs[1], 'executed', 'cached')
  end
  if settle_dependents(id, 'D', 200) then later(id) end
end
toll()
return out
