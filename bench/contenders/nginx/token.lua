-- Verifies HS256 and RS256 tokens with libcrypto, which nginx has loaded already. LuaJIT calls it directly, which is
-- the fastest way that a module of Lua has.
local ffi = require("ffi")
local json = require("cjson.safe")

ffi.cdef([[
typedef struct evp_md_st EVP_MD;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct bio_st BIO;
const EVP_MD *EVP_sha256(void);
unsigned char *HMAC(const EVP_MD *, const void *, int, const unsigned char *, size_t, unsigned char *, unsigned int *);
int CRYPTO_memcmp(const void *, const void *, size_t);
BIO *BIO_new_mem_buf(const void *, int);
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *, EVP_PKEY **, void *, void *);
EVP_MD_CTX *EVP_MD_CTX_new(void);
int EVP_MD_CTX_reset(EVP_MD_CTX *);
int EVP_DigestVerifyInit(EVP_MD_CTX *, void **, const EVP_MD *, void *, EVP_PKEY *);
int EVP_DigestVerify(EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
]])
local crypto = ffi.C

local module = {}
local secret, public_key, context
local mac, mac_size = ffi.new("unsigned char[32]"), ffi.new("unsigned int[1]")

local function file(path)
  local handle = assert(io.open(path, "rb"))
  local content = handle:read("*a")
  handle:close()
  return content
end

function module.read_keys(folder)
  secret = file(folder .. "/hs256.secret")
  local pem = file(folder .. "/rs256.pub.pem")
  public_key = crypto.PEM_read_bio_PUBKEY(crypto.BIO_new_mem_buf(pem, #pem), nil, nil, nil)
  context = crypto.EVP_MD_CTX_new()
  assert(public_key ~= nil and context ~= nil)
end

local function decode(text)
  local padded = text:gsub("-", "+"):gsub("_", "/") .. string.rep("=", -#text % 4)
  return ngx.decode_base64(padded)
end

local signed_by = {}

function signed_by.HS256(text, signature)
  crypto.HMAC(crypto.EVP_sha256(), secret, #secret, text, #text, mac, mac_size)
  return #signature == 32 and crypto.CRYPTO_memcmp(mac, signature, 32) == 0
end

function signed_by.RS256(text, signature)
  crypto.EVP_MD_CTX_reset(context)
  return crypto.EVP_DigestVerifyInit(context, nil, crypto.EVP_sha256(), nil, public_key) == 1
    and crypto.EVP_DigestVerify(context, signature, #signature, text, #text) == 1
end

local issuers = { HS256 = "https://hs256.bench.test", RS256 = "https://rs256.bench.test" }

local function claims_of(authorization)
  local head, body, tail = string.match(authorization or "", "^Bearer ([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
  if not head then return nil end
  local header, signature = json.decode(decode(head) or ""), decode(tail)
  local check = header and signed_by[header.alg]
  if not check or not signature or not check(head .. "." .. body, signature) then return nil end
  local claims = json.decode(decode(body) or "")
  local good = claims and claims.iss == issuers[header.alg] and claims.aud == "gateway" and claims.exp > ngx.time()
  return good and claims or nil
end

function module.check()
  local claims = claims_of(ngx.var.http_authorization)
  if claims then
    ngx.var.workspace = claims.workspace
    return
  end
  ngx.status = 401
  ngx.header.content_type = "application/problem+json"
  ngx.print('{"status":401,"code":"token_invalid"}')
  return ngx.exit(401)
end

return module
