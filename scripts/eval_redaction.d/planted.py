"""Secrets planted in texts of many kinds, made anew from one seed: nothing that
looks like a secret stands in this file. A kind is what hides the secret (its
notation, its encoding, how it was cut), not its vendor."""
import base64
import random
import string
import urllib.parse

WORDS = ("orchard copper lantern meadow gravel velvet harbor thistle saddle "
         "cobalt marble timber willow candle pepper walnut").split()
ALNUM = string.ascii_letters + string.digits
B64 = ALNUM + "+/"
URL64 = ALNUM + "-_"


class maker:
    """Draws secrets of every make."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def chars(self, alphabet, n):
        while True:
            out = "".join(self.r.choice(alphabet) for _ in range(n))
            if n < 6 or (any(c.isdigit() for c in out)
                         and any(c.isalpha() for c in out)):
                return out

    def word(self):
        return self.r.choice(WORDS) + self.r.choice(WORDS)

    def password(self):
        return (self.chars(string.ascii_letters, 4) + self.r.choice("!@#$%&*")
                .replace("@", "_") + self.chars(ALNUM, 6))

    def simple(self):
        return self.r.choice(WORDS) + str(self.r.randrange(10, 9999))

    def token(self, n=32):
        return self.chars(ALNUM, n)

    def hex(self, n=40):
        return self.chars("0123456789abcdef", n)

    def base64(self, n=44):
        return self.chars(B64, n - 1) + "="

    def github(self):
        return "gh" + "p_" + self.token(36)

    def aws(self):
        return "AK" + "IA" + self.chars(string.ascii_uppercase + "234567", 16)

    def jwt(self):
        return ".".join(["ey" + "J" + self.chars(URL64, 34),
                         "ey" + "J" + self.chars(URL64, 60),
                         self.chars(URL64, 43)])

    def pem_lines(self, n=6, last=20):
        return ([self.chars(B64, 64) for _ in range(n)]
                + [self.chars(B64, last)])


def begin(kind="RSA PRIVATE KEY"):
    return "-----" + "BEGIN " + kind + "-----"


def end(kind="RSA PRIVATE KEY"):
    return "-----" + "END " + kind + "-----"


def percent(text):
    return urllib.parse.quote(text, safe="")


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


# (kind, what draws the secret, text around it). `{s}` is the secret.
TABLE = [
    # A strong key decides.
    ("strong quoted", "word", 'client_secret: "{s}"'),
    ("strong quoted json", "word", '{{"access_token":"{s}","expires_in":3600}}'),
    ("strong quoted words", "word", 'api_key = "{s} {s}"'),
    ("strong env", "word", "AUTH_TOKEN={s}"),
    ("strong env dump", "word", "SHELL=/bin/sh\nCLIENT_SECRET={s}\nLANG=C"),
    ("strong yaml", "word", "app:\n  client_secret: {s}\n  name: x"),
    ("strong toml", "password", "[db]\npassword = '{s}'"),
    ("strong properties", "simple", "spring.datasource.password={s}"),
    ("strong php", "password", "'db_password' => '{s}',"),
    ("strong go struct", "password", 'Config{{Host:"h", Password:"{s}"}}'),
    ("strong go %+v", "simple", "&{{Host:db Password:{s} Port:5432}}"),
    ("strong rust some", "word", 'Config {{ password: Some("{s}"), port: 1 }}'),
    ("strong python repr", "password", "Settings(host='h', password='{s}')"),
    ("strong java toString", "simple", "Config{{user=app, password={s}, port=1}}"),
    ("strong kwargs", "password", "connect(user='a', password='{s}')"),
    ("strong xml", "simple", "<db><password>{s}</password></db>"),
    ("strong xml attribute", "simple", '<db user="a" password="{s}" port="1"/>'),
    ("strong cdata", "password", "<password><![CDATA[{s}]]></password>"),
    ("strong html form", "simple",
     '<input type="password" name="password" value="{s}">'),
    ("strong query", "simple", "GET /login?user=a&password={s}&next=1"),
    ("strong header", "token", "X-Api-Key: {s}"),
    ("strong ruby", "password", 'c.password = "{s}"'),
    ("strong ps env", "password", '$env:DB_PASSWORD = "{s}"'),
    ("strong declare", "password", 'declare -x DB_PASSWORD="{s}"'),
    ("strong set cmd", "simple", "set DB_PASSWORD={s}"),
    ("strong dockerfile", "simple", "ENV DB_PASSWORD {s}"),
    ("strong ansi-c", "password", "export DB_PASSWORD=$'{s}'"),
    ("strong list json", "token", '{{"tokens": ["{s}", "x"]}}'),
    ("strong list yaml", "simple", "passwords:\n  - {s}\nother: 1"),
    ("strong nested", "simple", '{{"secret": {{"value": "{s}"}}}}'),
    ("strong nested lines", "simple",
     '{{\n  "password": {{\n    "value": "{s}"\n  }}\n}}'),
    # Name and value apart.
    ("apart k8s env", "simple", "- name: DB_PASSWORD\n  value: {s}"),
    ("apart k8s quoted", "word", '- name: API_TOKEN\n  value: "{s}"'),
    ("apart json", "word", '{{"name":"API_TOKEN","value":"{s}"}}'),
    ("apart json spaced", "simple",
     '{{\n  "name": "DB_PASSWORD",\n  "value": "{s}"\n}}'),
    ("apart json type between", "simple",
     '{{"key":"password","type":"text","value":"{s}"}}'),
    ("apart escaped json", "simple",
     '{{\\"name\\":\\"DB_PASSWORD\\",\\"value\\":\\"{s}\\"}}'),
    ("apart cloudformation", "simple",
     "ParameterKey=DbPassword,ParameterValue={s}"),
    ("apart plist", "simple", "<key>password</key>\n<string>{s}</string>"),
    ("apart xml entry", "simple", "<key>password</key><value>{s}</value>"),
    ("apart property", "simple",
     '<property name="javax.persistence.jdbc.password" value="{s}"/>'),
    ("apart property body", "simple",
     '<property name="hibernate.password">{s}</property>'),
    ("apart form part", "simple",
     'Content-Disposition: form-data; name="password"\r\n\r\n{s}\r\n--b'),
    ("apart table", "simple", "| DB_PASSWORD | {s} |"),
    ("apart box", "simple", "│ password │ {s} │"),
    ("apart bold", "simple", "**Password:** {s}"),
    ("apart bold outside", "simple", "**Password**: {s}"),
    ("apart terraform", "simple",
     'set {{\n  name  = "db.password"\n  value = "{s}"\n}}'),
    ("block literal", "simple", "password: |\n  {s}\nnext: 1"),
    ("block folded", "simple", "api_token: >-\n  {s}\nnext: 1"),
    ("block second line", "password",
     "client_secret: |\n  first-line-of-it\n  {s}\nnext: 1"),
    ("below", "simple", "password:\n  {s}\nnext: 1"),
    ("netrc", "word", "machine h.example login bot password {s}"),
    ("netrc lines", "word", "machine h.example\n  login bot\n  password {s}\n"),
    ("pgpass", "simple", "db.example:5432:app:bot:{s}\n"),
    # Prompts and prose.
    ("prompt for", "simple", "Password for bot@db.example: {s}"),
    ("prompt", "simple", "Enter password: {s}"),
    ("prose en", "simple", "the password is {s}"),
    ("prose en word", "word", "The password is {s}."),
    ("prose en set", "simple", "password was reset to {s}"),
    ("prose en quoted", "word", 'The password is "{s}", please change it'),
    ("prose credentials", "password", "username ci, password {s}."),
    ("prose got", "password", 'expected password "{s}" but got "y"'),
    ("prose zh", "simple", "密码是 {s}"),
    ("prose zh colon", "simple", "密码：{s}"),
    ("prose zh wei", "simple", "口令为{s}"),
    ("prose fr", "simple", "le mot de passe est {s}"),
    ("prose fr colon", "simple", "Mot de passe : {s}"),
    ("prose de", "simple", "das Passwort lautet {s}"),
    ("prose de ist", "simple", "Das Kennwort ist {s}."),
    ("prose es", "simple", "la contraseña es {s}"),
    ("prose es colon", "simple", "Contraseña: {s}"),
    # Command lines.
    ("cmd curl -u", "word", "curl -u ci:{s} https://h/x"),
    ("cmd curl list", "word", "['curl', '-u', 'ci:{s}', 'https://h/x']"),
    ("cmd curl list json", "simple", '["curl","-s","-u","ci:{s}","https://h"]'),
    ("cmd mysql", "word", "mysql -u root -p{s} app"),
    ("cmd mysql quoted", "password", "mysql -u root -p'{s}' app"),
    ("cmd mysqldump", "simple", "+ /usr/bin/mysqldump -uroot -p{s} app"),
    ("cmd sshpass", "word", "sshpass -p {s} ssh a@h uptime"),
    ("cmd sshpass quoted", "password", "sshpass -p '{s}' ssh a@h uptime"),
    ("cmd redis", "word", "redis-cli -h c -a {s} ping"),
    ("cmd docker login", "word", "docker login -u bot -p {s} r.example"),
    ("cmd podman login", "simple", "podman login --username bot -p={s} r"),
    ("cmd password-stdin", "word",
     "echo {s} | docker login -u bot --password-stdin"),
    ("cmd password-stdin quoted", "password",
     'echo "{s}" | docker login -u bot --password-stdin'),
    ("cmd here string", "simple",
     'docker login -u bot --password-stdin <<< "{s}"'),
    ("cmd sudo -S", "word", 'echo "{s}" | sudo -S systemctl restart app'),
    ("cmd chpasswd", "word", 'echo "root:{s}" | chpasswd'),
    ("cmd codecov", "token", "codecov -t {s} -F unit"),
    ("cmd unzip", "word", "unzip -P {s} dist.zip"),
    ("cmd 7z", "word", "7z x -p{s} dist.7z"),
    ("cmd openssl", "word", "openssl pkcs12 -in a -passin pass:{s} -nodes"),
    ("cmd keytool", "word", "keytool -list -keystore k -storepass {s}"),
    ("cmd ldap", "word", "ldapsearch -x -D cn=a -w {s} -b dc=b"),
    ("cmd mongo", "word", "mongosh -u a -p {s} db"),
    ("cmd sqlcmd", "password", "sqlcmd -S h -U sa -P '{s}' -Q x"),
    ("cmd sqlplus", "word", "sqlplus scott/{s}@orcl"),
    ("cmd psql env", "word", "PGPASSWORD={s} psql -h h -U a"),
    ("cmd --password", "word", "tool --user a --password {s} --verbose"),
    ("cmd --password=", "word", "tool --password={s} --verbose"),
    ("cmd --api-key", "word", "tool --api-key {s} run"),
    ("cmd --token list", "word", "['tool', '--api-token', '{s}']"),
    ("cmd -Password", "word", "New-Thing -Name a -Password {s} -Force"),
    ("cmd securestring", "password",
     "ConvertTo-SecureString '{s}' -AsPlainText -Force"),
    ("cmd securestring -String", "password",
     'ConvertTo-SecureString -String "{s}" -AsPlainText -Force'),
    ("cmd rabbitmq", "word", "rabbitmqctl add_user bot {s}"),
    ("cmd htpasswd", "word", "htpasswd -b .htpasswd bot {s}"),
    ("cmd smbclient", "word", "smbclient //h/s -U bot%{s}"),
    ("cmd identified by", "simple", "CREATE USER a IDENTIFIED BY '{s}';"),
    ("cmd sql password", "simple", "ALTER ROLE a WITH PASSWORD '{s}';"),
    ("cmd git extraheader", "base64",
     'git -c http.extraheader="Authorization: Basic {s}" fetch'),
    # Encodings.
    ("enc percent key", "simple", "body=token%3D{s}%26x%3D1"),
    ("enc percent json", "simple", "body=%7B%22password%22%3A%22{s}%22%7D"),
    ("enc \\u json", "simple",
     "\\u007b\\u0022password\\u0022:\\u0022{s}\\u0022}}"),
    ("enc \\u html", "simple", "\\u0022api_key\\u0022: \\u0022{s}\\u0022"),
    ("enc double json", "simple", '"{{\\\\\\"password\\\\\\":\\\\\\"{s}\\\\\\"}}"'),
    ("enc json in json", "simple", '{{"m":"{{\\"password\\":\\"{s}\\"}}"}}'),
    ("enc html", "simple", "{{&quot;password&quot;:&quot;{s}&quot;}}"),
    ("enc html number", "simple", "password&#61;&#34;{s}&#34;"),
    ("enc rust debug", "simple", '"{{\\"password\\": String(\\"{s}\\")}}"'),
    ("enc python bytes", "simple", "b'{{\"password\": \"{s}\"}}'"),
    # URLs and connections.
    ("url plain", "word", "clone https://bot:{s}@h.example/r.git failed"),
    ("url token", "github", "clone https://{s}@github.com/o/r.git failed"),
    ("url ?", "simple", "postgres://bot:pa?{s}@h:5432/db"),
    ("url #", "simple", "postgres://bot:pa#{s}@h:5432/db"),
    ("url /", "simple", "amqp://bot:pa/{s}@h:5672/v"),
    ("url blank", "simple", '"postgres://bot:pa {s}@h:5432/db"'),
    ("url @", "simple", "redis://:p@{s}@h:6379/0"),
    ("url jdbc", "simple", "jdbc:mysql://h/db?user=a&password={s}"),
    ("url cut", "simple", "fatal: unable to access https://bot:{s}"),
    ("dsn go", "word", "bot:{s}@tcp(h:3306)/db?x=1"),
    ("dsn oracle", "word", "jdbc:oracle:thin:bot/{s}@h:1521:x"),
    ("dsn oracle service", "word", "connect bot/{s}@h:1521/svc"),
    ("dsn libpq", "word", "host=h user=a password={s} dbname=d"),
    ("dsn ado", "password", "Server=h;User Id=a;Password={s};Pooling=true"),
    ("dsn odbc", "word", "Driver={{x}};Server=h;Uid=a;Pwd={s};"),
    # Headers.
    ("header bearer", "token", "Authorization: Bearer {s}"),
    ("header bearer list", "token", "{{'Authorization': 'Bearer {s}'}}"),
    ("header copilot", "hex",
     "Authorization: Bearer tid=ab12;exp=1700000000;sku=x;8kp=1:{s}"),
    ("header token", "hex", "authorization: token {s}"),
    ("header basic", "base64", "< Authorization: Basic {s}"),
    ("header set-cookie", "token", "Set-Cookie: sid={s}; Path=/; Secure"),
    ("header curl -H", "token", 'curl -H "X-Auth-Token: {s}" https://h'),
    # Long runs.
    ("long base64", "long", "payload {s} end"),
    ("opaque", "opaque", "got {s} from it"),
]


def special(m):
    """Kinds that no template says: (kind, text, secret)."""
    lines = m.pem_lines()
    body = "\n".join(lines)
    yield "pem", f"a\n{begin()}\n{body}\n{end()}\nb", lines[3]
    yield "pem no end", f"a\n{begin()}\n{body}", lines[2]
    yield "pem no end last line", f"a\n{begin()}\n{body}\n", lines[-1]
    yield "pem escaped", f'{{"k": "{begin()}\\n' + "\\n".join(lines) + f'\\n{end()}"}}', lines[4]
    yield "pem prefixed", "\n".join(f"12:00:01 | {line}" for line in [begin(), *lines, end()]), lines[1]
    yield "pem tail", "\n".join(lines[2:]) + f"\n{end()}\nb", lines[3]
    whole = base64.b64encode(f"{begin()}\n{body}\n{end()}\n".encode()).decode()
    yield "pem base64", f"key.pem: {whole}", whole[80:160]
    yield "pem base64 bare", f"loaded {whole} ok", whole[80:160]
    token = m.github()
    cut = m.r.randrange(12, 30)
    yield "wrapped", f"denied for {token[:cut]}\n{token[cut:]} today", token[cut:]
    yield "wrapped indented", f"  denied for {token[:cut]}\n  {token[cut:]}\n", token[cut:]
    yield "wrapped box", f"│ denied for {token[:cut]} │\n│ {token[cut:]} │", token[cut:]
    yield "wrapped quote", f"> key {token[:cut]}\n> {token[cut:]}\n", token[:cut]
    j = m.jwt()
    yield "wrapped jwt", f"token {j[:60]}\n{j[60:120]}\n{j[120:]}\n", j[60:120]
    yield "cut github", f"remote: denied for {token[:18]}", token[:18]
    key = m.aws()
    yield "cut aws", f"key {key[:13]}", key[:13]
    yield "ansi", f"\x1b[31m{token[:9]}\x1b[0m{token[9:]}\x1b[m", token[9:]
    yield "prefix aws", f"id {key} denied", key
    yield "prefix jwt", f"got {j}.", j
    secret = m.simple()
    yield "repeated", f"password={secret}\nlater {secret} again", secret
    yield "netrc lines tabs", f"machine\th\nlogin\ta\npassword\t{secret}\n", secret
    text = "password=" + secret + "&x=1"
    yield "enc percent twice", "u=" + percent(percent(text)), secret


def samples(each, seed=20261130):
    """Rows as the corpora have them: `shape` is the kind."""
    m = maker(seed)
    draw = {
        "word": m.word, "password": m.password, "simple": m.simple,
        "token": m.token, "hex": m.hex, "base64": m.base64,
        "github": m.github,
        "long": lambda: m.chars(B64, 300),
        "opaque": lambda: m.chars(ALNUM, 40),
    }
    out = []
    for kind, make, around in TABLE:
        for _ in range(each):
            secret = draw[make]()
            out.append({"shape": kind, "secret": secret,
                        "input": around.format(s=secret)})
    for _ in range(each):
        for kind, text, secret in special(m):
            out.append({"shape": kind, "secret": secret, "input": text})
    return out
