// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.render
#include <set>

#include "actors/failed_task_payload/build.hpp"
#include "actors/relay/text/catalog.hpp"
#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"
#include "actors/relay/text/render.hpp"
#include "messages/blank.hpp"
#include "messages/failure_reason.hpp"
#include "tests/support/foreign_message.hpp"
#include "text/utf8.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

const catalog& english() {
  return catalog::of("en");
}

rendered words_for(std::string_view payload,
                   detail_style style = detail_style::error_first,
                   const catalog& words = english()) {
  return render(test::facts_in(payload), words, style);
}

std::string said(std::string_view payload,
                 detail_style style = detail_style::error_first) {
  return words_for(payload, style).message;
}

const std::string network = "agent_error.provider_network";

std::string bad(const std::string& text) {
  return "⚠️ " + text;
}

} // namespace

CAF_TEST(a runners words reach the reader as they are) {
  CAF_CHECK_EQUAL(
      said(R"({"error":"stream cut after 3 tokens","error_origin":"runner",
             "failure_reason":"agent_error.provider_network"})"),
      bad("stream cut after 3 tokens"));
  CAF_CHECK_EQUAL(said(R"({"error":"  \n","error_origin":"runner",
             "failure_reason":"timeout"})"),
                  bad(english().copy("timeout")));
  CAF_CHECK_EQUAL(said(R"({"error_message":"from elsewhere"})"),
                  bad("from elsewhere"));
  CAF_CHECK_EQUAL(said(R"({"error":"first","error_origin":"runner",
             "error_message":"second"})"),
                  bad("first"));
}

CAF_TEST(a failure without words gets the copy of its reason) {
  for (const auto& row : failure_reasons())
    for (const auto style : {detail_style::error_first,
                             detail_style::reason_first, detail_style::both}) {
      const auto payload =
          R"({"error":null,"failure_reason":")" + std::string{row.wire} + "\"}";
      CAF_CHECK_EQUAL(said(payload, style), bad(english().copy(row.wire)));
    }
}

CAF_TEST(a reason outside the taxonomy is never shown raw) {
  CAF_CHECK(find_reason("local_directory_error") != nullptr);
  CAF_CHECK_NOT_EQUAL(english().copy("local_directory_error"),
                      english().default_copy());
  for (const auto* payload :
       {R"({"failure_reason":"made_up_reason"})", R"({"failure_reason":7})",
        R"({"failure_reason":""})", "{}", "[]", "null", "7", "\"text\"", "",
        "{\"failure_reason\":", "\xff\xfe"}) {
    const auto words = words_for(payload);
    CAF_CHECK_EQUAL(words.message, bad(english().default_copy()));
    CAF_CHECK_EQUAL(as_text(words), words.message);
  }
}

CAF_TEST(a sentinel never wins over the copy) {
  const auto copy = bad(english().copy("timeout"));
  CAF_CHECK_EQUAL(said(R"({"error":"task timed out","error_origin":"platform",
             "failure_reason":"timeout"})"),
                  copy);
  CAF_CHECK_EQUAL(said(R"({"error":"anything at all","error_origin":"platform",
             "failure_reason":"timeout"})"),
                  copy);
  CAF_CHECK_EQUAL(
      said(R"({"error":" Task timed out.\n","failure_reason":"timeout"})"),
      copy);
  CAF_CHECK_EQUAL(said(R"({"error_message":"runtime went offline",
             "failure_reason":"timeout"})"),
                  copy);
  CAF_CHECK_EQUAL(said(R"({"error":"task timed out waiting for lock 7"})"),
                  bad("task timed out waiting for lock 7"));
}

