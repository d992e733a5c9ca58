-- SPDX-License-Identifier: MIT
-- moontower serve: the daemon. It owns the modems and keeps them online, as policies say.

local config = require "daemon.config"
local daemon = require "daemon"
local option = require "cli.option"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

return {
  summary = "Keep modems online: the daemon.",
  description = "Keep modems online, as a daemon: policies, hot-plug, and all other commands run in it.",
  here = true,
  needs_no_reader = true,

  epilog = [[
The configuration says what is done about which modem; `moontower help config` shows how. Without one, any modem is
kept online with the APN that the network chooses. Other commands that are given while it runs, run inside it.
`moontower reload` reads the configuration again. When the daemon ends, connections stay up, and the next one adopts
them. `moontower down` takes a modem offline until `moontower up`. `moontower why` tells what the daemon believes, what
it has tried, and what it will do.]],

  options = {
    { "--config", validate.any_text, "The configuration", otherwise = config.PATH, argname = "FILE" },
    { "--check", validate.flag, "Only tell whether the configuration and the scripts that it names are right" },
    option.take_over,
    option.with_text(option.json, "With --check: print one JSON object, for programs"),
  },

  run = function(args)
    if args.check then
      local loaded, err = config.load(args.config)
      if not loaded then
        return nil, err
      end
      local path = args.config or config.PATH
      if args.json then
        print(require("base.json").encode({ config = path, right = true, missing = loaded.is_usual or nil },
          { indent = true }))
      elseif loaded.is_usual then
        wrap.print(("There is no %s: any modem will be kept online, with the APN that the network chooses.")
          :format(path))
      else
        wrap.print(("%s is right"):format(path))
      end
      return 0
    end
    return daemon.run { config = args.config, take_over = args.take_over }
  end,
}
