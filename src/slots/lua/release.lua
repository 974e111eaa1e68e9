-- ARGV: 1 server 2 uniqueid 3 tombstone ms (0 none) 4 pending only (1 0). Returns lost or how many slots were freed.
if not collect() then return 'lost' end
local key = ARGV[1] .. '|' .. ARGV[2]
if ARGV[3] ~= '0' then call('ZADD', X, now + ARGV[3], key) end
local held = call('HMGET', H, 'l:' .. key, 'a:' .. key)
local freed = 0
if held[1] and ARGV[4] == '0' then
  remove('l:' .. key, read(held[1]))
  freed = freed + 1
end
if held[2] then
  remove('a:' .. key, read(held[2]))
  freed = freed + 1
end
return freed
