local function strings(count)
  local parts = {}
  for i = 0, count - 1 do parts[#parts + 1] = string.format("%d:%.1f", i, i * 0.5) end
  local text, found = table.concat(parts, ","), 0
  for part in string.gmatch(text, "[^,]+") do
    if string.sub(part, 1, 1) == "7" then found = found + #part end
  end
  return found
end
print(strings(200000))
