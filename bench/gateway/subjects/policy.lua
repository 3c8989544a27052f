-- The policies of Tulou's gateway, by hand in Lua, as a careful team would write them for one API platform on nginx:
-- look up the version, verify the key, find the subscription, count two sliding windows, add and remove headers, meter.
-- It does what Tulou does for a call, with these differences, all in nginx's favour: usage is written every 100 ms without
-- fsync (a killed worker loses that much), the assertion is a constant (Tulou signs anew each minute), configuration is
-- read once at start and never changes, and there is no limit on concurrency.
local ffi = require "ffi"
local lrucache = require "resty.lrucache"

ffi.cdef [[
unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);
]]
local digest = ffi.new("unsigned char[32]")
local crypto = ffi.C

local _M = {}
local keys, counters = ngx.shared.keys, ngx.shared.counters
local remembered
local usage, used, usage_file = {}, 0, nil

local versions = {
  ["acme/orders/v1"] = {
    id = "ver_01jd0000000000000000000001", api = "api_01jd0000000000000000000001", state = "live", access = "key",
    -- Method, then path segment by segment; "*" stands for a variable.
    operations = {
      GET = { orders = { id = "listOrders", ["*"] = { id = "getOrder" } } },
      POST = { orders = { id = "createOrder", ["*"] = { cancel = { id = "cancelOrder" } } } },
      PATCH = { orders = { ["*"] = { id = "updateOrder" } } },
    },
  },
}
local subscriptions = {}
local plan = {
  slug = "standard",
  policy = '"minute";q=1000000000;w=60, "day";q=1000000000;w=86400',
  limits = { { name = "minute", requests = 1000000000, seconds = 60 }, { name = "day", requests = 1000000000, seconds = 86400 } },
}
local assertion = string.rep("eyJhbGciOiJFZERTQSJ9", 20)

function _M.start(usage_path, keys_path, remember)
  for line in io.lines(keys_path) do
    local id, rest = line:match("^(%S+) (.+)$")
    local app = line:match("(app_%w+)")
    keys:set(id, rest)
    subscriptions[app .. ":" .. versions["acme/orders/v1"].api] = { id = "sub_1", plan = plan }
  end
  remembered = remember and assert(lrucache.new(100000)) or nil
  usage_file = assert(io.open(usage_path, "a"))
  ngx.timer.every(0.1, _M.flush)
end

function _M.flush()
  if used == 0 then return end
  usage_file:write(table.concat(usage, "", 1, used))
  usage_file:flush()
  used = 0
end

local function refuse(status, code)
  ngx.status = status
  ngx.header["content-type"] = "application/problem+json"
  ngx.say('{"type":"urn:tulou:error:', code, '","status":', status, ',"code":"', code, '"}')
  return ngx.exit(status)
end

local hex = {}
for i = 0, 255 do hex[i] = string.format("%02x", i) end

