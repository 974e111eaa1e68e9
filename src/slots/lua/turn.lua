-- What a node asks in one turn of its event loop: slots to take and slots to free, one after the other as if each were
-- alone. What they look at is read once and what they change is written once, since a command costs more than what is
-- done here; the node spells the fields, since joining strings costs more than being given one; and little is put into
-- tables or functions, for the same reason. No two asks are about one channel.
--
-- KEYS from 3 on: the tombstones of the channels that take, in their order, then of those that free.
-- ARGV: 1 deadline of what is taken (epoch ms) 2 number of fields 3 how many of them are not one ask's alone 4 how many
--   take, then
--   the fields that are read, each once: gen; ready, due, pool if any takes; what is counted, of which a server's e: f:
--     (no f: if none takes) and a tenant's d:…|i d:…|o d:…| p: stand together; then of each ask its slot (l: or a:), or
--     both where it frees both;
--   the scopes, each what many asks have in common; words in capitals are numbers of fields, of a row the first's:
--     free, SERVER, tombstone ms (0 none), number of slots (1 pending only, 2)
--     take, SERVER, TENANT, DIRECTION, TRUNK, TENANT'S RATE, TRUNK'S RATE (0 none), the record up to the trunk, |boot||,
--       |node|0, lease ms, tenant cap, direction cap (-1 none), trunk cap, enforce (1 0, 2 trunks), tenant rate, trunk
--       rate, when rebuilding (allow refuse), trunk of the failed attempt or empty, pool channels (-1 none), pool
--       trunks, comma-joined, the tenant's own reserve, number of those that take calls, number of others with reserves,
--       the OPEN TRUNKS, then the OTHERS' USES and reserves in turn;
--   of each ask the place of its scope in ARGV, and its call if it takes.
-- Returns lost, or of each ask: how many slots were freed; or late | lost | rebuilding | gone | r|scope|leg dialled
-- before | taken (the usual: no flag, by the tenant that asked, ready) | g|flag|tenant|how|ready.
local H, Z, KEYS, ARGV, call = KEYS[1], KEYS[2], KEYS, ARGV, redis.call
local BEFORE, DUE, POOL = 4, 3, 4
local fields, common, takes = ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0
local COUNTED = takes > 0 and 5 or 2
local now = 0
if takes > 0 then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

-- By number: in numbers what is counted, and the records of the asks.
local function look()
  local values = call('HMGET', H, unpack(ARGV, BEFORE + 1, BEFORE + fields))
  if takes > 0 then values[DUE] = (values[DUE] or 0) + 0 end
  for n = COUNTED, common do values[n] = (values[n] or 0) + 0 end
  return values
end

local v = look()
if not v[1] then return 'lost' end
local ready = v[2] == '1'
-- Whoever asked has been answered without us; what is taken now would be nobody's.
local late = now > ARGV[1] + 0
local tombstones = takes > 0 and call('MGET', unpack(KEYS, 3, 2 + takes))

-- To be written: the common fields that have changed, by number, and others that count, by name; then fields, and
-- leases, of which the last are ended.
local changed, put, leased, dropped, ended = {}, {}, {}, {}, {}

