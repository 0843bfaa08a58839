local function loop(count)
  local i, s = 0, 0.0
  while i < count do
    s = s + i * 0.5
    i = i + 1
  end
  return s
end
print(loop(5000000))
