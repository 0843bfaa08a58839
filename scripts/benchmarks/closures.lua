local function closures(count)
  local add = function(n) return function(x) return x + n end end
  local total = 0
  for i = 0, count - 1 do
    local f = add(i)
    total = f(total) % 1000003
  end
  local function map(n, f) local r = {}; for i = 0, n - 1 do r[#r + 1] = f(i) end; return r end
  local function filter(n, f) local r = {}; for i = 0, n - 1 do if f(i) then r[#r + 1] = i end end; return r end
  local s = 0
  for _, v in ipairs(map(count, function(x) return x % 7 end)) do s = s + v end
  return total + s + #filter(count, function(x) return x % 3 == 0 end)
end
print(closures(300000))
