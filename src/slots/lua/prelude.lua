-- Shared by every script: how a slot is written, counted, leased and collected. ledger.ts has the same rules.
--
-- KEYS[1] hash: everything that is counted, in one key so that it is lost or kept as a whole
--   l:<server>|<uniqueid>  slot of a trunk leg       a:<server>|<uniqueid>  pending slot of an asking channel
--   q:<server>|<asker>     its latest leg            d: p: k: x:            counts of tenant|direction, tenant on the
--   rt: rk:                arrival times (GCRA)                             pool, trunk, refused legs on it
--   f:<server>             frozen                    b: e:<server>          boot that runs, boots seen before it
--   gen run ready pool w:<server>                    which store this is and whether it rules
--   due                    no lease ends before it; saves most scripts the look at KEYS[2]
--   seen                   when a node last said that it is there
-- KEYS[2] sorted set: slot -> end of its lease, and the generation at -inf
-- KEYS[3] tombstone of the channel that the script is about: e:<server> when it hung up; turn.lua has one for each ask
local FAR = 9e15

local function read(record)
  local state, tenant, direction, trunk, shared, boot, asker, taken, flag, id, node, adopted = string.match(record,
    '^(%a)|([^|]*)|([^|]*)|([^|]*)|(%d)|([^|]*)|([^|]*)|(%d+)|([^|]*)|([^|]*)|([^|]*)|(%d)$')
  return {
    state = state, tenant = tenant, direction = direction, trunk = trunk, shared = shared, boot = boot,
    asker = asker, taken = taken, flag = flag, call = id, node = node, adopted = adopted,
  }
end

local function write(s)
  return table.concat({
    s.state, s.tenant, s.direction, s.trunk, s.shared, s.boot, s.asker, s.taken, s.flag, s.call, s.node, s.adopted,
  }, '|')
end

local function find(member)
  local record = call('HGET', H, member)
  return record and read(record)
end

local function count(s, by)
  call('HINCRBY', H, 'k:' .. s.trunk, by)
  if s.state == 'r' then call('HINCRBY', H, 'x:' .. s.trunk, by) end
  if s.tenant == '' then return end
  call('HINCRBY', H, 'd:' .. s.tenant .. '|' .. s.direction, by)
  if s.shared == '1' then call('HINCRBY', H, 'p:' .. s.tenant, by) end
end

-- A lease of a frozen switch has no end.
local function lease(member, server, ms)
  local known = call('HMGET', H, 'f:' .. server, 'due')
  if known[1] then
    call('ZADD', Z, '+inf', member)
    return
  end
  call('ZADD', Z, now + ms, member)
  if now + ms < tonumber(known[2] or FAR) then call('HSET', H, 'due', now + ms) end
end

local function findDue()
  local first = call('ZRANGEBYSCORE', Z, '(-inf', '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  call('HSET', H, 'due', first[2] or FAR)
end

local function sharedFlag(trunk)
  local pool = call('HGET', H, 'pool')
  return pool and string.find(',' .. pool .. ',', ',' .. trunk .. ',', 1, true) and '1' or '0'
end

local function put(kind, server, uniqueid, s, ms)
  local member = kind .. server .. '|' .. uniqueid
  s.shared = sharedFlag(s.trunk)
  call('HSET', H, member, write(s))
  if s.asker ~= '' then call('HSET', H, 'q:' .. server .. '|' .. s.asker, uniqueid) end
  count(s, 1)
  lease(member, server, ms)
end

local function remove(member, s)
  call('HDEL', H, member)
  call('ZREM', Z, member)
  count(s, -1)
  if s.asker == '' then return end
  local server, uniqueid = string.match(member, '^l:([^|]*)|(.*)$')
  local asked = 'q:' .. server .. '|' .. s.asker
  if call('HGET', H, asked) == uniqueid then call('HDEL', H, asked) end
end

-- An earlier boot's tombstones are void: uniqueids may come again.
local function isGone(server)
  local era = call('GET', KEYS[3])
  return era and era == (call('HGET', H, 'e:' .. server) or '0')
end

-- Nodes or Redis stood still, or its clock was set forward: what nobody could renew has not been seen to end. When in
-- doubt it is counted; the sweeps free what is not alive.
local function wasUnattended(seen) return now - tonumber(seen or 0) > UNATTENDED end

local function leaseAllAnew()
  local flat = call('ZRANGEBYSCORE', Z, '(-inf', '(+inf')
  for _, member in ipairs(flat) do
    call('ZADD', Z, now + (string.sub(member, 1, 2) == 'a:' and PENDING or LEASE), member)
  end
  call('HSET', H, 'seen', now)
  findDue()
end

-- Ended leases never count: every script collects them first. Returns false when this is not the store that was
-- opened: emptied, flushed, or with a key evicted; the generation stands in both keys to tell. Gives how many fell.
local function collect()
  local known = call('HMGET', H, 'gen', 'due', 'seen')
  if not known[1] then return false end
  if tonumber(known[2] or 0) > now then return 0 end
  if wasUnattended(known[3]) and call('ZSCORE', Z, known[1]) then
    leaseAllAnew()
    return 0
  end
  local fallen = 0
  while true do
    local due = call('ZRANGEBYSCORE', Z, '-inf', now, 'LIMIT', 0, 101)
    if due[1] ~= known[1] then return false end
    for i = 2, #due do
      local s = find(due[i])
      if s then
        remove(due[i], s)
        fallen = fallen + 1
      else
        call('ZREM', Z, due[i])
      end
    end
    if #due < 101 then
      findDue()
      return fallen
    end
  end
end

local function dialled(pending, asker, boot, trunk)
  return {
    state = 'b', tenant = pending.tenant, direction = pending.direction, trunk = trunk, boot = boot, asker = asker,
    taken = pending.taken, flag = pending.flag, call = pending.call, node = pending.node, adopted = '0',
  }
end

-- The hash as a table, for the rare scripts that look at everything.
local function all()
  local flat, fields = call('HGETALL', H), {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function isMember(field)
  local kind = string.sub(field, 1, 2)
  return kind == 'l:' or kind == 'a:'
end
