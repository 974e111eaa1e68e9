-- KEYS as in prelude.lua. ARGV: 1 server 2 uniqueid 3 tombstone ms (0 none) 4 pending only (1 0). Returns lost or how
-- many slots were freed. It stands on its own and is short: every call ends with it.
local H, Z, call = KEYS[1], KEYS[2], redis.call
local server = ARGV[1]
local key = server .. '|' .. ARGV[2]
local held = call('HMGET', H, 'gen', 'l:' .. key, 'a:' .. key, 'e:' .. server)
if not held[1] then return 'lost' end
if ARGV[3] ~= '0' then call('SET', KEYS[3], held[4] or '0', 'PX', ARGV[3]) end
local freed = 0
for i = ARGV[4] == '1' and 3 or 2, 3 do
  local record = held[i]
  if record then
    local member = (i == 2 and 'l:' or 'a:') .. key
    local state, tenant, direction, trunk, shared, asker =
      string.match(record, '^(%a)|([^|]*)|([^|]*)|([^|]*)|(%d)|[^|]*|([^|]*)')
    call('HDEL', H, member)
    call('ZREM', Z, member)
    call('HINCRBY', H, 'k:' .. trunk, -1)
    if state == 'r' then call('HINCRBY', H, 'x:' .. trunk, -1) end
    if tenant ~= '' then
      call('HINCRBY', H, 'd:' .. tenant .. '|' .. direction, -1)
      if shared == '1' then call('HINCRBY', H, 'p:' .. tenant, -1) end
    end
    if asker ~= '' then
      local asked = 'q:' .. server .. '|' .. asker
      if call('HGET', H, asked) == ARGV[2] then call('HDEL', H, asked) end
    end
    freed = freed + 1
  end
end
return freed
