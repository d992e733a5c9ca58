-- SPDX-License-Identifier: MIT
-- /etc/mbim-network.conf and /etc/qmi-network.conf: what a shell would make of them, without one.

local fs = require "core.fs"
local log = require "log"
local lu = require "luaunit"
local namespace = require "core.namespace"
local network_conf = require "modem.network_conf"
local process = require "core.process"

assert(namespace.enter())
assert(process.run { "mount", "-t", "tmpfs", "none", "/etc" }.status == 0)
log.level = "error" -- what is not read is said as a warning

local T = {}

local function read(text, protocol)
  protocol = protocol or "mbim"
  assert(fs.write_atomic(("/etc/%s-network.conf"):format(protocol), text, 384))
  local conf = network_conf.read(protocol)
  fs.remove(conf.path)
  return conf
end

function T.test_all_there_is()
  lu.assertEquals(read("APN=internet\nAPN_USER=me\nAPN_PASS=secret\nAPN_AUTH=CHAP\nIP_TYPE=6\nPROXY=yes\n", "qmi"), {
    path = "/etc/qmi-network.conf",
    apn = "internet", user = "me", password = "secret", auth = "chap", ip = "ipv6", proxy = true,
  })
end

function T.test_no_file_and_an_empty_one()
  local nothing = { path = "/etc/mbim-network.conf", proxy = false }
  lu.assertEquals(network_conf.read "mbim", nothing)
  lu.assertEquals(read "", nothing)
  lu.assertEquals(read "\n\n#\n", nothing)
  lu.assertEquals(read "APN=\nAPN_USER=\"\"\nAPN_PASS=''\nIP_TYPE=\nPROXY=\n", nothing)
end

function T.test_each_protocol_has_its_own()
  assert(fs.write_atomic("/etc/qmi-network.conf", "APN=one\n", 384))
  lu.assertEquals({ network_conf.read("qmi").apn, network_conf.read("mbim").apn }, { "one", nil })
  fs.remove "/etc/qmi-network.conf"
end

function T.test_quotes()
  for text, value in pairs {
    ['"internet"'] = "internet", ["'internet'"] = "internet", ['"two words"'] = "two words",
    ["'$5 `a` \\ \"#\"'"] = "$5 `a` \\ \"#\"", ['"it\'s; #1"'] = "it's; #1", ["a#b"] = "a#b",
    ["internet # the usual one"] = "internet", ['"internet" # the usual one'] = "internet",
    ["internet;"] = "internet", ["internet "] = "internet", ["'internet';true"] = "internet",
  } do
    lu.assertEquals(read("APN_PASS=" .. text).password, value, text)
  end
end

function T.test_comments_blanks_and_line_ends()
  local conf = read "# APN=no\r\n  APN=yes\r\n#APN_USER=no\r\n\tPROXY=yes\r\nAPN_PASS=\"end\""
  lu.assertEquals({ conf.apn, conf.user, conf.proxy, conf.password }, { "yes", nil, true, "end" })
end

function T.test_the_last_one_counts()
  lu.assertEquals(read("APN=first\nAPN=second\n").apn, "second")
  lu.assertNil(read("APN=first\nAPN=\n").apn)
end

function T.test_nothing_is_run_and_no_code_is_taken_for_a_value()
  for _, text in ipairs {
    "$(touch /run/ran)", "`touch /run/ran`", '"$(touch /run/ran)"', '"`touch /run/ran`"', "$HOME", '"$HOME"',
    "a$b", 'a"b"', "'a'b", '"a"b', "'a", '"a', "a\\ b", '"a\\"b"', "a(b", "a&b", "a|b", "a>b",
  } do
    lu.assertNil(read("APN=" .. text .. "\n").apn, text)
  end
  local conf = read("touch /run/ran\nif true; then touch /run/ran; fi\nAPN =internet\nAPN= internet\n"
    .. ". /run/ran\nPROXY=yes\n")
  lu.assertEquals({ conf.apn, conf.proxy }, { nil, true })
  lu.assertNil(fs.stat "/run/ran")
end

function T.test_unknown_lines()
  local conf = read "PROFILE=3\nWHAT=ever\npath=/etc/shadow\nAPN_AUTH=MSCHAPV2\nIP_TYPE=5\nPROXY=no\n"
  lu.assertEquals(conf, { path = "/etc/mbim-network.conf", proxy = false })
end

function T.test_garbage()
  lu.assertEquals(read(("\0\255=\n"):rep(100) .. "APN=internet\n").apn, "internet")
end

return T
