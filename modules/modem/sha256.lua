-- SPDX-License-Identifier: MIT
-- SHA-256 (FIPS 180-4), for the few bytes that we ever hash.

local MASK = 0xffffffff

-- The first 32 bits of the fraction of a root: its constants are those of the first primes.
local function fraction(root)
  return math.floor(root % 1 * 2 ^ 32)
end

local start, constants = {}, {}
do
  local candidate = 2
  while #constants < 64 do
    local is_prime = true
    for divisor = 2, math.floor(candidate ^ 0.5) do
      is_prime = is_prime and candidate % divisor ~= 0
    end
    if is_prime then
      constants[#constants + 1] = fraction(candidate ^ (1 / 3))
      start[#start + 1] = #start < 8 and fraction(candidate ^ 0.5) or nil
    end
    candidate = candidate + 1
  end
end

local function rotate(word, bits)
  return (word >> bits | word << (32 - bits)) & MASK
end

local function schedule_of(block)
  local words = { string.unpack(">I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4", block) }
  for i = 17, 64 do
    local a, b = words[i - 15], words[i - 2]
    local s0 = rotate(a, 7) ~ rotate(a, 18) ~ a >> 3
    local s1 = rotate(b, 17) ~ rotate(b, 19) ~ b >> 10
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) & MASK
  end
  return words
end

local function add_block(state, block)
  local words = schedule_of(block)
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for i = 1, 64 do
    local s1 = rotate(e, 6) ~ rotate(e, 11) ~ rotate(e, 25)
    local t1 = h + s1 + (e & f ~ ~e & g) + constants[i] + words[i]
    local s0 = rotate(a, 2) ~ rotate(a, 13) ~ rotate(a, 22)
    local t2 = s0 + (a & b ~ a & c ~ b & c)
    a, b, c, d, e, f, g, h = (t1 + t2) & MASK, a, b, c, (d + t1) & MASK, e, f, g
  end
  for i, word in ipairs { a, b, c, d, e, f, g, h } do
    state[i] = (state[i] + word) & MASK
  end
end

---@param text string
---@return string digest 64 hexadecimal digits
return function(text)
  local padded = text .. "\x80" .. ("\0"):rep((55 - #text) % 64) .. (">I8"):pack(8 * #text)
  local state = table.move(start, 1, 8, 1, {})
  for i = 1, #padded, 64 do
    add_block(state, padded:sub(i, i + 63))
  end
  return ("%08x"):rep(8):format(table.unpack(state))
end