local function sha256(text)
  crypto.SHA256(text, #text, digest)
  local out = {}
  for i = 0, 31 do out[i + 1] = hex[digest[i]] end
  return table.concat(out)
end

-- In a time that does not depend on where the two differ.
local function equal(a, b)
  if #a ~= #b then return false end
  local different = 0
  for i = 1, #a do different = bit.bor(different, bit.bxor(a:byte(i), b:byte(i))) end
  return different == 0
end

local function prove(text)
  local id, secret = text:match("^tlk_live_(%w+)_(%w+)_%w+$")
  if not id or #id ~= 33 or #secret ~= 43 then return nil end
  local record = keys:get(id)
  if not record then return nil end
  local hash, tenant, app, state, expires = record:match("^(%S+) (%S+) (%S+) (%S+) (%S+)$")
  if state ~= "active" or not equal(sha256(secret), hash) then return nil end
  if expires ~= "0" and tonumber(expires) < ngx.time() then return nil end
  return { id = id, tenant = tenant, app = app }
end

local function identify(text)
  if not remembered then return prove(text) end
  local known = remembered:get(text)
  if known then return known end
  known = prove(text)
  if known then remembered:set(text, known, 60) end
  return known
end

local function operation_of(version, method, path)
  local node = version.operations[method]
  for segment in path:gmatch("[^/]+") do
    if not node then return nil end
    node = node[segment] or node["*"]
  end
  return node and node.id
end

-- Two buckets, the older weighted by how much of it the window still covers. All windows are looked at before any counts.
local function take(subscription, limits, now)
  local fields
  for i = 1, #limits do
    local limit = limits[i]
    local bucket = math.floor(now / limit.seconds)
    local base = subscription.id .. ":" .. limit.name .. ":"
    local current = counters:get(base .. bucket) or 0
    local previous = counters:get(base .. (bucket - 1)) or 0
    local reset = (bucket + 1) * limit.seconds - now
    local left = limit.requests - current - previous * reset / limit.seconds
    if left < 1 then return nil, math.ceil(reset) end
    local field = '"' .. limit.name .. '";r=' .. string.format("%d", left - 1) .. ";t=" .. math.ceil(reset)
    fields = fields and (fields .. ", " .. field) or field
  end
  for i = 1, #limits do
    local limit = limits[i]
    counters:incr(subscription.id .. ":" .. limit.name .. ":" .. math.floor(now / limit.seconds), 1, 0, limit.seconds * 2)
  end
  return fields
end

local set_header, clear_header = ngx.req.set_header, ngx.req.clear_header

function _M.access()
  local var, context = ngx.var, ngx.ctx
  local address, rest = var.request_uri:match("^/([^/]+/[^/]+/[^/?]+)([^?]*)")
  local version = address and versions[address]
  if not version or version.state ~= "live" then return refuse(404, "route_not_found") end
  context.version, context.operation = version, operation_of(version, var.request_method, rest)
  local headers = ngx.req.get_headers(100)
  local authorization = headers["authorization"]
  local text = type(authorization) == "string" and authorization:sub(1, 7) == "Bearer " and authorization:sub(8) or headers["x-api-key"]
  if not text then return refuse(401, "credential_missing") end
  local key = identify(text)
  if not key then return refuse(401, "credential_invalid") end
  context.key = key
  local subscription = subscriptions[key.app .. ":" .. version.api]
  if not subscription then return refuse(403, "subscription_required") end
  local fields, wait = take(subscription, subscription.plan.limits, ngx.now())
  if not fields then
    ngx.header["retry-after"] = wait
    return refuse(429, "rate_limited")
  end
  context.fields = fields
  for name in pairs(headers) do
    if name:sub(1, 6) == "tulou-" then clear_header(name) end
  end
  clear_header("authorization")
  clear_header("x-api-key")
  local id = var.request_id
  context.id = id
  set_header("Tulou-Tenant", key.tenant)
  set_header("Tulou-App", key.app)
  set_header("Tulou-Plan", subscription.plan.slug)
  set_header("Tulou-Request-Id", id)
  set_header("Tulou-Assertion", assertion)
  local trace = headers["traceparent"]
  local trace_id = type(trace) == "string" and trace:match("^00%-(%x+)%-%x+%-%x+$") or id
  set_header("traceparent", "00-" .. trace_id .. "-" .. id:sub(1, 16) .. "-01")
end

function _M.header_filter()
  local context, header = ngx.ctx, ngx.header
  header["RateLimit-Policy"] = plan.policy
  header["RateLimit"] = context.fields
  header["Tulou-Request-Id"] = context.id
end

function _M.log()
  local context, var = ngx.ctx, ngx.var
  if not context.version then return end
  local key = context.key
  used = used + 1
  usage[used] = table.concat({
    ngx.time(), context.version.id, context.operation or "-", key and key.app or "-", key and key.id or "-", ngx.status,
    var.request_length, var.bytes_sent, var.request_time,
  }, " ") .. "\n"
end

return _M
