-- ARGV: 1 most tombstones kept. Returns lost or how many slots fell.
local fallen = collect()
if not fallen then return 'lost' end
call('ZREMRANGEBYSCORE', X, '-inf', now)
call('ZREMRANGEBYRANK', X, 0, -tonumber(ARGV[1]) - 1)
return fallen
