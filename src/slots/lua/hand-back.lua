-- ARGV: 1 server 2 uniqueid of the leg 3 its asker 4 tombstone ms 5 lease ms of what goes back. KEYS[4] is the asker's
-- tombstone. Returns lost or how many slots were freed.
if not collect() then return 'lost' end
local server, asker = ARGV[1], ARGV[3]
local key = server .. '|' .. ARGV[2]
local boot = call('HGET', H, 'e:' .. server) or '0'
call('SET', KEYS[3], boot, 'PX', ARGV[4])
local freed = 0
local own = find('a:' .. key)
if own then
  remove('a:' .. key, own)
  freed = freed + 1
end
local held = find('l:' .. key)
if not held then return freed end
remove('l:' .. key, held)
local theirs = held.state == 'b' and held.tenant ~= '' and held.asker == asker
if theirs and call('GET', KEYS[4]) ~= boot and not find('a:' .. server .. '|' .. asker) then
  held.state, held.asker, held.adopted = 'p', '', '0'
  put('a:', server, asker, held, ARGV[5])
end
return freed + 1
