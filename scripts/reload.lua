-- SPDX-License-Identifier: MIT
-- moontower reload: the daemon reads its configuration and scripts anew; connections stay.

local daemon = require "daemon"
local error_object = require "error"

return {
  summary = "Let the daemon read its configuration and policies anew. Connections stay.",

  arguments = function(parser)
    parser:flag("--json", "Print one JSON object, for programs.")
    parser:epilog "With a mistake in one of them, all stays as it was, and the mistake is told with file and line."
  end,

  run = function(args)
    if not daemon.running then
      return error_object.fail {
        code = "not-found", source = "reload", message = "no daemon runs", hint = "Start one: `moontower serve`.",
      }
    end
    local ok, err = daemon.running:reload()
    if not ok then
      return nil, err
    end
    if args.json then
      print(require("dkjson").encode({ config = daemon.running.path, reloaded = true }, { indent = true }))
    else
      print "read anew"
    end
    return 0
  end,
}
