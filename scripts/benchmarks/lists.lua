local function lists(count)
  local xs = {}
  for i = 0, count - 1 do xs[#xs + 1] = i * 3 end
  local total = 0
  for i = 1, #xs do total = total + xs[i] end
  for _, x in ipairs(xs) do total = total - x end
  xs[#xs] = xs[#xs] + total
  return xs[#xs]
end
print(lists(500000))
