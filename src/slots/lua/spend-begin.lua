-- KEYS: 1 counts of the day 2 the call 3 since when this ledger rules. ARGV: 1 node 2 tenant 3 day 4 seconds to keep
-- 5 milliseconds that the nodes have to fill in a ledger that is new 6 which of the call's numbers this is, then prefix,
-- most calls and most seconds in turn (-1 no limit). Returns filling | within | over|which limit|calls or minutes | counted.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = call('GET', KEYS[3])
if not since then
  since = now + ARGV[5]
  call('SET', KEYS[3], string.format('%d', since))
end
if now < tonumber(since) then return 'filling' end
local before = call('GET', KEYS[2])
if before and tonumber(string.match(before, '|(%d+)$') or 1) >= tonumber(ARGV[6]) then return 'within' end

local prefixes = {}
for i = 7, #ARGV, 3 do
  local of = ARGV[2] .. '|' .. ARGV[i]
  local used = call('HMGET', KEYS[1], 'c|' .. of, 's|' .. of)
  local which = '|' .. (i - 7) / 3
  if ARGV[i + 1] ~= '-1' and tonumber(used[1] or 0) >= tonumber(ARGV[i + 1]) then return 'over' .. which .. '|calls' end
  if ARGV[i + 2] ~= '-1' and tonumber(used[2] or 0) >= tonumber(ARGV[i + 2]) then return 'over' .. which .. '|minutes' end
  prefixes[#prefixes + 1] = ARGV[i]
end
for _, prefix in ipairs(prefixes) do
  local of = ARGV[2] .. '|' .. prefix
  call('HINCRBY', KEYS[1], 'c|' .. of, 1)
  call('HINCRBY', KEYS[1], 'c|' .. of .. '|' .. ARGV[1], 1)
end
call('EXPIRE', KEYS[1], ARGV[4])
local counted = { ARGV[3], ARGV[2], table.concat(prefixes, ','), ARGV[6] }
call('SET', KEYS[2], table.concat(counted, '|'), 'EX', ARGV[4])
return 'counted'
