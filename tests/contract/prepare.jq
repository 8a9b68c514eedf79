# What schemathesis is given of the document that the demo serves.

# One way to prove who is calling: it would send all of them at once, and a token beside a service's header is 400.
def bearer_alone: if any(.[]; has("bearer")) then [{ bearer: [] }] else [] end;

# What is not known is dropped; names with control characters in them are refused, and tests/api/params says which.
def closed: walk(if type == "object" and has("properties") and (.additionalProperties | not)
  then .additionalProperties = false else . end);

def operations: paths(type == "object" and has("operationId"));

# A stream never ends: tests/api/events.
delpaths([operations as $at | select(getpath($at) | .operationId == "streamEvents") | $at])
| reduce [operations][] as $at (.; setpath($at + ["security"]; getpath($at) | .security | bearer_alone))
| .components.securitySchemes |= { bearer }
| .components.schemas |= with_entries(
    if .key | test("(Params|Form|Fields|Create|CreateOnTune|Duplicate|Update)$") then .value |= closed else . end)
