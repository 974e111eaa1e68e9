-- ARGV: 1 server 2 uniqueid 3 kind of slot (l: or a:) 4 tenant 5 direction (i o) 6 trunk 7 boot 8 call 9 node
-- 10 lease ms 11 tenant cap 12 direction cap (-1 none) 13 trunk cap 14 enforce (1 0, 2 trunks) 15 tenant rate 16 trunk rate
-- (0 none) 17 pool channels (-1 none) 18 pool trunks, comma-joined 19 when rebuilding (allow refuse)
-- 20 deadline (epoch ms) 21 trunk of the failed attempt or empty 22 number of pool trunks 23 the tenant's own reserve,
-- then the pool trunks, then tenant and reserve in turn. Returns late | lost | rebuilding | gone | r|scope|leg dialled before | taken (the usual: no flag, by
-- the tenant that asked, ready) | g|flag|tenant|how|ready
local server, uniqueid, kind, tenant, direction, trunk = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
-- Whoever asked has been answered without us; what is taken now would be nobody's.
if now > tonumber(ARGV[20]) then return 'late' end

local key = server .. '|' .. uniqueid
local member = kind .. key
local counted = 'd:' .. tenant .. '|'
local fields = {
  'gen', 'ready', 'due', 'f:' .. server, 'e:' .. server, 'pool', member, 'q:' .. key,
  counted .. 'i', counted .. 'o', counted, 'k:' .. trunk, 'p:' .. tenant, 'rt:' .. tenant, 'rk:' .. trunk,
}
local FIXED = 15
local shares = tonumber(ARGV[22])
local hasPool = ARGV[17] ~= '-1'
if hasPool then
  for i = 24, 23 + shares do fields[#fields + 1] = 'k:' .. ARGV[i] end
  for i = 24 + shares, #ARGV, 2 do fields[#fields + 1] = 'p:' .. ARGV[i] end
end
local v = call('HMGET', H, unpack(fields))
if not v[1] then return 'lost' end
local ready = v[2] == '1'
if not ready and ARGV[19] == 'refuse' then return 'rebuilding' end
local tombstone = call('GET', KEYS[3])
if tombstone and tombstone == (v[5] or '0') then return 'gone' end

-- The usual call has nothing of this: no ended lease, no slot yet, no failed attempt, the same pool as the last.
local how, undo, lessTrunk, lessPool = 'taken', nil, 0, 0
if tonumber(v[3] or 0) <= now or v[7] or (v[8] and ARGV[21] ~= '') or (hasPool and v[6] ~= ARGV[18]) then
  --@prelude
  if not collect() then return 'lost' end
  if hasPool and v[6] ~= ARGV[18] then
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
  end

  local held = find(member)
  if held then
    if held.tenant ~= '' and (kind == 'l:' or (held.tenant == tenant and held.trunk == trunk)) then
      lease(member, server, ARGV[10])
      return table.concat({ 'g', held.flag, held.tenant, 'held', ready and '1' or '0' }, '|')
    end
    local ends = call('ZSCORE', Z, member)
    remove(member, held)
    how = kind == 'l:' and 'claimed' or 'moved'
    -- A leg lives whatever is decided; a pending slot was for an attempt that is over, unless the call fails over.
    if kind == 'l:' or ARGV[21] ~= '' then
      undo = function()
        put(kind, server, uniqueid, held, 0)
        call('ZADD', Z, ends, member)
      end
    end
  end

  -- The leg of this channel's failed attempt, while its Hangup is still on the way, is weighed as if it were gone: the
  -- tenant's share moves to the new slot, and the trunk keeps the leg until it ends.
  local failed = kind == 'a:' and ARGV[21] ~= '' and v[8] and find('l:' .. server .. '|' .. v[8])
  if failed and failed.trunk == ARGV[21] and failed.tenant == tenant then
    local uid, leg, before = v[8], 'l:' .. server .. '|' .. v[8], write(failed)
    local ends = call('ZSCORE', Z, leg)
    local function replace(s)
      remove(leg, find(leg))
      put('l:', server, uid, s, 0)
      call('ZADD', Z, ends, leg)
    end
    how = 'moved'
    lessTrunk = failed.trunk == trunk and 1 or 0
    lessPool = failed.shared == '1' and 1 or 0
    failed.tenant, failed.direction = '', ''
    replace(failed)
    local undoFirst = undo
    undo = function()
      replace(read(before))
      if undoFirst then undoFirst() end
    end
  end
  findDue()
  v = call('HMGET', H, unpack(fields))
end

local inbound, outbound = tonumber(v[9] or 0), tonumber(v[10] or 0)
local ofDirection = direction == 'i' and inbound or outbound
local ofTrunk = tonumber(v[12] or 0)

-- Full by the tenant, and by the trunk.
local full, there, tenantTat, trunkTat = '', '', nil, nil
if ARGV[11] ~= '-1' and inbound + outbound + (v[11] or 0) >= tonumber(ARGV[11]) then
  full = 'tenant_full'
elseif ARGV[12] ~= '-1' and ofDirection >= tonumber(ARGV[12]) then
  full = direction == 'i' and 'inbound_full' or 'outbound_full'
end
if full == '' or ARGV[14] == '2' then
  if hasPool then
    local claimed, at = 1 - lessPool, FIXED
    for _ = 1, shares do
      at = at + 1
      claimed = claimed + (v[at] or 0)
    end
    for i = 24 + shares, #ARGV, 2 do
      at = at + 1
      if ARGV[i] ~= tenant then claimed = claimed + math.max(0, ARGV[i + 1] - (v[at] or 0)) end
    end
    -- Legs that are being turned away do not stand in the way of a reserve.
    local noRoom = claimed > tonumber(ARGV[17]) or ofTrunk - lessTrunk >= tonumber(ARGV[13])
    if noRoom and tonumber(v[13] or 0) < tonumber(ARGV[23]) then
      for i = 24, 23 + shares do
        local refused = tonumber(call('HGET', H, 'x:' .. ARGV[i]) or 0)
        claimed = claimed - refused
        if ARGV[i] == trunk then lessTrunk = lessTrunk + refused end
      end
    end
    if claimed > tonumber(ARGV[17]) then there = 'pool_full' end
  end
  if there == '' and ofTrunk - lessTrunk >= tonumber(ARGV[13]) then there = 'no_trunk' end
  if full == '' and there == '' and (ARGV[15] ~= '0' or ARGV[16] ~= '0') then
    -- gcra.ts explains it.
    local function arrivalAfter(tat, rate)
      local interval = 1000 / rate
      local burst = math.max(1000, interval)
      local nextTat = math.min(math.max(tonumber(tat or 0), now), now + burst) + interval
      return nextTat - now <= burst + interval / 100 and nextTat
    end
    if ARGV[15] ~= '0' then tenantTat = arrivalAfter(v[14], ARGV[15]) end
    if ARGV[16] ~= '0' then trunkTat = arrivalAfter(v[15], ARGV[16]) end
    if tenantTat == false then full = 'too_fast' end
    if trunkTat == false then there = 'too_fast' end
    if tenantTat == false or trunkTat == false then tenantTat, trunkTat = nil, nil end
  end
end
if full == '' then full = there end
local refuses = ARGV[14] == '1' and full or ARGV[14] == '2' and there or ''
if refuses ~= '' then
  if undo then undo() end
  return 'r|' .. refuses .. '|' .. (kind == 'a:' and v[8] or '')
end

local shared = hasPool or (v[6] and string.find(',' .. v[6] .. ',', ',' .. trunk .. ',', 1, true))
local record = (kind == 'l:' and 'b|' or 'p|') .. tenant .. '|' .. direction .. '|' .. trunk .. (shared and '|1|' or '|0|')
  .. ARGV[7] .. '||' .. now .. '|' .. full .. '|' .. ARGV[8] .. '|' .. ARGV[9] .. '|0'
local ends = v[4] and '+inf' or now + ARGV[10]
call('ZADD', Z, ends, member)
local usual = ends ~= '+inf' and ends >= tonumber(v[3] or 0)
if usual and shared and not tenantTat and not trunkTat then
  call('HSET', H, member, record, counted .. direction, ofDirection + 1, fields[12], ofTrunk + 1, fields[13],
    (v[13] or 0) + 1)
else
  local written = { member, record, counted .. direction, ofDirection + 1, fields[12], ofTrunk + 1 }
  local function also(field, number)
    written[#written + 1], written[#written + 2] = field, number
  end
  if shared then also(fields[13], (v[13] or 0) + 1) end
  if tenantTat then also(fields[14], string.format('%.4f', tenantTat)) end
  if trunkTat then also(fields[15], string.format('%.4f', trunkTat)) end
  if ends ~= '+inf' and not usual then also('due', ends) end
  call('HSET', H, unpack(written))
end
if ready and full == '' and how == 'taken' then return 'taken' end
return 'g|' .. full .. '|' .. tenant .. '|' .. how .. (ready and '|1' or '|0')
