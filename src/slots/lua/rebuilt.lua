-- ARGV: 1 the server that was swept, then all servers. Returns lost, 1 when the store rules, else 0.
if not collect() then return 'lost' end
call('HSET', H, 'w:' .. ARGV[1], '1')
for i = 2, #ARGV do
  if call('HEXISTS', H, 'w:' .. ARGV[i]) == 0 then return call('HGET', H, 'ready') == '1' and 1 or 0 end
end
call('HSET', H, 'ready', '1')
return 1
