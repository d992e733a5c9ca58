-- SPDX-License-Identifier: MIT
-- moontower version: the versions of this program and of what it runs with.

local option = require "cli.option"
local program = require "core.program"
local version = require "core.version"

return {
  summary = "Show the versions of moontower and of what it runs with.",
  description = "Show the versions of moontower, of the libraries that it runs with, and of the kernel, for bug "
    .. "reports. `moontower --version` does the same.",
  here = true,

  options = { option.json },

  run = function(args)
    local running, err = version.running()
    if not running then
      return nil, err
    end
    running.moontower, running.lua = program.version, program.release
    if args.json then
      print(require("base.json").encode(running, { indent = true }))
      return 0
    end
    print("moontower " .. running.moontower)
    print("Lua       " .. running.lua)
    print("libuv     " .. running.libuv)
    print("libnl     " .. running.libnl)
    print(("Linux     %s, %s"):format(running.kernel, running.machine))
    return 0
  end,
}
