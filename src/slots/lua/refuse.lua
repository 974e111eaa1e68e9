-- ARGV: 1 server 2 uniqueid 3 boot 4 trunk 5 call 6 node 7 lease ms. Returns lost, 1 when it is marked, else 0.
if not collect() then return 'lost' end
if isGone(ARGV[1]) then return 0 end
local member = 'l:' .. ARGV[1] .. '|' .. ARGV[2]
local held = find(member)
if held and held.tenant ~= '' then return 0 end
if held then remove(member, held) end
put('l:', ARGV[1], ARGV[2], {
  state = 'r', tenant = '', direction = '', trunk = ARGV[4], boot = ARGV[3], asker = '', taken = now, flag = '',
  call = ARGV[5], node = ARGV[6], adopted = '0',
}, ARGV[7])
return 1
