// libs: telltale_task_worlds telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.task_search

#include <optional>
#include <string>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// Enough that a search looks beyond the newest thousand; one in 500 is
/// still open.
constexpr const char* seed = R"(
INSERT INTO tasks (id, status, outcome, failure_reason, error_detail,
  completed_at, created_at, kind, max_attempts, attempt, title)
SELECT md5(n::text)::uuid,
  CASE WHEN n % 500 = 0 THEN 'queued' WHEN n % 7 = 0 THEN 'failed'
       ELSE 'succeeded' END,
  CASE WHEN n % 500 = 0 THEN NULL WHEN n % 7 = 0 THEN 'failed'
       ELSE 'delivered' END,
  CASE WHEN n % 7 = 0 THEN 'timeout' END,
  CASE WHEN n % 7 = 0 THEN E'Step ' || n % 40 || E' failed\n50% of host-'
       || n % 900 || ' 连接超时 ' || md5(n::text) END,
  CASE WHEN n % 500 > 0 THEN at + interval '1 minute' END, at,
  'kind-' || n % 3, 3, 1, 'Review change ' || n || ' of Größe_' || n % 11
FROM (SELECT n, timestamptz '2026-03-01' + n / 3 * interval '1 minute' AS at
      FROM generate_series(1, 8000) n) made)";

const char* const searches[] = {"host-811",
                                "HOST-81",
                                "review",
                                "change 117",
                                "连接超时 host-7",
                                "超时",
                                "größe_7 5000",
                                "GRÖSSE",
                                "50%",
                                "_1",
                                "ab",
                                "step 39 change 79",
                                "nobodyswords",
                                "failed\thost",
                                "c4ca4238a0b9",
                                "e_1 连"};

struct fixture : postgres_fixture {
  fixture() {
    options.url = url();
    tasks = make_pg_task_store(options);
    words = make_pg_search(options);
    execute(seed);
    execute("ANALYZE tasks");
  }

  words_indexed index(std::uint32_t limit) {
    const auto done = words->index({limit});
    CAF_REQUIRE(done);
    return *done;
  }

  void index_all() {
    for (int n = 0; n < 200 && index(1000).more; ++n) {
    }
    execute("ANALYZE task_words");
  }

  /// By pages, as a client reads it.
  std::vector<std::string> paged(list_tasks what) {
    what.limit = 200;
    std::vector<std::string> ids;
    for (;;) {
      const auto page = tasks->list(what);
      CAF_REQUIRE(page);
      for (const auto& task : page->tasks)
        ids.push_back(to_string(task.id));
      if (!page->next)
        return ids;
      what.after = page->next;
    }
  }

  std::string found(const list_tasks& what) {
    std::string all;
    const auto ids = paged(what);
    for (const auto& id : ids)
      all += (all.empty() ? "" : ",") + id;
    return std::to_string(ids.size()) + " " + all;
  }

  /// The same, asked for in the plainest way.
  std::string plain(const list_tasks& what) const {
    std::string where = "true";
    std::size_t at = 0;
    const std::string& q = what.words;
    while (at < q.size()) {
      auto end = q.find_first_of(" \t", at);
      end = end == std::string::npos ? q.size() : end;
      std::string pattern;
      for (const char c : q.substr(at, end - at))
        pattern += (c == '%' || c == '_' ? "\\" : "") + std::string{c};
      where += " AND (title ILIKE $v$%" + pattern
               + "%$v$ OR error_detail ILIKE $v$%" + pattern + "%$v$)";
      at = end + 1;
    }
    if (what.status)
      where += " AND status = '" + to_string(*what.status) + "'";
    if (what.kind)
      where += " AND kind = '" + *what.kind + "'";
    if (what.since)
      where += " AND created_at >= '" + format_rfc3339(*what.since) + "'";
    if (what.until)
      where += " AND created_at < '" + format_rfc3339(*what.until) + "'";
    return ask("SELECT count(*) || ' ' || COALESCE(string_agg(id::text, ','"
               " ORDER BY created_at DESC, id DESC), '') FROM tasks WHERE "
               + where);
  }

  /// Every search with every filter finds what the rows say.
  void check_all(const std::string& when) {
    for (const std::string q : searches)
      for (int filter = 0; filter < 4; ++filter) {
        list_tasks what;
        what.words = q;
        if (filter == 1)
          what.status = task_status::failed;
        if (filter == 2) {
          what.kind = "kind-1";
          what.since = parse_rfc3339("2026-03-01T05:00:00Z");
        }
        if (filter == 3)
          what.until = parse_rfc3339("2026-03-02T00:00:00Z");
        if (found(what) != plain(what))
          CAF_ERROR(when << ": '" << q << "' with filter " << filter
                         << " finds " << found(what).substr(0, 60)
                         << " instead of " << plain(what).substr(0, 60));
      }
  }

