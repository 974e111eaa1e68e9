-- ARGV: 1 server 2 uniqueid 3 boot 4 trunk 5 tenant 6 direction (i o r or empty) 7 call 8 asker 9 node 10 lease ms.
-- Returns lost or why|tenant, as AdoptOutcome.
if not collect() then return 'lost' end
local server, uniqueid, boot, trunk = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local tenant, direction, id, asker = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if isGone(server) then return 'gone|' end
local member = 'l:' .. server .. '|' .. uniqueid
local held = find(member)
if held then
  if boot ~= '' then held.boot = boot end
  local learns = held.state == 'b' and held.tenant == '' and tenant ~= '' and direction ~= 'r'
  if not learns and held.trunk == trunk then
    call('HSET', H, member, write(held))
    lease(member, server, ARGV[10])
    return 'held|' .. held.tenant
  end
  remove(member, held)
  held.trunk = trunk
  if learns then
    held.tenant, held.direction = tenant, direction
    if id ~= '' then held.call = id end
  end
  put('l:', server, uniqueid, held, ARGV[10])
  return (learns and 'attributed|' or 'held|') .. held.tenant
end
if asker ~= '' and asker ~= uniqueid then
  local asking = 'a:' .. server .. '|' .. asker
  local pending = find(asking)
  if pending and pending.trunk == trunk and (tenant == '' or tenant == pending.tenant)
    and (direction == '' or direction == pending.direction) then
    remove(asking, pending)
    put('l:', server, uniqueid, dialled(pending, asker, boot, trunk), ARGV[10])
    return 'bound|' .. pending.tenant
  end
end
local refused = direction == 'r'
if refused then tenant = '' end
put('l:', server, uniqueid, {
  state = refused and 'r' or 'b', tenant = tenant, direction = tenant == '' and '' or direction, trunk = trunk,
  boot = boot, asker = '', taken = now, flag = '', call = id, node = ARGV[9], adopted = '1',
}, ARGV[10])
return 'adopted|' .. tenant
