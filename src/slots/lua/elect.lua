-- What one may have at a time. KEYS: 1 the listening of one switch, or a node's name. ARGV: 1 who asks, a node or a
-- process 2 ttl ms (0 gives it up). Returns 1 while the asker has it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
