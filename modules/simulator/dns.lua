-- SPDX-License-Identifier: MIT
-- The network's DNS servers: A and AAAA for the few names of a table, nothing about the root, NXDOMAIN for all
-- others (RFC 1035).

local packets = require "simulator.packets"

local dns = {}

local types = { [1] = "ipv4", [28] = "ipv6" } -- A, AAAA
local RESPONSE, RECURSION_DESIRED, RECURSION_AVAILABLE = 0x8000, 0x0100, 0x0080
local NAME_ERROR = 3
local FIRST_NAME = 0xc00c -- a pointer to the question's name

-- Returns the name and what follows it.
local function read_name(body)
  local labels = {}
  for _ = 1, 64 do
    local label = packets.dns_label:decode(body)
    if not label or label.length > 63 or label.length > #label.rest then
      return nil
    elseif label.length == 0 then
      return table.concat(labels, "."):lower(), label.rest
    end
    labels[#labels + 1] = label.rest:sub(1, label.length)
    body = label.rest:sub(label.length + 1)
  end
end

local function record(family, number, address)
  return assert(packets.dns_address[family]:encode {
    record = { name = FIRST_NAME, type = number, class = 1, ttl = 60, length = family == "ipv4" and 4 or 16 },
    address = address,
  })
end

---Answers a query.
---@param query string
---@param hosts table<string, { ipv4: string?, ipv6: string|string[]|nil }>
---@return string? answer nil when the query can't be read
function dns.answer(query, hosts)
  local header = packets.dns:decode(query)
  if not header or header.flags & RESPONSE ~= 0 or header.questions ~= 1 then
    return nil
  end
  local name, after = read_name(header.body)
  local question = name and packets.dns_question:decode(after)
  if not question then
    return nil
  end
  local host, family = hosts[name] or name == "" and {}, types[question.type]
  local addresses = host and family and host[family] or {}
  local records = {}
  for i, address in ipairs(type(addresses) == "table" and addresses or { addresses }) do
    records[i] = record(family, question.type, address)
  end
  local questions = header.body:sub(1, #header.body - #question.rest)
  return assert(packets.dns:encode {
    id = header.id,
    flags = RESPONSE | header.flags & RECURSION_DESIRED | RECURSION_AVAILABLE | (host and 0 or NAME_ERROR),
    questions = 1,
    answers = #records,
    body = questions .. table.concat(records),
  })
end

return dns
