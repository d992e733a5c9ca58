-- SPDX-License-Identifier: MIT
-- Looks for the simulated world's secrets in every recording of a folder, which tests have left there:
-- moontower run tests/scan_recordings.lua FOLDER. tests/run does so at its end.

local fs = require "core.fs"

local folder = assert(arg[1], "which folder?")
package.path = arg[0]:match "^(.*)/[^/]*$" .. "/lua/?.lua;" .. package.path
local scanner = require "support.scanner"

local names = assert(fs.list(folder))
table.sort(names)
local lines, found = 0, 0
for _, name in ipairs(names) do
  local list, count = scanner.recording(folder .. "/" .. name)
  lines, found = lines + count, found + #list
  for _, one in ipairs(list) do
    print(("%s, line %d: %s, %s: %s"):format(name, one.line, one.finding.secret, one.finding.form, one.finding.around))
  end
end
print(("%d recordings, %d lines, %d secrets found"):format(#names, lines, found))
-- A run that has kept none proves nothing.
return found == 0 and #names > 0 and 0 or 1
