"""Texts that look as if they held secrets and hold none: what must stay readable.
Values that look random are made anew from one seed."""
from planted import ALNUM, B64, maker

HARMLESS = r"""
session_id: {uuid}
{"sessionId":"{uuid}"}
sessionid={hex32}
request_id={hex32} trace_id={hex32}
x-request-id: {uuid}
[WorkerSession] TokenRefresher.cpp:228: stream opened
[TokenService] AuthHandler.java:88 refused
at com.example.TokenService.refresh(TokenService.java:88)
cache key: node-modules-{hex40}
Cache restored from key: linux-npm-{hex64}
password = os.environ["DB_PASSWORD"]
token = os.getenv("TOKEN")
api_key = config.get("api_key")
password = data.vault_generic_secret.db.data["password"]
secret = var.db_password
token: process.env.NPM_TOKEN
password: (sensitive value)
password = (known after apply)
api_key: sk-...a289
api_key: sk-…a289
token: ghp_****************wxyz
token: ***
secret: [FILTERED]
arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-{word}
secret_arn: arn:aws:kms:us-east-1:123456789012:key/{uuid}
key id: {hex40}
gpg: using RSA key {HEX40}
SHA256:{b64_43} bot@host (ED25519)
fingerprint: {hex40}
secretName: registry-credentials
secret/registry-credentials created
unexpected token '<', "<!DOCTYPE "... is not valid JSON
SyntaxError: Unexpected token } in JSON at position 12
the password must be at least 12 characters
Password is too short
the token has expired
invalid password for user "bot"
{"password": "must not be blank"}
{"errors": {"token": "is invalid"}}
{"token_type":"Bearer","expires_in":3600}
max_tokens: 4096, prompt_tokens: 120, total_tokens: 4216
Permission denied (publickey,password).
password authentication failed for user "bot"
fatal: could not read Password for 'https://bot@github.com': No such device or address
Enter passphrase for key '/root/.ssh/id_ed25519':
[sudo] password for bot:
npm warn deprecated passport-oauth2@1.6.1
[REDACTED:keyed-secret]
token=[REDACTED:github-token]
docker run -p 8080:80 --name web nginx
docker run --user 1000:1000 alpine id
ssh -p 2222 bot@host
mysql -h db -u root -p app
mkdir -p /srv/app/releases
cp -a src/. dst/
zip -r dist.zip build
tar -xzf dist.tar.gz -C /opt
curl -u "$USER:$PASS" https://h
redis-cli -h cache ping
echo "done" | tee log
_ZN4core3fmt9Formatter12pad_integral17h{hex16}E
_RNvCs{alnum8}_7mycrate4main
commit {hex40}
sha256:{hex64}
integrity sha512-{b64_86}==
https://github.com/o/r/commit/{hex40}
noreply@github.com wrote it
Set-Cookie was not sent
basic usage of the api
bearer token missing
Authorization header is required
PASS: TestLogin (0.00s)
--- FAIL: TestPasswordReset (0.02s)
passed: 12, failed: 3
author: {word}
monkey: banana
primary key: id
foreign key constraint fails (`app`.`users`)
public_key: {b64_43}
keyboard: en-US
pw_pids+=($!)
| Field | Type | Key | Default |
| token | string | yes | the API token |
key: value
code: ECONNREFUSED
exit code 137
auth: basic
login: bot
error TS2322: Type 'string' is not assignable to type 'Token'.
def set_password(self, password: str) -> None:
function login(username: string, password: string): Promise<Token> {
export interface Config { apiKey: string; secret?: string }
private readonly token: AuthToken;
this.token = token;
self.password = password
access_token = response.json()["access_token"]
--password PASSWORD  the password to use
--token TOKEN
Usage: tool --api-key KEY [--secret SECRET]
secrets: inherit
password-stdin is recommended
""".strip("\n").split("\n")


def samples(seed=7):
    """Rows of lines that must stay."""
    m = maker(seed)
    r = m.hex

    def uuid():
        h = r(32)
        return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))

    fills = {"uuid": uuid(), "hex16": r(16), "hex32": r(32), "hex40": r(40),
             "hex64": r(64), "HEX40": r(40).upper(),
             "b64_43": m.chars(B64, 43), "b64_86": m.chars(B64, 86),
             "alnum8": m.chars(ALNUM, 8), "word": m.word()}
    out = []
    for line in HARMLESS:
        for name, value in fills.items():
            line = line.replace("{" + name + "}", value)
        out.append({"input": line})
    return out
