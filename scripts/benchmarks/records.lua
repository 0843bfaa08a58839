local function records(count)
  local p = {x = 0.0, y = 1.0, hits = 0}
  for i = 0, count - 1 do
    p.x = p.x + p.y * 0.5
    p.hits = p.hits + 1
    local q = {x = p.x, y = i}
    if q.x > q.y then p.y = -p.y end
  end
  return p.hits
end
print(records(300000))