CAF_TEST(every catalogue has every text of the taxonomy) {
  for (const auto locale : catalog::locales()) {
    const auto& words = catalog::of(locale);
    CAF_CHECK_EQUAL(words.locale(), locale);
    std::set<std::string> seen{words.default_copy(), words.recovered()};
    for (const auto& row : failure_reasons()) {
      const auto& copy = words.copy(row.wire);
      CAF_CHECK(!is_blank(copy));
      CAF_CHECK(copy.find(row.wire) == std::string::npos);
      CAF_CHECK(copy.find('_') == std::string::npos);
      CAF_CHECK(!is_blank(words.brief(row.wire)));
      CAF_CHECK(seen.insert(copy).second); // no two reasons read the same
    }
    for (const auto* key :
         {"untitled", "attempt", "separator", "open_run", "open_list", "when",
          "repeat", "digest", "digest_title", "digest_reason", "digest_more",
          "other_reason", "correction"})
      CAF_CHECK(!words.phrase(key).empty());
    for (const auto key : catalog::circumstances())
      CAF_CHECK(seen.insert(words.circumstance(key)).second);
  }
}

CAF_TEST(the chinese catalogue is written in chinese) {
  const auto& words = catalog::of("zh-CN");
  for (const auto& row : failure_reasons()) {
    const auto& copy = words.copy(row.wire);
    CAF_CHECK_NOT_EQUAL(copy, english().copy(row.wire));
    CAF_CHECK(copy.ends_with("。"));
    CAF_CHECK(copy.find(' ') == std::string::npos);
  }
}

CAF_TEST(ids and type are found with an empty envelope) {
  const auto* payload = R"({"type":"task:failed","task_id":"t1",
    "chat_session_id":"s1","title":"Fix it"})";
  for (const auto* envelope : {"{}", "", "null", "[]", "{\"type\":null}"}) {
    const auto what = read_payload(payload, envelope);
    CAF_CHECK_EQUAL(what.type, "task:failed");
    CAF_CHECK_EQUAL(what.task_id, "t1");
    CAF_CHECK_EQUAL(what.chat_session_id, "s1");
  }
  const auto what = read_payload("", R"({"type":"task:failed","task_id":"t2",
        "payload":{"title":"Inside","task_id":"t3"}})");
  CAF_CHECK_EQUAL(what.task_id, "t2");
  CAF_CHECK_EQUAL(what.title, "Inside");
}

CAF_TEST(a payload says that another attempt is coming) {
  CAF_CHECK(read_payload(R"({"retry_pending":true})", "{}").will_retry);
  CAF_CHECK(!read_payload(R"({"retry_pending":false})", "{}").will_retry);
  CAF_CHECK(!read_payload("{}", "{}").will_retry);
}

CAF_TEST(a style decides what a message leads with) {
  const auto payload = R"({"error":"the words","error_origin":"runner",
    "failure_reason":")"
                       + network + "\"}";
  const auto copy = bad(english().copy(network));
  CAF_CHECK_EQUAL(said(payload, parse_detail_style("error_first")),
                  bad("the words"));
  CAF_CHECK_EQUAL(as_text(words_for(payload, detail_style::reason_first)),
                  copy);
  CAF_CHECK_EQUAL(as_text(words_for(payload, detail_style::both)),
                  copy + "\nthe words");
}

CAF_TEST(an exit code that says more than its reason is explained) {
  const auto said_of = [](const std::string& detail, const char* reason) {
    message_facts what;
    what.detail = detail;
    what.reason = reason;
    return render(what, english(), detail_style::both).copy;
  };
  struct row {
    const char* detail;
    const char* key;
  };
  for (const auto* reason :
       {"agent_error.process_failure", "agent_error.unknown", ""})
    for (const auto& [detail, key] :
         {row{"npm ERR! code 1\nexit status 137", "exit_137"},
          row{"killed by signal 9 (SIGKILL)", "exit_137"},
          row{"killed by signal 15 (SIGTERM)", "exit_143"},
          row{"step 1 exited with code 1\nstep 2 exited with code 127",
              "exit_127"},
          row{"Process exited with exit code 126.", "exit_126"},
          row{"##[error] exit code: 124", "exit_124"}})
      CAF_CHECK_EQUAL(said_of(detail, reason),
                      bad(english().circumstance(key)));
  CAF_MESSAGE("another code or another reason keeps its own sentence");
  for (const auto* detail :
       {"exit status 1", "exit status ", "exit status 1371", "exit status -1",
        "137", "code 137 of 200"})
    CAF_CHECK_EQUAL(said_of(detail, "agent_error.unknown"),
                    bad(english().copy("agent_error.unknown")));
  CAF_CHECK_EQUAL(said_of("exit status 137", "timeout"),
                  bad(english().copy("timeout")));
}

