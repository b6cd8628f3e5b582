-- settle tells those that wait for a finished step, in bounded portions: what
-- complete left over, and what failed or was skipped.
-- Guarantee: C5 a step that waits for one that is gone is told as well: its owner
-- finds the bytes missing, and reopen has them made.
-- KEYS[1] {prefix}epoch string
-- DERIVED {epoch}:settle list, {epoch}:dependents:{id} set, and as of complete
-- ARGV[1] epoch; [2] most to tell, up to 200
-- Returns {OK, whether more is left 0|1, how many were told} | {EPOCH}
-- Cost O(told + jobs that want them), stops when those are 1,000
-- USES core spare ready
local id = call('LPOP', Q .. 'settle')
if not id then return {OK, 0, 0} end
local st = call('HGET', step_key(id), 'st') or 'D'
local left, told = false, 0
if st == 'D' or st == 'F' or st == 'S' then
  left, told = settle_dependents(id, st, tonumber(ARGV[2]))
  if left then call('RPUSH', Q .. 'settle', id) end
end
toll()
return {OK, call('EXISTS', Q .. 'settle'), told}