-- First what a Redis without memory refuses: then nothing was written.
local function store()
  for field in pairs(changed) do
    if type(field) == 'string' then
      call('HINCRBY', H, field, v[field])
      v[field] = nil
    else
      put[#put + 1], put[#put + 2] = ARGV[BEFORE + field], v[field]
    end
  end
  if #put > 0 then call('HSET', H, unpack(put)) end
  if #leased > 0 then call('ZADD', Z, unpack(leased)) end
  if #dropped > 0 then call('HDEL', H, unpack(dropped)) end
  if #ended > 0 then call('ZREM', Z, unpack(ended)) end
end

-- What the usual ask to take has nothing of: an ended lease, a slot already, a failed attempt, another pool than the
-- last. It reads and writes by itself. Returns an answer, or nil and what the weighing has to know.
local function unusual(member, before, ms, failedTrunk, trunks, lastLeg)
  --@prelude
  local kind, server, uniqueid = string.match(member, '^(..)([^|]*)|(.*)$')
  local tenant, trunk = string.match(before, '^.|([^|]*)|.|(.*)$')
  local how, undo, lessTrunk, lessPool = 'taken', nil, 0, 0
  if not collect() then return 'lost' end
  if trunks and v[POOL] ~= trunks then
    local uses = {}
    for field, value in pairs(all()) do
      if string.sub(field, 1, 2) == 'p:' then uses[field] = uses[field] or 0 end
      if isMember(field) then
        local slot = read(value)
        slot.shared = string.find(',' .. trunks .. ',', ',' .. slot.trunk .. ',', 1, true) and '1' or '0'
        call('HSET', H, field, write(slot))
        if slot.shared == '1' and slot.tenant ~= '' then
          uses['p:' .. slot.tenant] = (uses['p:' .. slot.tenant] or 0) + 1
        end
      end
    end
    for field, used in pairs(uses) do call('HSET', H, field, used) end
    call('HSET', H, 'pool', trunks)
  end

  local held = find(member)
  if held then
    if held.tenant ~= '' and (kind == 'l:' or (held.tenant == tenant and held.trunk == trunk)) then
      lease(member, server, ms)
      return table.concat({ 'g', held.flag, held.tenant, 'held', ready and '1' or '0' }, '|')
    end
    local ends = call('ZSCORE', Z, member)
    remove(member, held)
    how = kind == 'l:' and 'claimed' or 'moved'
    -- A leg lives whatever is decided; a pending slot was for an attempt that is over, unless the call fails over.
    if kind == 'l:' or failedTrunk ~= '' then
      undo = function()
        put(kind, server, uniqueid, held, 0)
        call('ZADD', Z, ends, member)
      end
    end
  end

  -- The leg of this channel's failed attempt, while its Hangup is still on the way, is weighed as if it were gone: the
  -- tenant's share moves to the new slot, and the trunk keeps the leg until it ends.
  local leg = kind == 'a:' and lastLeg and 'l:' .. server .. '|' .. lastLeg
  local failed = leg and find(leg)
  if failed and failed.trunk == failedTrunk and failed.tenant == tenant then
    local was = write(failed)
    local ends = call('ZSCORE', Z, leg)
    local function replace(slot)
      remove(leg, find(leg))
      put('l:', server, lastLeg, slot, 0)
      call('ZADD', Z, ends, leg)
    end
    how = 'moved'
    lessTrunk = failed.trunk == trunk and 1 or 0
    lessPool = failed.shared == '1' and 1 or 0
    failed.tenant, failed.direction = '', ''
    replace(failed)
    local undoFirst = undo
    undo = function()
      replace(read(was))
      if undoFirst then undoFirst() end
    end
  end
  findDue()
  return nil, how, undo, lessTrunk, lessPool
end

-- gcra.ts explains it.
local function arrivalAfter(tat, rate)
  local interval = 1000 / rate
  local burst = math.max(1000, interval)
  local nextTat = math.min(math.max(tat, now), now + burst) + interval
  return nextTat - now <= burst + interval / 100 and nextTat
end

local function flush()
  store()
  changed, put, leased, dropped, ended = {}, {}, {}, {}, {}
end

local function dialledBy(member)
  flush()
  return call('HGET', H, 'q:' .. string.sub(member, 3))
end

-- The scope that was taken in last, and the one that was freed in last.
local takeScope, boots, frozen, tenant, direction, trunk, ofTenant, ofDirection, ofTrunk, enforce, failed, channels, pool,
  reserved, firstTrunk, firstUse, done, ends, endsText, since
local freeScope, era, tombstone, slots
-- What records count in, by the part that says so: numbers of fields, else names.
local countsOf = {}

local answers, at, field, taker, freer = {}, #ARGV - (#KEYS - 2) - takes + 1, common + 1, 2, 2 + takes
for nth = 1, #KEYS - 2 do
  local scope = ARGV[at] + 0
  at = at + 1
  if scope ~= takeScope and scope ~= freeScope then
    local s = scope
    local server = ARGV[s + 1] + 0
    if ARGV[s] == 'free' then
      freeScope, era, tombstone, slots = scope, v[server], ARGV[s + 2], ARGV[s + 3] + 0
    else
      takeScope, boots, frozen, tenant, direction = scope, v[server], v[server + 1] > 0, ARGV[s + 2] + 0, ARGV[s + 3] + 0
      trunk, ofTenant, ofDirection, ofTrunk = ARGV[s + 4] + 0, ARGV[s + 11] + 0, ARGV[s + 12] + 0, ARGV[s + 13] + 0
      enforce, failed, channels, pool = ARGV[s + 14], ARGV[s + 18], ARGV[s + 19] + 0, ARGV[s + 20]
      if channels < 0 then pool = nil end
      reserved, firstTrunk = ARGV[s + 21] + 0, s + 24
      firstUse = firstTrunk + ARGV[s + 22]
      done, ends, since = firstUse + 2 * ARGV[s + 23], now + ARGV[s + 10], ARGV[s + 8] .. now .. '|'
      endsText = string.format('%.0f', ends)
    end
  end

  local answer
  if scope == takeScope then
    local member, id = ARGV[BEFORE + field], ARGV[at]
    at, taker = at + 1, taker + 1
    repeat
      if late then
        answer = 'late'
        break
      end
      if not ready and ARGV[scope + 17] == 'refuse' then
        answer = 'rebuilding'
        break
      end
      local gone = tombstones[taker - 2]
      if gone and gone + 0 == boots then
        answer = 'gone'
        break
      end

      local how, undo, lessTrunk, lessPool = 'taken', nil, 0, 0
      local dialled = failed ~= '' and dialledBy(member)
      if v[DUE] <= now or v[field] or dialled or (pool and v[POOL] ~= pool) then
        flush()
        answer, how, undo, lessTrunk, lessPool =
          unusual(member, ARGV[scope + 7], ARGV[scope + 10], failed, pool, dialled)
        v = look()
        if answer then break end
      end

      -- Full by the tenant, and by the trunk.
      local full, there, tenantTat, trunkTat = '', '', nil, nil
      if ofTenant >= 0 and v[tenant] + v[tenant + 1] + v[tenant + 2] >= ofTenant then
        full = 'tenant_full'
      elseif ofDirection >= 0 and v[direction] >= ofDirection then
        full = direction == tenant and 'inbound_full' or 'outbound_full'
      end
      if full == '' or enforce == '2' then
        if pool then
          local claimed = 1
          for i = firstTrunk, firstUse - 1 do
            claimed = claimed + v[ARGV[i] + 0]
            if lessPool > 0 and ARGV[BEFORE + ARGV[i]] == 'k:' .. failed then claimed = claimed - 1 end
          end
          for i = firstUse, done - 1, 2 do
            local left = ARGV[i + 1] - v[ARGV[i] + 0]
            if left > 0 then claimed = claimed + left end
          end
          -- Legs that are being turned away do not stand in the way of a reserve.
          if v[tenant + 3] < reserved and (claimed > channels or v[trunk] - lessTrunk >= ofTrunk) then
            flush()
            for i = firstTrunk, firstUse - 1 do
              local name = ARGV[BEFORE + ARGV[i]]
              local refused = tonumber(call('HGET', H, 'x' .. string.sub(name, 2)) or 0)
              claimed = claimed - refused
              if name == ARGV[BEFORE + trunk] then lessTrunk = lessTrunk + refused end
            end
          end
          if claimed > channels then there = 'pool_full' end
        end
        if there == '' and v[trunk] - lessTrunk >= ofTrunk then there = 'no_trunk' end
        if full == '' and there == '' then
          local rt, rk = ARGV[scope + 5], ARGV[scope + 6]
          if rt ~= '0' then tenantTat = arrivalAfter(v[rt + 0], ARGV[scope + 15]) end
          if rk ~= '0' then trunkTat = arrivalAfter(v[rk + 0], ARGV[scope + 16]) end
          if tenantTat == false then full = 'too_fast' end
          if trunkTat == false then there = 'too_fast' end
          if tenantTat == false or trunkTat == false then tenantTat, trunkTat = nil, nil end
        end
      end
      if full == '' then full = there end
      local refuses = enforce == '1' and full or enforce == '2' and there or ''
      if refuses ~= '' then
        if undo then
          undo()
          v = look()
        end
        answer = 'r|' .. refuses .. '|' .. (string.sub(member, 1, 2) == 'a:' and dialledBy(member) or '')
        break
      end

      local shared = pool
      if not shared and v[POOL] then
        shared = string.find(',' .. v[POOL] .. ',', ',' .. string.sub(ARGV[BEFORE + trunk], 3) .. ',', 1, true)
      end
      v[direction], changed[direction] = v[direction] + 1, true
      v[trunk], changed[trunk] = v[trunk] + 1, true
      if shared then v[tenant + 3], changed[tenant + 3] = v[tenant + 3] + 1, true end
      if tenantTat then v[ARGV[scope + 5] + 0], changed[ARGV[scope + 5] + 0] = tenantTat, true end
      if trunkTat then v[ARGV[scope + 6] + 0], changed[ARGV[scope + 6] + 0] = trunkTat, true end
      put[#put + 1], put[#put + 2] = member,
        ARGV[scope + 7] .. (shared and '|1' or '|0') .. since .. full .. '|' .. id .. ARGV[scope + 9]
      leased[#leased + 1], leased[#leased + 2] = frozen and '+inf' or endsText, member
      if ends < v[DUE] and not frozen then v[DUE], changed[DUE] = ends, true end
      answer = 'taken'
      if not ready or full ~= '' or how ~= 'taken' then
        answer = 'g|' .. full .. '|' .. string.sub(ARGV[BEFORE + tenant + 3], 3) .. '|' .. how .. (ready and '|1' or '|0')
      end
    until true
    field = field + 1
  else
    freer = freer + 1
    if tombstone ~= '0' then
      call('SET', KEYS[freer], era == 0 and '0' or string.format('%.0f', era), 'PX', tombstone)
    end
    answer = 0
    for _ = 1, slots do
      local record, member = v[field], ARGV[BEFORE + field]
      field = field + 1
      if record then
        local part, asker = string.match(record, '^(%a|[^|]*|[^|]*|[^|]*|%d)|[^|]*|([^|]*)')
        local counts = countsOf[part]
        if not counts then
          local state, of, way, on, shared = string.match(part, '^(%a)|([^|]*)|([^|]*)|([^|]*)|(%d)$')
          counts = { 'k:' .. on }
          if state == 'r' then counts[2] = 'x:' .. on end
          if of ~= '' then
            counts[#counts + 1] = 'd:' .. of .. '|' .. way
            if shared == '1' then counts[#counts + 1] = 'p:' .. of end
          end
          for i = 1, #counts do
            for n = COUNTED, common do
              if ARGV[BEFORE + n] == counts[i] then
                counts[i] = n
                break
              end
            end
          end
          countsOf[part] = counts
        end
        for i = 1, #counts do
          local n = counts[i]
          v[n], changed[n] = (v[n] or 0) - 1, true
        end
        if asker ~= '' then
          local server, uniqueid = string.match(member, '^..([^|]*)|(.*)$')
          local asking = 'q:' .. server .. '|' .. asker
          if call('HGET', H, asking) == uniqueid then dropped[#dropped + 1] = asking end
        end
        dropped[#dropped + 1], ended[#ended + 1] = member, member
        answer = answer + 1
      end
    end
  end
  answers[nth] = answer
end
store()
return answers