CAF_TEST(a retry that nobody picked up is told as one) {
  message_facts what;
  what.reason = "queued_expired";
  what.attempt = 1;
  CAF_CHECK_EQUAL(render(what, english(), detail_style::both).copy,
                  bad(english().copy("queued_expired")));
  what.attempt = 2;
  CAF_CHECK_EQUAL(render(what, english(), detail_style::both).copy,
                  bad(english().circumstance("retry_not_picked_up")));
}

CAF_TEST(the line that tells comes first and once) {
  message_facts what;
  what.detail = "> build\n> tsc\nsrc/a.ts(3,1): error TS2304";
  what.reason = network;
  const auto detail_with = [&](const char* line) {
    what.telling_line = line;
    return render(what, english(), detail_style::both).detail;
  };
  CAF_CHECK_EQUAL(detail_with(""), what.detail);
  CAF_CHECK_EQUAL(detail_with("src/a.ts(3,1): error TS2304"),
                  "src/a.ts(3,1): error TS2304\n\n" + what.detail);
  CAF_CHECK_EQUAL(detail_with("> build"), what.detail);
  CAF_MESSAGE("of a single line neither its head nor its end is said twice");
  what.detail = "2026-06-23 ERROR  " + std::string(400, 'x') + " lost  it";
  CAF_CHECK_EQUAL(detail_with("…xxxx lost it"), what.detail);
  CAF_CHECK_EQUAL(detail_with("ERROR xxx…"), what.detail);
  CAF_CHECK_EQUAL(detail_with("lost it"), what.detail);
  CAF_MESSAGE("what a reader would not get to is said first");
  what.detail.insert(0, std::string(900, 'y'));
  CAF_CHECK(detail_with("lost it").starts_with("lost it\n\nyyy"));
}

CAF_TEST(a message leads with the line that the store has of its failure) {
  event_facts facts;
  facts.type = event_type::task_failed;
  facts.failure_reason = failure_reason{network};
  facts.error = redacted_text::from_platform("a\nb\nboom");
  facts.telling_line = redacted_text::from_platform("boom");
  facts.origin = detail_origin::runner;
  const auto line_of = [&] {
    return message_facts_of(*payload_builder::build(facts, {})).telling_line;
  };
  CAF_CHECK_EQUAL(line_of(), "boom");
  facts.origin = detail_origin::platform;
  CAF_CHECK_EQUAL(line_of(), "");
}

CAF_TEST(a message says when it happened and if it may be a repeat) {
  message_facts what;
  what.reason = "timeout";
  what.title = "Fix it";
  what.happened_at = parse_rfc3339("2026-06-23T10:49:31.5Z").value();
  auto words = render(what, english(), detail_style::both);
  CAF_CHECK_EQUAL(run_line(words), "Fix it · 2026-06-23 10:49 UTC");
  CAF_CHECK(words.doubt.empty());
  what.repeats = true;
  words = render(what, english(), detail_style::both);
  CAF_CHECK_EQUAL(words.doubt, english().phrase("repeat"));
  CAF_CHECK(as_text(words).ends_with(words.doubt));
}

CAF_TEST(a block of code cannot be ended by what is in it) {
  CAF_CHECK_EQUAL(fenced("a\nb"), "```\na\nb\n```");
  CAF_CHECK_EQUAL(fenced("a\n"), "```\na\n```");
  CAF_CHECK_EQUAL(fenced("```\nx\n```"), "````\n```\nx\n```\n````");
  CAF_CHECK_EQUAL(fenced("a ````` b"), "``````\na ````` b\n``````");
}

