-- Returns lost or how many slots fell.
local fallen = collect()
if not fallen then return 'lost' end
return fallen
