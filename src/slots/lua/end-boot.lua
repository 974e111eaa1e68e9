-- ARGV: 1 server 2 boot 3 spare what is younger than ms, then spared uniqueids. Returns lost or how many were freed.
if not collect() then return 'lost' end
local server, boot = ARGV[1], ARGV[2]
local known = call('HGET', H, 'b:' .. server)
if known and known ~= boot then call('HINCRBY', H, 'e:' .. server, 1) end
call('HSET', H, 'b:' .. server, boot)
local spared = {}
for i = 4, #ARGV do spared[ARGV[i]] = true end
local freed = 0
for field, record in pairs(all()) do
  if isMember(field) and string.sub(field, 3, #server + 3) == server .. '|' then
    local s = read(record)
    if s.boot ~= boot then
      if spared[string.sub(field, #server + 4)] or now - s.taken < tonumber(ARGV[3]) then
        s.boot = boot
        call('HSET', H, field, write(s))
      else
        remove(field, s)
        freed = freed + 1
      end
    end
  end
end
return freed