CAF_TEST(a host without a dot is none that a chat makes a link of) {
  for (const auto* url : {"https://t.example/runs/1", "http://10.0.0.1:80/",
                          "http://[::1]/a", "https://a.b"})
    CAF_CHECK(has_public_host(url));
  for (const auto* url : {"http://localhost:8080/runs/1", "https://h/a.b",
                          "http://h?x=a.b", "nothing"})
    CAF_CHECK(!has_public_host(url));
}

CAF_TEST(a message names the run) {
  const auto* payload = R"({"failure_reason":"timeout","title":"Fix\n login",
    "attempt":2,"max_attempts":3,"run_url":"http://h/runs/1"})";
  CAF_CHECK_EQUAL(as_text(words_for(payload)),
                  bad(english().copy("timeout"))
                      + "\nFix login · Attempt 2 of 3\nhttp://h/runs/1");
  CAF_CHECK_EQUAL(words_for(payload, {}, catalog::of("zh-CN")).attempt,
                  "第 2 次尝试，共 3 次");
  CAF_MESSAGE("the only attempt needs no number");
  CAF_CHECK_EQUAL(
      words_for(R"({"title":"x","attempt":1,"max_attempts":1})").attempt, "");
  CAF_CHECK_EQUAL(words_for(R"j({"run_url":"javascript:alert(1)"})j").link, "");
  CAF_CHECK_EQUAL(words_for(R"j({"run_url":"http://h/) [x](http://e"})j").link,
                  "");
}

CAF_TEST(a recovery is told as good news) {
  const auto words = words_for(
      R"({"type":"task:recovered","error":"old","error_origin":"runner"})");
  CAF_CHECK_EQUAL(words.message, "✅ " + english().recovered());
  CAF_CHECK(words.good_news);
}

CAF_TEST(a correction says that it is one) {
  message_facts facts;
  facts.reason = "timeout";
  facts.corrects = true;
  const auto message = [&](std::string_view locale) {
    return render(facts, catalog::of(locale), detail_style::error_first)
        .message;
  };
  CAF_CHECK_EQUAL(message("en"),
                  bad("Correction: " + english().copy("timeout")));
  CAF_CHECK_EQUAL(message("zh-CN"),
                  bad("更正：" + catalog::of("zh-CN").copy("timeout")));
  facts.detail = "it was the disk";
  CAF_CHECK_EQUAL(message("en"), bad("Correction: it was the disk"));
}

CAF_TEST(a locale falls back by language then by relay then to english) {
  CAF_CHECK_EQUAL(catalog::of("zh-CN").locale(), "zh-CN");
  CAF_CHECK_EQUAL(catalog::of("zh_Hans_CN").locale(), "zh-CN");
  CAF_CHECK_EQUAL(catalog::of("EN-gb").locale(), "en");
  CAF_CHECK_EQUAL(catalog::of("", "zh-CN").locale(), "zh-CN");
  CAF_CHECK_EQUAL(catalog::of("fr", "zh-CN").locale(), "zh-CN");
  CAF_CHECK_EQUAL(catalog::of("fr", "xx").locale(), "en");
}

CAF_TEST(a detail is bounded where a reader sees a border) {
  CAF_CHECK_EQUAL(excerpt("abcdef", 6), "abcdef");
  CAF_CHECK_EQUAL(excerpt("abcdef", 5), "abcd…");
  CAF_CHECK_EQUAL(excerpt("错误信息很长", 4), "错误信…");
  CAF_CHECK_EQUAL(excerpt("ab\u0065\u0301\u0065", 4), "ab…");
  CAF_CHECK_EQUAL(excerpt("a👩‍👧bcd", 4), "a…");
  CAF_CHECK_EQUAL(excerpt("🇩🇪🇫🇷🇨🇳", 4), "🇩🇪…");
  CAF_CHECK_EQUAL(excerpt("👍🏽👍🏽", 2), "…");
  CAF_CHECK_EQUAL(excerpt("see [REDACTED:jwt] here", 12), "see…");
  CAF_CHECK_EQUAL(excerpt("see [REDACTED:jwt] here", 20),
                  "see [REDACTED:jwt]…");
  for (std::size_t limit = 0; limit < 12; ++limit)
    CAF_CHECK(text::count_characters(excerpt("a\xff\xe4\xbd"
                                             "bc👩‍👧‍👦d🇩",
                                             limit))
              <= limit);
  const auto words = words_for(R"({"error_origin":"runner","error":")"
                               + std::string(5000, 'x') + "\"}");
  CAF_CHECK_EQUAL(text::count_characters(words.message), 2u + 1u + 800u);
  CAF_CHECK(words.message.ends_with("x…"));
}

