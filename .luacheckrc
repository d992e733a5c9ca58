-- SPDX-License-Identifier: MIT
-- What luacheck should know of this tree.
std = "lua54"
max_line_length = 120
self = false -- a method need not use its object
exclude_files = { "build", "core/lua/meta" }
-- The program sets `arg`, as lua(1) does; run.lua passes a script its own.
globals = { "arg" }
files["carriers"] = { read_globals = { "argument" } }
