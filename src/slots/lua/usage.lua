-- ARGV: fields of the hash. Returns lost or their values.
if not collect() then return 'lost' end
return call('HMGET', H, unpack(ARGV))