  std::string count(const std::string& q) {
    list_tasks what;
    what.words = q;
    return std::to_string(paged(what).size());
  }

  pg_options options;
  std::unique_ptr<task_store> tasks;
  std::unique_ptr<word_indexer> words;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(task_search_tests, fixture)

CAF_TEST(a search finds what the rows say however much is indexed) {
  check_all("without an index");
  CAF_CHECK(index(5000)
            == (words_indexed{word_index::ready, 5000, true, false}));
  check_all("with half an index");
  index_all();
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM task_words"),
                  ask("SELECT count(*) FROM tasks WHERE outcome IS NOT NULL"));
  check_all("with the whole index");
  CAF_CHECK(index(1000) == (words_indexed{word_index::ready, 0, false, false}));
}

CAF_TEST(texts that change after the end are found at once and indexed again) {
  const auto report = [&](task_id task, std::string detail) {
    std::vector<pending_report> batch(1);
    batch[0].ready = saying(task, task_status::failed, std::move(detail));
    CAF_REQUIRE(tasks->apply(batch));
    CAF_CHECK_EQUAL(batch[0].result, ec::none);
  };
  task_record made;
  made.id = {make_uuid_v7()};
  made.max_attempts = 1;
  made.kind = "review";
  CAF_REQUIRE(tasks->create({made, {}}));
  report(made.id, "a quagga");
  execute("UPDATE tasks SET completed_at = now() - interval '1 hour',"
          " created_at = now() - interval '1 year' WHERE completed_at"
          " > now() - interval '1 minute'");
  index_all();
  CAF_CHECK_EQUAL(count("quagga"), "1");
  report(made.id, "a late zebra");
  CAF_CHECK_EQUAL(count("quagga"), "0");
  CAF_CHECK_EQUAL(count("zebra"), "1");
  CAF_CHECK_EQUAL(index(100).indexed, 1u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM task_word_changes"), "0");
  CAF_CHECK_EQUAL(count("zebra"), "1");
}

CAF_TEST(tasks that come finished are found) {
  index_all();
  const std::string row =
      "INSERT INTO tasks (id, status, outcome, completed_at, created_at, kind,"
      " max_attempts, title) VALUES (gen_random_uuid(), ";
  execute(row
          + "'succeeded', 'clean', '2026-02-01', '2026-02-01', 'k', 1,"
            " 'an imported giraffe')");
  CAF_CHECK_EQUAL(count("giraffe"), "1");
  index_all();
  CAF_CHECK_EQUAL(count("giraffe"), "1");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM task_words WHERE words LIKE"
                      " '%giraffe%'"),
                  "1");
  execute(row + "'queued', NULL, NULL, '2026-02-01', 'k', 1, 'a giraffe')");
  CAF_CHECK_EQUAL(count("giraffe"), "2");
}

CAF_TEST(what a transaction that is still open ends is not passed by) {
  index_all();
  pqxx::connection other{url()};
  pqxx::work slow{other};
  slow.exec("INSERT INTO tasks (id, status, outcome, completed_at, created_at,"
            " kind, max_attempts, title) VALUES (gen_random_uuid(),"
            " 'succeeded', 'clean', '2026-03-20', '2026-03-20', 'k', 1,"
            " 'a slow sloth')");
  CAF_CHECK(index(100).state == word_index::busy);
  slow.commit();
  CAF_CHECK_EQUAL(count("sloth"), "1");
  CAF_CHECK_EQUAL(index(100).indexed > 0, true);
  index_all();
  CAF_CHECK_EQUAL(count("sloth"), "1");
}

CAF_TEST(words go with their tasks) {
  index_all();
  const auto retention = make_pg_retention(options);
  CAF_REQUIRE(retention->prune({prune_kind::finished_tasks, 24h, 100'000}));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM task_words"), "0");
}

CAF_TEST(a database that has no trigrams for us is searched row by row) {
  execute("CREATE ROLE plain_user; GRANT USAGE ON SCHEMA telltale"
          " TO plain_user; GRANT ALL ON ALL TABLES IN SCHEMA telltale TO"
          " plain_user");
  auto poor = options;
  poor.url += poor.url.find('?') == std::string::npos ? "?" : "&";
  poor.url += "options=-c%20role%3Dplain_user";
  const auto refused = make_pg_search(poor)->index({100});
  CAF_REQUIRE(refused);
  CAF_CHECK(refused->state == word_index::missing);
  CAF_CHECK_EQUAL(
      count("host-811 review"),
      ask("SELECT count(*) FROM tasks WHERE error_detail LIKE '%host-811%'"));
}

CAF_TEST_FIXTURE_SCOPE_END()
