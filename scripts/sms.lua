-- SPDX-License-Identifier: MIT
-- moontower sms: lists, shows, sends and deletes the modem's messages.

local columns = require "terminal.columns"
local errors = require "errors"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local sms = require "sms"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check
local array = { __jsontype = "array" }

local SHOWN = 60 -- letters of a text in the list

local function usage(message)
  return errors.fail { code = "usage", source = "sms", message = message, hint = "Try `moontower sms --help`." }
end

local function print_json(value) print(json.encode(value, { indent = true })) end

-- ---- showing ----

local function state_of(message)
  if message.problem then
    return "unreadable"
  elseif message.kind == "report" then
    return "report"
  end
  return message.missing and message.status .. ", incomplete" or message.status
end

local function words_of(message)
  if message.delivery then
    return message.delivery.state
  end
  return message.text or message.data and #message.data // 2 .. " bytes of data" or message.problem or ""
end

local function shortened(text)
  text = text:gsub("%s*\n%s*", " ")
  local last = utf8.offset(text, SHOWN + 1)
  return last and last <= #text and text:sub(1, last - 1) .. "..." or text
end

local function plain_time(time) return time and time:gsub("T", " ") or "" end

local function print_list(messages)
  if #messages == 0 then
    return wrap.print "There are no messages."
  end
  local rows = { { "", "", "number", "time", "text" } }
  for _, message in ipairs(messages) do
    rows[#rows + 1] = {
      message.id, state_of(message), message.number or "", plain_time(message.time), shortened(words_of(message)),
    }
  end
  columns.print(rows)
end

local function print_message(message)
  local is_ours = message.kind == "outgoing" or message.kind == "report"
  print(("%s %s"):format(is_ours and "To:  " or "From:", message.number or "unknown"))
  if message.time then
    print("Time: " .. plain_time(message.time))
  end
  print("      " .. state_of(message))
  print ""
  print(message.text or message.data or words_of(message))
end

-- ---- actions ----

local actions = {}

function actions.list(device, args)
  local messages = check(device:messages())
  if args.json then
    print_json { messages = setmetatable(messages, array) }
  else
    print_list(messages)
  end
end

function actions.read(device, args)
  local message = check(device:message(args.values[1]))
  if args.json then
    print_json(message)
  else
    print_message(message)
  end
end

function actions.send(device, args)
  local sent = check(device:send_message(args.values[1], args.values[2]))
  if args.json then
    print_json(sent)
  else
    wrap.print(("Sent to %s%s."):format(sent.number, sent.parts > 1 and (", in %d parts"):format(sent.parts) or ""))
  end
end

-- What has been read, and is whole.
local function all_read(device)
  local list = {}
  for _, message in ipairs(check(device:messages())) do
    if message.status == "read" and not message.missing and not message.problem then list[#list + 1] = message end
  end
  return list
end

function actions.delete(device, args)
  local messages = args.all_read and all_read(device) or { check(device:message(args.values[1])) }
  local ids = setmetatable({}, array)
  for i, message in ipairs(messages) do
    check(device:delete_message(message))
    ids[i] = message.id
  end
  if args.json then
    print_json { deleted = ids }
  else
    wrap.print(#ids == 0 and "There was none to delete." or "Deleted: " .. table.concat(ids, ", ") .. ".")
  end
end

-- ---- the command line ----

local wanted = { list = 0, read = 1, send = 2, delete = 1 }
local forms = { list = "", read = " N", send = " NUMBER TEXT", delete = " N, or `delete --all-read`" }

local function check_usage(action, args)
  if args.all_read and action ~= "delete" then
    return usage "--all-read goes with `delete`"
  elseif #args.values ~= (args.all_read and 0 or wanted[action]) then
    return usage(("it is `moontower sms %s%s`"):format(action, forms[action]))
  elseif action == "send" and not sms.is_number(args.values[1]) then
    return usage "a number consists of digits, perhaps with + before them"
  end
  return true
end

local run = errors.protect(function(args)
  local action = args.action or "list"
  check(check_usage(action, args))
  local device <close> = check(modem.find(args.device, {
    proxy = args.proxy, protocol = args.protocol, at_only = true,
  }))
  actions[action](device, args)
  return 0
end)

return {
  summary = "List, read, send and delete the modem's SMS.",
  exits = { [3] = true, [4] = true, [5] = true, [7] = true, [8] = true },

  usage = [[
moontower sms [list]
moontower sms read N
moontower sms send NUMBER TEXT
moontower sms delete N|--all-read]],

  epilog = [[
N is what the list begins its lines with; "m" before it means the modem's own store, and not the card's. A message of
several parts is one line, "incomplete" if some of them are not there (yet). A modem takes what was listed as read.

A card holds 10 to 50 messages, and the network keeps what does not fit: delete what has been read.]],

  options = {
    { "action", validate.one_of { "list", "read", "send", "delete" }, "What to do", args = "?", otherwise = "list" },
    { "values", validate.any_text, "Which message; or the number and the text", args = "*" },
    { "--all-read", validate.flag, "Delete all that were read before, and are complete" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = run,
}
