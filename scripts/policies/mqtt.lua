-- SPDX-License-Identifier: MIT
-- Policy: publish the state of all modems, and events, to an MQTT broker, as Home Assistant finds them.

local errors = require "errors"
local fs, mqtt, policy, validate = require "core.fs", require "mqtt", require "policy", require "base.validate"

local function is_topic(value)
  return type(value) == "string" and value ~= "" and not value:find "[#+%c]" and not value:find "^/"
end

local topic = { is_topic, "a topic without wildcards, such as home/roof", type = "text" }
local path = validate.described(validate.text, "a path")
local discovery = {
  function(value) return value == false or is_topic(value) end, "a topic, or false", type = "text",
}

local declared = {
  { "host", validate.text, "the broker", needed = true },
  { "port", validate.whole(1, 65535), "its port", otherwise = "1883, or 8883 with `ca`" },
  { "user", validate.text, "the user's name", otherwise = "none" },
  { "password_file", path, "a file with the password, which only its owner may read", otherwise = "none" },
  { "ca", path, "a file with the certificates that the broker's is signed by (PEM): TLS", otherwise = "no TLS" },
  { "topic", topic, "what our topics begin with", otherwise = "moontower/ and this computer's name" },
  { "every", validate.seconds, "seconds from one state to the next", default = 60 },
  { "discovery", discovery, "Home Assistant's topic for discovery; `false`: none", default = "homeassistant" },
}
local options = policy.options(..., declared)
if options.password_file and not options.user then
  error(errors.new { -- which MQTT forbids
    code = "invalid", source = "mqtt", message = "`password_file` needs `user`: a broker takes no password alone",
  })
end

local function host_name() return (fs.read "/proc/sys/kernel/hostname" or "localhost"):match "^%S+" end

return policy {
  name = "mqtt",
  summary = "Publish the state of all modems, and events, to an MQTT broker.",
  options = declared,
  observes = true,

  run = function(modems)
    mqtt.run({
      host = options.host, port = options.port or options.ca and 8883 or 1883, user = options.user,
      password_file = options.password_file, ca = options.ca, every = options.every, discovery = options.discovery,
      topic = options.topic or "moontower/" .. host_name():gsub("[#+/]", "_"),
    }, function() return modems:list() end)
  end,
}
