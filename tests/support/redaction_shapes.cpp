#include "tests/support/redaction_shapes.hpp"

#include <array>
#include <random>
#include <string_view>

#include "actors/redaction/detect/keyed.hpp"
#include "actors/redaction/detect/prefixes.hpp"
#include "tests/support/redaction_vectors.hpp"

namespace telltale::test {

namespace {

std::string repeated(std::string_view unit, std::size_t size) {
  std::string out;
  out.reserve(size + unit.size());
  while (out.size() < size)
    out.append(unit);
  out.resize(size);
  return out;
}

text_shape repeats(std::string_view unit) {
  std::string name;
  for (const char c : unit.substr(0, 28)) {
    if (c == '\n')
      name += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20)
      name += "\\e";
    else
      name.push_back(c);
  }
  return {name, [unit = std::string{unit}](std::size_t size) {
            return repeated(unit, size);
          }};
}

/// `before` + fresh noise + `after`, again and again: no two are alike.
text_shape fresh(std::string name, std::string before, std::size_t noise,
                 std::string after) {
  return {std::move(name), [=](std::size_t size) {
            text_generator make;
            std::string out;
            while (out.size() < size)
              out.append(before).append(make.noise(noise)).append(after);
            out.resize(size);
            return out;
          }};
}

text_shape ended(std::string name, std::string unit, std::string end) {
  return {std::move(name), [=](std::size_t size) {
            return repeated(unit, size - end.size()) + end;
          }};
}

std::string dashes(std::string_view words) {
  const std::string five(5, '-');
  return five + std::string{words} + five;
}

std::vector<text_shape> make_shapes() {
  std::vector<text_shape> out;
  for (const std::string_view unit :
       {// names of secrets, with and without values
        "key=", "key_", "key-", "key.", "key ", "key:", "key: ", "key\n",
        "key=a ", "key=a1b2c3d4 ", "key=(", "key=[}",
        "token: ", "token=", "token=\"", "token\":\"", "\"token\": \"",
        "password=\"", "password='", "password=\\\"", "password=\"a\\",
        "password=&quot;", "password = ", "pw=", "pw ", "pw=1;", "secret-",
        "secret_", "secret=\n", "api_key=", "apikey:=", "x-api-key: ", "?key=",
        "&token=", "&amp;sig=", "<key>", "key==key", "\"abcdef\" == key",
        "\"abcdef\"==key ", "key,", "'key',", "private access key ",
        "password is \"", "PASS", "pass_", "aws_secret", "--password ",
        "--token=", "/password:", "private_key_id: ", "PASS=x1\n", "sk-key-",
        "Bearer key=sk-://@",
        // prefixes
        "sk-", "sk-a", "sk-ant-", "ghp_", "ghp_a", "AKIA", "A3T", "xoxb-",
        "1//0", "eyJ.", "eyJ", "eyJa.", "eyJhbGciOi.", "T3BlbkFJ", ".atlasv1.",
        "1Q~", ".acc_", "_mmk", "12345678:AA", "-us1",
        // structures
        "-----BEGIN ", "-----END ", "-----BEGIN\n", "PuTTY-User-Key-File-2: ",
        "Private-Lines: 1\n", "://", "a://", "a://b:c", "a://b:c@", "a://@",
        "http://a:b/c@", "a:\\/\\/", "https://a:b@c/d?key=e&", "hooks/",
        "hooks.slack.com/services/", "/webhook/", "/hook/a1b2c3d4",
        "Authorization: ", "Authorization: Bearer ", "Bearer ", "Bearer a1",
        "authorization=digest ", "Authorization: Digest a=b\n",
        "Cookie: ", "Cookie: a=", "cookie=a=b; ", "Cookie: a=bc; Path; ", "$6$",
        "$2b$10$", "$argon2,", "{ssha}", "-u ", "-u a:b ", "--user a",
        "identified by ", "identified by '", "securestring ",
        // places
        "@", "a@", "a@b.", "@a.", "a@b.c ", "a.", "10.", "10.0.0.1 ",
        "fe80:", "fe80::1 ", "+", "+1", "+1 2", "a.local ", ".local", "/home/",
        "/home/a/", "/Users/a", "C:\\Users\\a", "C:\\\\Users\\\\", "a/home/",
        // escapes, quotes, invisible characters, placeholders
        "\"", "'", "`", "\\", "\\\"", "\\n", "\\u003d", "%3D", "%25", "&quot;",
        "\x1b[31m", "\x1b[", "\x1b", "\x1b]0;", "\x1b[1mkey=\x1b[0m",
        "\xe2\x80\x8b",
        "k\xe2\x80\x8b"
        "ey=",
        "\xe2\x80\xae", "\xef\xbd\x8b",
        "\xef\xbd\x8b\xef\xbd\x85\xef\xbd\x99\xef\xbc\x9d", "\xc2\xad",
        "\xe5\xaf\x86\xe7\xa0\x81\xef\xbc\x9a", "\xe4\xb8\xad",
        "\xf0\x9f\x98\x80", "\xff", "\xc2", "[REDACTED:", "[REDACTED:jwt]",
        "[REDACTED:jwt#abcdef]", "[REDACTED:jwt]key=", "key=[REDACTED:jwt] ",
        "[REDACTED:jwt]a1",
        // whole texts of one kind
        "\n", " ", "\t", "a", "A", "0", "=", "-", "/", "a ", "a\n", "A=B\n",
        "NAME=value\n", "SECRET_KEY=a1b2\n", "export A_TOKEN=b\n",
        "{\"a\":", "a1B2", "a1-", "S", "0123456789abcdef", "ab/cd+", "Ab1/"})
    out.push_back(repeats(unit));
  out.push_back(
      {"NUL", [](std::size_t size) { return std::string(size, '\0'); }});
  const auto begins = dashes("BEGIN PRIVATE KEY");
  const auto ends = dashes("END PRIVATE KEY");
  const auto certificate = dashes("BEGIN CERTIFICATE");
  out.push_back(repeats(begins));
  out.push_back(repeats(ends));
  out.push_back(repeats(certificate + "\n"));
  out.push_back(repeats(begins + "\n" + ends + "\n"));
  out.push_back(ended("private keys, one end", begins, ends));
  out.push_back(
      ended("certificates, one end", certificate, dashes("END CERTIFICATE")));
  out.push_back(ended("begins, one end", dashes("BEGIN").substr(0, 11), ends));
  out.push_back(fresh("ends after key lines", "", 64, "\n" + ends + "\n"));
  out.push_back(fresh("begins before key lines", begins + "\n", 64, "\n"));
  out.push_back(fresh("key lines", "", 64, "\n"));
  out.push_back(fresh("noise without a line end", "", 4096, ""));
  out.push_back(fresh("noise with plus and slash", "", 11, "+/"));
  out.push_back(fresh("words of noise", "", 24, " "));
  out.push_back(fresh("tokens of GitHub",
                      "ghp"
                      "_",
                      36, " "));
  out.push_back(fresh("tokens of one class joined",
                      "sk"
                      "-",
                      24, "-"));
  out.push_back(fresh("short passwords", "pw=", 5, " "));
  out.push_back(fresh("passwords", "pw=", 12, "\n"));
  out.push_back(fresh("quoted passwords", "\"password\":\"", 9, "\","));
  out.push_back(fresh("addresses with passwords", "a://b:", 8, "@c "));
  out.push_back(fresh("long values", "token=", 4000, "\n"));
  out.push_back(fresh("long quoted values", "token=\"", 8100, "\"\n"));
  out.push_back(fresh("quotes that never close", "token=\"", 6, " "));
  out.push_back(fresh("dumped environments", "A_TOKEN=", 9, "\n"));
  out.push_back(fresh("JSON web tokens", "eyJ", 40, "."));
  out.push_back({"every fragment", [](std::size_t size) {
                   text_generator make;
                   std::string all;
                   while (all.size() < size)
                     all.append(make.text(400));
                   all.resize(size);
                   return all;
                 }});
  return out;
}

/// Fills the holes of a line: `%w` a word, `%n` a number, `%h` eight hex
/// digits, `%p` a path, `%t` a time.
class writer {
public:
  explicit writer(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }

