-- SPDX-License-Identifier: MIT
-- moontower reload: the daemon reads its configuration and scripts again; connections stay.

local client = require "daemon.client"
local config = require "daemon.config"
local daemon = require "daemon"
local option = require "cli.option"

return {
  summary = "Let the daemon read configuration and policies again.",
  description = "Let the daemon read its configuration and policies again. Connections stay.",

  epilog = "With a mistake in one of them, all stays as it was, and the mistake is reported with file and line.",

  options = { option.json },

  run = function(args)
    if not daemon.running then
      return client.not_there "reload"
    end
    local ok, err = daemon.running:reload()
    if not ok then
      return nil, err
    end
    if args.json then
      local path = daemon.running.path or config.PATH
      print(require("base.json").encode({ config = path, reloaded = true }, { indent = true }))
    else
      print "read again"
    end
    return 0
  end,
}
