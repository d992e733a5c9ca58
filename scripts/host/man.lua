-- SPDX-License-Identifier: MIT
-- Run by the build: writes the manual pages into folders man5, man7 and man8 of a folder. man.lua FOLDER

local fs = require "core.fs"
local manual = require "manual"
local places = require "loading.places"

places.keep_to_ours()

-- A package that is built again is the same, bit for bit, so its changelog gives the date.
local now = tonumber(os.getenv "SOURCE_DATE_EPOCH") or os.time()

for _, page in ipairs(manual.pages(os.date("!%Y-%m-%d", now))) do
  local folder = ("%s/man%d"):format(arg[1], page.section)
  assert(fs.mkdir(folder, 493)) -- 0755
  assert(fs.write(("%s/%s.%d"):format(folder, page.name, page.section), page.text))
end