CAF_TEST(marks without end do not move the cut to the front) {
  std::string zalgo = "abc";
  for (int i = 0; i < 500; ++i)
    zalgo += "\u0301";
  CAF_CHECK_EQUAL(text::count_characters(excerpt(zalgo, 100)), 100u);
}

CAF_TEST(control characters and bidirectional blanks say nothing) {
  CAF_CHECK_EQUAL(tidy("\r\n a\x1b[31mb\tc\x01\n "), "a[31mb\tc");
  CAF_CHECK_EQUAL(one_line("a \n\t b"), "a b");
  CAF_CHECK_EQUAL(tidy("a\u202egpj.exe\u202c\u2066b\u2069\u009b1m"),
                  "agpj.exeb1m");
  CAF_CHECK_EQUAL(tidy("فشل\u200f التشغيل"), "فشل\u200f التشغيل");
  CAF_CHECK_EQUAL(tidy("\x9b \xc2"), "\x9b \xc2");
  CAF_CHECK(is_blank("\u200b\u00a0\u3000\n\u202e"));
  CAF_CHECK(!is_blank("\u200b."));
}

CAF_TEST(ordinary text is shown as it was written) {
  for (const auto* text :
       {"error: 429 rate_limit_error [REDACTED:jwt] a < b && c > d",
        "mail dev@example.com", "[12:03] C:\\x (y) #7 *ok*", "错误：超时",
        "a\n#7 is open\n- one\n-- two\n=== FAILURES ===", "a # b\n    # code"})
    for (const auto& shown :
         {escape_markdown(text), escape_wecom_markdown(text)})
      if (shown.find("\u2060") == std::string::npos)
        CAF_CHECK_EQUAL(shown, text);
}

CAF_TEST(a detail cannot mention people or disguise a link) {
  CAF_CHECK_EQUAL(escape_markdown("[x](http://e)"), "[x]\\(http://e)");
  CAF_CHECK_EQUAL(escape_markdown("![x](e)"), "![x]\\(e)");
  CAF_CHECK_EQUAL(escape_markdown("[x][y]"), "[x]\\[y]");
  CAF_CHECK_EQUAL(escape_markdown("a\n[x]: http://e"), "a\n[x]\\: http://e");
  CAF_CHECK_EQUAL(escape_markdown("<img src=x>"), "\\<img src=x>");
  CAF_CHECK_EQUAL(escape_markdown("hi @all"), "hi @\u2060all");
  CAF_CHECK_EQUAL(escape_markdown("```\nx"), "\\`\\`\\`\nx");
  CAF_CHECK_EQUAL(escape_markdown("a\n# b\n  ## c\n###"),
                  "a\n\\# b\n  \\## c\n\\###");
  CAF_CHECK_EQUAL(escape_markdown("a\n===\nb\n--- \nc"),
                  "a\n\\===\nb\n\\--- \nc");
  CAF_CHECK_EQUAL(escape_wecom_markdown("a\n# b"), "a\n\u2060# b");
  CAF_CHECK_EQUAL(escape_lark_markdown("a\n# b\n---"), "a\n&#35; b\n&#45;--");
  CAF_CHECK_EQUAL(escape_lark_markdown("<at id=all></at> & *b*"),
                  "&#60;at id=all&#62;&#60;/at&#62; &#38; &#42;b&#42;");
  CAF_CHECK_EQUAL(escape_lark_markdown("[x](http://e)"), "[x&#93;(http://e)");
  CAF_CHECK_EQUAL(escape_lark_text("<at user_id=\"all\">"),
                  "<\u2060at user_id=\"all\">");
}
