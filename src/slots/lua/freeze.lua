-- ARGV: 1 server 2 freeze (1) or thaw (0) 3 pending lease ms 4 leg lease ms. Returns lost or OK.
-- Nothing is collected first: what ended while nobody looked has not been seen to end, and comes back to life.
local gen = call('HGET', H, 'gen')
if not gen or not call('ZSCORE', Z, gen) then return 'lost' end
local server = ARGV[1]
local frozen = call('HEXISTS', H, 'f:' .. server) == 1
if ARGV[2] == '1' then call('HSET', H, 'f:' .. server, '1') else call('HDEL', H, 'f:' .. server) end
if ARGV[2] == '0' and not frozen then return 'OK' end
for _, member in ipairs(call('ZRANGE', Z, 0, -1)) do
  if string.sub(member, 3, #server + 3) == server .. '|' then
    local ends = ARGV[2] == '1' and '+inf' or now + ARGV[string.sub(member, 1, 2) == 'a:' and 3 or 4]
    call('ZADD', Z, ends, member)
  end
end
findDue()
return 'OK'
