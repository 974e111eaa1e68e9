-- KEYS: 1 counts of a day. ARGV: 1 node 2 seconds to keep, then tenant|prefix, calls and seconds in turn, as the node has
-- kept them. What the ledger has of this node and lacks of that is added; it never goes down.
local call = redis.call
for i = 3, #ARGV, 3 do
  for at, kind in ipairs({ 'c|', 's|' }) do
    local field, kept = kind .. ARGV[i], tonumber(ARGV[i + at])
    local lacks = kept - tonumber(call('HGET', KEYS[1], field .. '|' .. ARGV[1]) or 0)
    if lacks > 0 then
      call('HINCRBY', KEYS[1], field, lacks)
      call('HINCRBY', KEYS[1], field .. '|' .. ARGV[1], lacks)
    end
  end
end
call('EXPIRE', KEYS[1], ARGV[2])
return 1
