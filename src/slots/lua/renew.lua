-- ARGV: 1 server 2 boot 3 lease ms, then uniqueids. Returns lost or those without a slot.
if not collect() then return 'lost' end
local server, boot = ARGV[1], ARGV[2]
local untilMs = call('HEXISTS', H, 'f:' .. server) == 1 and '+inf' or now + ARGV[3]
if untilMs ~= '+inf' and untilMs < tonumber(call('HGET', H, 'due') or FAR) then call('HSET', H, 'due', untilMs) end
local unknown = {}
for i = 4, #ARGV do
  local member = 'l:' .. server .. '|' .. ARGV[i]
  local held = find(member)
  if held then
    call('ZADD', Z, untilMs, member)
    if boot ~= '' and held.boot ~= boot then
      held.boot = boot
      call('HSET', H, member, write(held))
    end
  else
    unknown[#unknown + 1] = ARGV[i]
  end
end
return unknown
