-- ARGV: 1 server 2 asker 3 server of the leg 4 leg 5 boot 6 trunk 7 lease ms. Returns lost or why, as BindOutcome.
if not collect() then return 'lost' end
local asker, server, uniqueid, trunk = ARGV[2], ARGV[3], ARGV[4], ARGV[6]
if isGone(server) then return 'gone' end
local asking, leg = 'a:' .. ARGV[1] .. '|' .. asker, 'l:' .. server .. '|' .. uniqueid
local held, pending = find(leg), find(asking)
-- What a decision has counted stays; what a sweep has found gives way to the decision it belongs to.
local decided = held and held.tenant ~= '' and held.adopted == '0'
if held and (decided or held.asker == asker) then return 'already' end
if not pending then return held and 'already' or 'no_pending' end
if pending.trunk ~= trunk then
  if held then return 'already' end
  put('l:', server, uniqueid, dialled(pending, asker, ARGV[5], trunk), ARGV[7])
  return 'other_trunk'
end
if held then remove(leg, held) end
remove(asking, pending)
put('l:', server, uniqueid, dialled(pending, asker, ARGV[5], trunk), ARGV[7])
return 'bound'
