-- KEYS: 1 counts of a day 2 since when this ledger rules. ARGV: 1 node 2 seconds to keep 3 milliseconds that the nodes have
-- to fill in a ledger that is new, then tenant|prefix, calls and seconds in turn, as the node has kept them. What the
-- ledger has of this node and lacks of that is added; it never goes down.
local call = redis.call
local time = call('TIME')
call('SET', KEYS[2], string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]), 'NX')
for i = 4, #ARGV, 3 do
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
