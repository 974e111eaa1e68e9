-- ARGV: 1 a generation of our own making 2 lease ms. Returns { epoch ms, ready (1 0), same | new, eviction policy if
-- new }.
-- Another run id, a missing key or a missing generation: what is here may be anything, so it does not rule until every
-- switch was swept. What it holds is kept, counted anew and leased anew; the sweeps free what is not alive.
local run = string.match(call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local was = call('HMGET', H, 'gen', 'run', 'ready', 'seen')
local first = call('ZRANGE', Z, 0, 0)[1]
if was[1] and first == was[1] and was[2] == run then
  if wasUnattended(was[4]) then leaseAllAnew() else call('HSET', H, 'seen', now) end
  return { tostring(now), was[3] or '0', 'same', '' }
end

local fields = all()
call('DEL', Z)
local counts = {}
local function more(field) counts[field] = (counts[field] or 0) + 1 end
for field, value in pairs(fields) do
  local kind = string.match(field, '^(%a+):')
  if kind == 'd' or kind == 'p' or kind == 'k' or kind == 'x' then counts[field] = counts[field] or 0 end
  if kind == 'w' then call('HDEL', H, field) end
  if isMember(field) then
    local s = read(value)
    more('k:' .. s.trunk)
    if s.state == 'r' then more('x:' .. s.trunk) end
    if s.tenant ~= '' then
      more('d:' .. s.tenant .. '|' .. s.direction)
      if s.shared == '1' then more('p:' .. s.tenant) end
    end
    lease(field, string.match(field, '^..([^|]*)'), ARGV[2])
  end
end
for field, number in pairs(counts) do call('HSET', H, field, number) end
call('HSET', H, 'gen', ARGV[1], 'run', run, 'ready', '0', 'seen', now)
call('ZADD', Z, '-inf', ARGV[1])
findDue()
return { tostring(now), '0', 'new', string.match(call('INFO', 'memory'), 'maxmemory_policy:(%S+)') or '' }
