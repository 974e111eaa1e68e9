-- KEYS: 1 the call. ARGV: 1 node that tells of it 2 seconds 3 seconds to keep 4 key of a day's counts, without the day.
-- Returns unknown | over | day|tenant|prefixes, comma-joined|which of the call's numbers.
local call = redis.call
local counted = call('GET', KEYS[1])
if not counted then return 'unknown' end
local day, tenant, prefixes, placing = string.match(counted, '^([^|]+)|([^|]*)|([^|]*)|(%d+)$')
if not day then return 'over' end
local key = ARGV[4] .. day
for prefix in string.gmatch(prefixes .. ',', '([^,]*),') do
  local of = tenant .. '|' .. prefix
  call('HINCRBY', key, 's|' .. of, ARGV[2])
  call('HINCRBY', key, 's|' .. of .. '|' .. ARGV[1], ARGV[2])
end
call('EXPIRE', key, ARGV[3])
call('SET', KEYS[1], '|' .. placing, 'EX', ARGV[3])
return counted
