-- SPDX-License-Identifier: MIT
-- Run by the build: makes bytecode of our Lua files, and of the libraries they use. precompile.lua FILE...

local fs = require "core.fs"
local program = require "core.program"

-- Below the program, in a folder that is named after the release of the Lua library that is running.
local folder = program.bytecode_folder
assert(fs.mkdir(folder:match("^(.*)/"), 493)) -- 0755
assert(fs.mkdir(folder, 493))
for _, name in ipairs(fs.list(folder)) do
  fs.remove(folder .. "/" .. name)
end

local files = table.move(arg, 1, #arg, 1, {})
for _, library in ipairs { "argparse", "dkjson" } do
  files[#files + 1] = package.searchpath(library, package.path)
end
for _, file in ipairs(files) do
  -- Where the name gets too long for the file system, the file is parsed each time.
  fs.write(program.bytecode_name(file), string.dump(assert(loadfile(file))))
end
