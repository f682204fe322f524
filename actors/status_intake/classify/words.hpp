#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace telltale {

/// What a line can prove, in the order in which one proof goes before another
/// on the same line.
enum class rule : std::uint8_t {
  skill,
  cli_timeout,
  runtime_access,
  identity,
  window,
  queued,
  offline,
  reconnect,
  recovery,
  local_directory,
  prepare, ///< the environment, by its own name
  blocked,
  iteration,
  context,
  missing_config,
  access,
  quota,
  capacity,
  request,
  server,
  job_limit,
  agent_limit,
  network,
  disconnect, ///< a network's word that often follows another trouble
  model,
  output,
  executable,
  version,
  environment,
  crash,
  exit,
  none, ///< nothing; how many there are
};

/// Halves of a proof, and what decides about a rule of the same line.
enum class cue : std::uint8_t {
  conversation,
  too_long,
  variable,
  unset,
  credential,
  refused,
  no_access, ///< refused, unless the thing may not even exist
  allowance,
  used_up,
  job,
  over_time,
  wire,         ///< a connection speaks, not the agent
  local,        ///< a service of the same machine, a lock
  model_nearby, ///< a model is spoken of
  absent,
  argument,   ///< what is asked of a model, not the model
  status_404, ///< from the text's statuses
  answer,
  unreadable,
  starts_program,
  program_absent,
  version_named,
  version_wanted,
  fatal_git,
  in_the_way,
  foreign,      ///< another program than the model provider speaks
  fetches,      ///< it gets something
  publishes,    ///< it gives something away
  prepares,     ///< before the agent works
  before_start, ///< a runner looks at its tools
  no_answer,
  local_dir,
  dir_refused,
  agent_voice,
  provider_voice,
  trouble, ///< a word of things that go wrong
  none,    ///< how many there are
};

/// How a phrase proves.
enum class proof : std::uint8_t {
  asserts,  ///< says that something happened
  mentions, ///< names what prose may speak of as well
  cue,      ///< half of a proof
  status,   ///< the name of an HTTP status
};

/// How an occurrence must stand among other letters.
enum class edges : std::uint8_t {
  word,  ///< a word begins where it begins
  whole, ///< and a word ends where it ends
  part,  ///< anywhere
};

/// A row of the tables in words/.
struct phrase {
  std::string_view text;
  proof how = proof::asserts;
  std::uint16_t what = 0; ///< a rule, a cue or a status
  edges stands = edges::word;
  std::string_view example; ///< a text that a rule's row decides
};

/// All rows.
[[nodiscard]] std::span<const phrase> phrases();

/// Two cues that prove a rule together when they stand near each other.
struct cue_pair {
  rule proves;
  cue one;
  cue other;
  std::string_view example; ///< a text that they decide
};

[[nodiscard]] std::span<const cue_pair> cue_pairs();

/// An occurrence of a phrase that stands as it must.
struct phrase_hit {
  const phrase* row = nullptr;
  std::size_t at = 0;
  std::size_t end = 0;
};

/// Every occurrence in a text, in the order of their ends. None inside of
/// paths, files, names of tests and of functions, unless the name is an error's
/// own (`rate_limit_error`, `RateLimitError`). Pure, linear; any thread.
[[nodiscard]] std::vector<phrase_hit> find_phrases(std::string_view text);

} // namespace telltale
