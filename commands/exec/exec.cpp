#include "commands/exec/exec.hpp"

#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include <re2/re2.h>
#include <unistd.h>

#include "commands/exec/exec_environment.hpp"
#include "commands/exec/exec_process.hpp"
#include "commands/exec/exec_rules.hpp"
#include "commands/exec/exec_session.hpp"
#include "commands/exec/secret_arguments.hpp"

namespace telltale::commands {

namespace {

/// More than is sent is kept, so that secrets are masked before the cut.
constexpr std::size_t kept_per_sent = 4;

/// Longest line that `--posted-if` looks at.
constexpr std::size_t longest_line = 65'536;

std::string runner_name() {
  char host[65] = {};
  if (::gethostname(host, sizeof host - 1) != 0)
    std::strcpy(host, "localhost");
  return std::string{host} + ":" + std::to_string(::getpid());
}

boost::json::object description_of(const exec_options& options) {
  boost::json::object out;
  out["kind"] = options.kind;
  auto title = options.title.empty()
                   ? title_of(hide_secret_arguments(options.command_line))
                   : options.title;
  // Masking may lengthen it.
  out["title"] = title_of({options.mask ? options.mask(title) : title});
  out["max_attempts"] = options.max_attempts;
  if (!options.chat_session.empty())
    out["chat_session_id"] = options.chat_session;
  if (options.timeout.count() > 0)
    // Ours ends the command first; the service's is for when we are gone.
    out["timeout_seconds"] =
        std::chrono::ceil<std::chrono::seconds>(options.timeout).count() + 60;
  return out;
}

std::vector<std::string> environment_for(const exec_options& options,
                                         const std::string& task) {
  auto out =
      inherited_environment(options.withheld, {options.service.runner_token,
                                               options.service.operator_token});
  std::erase_if(out, [](const std::string& entry) {
    return entry.starts_with("TELLTALE_TASK_ID=");
  });
  if (!task.empty())
    out.push_back("TELLTALE_TASK_ID=" + task);
  return out;
}

/// Counts the lines that a pattern finds, in both streams.
class posting_counter {
public:
  explicit posting_counter(const std::string& pattern)
      : pattern_(pattern, RE2::Quiet) {
    if (!pattern_.ok())
      throw std::invalid_argument{pattern_.error()};
  }

  void feed(bool is_error, std::string_view bytes) {
    auto& line = is_error ? error_line_ : output_line_;
    while (!bytes.empty()) {
      auto end = bytes.find('\n');
      auto piece = bytes.substr(0, end);
      if (line.size() < longest_line)
        line += piece.substr(0, longest_line - line.size());
      if (end == std::string_view::npos)
        return;
      count(line);
      bytes.remove_prefix(end + 1);
    }
  }

  [[nodiscard]] std::int64_t total() {
    count(error_line_);
    count(output_line_);
    return found_;
  }

private:
  void count(std::string& line) {
    if (!line.empty() && RE2::PartialMatch(line, pattern_))
      ++found_;
    line.clear();
  }

  RE2 pattern_;
  std::string error_line_;
  std::string output_line_;
  std::int64_t found_ = 0;
};

/// Our own lines, each in one write.
class voice {
public:
  explicit voice(const exec_options& options)
      : fd_(options.err), is_quiet_(options.quiet) {}

  void warn(const std::string& text) const { say("warning: " + text); }
  void tell(const std::string& text) const {
    if (!is_quiet_)
      say(text);
  }

private:
  void say(const std::string& text) const {
    auto line = "telltale: " + text + "\n";
    [[maybe_unused]] auto n = ::write(fd_, line.data(), line.size());
  }

  int fd_;
  bool is_quiet_;
};

/// One attempt: runs the command to its end and reports it.
command_end attempt(const exec_options& options, exec_session& session,
                    const stop_switch& stop, const voice& say) {
  session.begin();
  tail_buffer errors{options.tail_bytes * kept_per_sent};
  tail_buffer output{options.tail_bytes * kept_per_sent};
  std::optional<posting_counter> postings;
  if (!options.posted_if.empty())
    postings.emplace(options.posted_if);

  command_plan plan;
  plan.command_line = options.command_line;
  plan.environment = environment_for(options, session.task());
  plan.timeout = options.timeout;
  plan.grace = options.grace;
  plan.out = options.out;
  plan.err = options.err;
  plan.on_output = [&](bool is_error, std::string_view bytes) {
    (is_error ? errors : output).append(bytes);
    if (postings)
      postings->feed(is_error, bytes);
  };

  run_facts facts;
  facts.end = run_command(plan, stop);
  facts.program = options.command_line.front();
  facts.timeout = options.timeout;
  facts.tail_bytes = options.tail_bytes;
  facts.posted = postings ? postings->total() : options.posted;
  auto masked = [&](std::string_view text) {
    return options.mask ? options.mask(text) : std::string{text};
  };
  facts.error_tail = masked(errors.view());
  facts.output_tail = masked(output.view());
  if (facts.end.spawn_error != 0)
    say.warn("cannot run " + facts.program + ": "
             + std::strerror(facts.end.spawn_error));

  auto report = final_report(facts);
  auto told = session.finish(report, options.report_patience);
  auto line = report.status;
  if (told == exec_session::reported::no)
    line += "; not reported";
  if (told == exec_session::reported::later)
    line += "; the report is kept: the next telltale exec, or telltale flush, "
            "sends it";
  if (!session.task().empty())
    line += "; " + options.service.url + "/runs/" + session.task();
  say.tell(line);
  return facts.end;
}

} // namespace

int run_exec(const exec_options& options) {
  http::client_options connection;
  connection.request_timeout = std::chrono::milliseconds{5'000};
  voice say{options};
  stop_switch stop;
  runner_client service{options.service, connection};
  const report_spool spool{options.spool};
  exec_session session{service,
                       spool,
                       description_of(options),
                       runner_name(),
                       {[&](const std::string& text) { say.warn(text); },
                        [&] {
                          say.tell("the task was stopped; ending the command");
                          stop.press();
                        }}};
  for (std::uint32_t made = 1;; ++made) {
    auto end = attempt(options, session, stop, say);
    auto code = exit_code_of(end);
    if (code == 0 || made >= options.max_attempts
        || end.cut == cut_short::stopped || session.task().empty())
      return code;
    auto wait = session.retry_wait();
    if (!wait)
      return code;
    say.tell("attempt " + std::to_string(made + 1) + " starts in "
             + duration_text(*wait));
    std::this_thread::sleep_for(*wait);
  }
}

} // namespace telltale::commands
