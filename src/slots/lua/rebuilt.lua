-- ARGV: 1 the server that was swept 2 the generation that it was swept for, empty for any, then all servers. Returns lost, 1 when the store rules, else 0.
if not collect() then return 'lost' end
local function rules() return call('HGET', H, 'ready') == '1' and 1 or 0 end
if ARGV[2] ~= '' and ARGV[2] ~= call('HGET', H, 'gen') then return rules() end
call('HSET', H, 'w:' .. ARGV[1], '1')
for i = 3, #ARGV do
  if call('HEXISTS', H, 'w:' .. ARGV[i]) == 0 then return rules() end
end
call('HSET', H, 'ready', '1')
return 1
