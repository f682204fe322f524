#include "commands/exec/exec_spool.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "messages/uuid.hpp"
#include "text/percent.hpp"

namespace fs = std::filesystem;

namespace telltale::commands {

namespace {

namespace json = boost::json;

constexpr std::chrono::hours longest_kept{7 * 24};
constexpr std::size_t largest_file = 4'194'304;
constexpr std::string_view suffix = ".report";

/// Closes what it holds.
class open_file {
public:
  open_file(const fs::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                   0600)) {}
  ~open_file() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

private:
  int fd_;
};

/// Makes the folder and its parents; true if it is ours alone.
bool make_private(const fs::path& folder) {
  fs::path way;
  for (const auto& part : folder) {
    way /= part;
    ::mkdir(way.c_str(), 0700);
  }
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0)
    return false;
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    errno = EPERM;
    return false;
  }
  return (info.st_mode & 077) == 0 || ::chmod(folder.c_str(), 0700) == 0;
}

bool write_through(const fs::path& file, const std::string& text) {
  const open_file out{file, O_WRONLY | O_CREAT | O_EXCL};
  if (!out)
    return false;
  for (std::size_t done = 0; done < text.size();) {
    const auto n = ::write(out.fd(), text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR)
      return false;
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return ::fsync(out.fd()) == 0;
}

std::string read_all(int fd) {
  std::string text;
  char buffer[65'536];
  ssize_t n = 0;
  while ((n = ::read(fd, buffer, sizeof buffer)) > 0
         && text.size() < largest_file)
    text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

json::object object_at(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object()
                                                : json::object{};
}

enum class outcome : std::uint8_t { sent, refused, kept, away };

outcome outcome_of(const service_answer& answer) {
  if (answer.ok())
    return outcome::sent;
  if (answer.is_worth_a_retry())
    return outcome::away;
  // Another token may be good tomorrow.
  return answer.status == 401 || answer.status == 403 ? outcome::kept
                                                      : outcome::refused;
}

service_call call_of(const spooled_report& what, json::object body) {
  service_call out;
  out.method = "POST";
  out.path = "/internal/tasks/" + text::percent_encode(what.task) + "/status";
  out.body = std::move(body);
  out.may_repeat = true;
  if (!what.token.empty()) {
    out.who = caller::attempt;
    out.token = what.token;
  }
  return out;
}

/// Makes the task that could not be made then, and starts it.
service_answer make_task(runner_client& service, spooled_report& what) {
  auto answer =
      service.call(create_task_call(what.creation, what.idempotency_key));
  if (!answer.ok())
    return answer;
  what.task = text_at(answer.body, "id");
  what.token = text_at(answer.body, "token");
  json::object running{{"status", "running"}};
  if (const auto* runner = what.report.if_contains("runner_id"))
    running["runner_id"] = *runner;
  return service.call(call_of(what, std::move(running)));
}

outcome deliver(runner_client& service, spooled_report what,
                std::string& trouble) {
  if (what.task.empty()) {
    // 409: it was started by an earlier try.
    if (auto made = make_task(service, what);
        !made.ok() && made.status != 409) {
      trouble = made.trouble;
      return outcome_of(made);
    }
  }
  auto answer = service.call(call_of(what, what.report));
  trouble = answer.ok() ? trouble : answer.trouble;
  return outcome_of(answer);
}

} // namespace

std::string write_spooled(const spooled_report& what) {
  return json::serialize(
      json::object{{"server", what.server},
                   {"task", what.task},
                   {"token", what.token},
                   {"report", what.report},
                   {"creation", what.creation},
                   {"idempotency_key", what.idempotency_key}});
}

std::optional<spooled_report> read_spooled(const std::string& text) {
  boost::system::error_code failed;
  const auto value = json::parse(text, failed);
  if (failed || !value.is_object())
    return std::nullopt;
  const auto& from = value.get_object();
  spooled_report result;
  result.server = text_at(value, "server");
  result.task = text_at(value, "task");
  result.token = text_at(value, "token");
  result.report = object_at(from, "report");
  result.creation = object_at(from, "creation");
  result.idempotency_key = text_at(value, "idempotency_key");
  if (result.server.empty() || result.report.empty()
      || (result.task.empty() && result.creation.empty()))
    return std::nullopt;
  return result;
}

fs::path spool_folder() {
  const auto* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/')
    return fs::path{state} / "telltale" / "spool";
  const auto* home = std::getenv("HOME");
  if (home != nullptr && *home == '/')
    return fs::path{home} / ".local" / "state" / "telltale" / "spool";
  return {};
}

fs::path report_spool::put(const spooled_report& what,
                           std::string& trouble) const {
  if (!make_private(folder_)) {
    trouble = folder_.string() + ": " + std::strerror(errno);
    return {};
  }
  // Version 7 ids sort by their time.
  const auto name = to_string(make_uuid_v7());
  const auto scratch = folder_ / (name + ".new");
  const auto file = folder_ / (name + std::string{suffix});
  const open_file folder{folder_, O_RDONLY | O_DIRECTORY};
  if (!write_through(scratch, write_spooled(what))
      || ::rename(scratch.c_str(), file.c_str()) != 0
      || ::fsync(folder.fd()) != 0) {
    trouble = file.string() + ": " + std::strerror(errno);
    ::unlink(scratch.c_str());
    return {};
  }
  return file;
}

void report_spool::drop(const fs::path& file) noexcept {
  if (!file.empty())
    ::unlink(file.c_str());
}

report_spool::tally report_spool::send(runner_client& service) const {
  tally result;
  std::vector<fs::path> files;
  std::error_code ignored;
  if (!folder_.empty())
    for (const auto& entry : fs::directory_iterator{folder_, ignored})
      if (entry.path().extension() == suffix)
        files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& path : files) {
    const open_file in{path, O_RDONLY};
    struct stat info {};
    // Another process that sends it holds the lock; one that is gone was sent.
    if (!in || ::flock(in.fd(), LOCK_EX | LOCK_NB) != 0
        || ::fstat(in.fd(), &info) != 0 || info.st_nlink == 0
        || info.st_uid != ::geteuid())
      continue;
    const auto what = read_spooled(read_all(in.fd()));
    const auto age = std::chrono::system_clock::now()
                     - std::chrono::system_clock::from_time_t(info.st_mtime);
    if (!what || age > longest_kept) {
      drop(path);
      ++result.expired;
      continue;
    }
    if (what->server != service.where().url)
      continue;
    const auto end = deliver(service, *what, result.trouble);
    if (end == outcome::sent || end == outcome::refused)
      drop(path);
    ++(end == outcome::sent      ? result.sent
       : end == outcome::refused ? result.refused
                                 : result.kept);
    if (end == outcome::away)
      break;
  }
  return result;
}

} // namespace telltale::commands
