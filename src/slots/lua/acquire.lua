-- ARGV: 1 server 2 uniqueid 3 kind of slot (l: or a:) 4 tenant 5 direction (i o) 6 trunk 7 boot 8 call 9 node
-- 10 lease ms 11 tenant cap 12 direction cap (-1 none) 13 trunk cap 14 enforce (1 0) 15 tenant rate 16 trunk rate
-- (0 none) 17 pool channels (-1 none) 18 pool trunks, comma-joined 19 when rebuilding (allow refuse)
-- 20 deadline (epoch ms) 21 trunk of the failed attempt or empty 22 number of pool trunks, then those, then tenant and
-- reserve in turn. Returns late | lost | rebuilding | gone | r|scope | g|flag|tenant|how|ready
local server, uniqueid, kind, tenant, direction, trunk = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
-- Whoever asked has been answered without us; what is taken now would be nobody's.
if now > tonumber(ARGV[20]) then return 'late' end

local member = kind .. server .. '|' .. uniqueid
local fields = {
  'gen', 'ready', 'f:' .. server, 'pool', member, 'q:' .. server .. '|' .. uniqueid,
  't:' .. tenant, 'd:' .. tenant .. '|' .. direction, 'k:' .. trunk, 'p:' .. tenant, 'rt:' .. tenant, 'rk:' .. trunk,
}
local FIXED = 12
local shares = tonumber(ARGV[22])
local hasPool = ARGV[17] ~= '-1'
if hasPool then
  for i = 23, 22 + shares do fields[#fields + 1] = 'k:' .. ARGV[i] end
  for i = 23 + shares, #ARGV, 2 do fields[#fields + 1] = 'p:' .. ARGV[i] end
end

-- The usual case needs one look at the leases and one at the hash.
local due = call('ZRANGEBYSCORE', Z, '-inf', now, 'LIMIT', 0, 2)
local v = call('HMGET', H, unpack(fields))
if not v[1] or due[1] ~= v[1] then return 'lost' end
if due[2] then
  collect()
  v = call('HMGET', H, unpack(fields))
end
local ready = v[2] == '1'
if not ready and ARGV[19] == 'refuse' then return 'rebuilding' end
if isGone(server, uniqueid) then return 'gone' end

if hasPool and v[4] ~= ARGV[18] then
  local uses = {}
  for field, value in pairs(all()) do
    if string.sub(field, 1, 2) == 'p:' then uses[field] = uses[field] or 0 end
    if isMember(field) then
      local s = read(value)
      s.shared = string.find(',' .. ARGV[18] .. ',', ',' .. s.trunk .. ',', 1, true) and '1' or '0'
      call('HSET', H, field, write(s))
      if s.shared == '1' and s.tenant ~= '' then uses['p:' .. s.tenant] = (uses['p:' .. s.tenant] or 0) + 1 end
    end
  end
  for field, used in pairs(uses) do call('HSET', H, field, used) end
  call('HSET', H, 'pool', ARGV[18])
  v = call('HMGET', H, unpack(fields))
end

local held = v[5] and read(v[5])
if held and held.tenant ~= '' and (kind == 'l:' or (held.tenant == tenant and held.trunk == trunk)) then
  lease(member, server, ARGV[10])
  return table.concat({ 'g', held.flag, held.tenant, 'held', ready and '1' or '0' }, '|')
end
local heldLease
if held then
  heldLease = call('ZSCORE', Z, member)
  remove(member, held)
  v = call('HMGET', H, unpack(fields))
end

local function value(i) return tonumber(v[i] or 0) end

-- The leg of this channel's failed attempt, while its Hangup is still on the way, is weighed as if it were gone.
local failed
if kind == 'a:' and ARGV[21] ~= '' and v[6] then
  failed = find('l:' .. server .. '|' .. v[6])
  if failed and (failed.trunk ~= ARGV[21] or failed.tenant ~= tenant) then failed = nil end
end
local function less(matches) return failed and matches and 1 or 0 end

local function poolHasRoom()
  local claimed, at = 1 - less(failed and failed.shared == '1'), FIXED
  for _ = 1, shares do
    at = at + 1
    claimed = claimed + value(at)
  end
  for i = 23 + shares, #ARGV, 2 do
    at = at + 1
    if ARGV[i] ~= tenant then claimed = claimed + math.max(0, tonumber(ARGV[i + 1]) - value(at)) end
  end
  return claimed <= tonumber(ARGV[17])
end

-- gcra.ts explains it.
local function arrivalAfter(tat, rate)
  local interval = 1000 / rate
  local burst = math.max(1000, interval)
  local nextTat = math.min(math.max(tat, now), now + burst) + interval
  return nextTat - now <= burst + interval / 100 and nextTat
end

local tenantTat, trunkTat
local function fullScope()
  if ARGV[11] ~= '-1' and value(7) - less(true) >= tonumber(ARGV[11]) then return 'tenant_full' end
  if ARGV[12] ~= '-1' and value(8) - less(failed and failed.direction == direction) >= tonumber(ARGV[12]) then
    return direction == 'i' and 'inbound_full' or 'outbound_full'
  end
  if hasPool and not poolHasRoom() then return 'pool_full' end
  if value(9) - less(failed and failed.trunk == trunk) >= tonumber(ARGV[13]) then return 'no_trunk' end
  local tenantNext = ARGV[15] == '0' or arrivalAfter(value(11), tonumber(ARGV[15]))
  local trunkNext = ARGV[16] == '0' or arrivalAfter(value(12), tonumber(ARGV[16]))
  if not tenantNext or not trunkNext then return 'too_fast' end
  if ARGV[15] ~= '0' then tenantTat = tenantNext end
  if ARGV[16] ~= '0' then trunkTat = trunkNext end
  return ''
end

local full = fullScope()
if full ~= '' and ARGV[14] == '1' then
  -- A leg lives whatever is decided; a pending slot was for an attempt that is over.
  if held and kind == 'l:' then
    put(kind, server, uniqueid, held, 0)
    call('ZADD', Z, heldLease, member)
  end
  return 'r|' .. full
end

-- The tenant's share moves to the new slot; the trunk keeps the leg until it is gone.
if failed then
  local leg = 'l:' .. server .. '|' .. v[6]
  local ends = call('ZSCORE', Z, leg)
  remove(leg, failed)
  failed.tenant, failed.direction, failed.asker = '', '', ''
  put('l:', server, v[6], failed, 0)
  call('ZADD', Z, ends, leg)
  v = call('HMGET', H, unpack(fields))
end

local shared = string.find(',' .. (hasPool and ARGV[18] or v[4] or '') .. ',', ',' .. trunk .. ',', 1, true)
local written = {
  member,
  table.concat({
    kind == 'l:' and 'b' or 'p', tenant, direction, trunk, shared and '1' or '0', ARGV[7], '', now, full, ARGV[8],
    ARGV[9], '0',
  }, '|'),
  fields[7], value(7) + 1, fields[8], value(8) + 1, fields[9], value(9) + 1,
}
local function also(field, number)
  written[#written + 1] = field
  written[#written + 1] = number
end
if shared then also(fields[10], value(10) + 1) end
if tenantTat then also(fields[11], string.format('%.4f', tenantTat)) end
if trunkTat then also(fields[12], string.format('%.4f', trunkTat)) end
call('HSET', H, unpack(written))
call('ZADD', Z, v[3] and '+inf' or now + ARGV[10], member)
local how = not held and not failed and 'taken' or kind == 'l:' and 'claimed' or 'moved'
return table.concat({ 'g', full, tenant, how, ready and '1' or '0' }, '|')
