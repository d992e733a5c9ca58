-- SPDX-License-Identifier: MIT
-- What is private by its look, or by the word in front of it, in any text: numbers as people write them, addresses of
-- interfaces, codes, names in addresses of the web and in names of files.

local M = {}

local function replace_matches(text, pattern, replace) return (text:gsub(pattern, replace)) end

-- ---- numbers with marks between their digits ----

local FEWEST = 7 -- digits of a telephone number

-- Others for all digits of a word, which stand where those did.
local function spread(word, joined)
  local at = 0
  return (word:gsub("%x", function()
    at = at + 1
    return joined:sub(at, at)
  end))
end

local function number(others, word)
  local digits = word:gsub("%D", "")
  return #digits >= FEWEST and spread(word, others:digits(digits)) or nil
end

local function interface(others, word) return spread(word, others:hex((word:gsub("%X", "")))) end

-- ---- addresses that a host makes of its interface's (RFC 4291, appendix A) ----

local UNIVERSAL = 0x02 -- the bit of the first byte that is changed there

local function made_of_interface(others, word)
  local groups = {}
  for group in word:gmatch "%x+" do groups[#groups + 1] = tonumber(group, 16) end
  local first, second, third, last = table.unpack(groups)
  local bytes = { first >> 8 ~ UNIVERSAL, first & 255, second >> 8, third & 255, last >> 8, last & 255 }
  local other = {}
  for byte in others:hex(("%02x"):rep(#bytes):format(table.unpack(bytes))):gmatch "%x%x" do
    other[#other + 1] = tonumber(byte, 16)
  end
  return ("%x:%x:%x:%x"):format((other[1] ~ UNIVERSAL) << 8 | other[2], other[3] << 8 | 0xff, 0xfe00 | other[4],
    other[5] << 8 | other[6])
end

-- ---- the list ----

local BYTE, GROUP = "%x%x", "%x%x?%x?%x?"

-- Of every text. Where a number stands for another, it is the same in every form.
local ANYWHERE = {
  { "%f[%+%w]%+%d[%d%s()/.-]*%d", number }, -- telephones
  { "%f[%w:]" .. BYTE .. (":" .. BYTE):rep(5) .. "%f[^%w:]", interface },
  { "%f[%w-]" .. BYTE .. ("%-" .. BYTE):rep(5) .. "%f[^%w-]", interface },
  { "%f[%w]%l%lx" .. BYTE:rep(6) .. "%f[%W]", function(others, word) -- systemd's names: "enx", "wwx"
    return word:sub(1, 3) .. others:hex(word:sub(4))
  end },
  { "%f[%x]" .. GROUP .. ":%x?%x?[fF][fF]:[fF][eE]%x%x:" .. GROUP .. "%f[^%x:]", made_of_interface },
  { "%f[%w]1%$[%w.-]+%$[^%s\"',;]*", function(others, code) return "1$" .. others:blank(code:sub(3)) end }, -- eSIM's
}

-- Of one of which it is not known what kind of text it is.
local UNKNOWN = {
  { "%f[%d]%d%d%d%d?[ -]%d%d%d%d?[ -]%d%d%d%d?[ -]%d[%d -]*%d", function(others, word)
    return #word:gsub("%D", "") >= 2 * FEWEST and number(others, word) or nil
  end },
  { "%f[%w]" .. BYTE:rep(6) .. "%x?%x?%f[%W]", function(others, word)
    return word:find "%a" and word:find "%d" and others:hex(word) or nil
  end },
  { "%f[%d.]%d+%.%d%d%d+%f[^%d.]", function(others, word) return others:zero_digits(word) end }, -- degrees
}

-- The same where a word in front tells what it is.
local LABELLED = {
  { "(SN[:=]%s*)(%w+)", function(others, serial) return others:text(serial) end },
  { "(/home/)([^/%s]+)", function(others, name) return others:text(name) end },
  { "(/media/)([^/%s]+)", function(others, name) return others:text(name) end },
  { "(://)(%S+@)", function() return "xxx@" end },
  { "(://[^%s?]+%?)(%S+)", function(others, question) return others:blank(question) end },
  { "([pP][aA][sS][sS]%w*[\"']?%s*[:=]%s*[\"']?)([^%s\"',;]+)", function(others, word) return others:blank(word) end },
  { "(%f[%a][pP][iI][nN]%s*[:=]?%s*[\"']?)(%d%d%d%d+)", function(others, pin) return others:blank(pin) end },
}

local PLACES = { cell = true, cellid = true, enb = true, gnb = true, lac = true, rac = true, tac = true }

-- Numbers of cells, as commands print them and modems call them: "cell 171650049", "TAC: 2F01".
local function replace_places(others, text)
  return replace_matches(text, "(%a[%a_ ]*)([%s:=]+\"?)(0?[xX]?)(%x+)%f[%W]", function(words, between, mark, digits)
    local label = words:lower():match "(%a+)[_ ]id$" or words:lower():match "%a+$"
    local value = digits:find "%d" and tonumber(digits, mark:find "[xX]" and 16 or digits:find "%a" and 16 or 10)
    if PLACES[label] and value then
      return words .. between .. others:place(mark .. digits, value)
    end
  end)
end

---@param others recording.pseudonyms
---@param text string
---@param is_known boolean? it is known what kind of text it is, and that it is not private
---@return string other
function M.replace(others, text, is_known)
  for _, list in ipairs { ANYWHERE, is_known and {} or UNKNOWN } do
    for _, look in ipairs(list) do
      text = replace_matches(text, look[1], function(word) return look[2](others, word) end)
    end
  end
  for _, look in ipairs(LABELLED) do
    text = replace_matches(text, look[1], function(label, word) return label .. look[2](others, word) end)
  end
  return is_known and text or replace_places(others, text)
end

return M
