-- Returns lost or { epoch ms, the hash, the leases with their ends }.
if not collect() then return 'lost' end
return { tostring(now), call('HGETALL', H), call('ZRANGE', Z, 0, -1, 'WITHSCORES') }