  void write(std::string& out, std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '%' || i + 1 == line.size()) {
        out.push_back(line[i]);
        continue;
      }
      switch (line[++i]) {
      case 'w':
        out.append(word());
        break;
      case 'n':
        out.append(std::to_string(below(below(2) == 0 ? 100 : 10'000)));
        break;
      case 'h':
        for (int k = 0; k < 8; ++k)
          out.push_back("0123456789abcdef"[below(16)]);
        break;
      case 'p':
        for (std::size_t k = 2 + below(3); k != 0; --k)
          out.append(word()).append(k == 1 ? "" : "/");
        break;
      case 't':
        two(out, below(24));
        out.push_back(':');
        two(out, below(60));
        out.push_back(':');
        two(out, below(60));
        break;
      default:
        out.push_back(line[i]);
      }
    }
  }

private:
  std::string_view word() {
    static constexpr std::array<std::string_view, 48> words{
        "build",   "worker",  "handler",  "request", "session",  "client",
        "service", "module",  "database", "index",   "connect",  "failed",
        "warning", "compile", "target",   "library", "resolve",  "package",
        "version", "the",     "of",       "to",      "and",      "in",
        "config",  "stream",  "timeout",  "retry",   "closed",   "parser",
        "token",   "value",   "project",  "queue",   "task",     "runner",
        "cache",   "render",  "layout",   "report",  "schedule", "context",
        "network", "upload",  "branch",   "review",  "commit",   "author"};
    return words[below(words.size())];
  }

  static void two(std::string& out, std::size_t n) {
    out.push_back(static_cast<char>('0' + n / 10));
    out.push_back(static_cast<char>('0' + n % 10));
  }

  std::mt19937_64 random_;
};

using lines = std::vector<std::string_view>;

const std::vector<lines>& kinds_of_text() {
  static const std::vector<lines> kinds{
      {// a build
       "[%n/%n] Building CXX object %p/CMakeFiles/%w.dir/%w.cpp.o\n",
       "%p/%w.cpp:%n:%n: warning: unused variable '%w' [-Wunused-variable]\n",
       "%p/%w.hpp:%n:%n: error: no matching function for call to '%w(%w&)'\n",
       "   Compiling %w v0.%n.%n (/build/%p)\n",
       "make[%n]: *** [Makefile:%n: %w] Error %n\n",
       "npm WARN deprecated %w@%n.%n.%n: this %w is no longer supported\n",
       "added %n packages, and audited %n packages in %ns\n"},
      {// a stack trace of Java and of Python
       "java.lang.IllegalStateException: %w %w was not %w in %n ms\n",
       "\tat org.%w.%w.%w(%w.java:%n)\n", "\tat com.%w.%w$%w.%w(%w.java:%n)\n",
       "\tat java.base/java.util.concurrent.%w.run(%w.java:%n)\n",
       "Caused by: java.io.IOException: %w reset by peer\n",
       "  File \"/usr/lib/python3/%p/%w.py\", line %n, in %w\n",
       "    return self.%w(%w, %w=%n)\n"},
      {// tests and CI
       "%t.%n [%w] INFO  %w - %w %w after %n ms\n", "=== RUN   Test%w/%w_%n\n",
       "--- PASS: Test%w (%n.%ns)\n", "  \xe2\x9c\x93 %w %w %w (%n ms)\n",
       "ok  \tgithub.com/%w/%p\t%n.%ns\n", "##[group]Run %w/%w@v%n\n",
       "Step %n/%n : RUN apt-get install -y %w\n", " ---> %h%h\n",
       "2024-05-%nT%tZ Downloading %w-%n.%n.%n.tar.gz\n"},
      {// JSON logs
       "{\"time\":\"2024-05-11T%t.%nZ\",\"level\":\"info\",\"logger\":\"%w\","
       "\"msg\":\"%w %w %w\",\"duration_ms\":%n,\"request_id\":\"%h-%h\"}\n",
       "{\"level\":\"error\",\"msg\":\"%w: %w %w\",\"status\":%n,\"path\":"
       "\"/api/v%n/%p\",\"trace_id\":\"%h%h%h%h\",\"user_agent\":\"%w/"
       "%n.%n\"}\n",
       "{\"event\":\"%w.%w\",\"id\":%n,\"tags\":[\"%w\",\"%w\"],\"ok\":true}"
       "\n"},
      {// prose and tools
       "The %w %w because the %w was %w while it tried to %w the %w.\n",
       "fatal: unable to access 'https://example.org/%p.git/': The requested "
       "URL returned error: %n\n",
       "HEAD is now at %h %w %w %w\n", "error: %w exited with status %n\n",
       " %n files changed, %n insertions(+), %n deletions(-)\n",
       "unexpected token: } at %w.%w:%n, max_output_tokens: %n\n"}};
  return kinds;
}

/// A line that must not survive.
std::string secret_line(writer& write, text_generator& make) {
  std::string out;
  switch (write.below(6)) {
  case 0:
    write.write(out, "remote: using gh"
                     "p_" + make.noise(36)
                         + " for %w\n");
    break;
  case 1:
    write.write(out, "DATABASE_URL=postgres://%w:" + make.noise(14)
                         + "@db.example.org/%w\n");
    break;
  case 2:
    out = "Authorization: Bearer " + make.noise(40) + "\n";
    break;
  case 3:
    out = "{\"password\":\"" + make.noise(12) + "\",\"retries\":3}\n";
    break;
  case 4:
    out = "export API_TOKEN=" + make.noise(32) + "\n";
    break;
  default:
    out = "session eyJ" + make.noise(30) + "." + make.noise(60) + "."
          + make.noise(43) + "\n";
  }
  return out;
}

} // namespace

const std::vector<text_shape>& hostile_shapes() {
  static const auto shapes = make_shapes();
  return shapes;
}

std::vector<text_shape> literal_shapes() {
  std::vector<text_shape> out;
  for (const auto& word : redact::key_words())
    for (const std::string_view after : {"", "=", ": ", "=\"", "_a1 ", " A1b2"})
      out.push_back(repeats(std::string{word.word}.append(after)));
  for (const auto& row : redact::prefix_rows()) {
    out.push_back(repeats(row.literal));
    out.push_back(repeats(std::string{row.literal} + sample_tail(row) + "-"));
  }
  for (const auto literal : redact::infix_literals())
    out.push_back(repeats(std::string{"a1"}.append(literal)));
  return out;
}

std::vector<std::string> realistic_messages(std::size_t bytes,
                                            std::uint64_t seed) {
  writer write{seed};
  text_generator make{seed};
  std::vector<std::string> out;
  for (std::size_t done = 0; done < bytes; done += out.back().size()) {
    auto& text = out.emplace_back();
    // Most messages are short; some are whole logs.
    const auto size = write.below(10) == 0 ? 65'536 : 256 + write.below(4096);
    const auto& kind = kinds_of_text()[write.below(kinds_of_text().size())];
    const bool leaks = write.below(50) == 0;
    const auto leak_at = leaks ? write.below(size) : size;
    bool told = !leaks;
    while (text.size() < size) {
      if (!told && text.size() >= leak_at) {
        text += secret_line(write, make);
        told = true;
      }
      write.write(text, kind[write.below(kind.size())]);
    }
  }
  return out;
}

} // namespace telltale::test
