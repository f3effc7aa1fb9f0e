-- wrk: each request is another organisation's page, with that organisation's token. Counts what is not a 200.
local tokens, paths = {}, {}
-- The people of the tokens are spread evenly over so many organisations.
local organisations = tonumber(os.getenv("LOAD_ORGANISATIONS") or "1000")
local at = 0

function init(args)
  for line in io.lines(os.getenv("TOKENS_FILE")) do
    tokens[#tokens + 1] = "Bearer " .. line
    local number = 1 + (#tokens - 1) * math.max(1, organisations / 1000) % organisations
    paths[#paths + 1] = string.format(os.getenv("LOAD_PATH"), number)
  end
end

function request()
  at = at % #tokens + 1
  return wrk.format("GET", paths[at], { ["Authorization"] = tokens[at], ["Host"] = os.getenv("LOAD_HOST"), ["Accept"] = os.getenv("LOAD_ACCEPT") })
end

function done(summary, latency)
  io.write(string.format("RESULT %.0f %.2f %.2f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end
